internal import CLinux

/// Sockets at which others connect (AF_UNIX, SOCK_STREAM), and what comes over them.
package enum ListeningSockets {
    /// Listens at a path that does not exist yet. Only this user may connect.
    package static func listen(at path: String) throws(KernelError) -> Descriptor {
        let socket = Descriptor(
            owning: Int32(try systemCall(__NR_socket, "socket", on: path, 1, 1 | UInt64(O_CLOEXEC), 0)))
        let number = socket.number
        // KERNEL: the file gets the socket's own mode, without the bits of the umask.
        try systemCall(__NR_fchmod, "fchmod", on: path, UInt64(descriptor: number), 0o600)
        let bytes = Array(path.utf8)
        guard bytes.count <= 107 else { throw KernelError(.nameTooLong, call: "bind", object: path) }
        let address: [UInt8] = [1, 0] + bytes + [0]
        var failure: KernelError?
        unsafe address.withUnsafeBytes { bytes in
            do throws(KernelError) {
                try unsafe systemCall(
                    __NR_bind, "bind", on: path, UInt64(descriptor: number), UInt64(address: bytes.baseAddress),
                    UInt64(bytes.count))
                try systemCall(__NR_listen, "listen", on: path, UInt64(descriptor: number), 128)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return socket
    }

    /// The next connection. Waits until there is one.
    package static func accept(from socket: Int32) throws(KernelError) -> Descriptor {
        Descriptor(
            owning: Int32(
                try systemCall(__NR_accept4, "accept", on: "", UInt64(descriptor: socket), 0, 0, UInt64(O_CLOEXEC))))
    }

    /// What comes over a connection until the other side closes it: bytes, and one descriptor. Others are not taken.
    ///
    /// - Parameters:
    ///   - most: how many bytes are kept at most.
    ///   - time: milliseconds between two parts before the rest is not waited for.
    package static func receive(
        from connection: borrowing Descriptor, most: Int, milliseconds time: Int64
    ) throws(KernelError) -> (bytes: [UInt8], descriptor: Int32?) {
        var bytes: [UInt8] = []
        var descriptor: Int32?
        let number = connection.number
        do throws(KernelError) {
            while bytes.count < most, try Polling.isReadable(number, withinMilliseconds: time) {
                let part = try Sockets.receive(from: number, capacity: 65536)
                if let one = part.descriptor {
                    if descriptor == nil { descriptor = one } else { _ = Descriptor(owning: one) }
                }
                if part.bytes.isEmpty { break }
                bytes += part.bytes
            }
        } catch {
            if let descriptor { _ = Descriptor(owning: descriptor) }
            throw error
        }
        return (bytes, descriptor)
    }
}
