internal import CLinux
internal import LinuxKernel
internal import RuntimeSpec

/// Carries a container's "ready" to the service manager that waits for it (sd_notify(3), NOTIFY_SOCKET).
///
/// The container does not get the manager's own socket: what it could say there about other processes would be believed.
/// It gets one of its state directory, and of what it says only READY is passed on, with the pid that the manager knows.
final class Notification {
    /// Below the state directory.
    static let directory = "notify"
    static let socketName = "notify.sock"
    private static let directoryInside = "/run/notify"

    private let socket: Descriptor
    /// The manager's socket.
    private let manager: String

    /// Adds the mount and the variable that lead to the socket.
    static func added(to spec: ValidatedSpec, state: String) -> ValidatedSpec {
        spec.adding(
            bind: state + "/" + directory, at: directoryInside, options: ["nosuid", "noexec", "nodev", "ro"],
            variable: "NOTIFY_SOCKET", value: directoryInside + "/" + socketName)
    }

    /// Makes the directory that is mounted; the socket in it may come later.
    static func makeDirectory(in state: Int32) throws(Failure) {
        do throws(KernelError) {
            try Files.makeDirectory(directory, mode: 0o755, at: state)
        } catch {
            throw .kernel(error, "cannot make the directory of the notify socket")
        }
    }

    /// Listens in the directory, which must exist.
    init(state: Int32, manager: String) throws(Failure) {
        self.manager = manager
        do throws(KernelError) {
            let directory = try Files.open(Self.directory, flags: [.directory, .noFollow], at: state)
            socket = try DatagramSockets.bind(Self.socketName, at: directory.number)
            // Whoever is in the container may be any user.
            try Files.changeMode(of: Self.socketName, 0o777, at: directory.number)
        } catch {
            throw .kernel(error, "cannot make the notify socket")
        }
    }

    /// Readable when the container says something.
    var descriptor: Int32 { socket.number }

    /// Waits until the container is ready, and tells the manager; or until its first process ends.
    func wait(for process: Int32, pid: Int32) throws(Failure) {
        do throws(KernelError) {
            while true {
                let ready = try Waiting.poll([(socket.number, .readable), (process, .readable)], milliseconds: -1)
                if !ready[0].isEmpty, try forward(pid: pid) { return }
                if !ready[1].isEmpty { return }
            }
        } catch {
            throw .kernel(error, "cannot tell \(manager) that the container is ready")
        }
    }

    /// Takes one message, and passes it on when it is the one.
    ///
    /// - Parameter pid: the process that the manager is to watch.
    /// - Returns: whether it was.
    func forward(pid: Int32) throws(KernelError) -> Bool {
        let message = try DatagramSockets.receive(from: socket)
        guard let line = Self.ready(message) else { return false }
        let manager = try DatagramSockets.connect(manager)
        try Sockets.send(line + [UInt8(ascii: "\n")], descriptors: [], over: manager.number)
        try Sockets.send(Array("MAINPID=\(pid)\n".utf8), descriptors: [], over: manager.number)
        try waitUntilRead(manager)
        return true
    }

    /// The line that says that the service is ready.
    static func ready(_ message: [UInt8]) -> [UInt8]? {
        message.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: "READY=".utf8) }.map { Array($0) }
    }

    /// The manager closes what comes with BARRIER=1 when it has read everything before (sd_notify_barrier(3)). It looks up who
    /// sent a message, so the sender must still be there.
    private func waitUntilRead(_ manager: borrowing Descriptor) throws(KernelError) {
        let (ownEnd, otherEnd) = try Sockets.streamPair()
        let own = Descriptor(owning: ownEnd)
        let other = Descriptor(owning: otherEnd)
        try Sockets.send(Array("BARRIER=1".utf8), descriptors: [other.number], over: manager.number)
        _ = consume other
        _ = try Waiting.poll([(own.number, .readable)], milliseconds: 30_000)
    }
}
