internal import CLinux
internal import LinuxKernel

/// A program in a container: its first one, or one that was added.
///
/// Any number of threads may wait for its end at once. When the last reference goes away the program goes on, and no zombie
/// stays: this library takes its end away with the next operation that starts something, or when its container is deleted.
public final class ContainerProcess: Sendable {
    let child: ChildProcess
    /// The host's side of its terminal, if it has one that was not sent elsewhere. Closed with this value.
    public let terminal: Int32?
    /// What the program reads, where its standard input is a pipe. Closed by `closeInput`, or with this value.
    public var input: Int32? { pipes.withLock { pipes in pipes.input } }
    /// What the program writes, where its standard output is a pipe. Closed with this value.
    public let output: Int32?
    /// What the program complains of, where its standard error is a pipe. Closed with this value.
    public let error: Int32?
    private let pipes: Locked<Owned>

    /// What changes while others look.
    private struct Owned {
        var input: Int32?
        /// What hears that the program is ready, until it is.
        var notification: Notification?
    }

    /// What hears that the program is ready, until it is.
    var notification: Notification? {
        get { pipes.withLock { pipes in pipes.notification } }
        set { pipes.withLock { pipes in pipes.notification = newValue } }
    }

    /// - Parameters:
    ///   - terminal: owned from here on.
    ///   - pipes: our ends for input, output and error; owned from here on.
    init(_ child: ChildProcess, isOurs: Bool = true, terminal: Int32? = nil, pipes: [Int32?] = [nil, nil, nil]) {
        self.child = child
        self.terminal = terminal
        (output, error) = (pipes[1], pipes[2])
        self.pipes = Locked(Owned(input: pipes[0]))
        if isOurs { Children.add(child) }
    }

    deinit {
        Descriptor.close([terminal, input, output, error].compactMap { $0 })
        Children.release(child)
    }

    /// The process id as this process sees it.
    public var pid: Int32 { child.pid }

    /// A descriptor of the process (pidfd_open(2)) that stays valid as long as this value. It can be read from once the program
    /// has ended.
    public var processDescriptor: Int32 { child.descriptor }

    /// Sends a signal.
    public func send(_ signal: Signal) throws(Failure) {
        do throws(KernelError) {
            try child.signal(signal.rawValue)
        } catch where error.errno == .noSuchProcess {
            throw Failure(.notRunning, "container not running")
        } catch {
            throw .kernel(error, "unable to signal the process")
        }
    }

    /// Closes the pipe to its standard input: it reads an end of file.
    public func closeInput() {
        let input = pipes.withLock { pipes in
            defer { pipes.input = nil }
            return pipes.input
        }
        if let input { _ = Descriptor(owning: input) }
    }

    /// Waits for its end, which any number of threads may do, and after it has come as well.
    ///
    /// - Throws: `Failure` with `statusLost` when another part of this program waited for the process, or ignores SIGCHLD, and
    ///   the kernel is older than 6.15.
    public func wait() throws(Failure) -> Termination {
        do throws(KernelError) {
            return Termination(try child.wait())
        } catch {
            throw Self.lost(error)
        }
    }

    /// How it ended, or nil while it goes on.
    ///
    /// - Throws: as `wait`.
    public func poll() throws(Failure) -> Termination? {
        do throws(KernelError) {
            return try child.end().map { Termination($0) }
        } catch {
            throw Self.lost(error)
        }
    }

    private static func lost(_ error: KernelError) -> Failure {
        guard error.errno == .noChild else { return .kernel(error, "cannot wait for the container's process") }
        return Failure(
            .statusLost, "how the program ended is lost: another part of this process took it away, or SIGCHLD is ignored",
            hint: "wait for single children (waitid with P_PIDFD), or use Linux 6.15, which keeps it")
    }

    /// Sets the size of the program's terminal, if this program has it; the kernel tells the program (SIGWINCH).
    public func resizeTerminal(rows: UInt16, columns: UInt16) throws(Failure) {
        guard let terminal else { throw Failure(.invalidArgument, "the program has no terminal that this process holds") }
        do throws(KernelError) {
            // struct winsize: rows, columns, and two numbers that nobody reads.
            var size: (UInt16, UInt16, UInt16, UInt16) = (rows, columns, 0, 0)
            try unsafe withUnsafeMutablePointer(to: &size) { (size) throws(KernelError) in
                _ = try unsafe systemCall(
                    __NR_ioctl, "ioctl TIOCSWINSZ", UInt64(descriptor: terminal), UInt64(TIOCSWINSZ), UInt64(address: size))
            }
        } catch {
            throw .kernel(error, "cannot set the size of the terminal")
        }
    }
}
