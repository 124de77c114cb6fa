internal import LinuxKernel

/// A signal, by its number (signal(7)).
public struct Signal: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The number.
    public let rawValue: Int32

    /// A signal by its number; those from 32 on are realtime signals.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// `SIGHUP`.
    public static let hangup = Signal(rawValue: 1)
    /// `SIGINT`.
    public static let interrupt = Signal(rawValue: 2)
    /// `SIGQUIT`.
    public static let quit = Signal(rawValue: 3)
    /// `SIGABRT`.
    public static let abort = Signal(rawValue: 6)
    /// `SIGKILL`.
    public static let kill = Signal(rawValue: 9)
    /// `SIGUSR1`.
    public static let user1 = Signal(rawValue: 10)
    /// `SIGSEGV`.
    public static let segmentationViolation = Signal(rawValue: 11)
    /// `SIGUSR2`.
    public static let user2 = Signal(rawValue: 12)
    /// `SIGTERM`.
    public static let terminate = Signal(rawValue: 15)
    /// `SIGCONT`.
    public static let `continue` = Signal(rawValue: 18)
    /// `SIGSTOP`.
    public static let stop = Signal(rawValue: 19)
    /// `SIGWINCH`.
    public static let windowChange = Signal(rawValue: 28)

    /// `signal` and the number.
    public var description: String { "signal \(rawValue)" }
}

/// How a program ended.
public enum Termination: Hashable, Sendable {
    /// It ended itself, with this status, 0 to 255 (WEXITSTATUS).
    case exited(Int32)
    /// A signal ended it; `outOfMemory` says whether memory had run out in its control group.
    case signaled(Signal, outOfMemory: Bool)

    init(_ end: (end: ProcessEnd, isOutOfMemory: Bool)) {
        self =
            switch end.end {
            case .exited(let status): .exited(status)
            case .signalled(let signal): .signaled(Signal(rawValue: signal), outOfMemory: end.isOutOfMemory)
            }
    }

    /// Whether it exited with status 0.
    public var isSuccess: Bool { self == .exited(0) }

    /// The one number that shells report: the exit status, or 128 and the signal's number.
    public var shellStatus: Int32 {
        switch self {
        case .exited(let status): status
        case .signaled(let signal, _): 128 + signal.rawValue
        }
    }
}
