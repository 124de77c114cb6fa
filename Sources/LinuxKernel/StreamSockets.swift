internal import CLinux

/// Byte streams to other programs of this machine, with deadlines: nothing here waits for ever.
public enum StreamSockets {
    private static let nonBlocking = UInt64(O_NONBLOCK)

    /// Connects (AF_UNIX, SOCK_STREAM). While the other side's queue is full it is tried again.
    /// - Throws: `KernelError`; `EAGAIN` when the deadline has passed.
    public static func connect(
        _ name: String, isAbstract: Bool = false, before deadline: Deadline
    ) throws(KernelError) -> Descriptor {
        let socket = Descriptor(
            owning: Int32(try systemCall(__NR_socket, "socket", on: name, 1, 1 | UInt64(O_CLOEXEC) | nonBlocking, 0)))
        // sockaddr_un: the family, then the path with its end, or a zero byte and the abstract name without one.
        var address: [UInt8] = [1, 0] + (isAbstract ? [0] : []) + Array(name.utf8) + (isAbstract ? [] : [0])
        guard address.count <= 110 else {
            throw KernelError(.nameTooLong, call: "connect", object: name)
        }
        let number = socket.number
        while true {
            var failure: KernelError?
            unsafe address.withUnsafeMutableBytes { bytes in
                do throws(KernelError) {
                    try unsafe systemCall(
                        __NR_connect, "connect", on: name, UInt64(descriptor: number), UInt64(address: bytes.baseAddress),
                        UInt64(bytes.count))
                } catch {
                    failure = error
                }
            }
            guard let failure else { return socket }
            guard failure.errno == .again, !deadline.hasPassed else { throw failure }
            Waiting.sleep(microseconds: 2000)
        }
    }

    /// Sends everything. A signal is never raised when the other side is gone (MSG_NOSIGNAL).
    /// - Returns: whether it was sent before the deadline.
    public static func send(
        _ bytes: [UInt8], over socket: borrowing Descriptor, before deadline: Deadline
    ) throws(KernelError) -> Bool {
        let number = socket.number
        var rest = bytes[...]
        while !rest.isEmpty {
            var failure: KernelError?
            var sent = 0
            unsafe rest.withUnsafeBytes { buffer in
                do throws(KernelError) {
                    sent = try unsafe systemCall(
                        __NR_sendto, "send", on: "", UInt64(descriptor: number), UInt64(address: buffer.baseAddress),
                        UInt64(buffer.count), UInt64(MSG_NOSIGNAL), 0, 0)
                } catch {
                    failure = error
                }
            }
            if let failure {
                guard failure.errno == .again else { throw failure }
                if deadline.hasPassed { return false }
                _ = try Waiting.poll([(number, .writable)], milliseconds: deadline.milliseconds)
            }
            rest = rest.dropFirst(sent)
        }
        return true
    }

    /// Some bytes; none when the other side closed.
    /// - Returns: nil when nothing came before the deadline.
    public static func receive(
        from socket: borrowing Descriptor, before deadline: Deadline
    ) throws(KernelError) -> [UInt8]? {
        let number = socket.number
        while true {
            var failure: KernelError?
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 16384) { buffer, count in
                do throws(KernelError) {
                    count = try unsafe systemCall(
                        __NR_recvfrom, "recv", on: "", UInt64(descriptor: number), UInt64(address: buffer.baseAddress),
                        UInt64(buffer.count), 0, 0, 0)
                } catch {
                    failure = error
                }
            }
            guard let failure else { return bytes }
            guard failure.errno == .again else { throw failure }
            if deadline.hasPassed { return nil }
            _ = try Waiting.poll([(number, .readable)], milliseconds: deadline.milliseconds)
        }
    }
}
