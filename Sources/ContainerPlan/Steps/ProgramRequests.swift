internal import ByteText
public import RuntimeSpec

// What the steps are told that prepare and confine the program.

/// When the working directory is entered.
public enum DirectoryAttempt: UInt64, Equatable, Sendable {
    /// Before the user changes; a refusal may still be mended by the change.
    case first = 1
    /// After the user changed.
    case second = 2
}

/// A pseudo-terminal of the container's own devpts.
public struct TerminalRequest: Equatable, Sendable {
    /// The side that the host gets.
    public var master: Slot
    /// The side that the container gets.
    public var terminal: Slot
    /// Characters; nil leaves the kernel's choice.
    public var size: ConsoleSize?
    /// Who owns the terminal, inside the container.
    public var owner: UInt32
}

/// The argument of sched_setattr(2).
public struct SchedulerAttributes: Equatable, Sendable {
    /// How processes of this kind take turns.
    public var policy: SchedulerPolicy
    /// In the order in which they are asked for.
    public var flags: [SchedulerFlag]
    /// -20 to 19, for the policies that share time.
    public var nice: Int32
    /// 1 to 99, for the policies of real time.
    public var priority: UInt32
    /// Nanoseconds.
    public var runtime: UInt64
    /// Nanoseconds.
    public var deadline: UInt64
    /// Nanoseconds.
    public var period: UInt64
}

/// A set of processors or NUMA nodes, lowest in bit 0 of the first word.
public struct CPUMask: Equatable, Sendable {
    /// Member n is bit n mod 64 of word n / 64.
    public var words: [UInt64]

    /// Reads a list such as `0-3,7`. Nil if it is none.
    public init?(list: String) {
        words = []
        for part in list.parts(at: ",", keepsEmpty: true) {
            let ends = part.parts(at: "-", keepsEmpty: true).map { UInt64($0.trimmed) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last, last < 8192
            else { return nil }
            for number in first...last {
                while words.count <= Int(number / 64) { words.append(0) }
                words[Int(number / 64)] |= 1 << (number % 64)
            }
        }
        if words.isEmpty { return nil }
    }

    /// No processor or node at all.
    public init() { words = [] }
}

/// A security module that labels processes.
public enum SecurityModule: String, Equatable, Sendable {
    /// AppArmor; SPEC(config.md#linux-process) `apparmorProfile`.
    case appArmor
    /// SELinux; SPEC(config.md#linux-process) `selinuxLabel`.
    case selinux
}

/// Capabilities as the kernel counts them.
public struct CapabilitySet: Equatable, Sendable {
    /// Bit n is capability n.
    public var bits: UInt64 = 0

    /// A set from its bits; without any it is empty.
    public init(bits: UInt64 = 0) { self.bits = bits }
}

/// A compiled seccomp filter.
public struct SeccompFilter: Equatable, Sendable {
    /// `struct sock_filter`s, 8 bytes each.
    public var program: [UInt8]
    /// Flags of seccomp(2).
    public var flags: UInt64
    /// Whether a listener is to be made.
    public var needsListener: Bool
    /// Whether read(2) asks the listener, so that the stage cannot read before there is one.
    package var notifiesRead = false

    /// A filter that was compiled elsewhere.
    public init(program: [UInt8], flags: UInt64, needsListener: Bool) {
        self.program = program
        self.flags = flags
        self.needsListener = needsListener
    }
}

/// The state that a hook reads from its standard input.
public struct HookState: Equatable, Sendable {
    /// The JSON text with room for the pid.
    public var text: String
    /// Where in the text ten bytes are kept for the pid, which is not known when the plan is made.
    public var pidOffset: Int

    /// A state with ten places for the pid at `pidOffset` bytes.
    public init(text: String, pidOffset: Int) {
        self.text = text
        self.pidOffset = pidOffset
    }
}
