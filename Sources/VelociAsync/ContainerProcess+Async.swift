internal import Glibc
internal import LinuxKernel
public import Veloci

extension ContainerProcess {
    /// How the program ends. Any number of tasks may wait, and each may be cancelled: the program goes on then.
    ///
    /// - Throws: `Failure`; `cancelled`, or `statusLost` as for `wait`.
    public var termination: Termination {
        get async throws(Failure) {
            while true {
                if let end = try poll() { return end }
                try await EventThread.shared.wait(for: processDescriptor)
                if let end = try poll() { return end }
                // Its parent, which is not this program, has not taken it away yet.
                do {
                    try await Task.sleep(for: .milliseconds(10))
                } catch {
                    throw .cancelled
                }
            }
        }
    }

    /// What it writes to its standard output, where that is a pipe; nothing otherwise.
    public var outputChunks: ByteChunks { ByteChunks(self, output) }

    /// What it writes to its standard error, where that is a pipe; nothing otherwise.
    public var errorChunks: ByteChunks { ByteChunks(self, error) }

    /// What it writes to its terminal, where this process holds the other side; nothing otherwise.
    public var terminalChunks: ByteChunks { ByteChunks(self, terminal) }

    /// Writes to its standard input, where that is a pipe, or to its terminal. Waits while the program does not read.
    ///
    /// - Throws: `Failure`; with errno `EPIPE` when it does not read any more, or `cancelled`.
    public func write(_ bytes: [UInt8]) async throws(Failure) {
        guard let descriptor = input ?? terminal else {
            throw Failure(.invalidArgument, "the program has neither a pipe to read from nor a terminal")
        }
        // The end of the pipe is this library's alone.
        let flags = fcntl(descriptor, F_GETFL)
        if flags & O_NONBLOCK == 0 { _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Pipes.write($0, to: descriptor) }
            if count >= 0 {
                rest = rest.dropFirst(Int(count))
            } else if count == -Int64(EAGAIN) {
                try await EventThread.shared.wait(for: descriptor, writable: true)
            } else if count != -Int64(EINTR) {
                throw Failure(.kernel, "cannot write to the program", errno: Errno(rawValue: Int32(-count)))
            }
        }
    }
}
