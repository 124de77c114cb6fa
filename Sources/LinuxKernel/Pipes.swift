internal import CLinux

/// Writing where the reader may go away at any moment: pipes, FIFOs and streams of somebody else.
///
/// The kernel tells it twice, by `EPIPE` and by SIGPIPE, which by default ends the process: the host program of a library as
/// well. What the process does about the signal is not ours to change, so it is kept from the calling thread for the one call,
/// and taken away if that call raised it. Sockets of our own need none of this (MSG_NOSIGNAL).
public enum Pipes {
    /// The two ends of a new pipe (pipe2(2) with O_CLOEXEC).
    public static func make() throws(KernelError) -> (reader: Int32, writer: Int32) {
        var ends: (reader: Int32, writer: Int32) = (-1, -1)
        try unsafe withUnsafeMutablePointer(to: &ends) { (pointer) throws(KernelError) in
            _ = try unsafe systemCall(__NR_pipe2, "pipe2", UInt64(address: pointer), UInt64(O_CLOEXEC))
        }
        return ends
    }

    /// Writes all bytes.
    /// - Throws: `KernelError`; `EPIPE` when nobody reads any more.
    public static func write(_ bytes: [UInt8], to descriptor: Int32, name: String = "") throws(KernelError) {
        var written = 0
        while written < bytes.count {
            let result = unsafe bytes[written...].withUnsafeBytes { unsafe write($0, to: descriptor) }
            if result >= 0 {
                written += Int(result)
            } else if result == -Int64(EAGAIN) {
                // Whoever shares the stream may have made it so that it does not wait.
                _ = try Waiting.poll([(descriptor, .writable)], milliseconds: -1)
            } else if result != -Int64(EINTR) {
                throw KernelError(Errno(rawValue: Int32(-result)), call: "write", object: name)
            }
        }
    }

    /// One write(2).
    /// - Returns: how much was written, or the negative errno.
    public static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int64 {
        withoutSignal {
            unsafe linux_system_call(
                Int64(__NR_write), UInt64(descriptor: descriptor), UInt64(address: bytes.baseAddress), UInt64(bytes.count),
                0, 0, 0)
        }
    }

    private static let brokenPipe: UInt64 = 1 << (13 - 1)

    private static func withoutSignal(_ body: () -> Int64) -> Int64 {
        // One that waits already was not raised by us and is not ours to take.
        var pending: UInt64 = 0
        unsafe withUnsafeMutablePointer(to: &pending) { pointer in
            _ = unsafe linux_system_call(Int64(__NR_rt_sigpending), UInt64(address: pointer), 8, 0, 0, 0, 0)
        }
        var signals = brokenPipe
        var before: UInt64 = 0
        return unsafe withUnsafeMutablePointer(to: &signals) { signals in
            unsafe withUnsafeMutablePointer(to: &before) { before in
                _ = unsafe linux_system_call(
                    Int64(__NR_rt_sigprocmask), UInt64(SIG_BLOCK), UInt64(address: signals), UInt64(address: before), 8, 0, 0)
                let result = body()
                if result == -Int64(EPIPE), pending & brokenPipe == 0 { unsafe take(signals) }
                _ = unsafe linux_system_call(
                    Int64(__NR_rt_sigprocmask), UInt64(SIG_SETMASK), UInt64(address: before), 0, 8, 0, 0)
                return result
            }
        }
    }

    /// Takes the signal if it waits (sigtimedwait(2) that does not wait). The kernel sent it to this thread.
    private static func take(_ signals: UnsafeMutablePointer<UInt64>) {
        var time: (Int64, Int64) = (0, 0)
        unsafe withUnsafeMutablePointer(to: &time) { time in
            _ = unsafe linux_system_call(
                Int64(__NR_rt_sigtimedwait), UInt64(address: signals), 0, UInt64(address: time), 8, 0, 0)
        }
    }
}
