internal import CLinux

/// Datagrams to other programs of this machine (AF_UNIX, SOCK_DGRAM), such as sd_notify(3)'s.
public enum DatagramSockets {
    private static func make(_ name: String) throws(KernelError) -> Descriptor {
        Descriptor(owning: Int32(try systemCall(__NR_socket, "socket", on: name, 1, 2 | UInt64(O_CLOEXEC), 0)))
    }

    /// A socket that receives at a path. The path's directory may be named by a descriptor, for addresses have only 107 bytes.
    public static func bind(_ name: String, at directory: Int32) throws(KernelError) -> Descriptor {
        let socket = try make(name)
        let number = socket.number
        try withAddress("/proc/self/fd/\(directory)/\(name)", shown: name) { (address, length) throws(KernelError) in
            _ = try systemCall(__NR_bind, "bind", on: name, UInt64(descriptor: number), address, length)
        }
        return socket
    }

    /// A socket that sends to a path, or to an abstract name behind `@`.
    public static func connect(_ path: String) throws(KernelError) -> Descriptor {
        let socket = try make(path)
        let number = socket.number
        try withAddress(path, shown: path) { (address, length) throws(KernelError) in
            _ = try systemCall(__NR_connect, "connect", on: path, UInt64(descriptor: number), address, length)
        }
        return socket
    }

    /// sockaddr_un: the family, then a path with its end, or a zero byte and the abstract name without one.
    private static func withAddress(
        _ path: String, shown: String, _ body: (UInt64, UInt64) throws(KernelError) -> Void
    ) throws(KernelError) {
        let isAbstract = path.utf8.first == UInt8(ascii: "@")
        let address: [UInt8] = [1, 0] + (isAbstract ? [0] + Array(path.utf8.dropFirst()) : Array(path.utf8) + [0])
        guard address.count <= 110 else { throw KernelError(.nameTooLong, call: "connect", object: shown) }
        var failure: KernelError?
        unsafe address.withUnsafeBytes { bytes in
            do throws(KernelError) {
                try unsafe body(UInt64(address: bytes.baseAddress), UInt64(bytes.count))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// The next datagram, cut off after 4096 bytes. Waits until there is one.
    public static func receive(from socket: borrowing Descriptor) throws(KernelError) -> [UInt8] {
        let number = socket.number
        var failure: KernelError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            do throws(KernelError) {
                count = try unsafe systemCall(
                    __NR_recvfrom, "recv", on: "", UInt64(descriptor: number), UInt64(address: buffer.baseAddress), 4096, 0)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
