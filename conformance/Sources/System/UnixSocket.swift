import CHarness

/// A listening stream socket in the file system, and what comes over its connections.
final class UnixSocket {
    private let descriptor: Int32

    init(_ path: String) throws(Verdict) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        if descriptor < 0 { throw Verdict.refused("socket", path) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { target in
            for (index, byte) in bytes.prefix(target.count - 1).enumerated() { unsafe target[index] = byte }
        }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if result != 0 { throw Verdict.refused("bind", path) }
        if listen(descriptor, 8) != 0 { throw Verdict.refused("listen", path) }
    }

    deinit { close(descriptor) }

    /// What one connection brought.
    struct Delivery {
        /// The payload of each message that was received, in order; a stream may join them.
        var bytes: [UInt8] = []
        var descriptors: [Int32] = []
        /// Whether all descriptors came with the first bytes.
        var descriptorsCameFirst = true
        /// Whether the sender has closed the connection.
        var isClosed = false
    }

    /// The next connection with all that it brings, nil if none is made in time.
    func accept(milliseconds: Int) -> Delivery? {
        guard wait(descriptor, milliseconds) else { return nil }
        let connection = CHarness.accept(descriptor, nil, nil)
        if connection < 0 { return nil }
        defer { close(connection) }
        var delivery = Delivery()
        while !delivery.isClosed && wait(connection, milliseconds) { receive(connection, &delivery) }
        return delivery
    }

    private func wait(_ descriptor: Int32, _ milliseconds: Int) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, Int32(milliseconds * Pace.factor)) > 0
    }

    private func receive(_ connection: Int32, _ delivery: inout Delivery) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var control = [UInt64](repeating: 0, count: 64)
        let capacity = buffer.count
        let (count, length) = unsafe buffer.withUnsafeMutableBytes { payload in
            unsafe control.withUnsafeMutableBytes { area in
                var vector = unsafe iovec(iov_base: payload.baseAddress, iov_len: capacity)
                return unsafe withUnsafeMutablePointer(to: &vector) { pointer in
                    var message = unsafe msghdr()
                    unsafe message.msg_iov = pointer
                    unsafe message.msg_iovlen = 1
                    unsafe message.msg_control = area.baseAddress
                    unsafe message.msg_controllen = area.count
                    let count = unsafe recvmsg(connection, &message, Int32(MSG_CMSG_CLOEXEC))
                    return unsafe (count, message.msg_controllen)
                }
            }
        }
        if count <= 0 {
            delivery.isClosed = true
            return
        }
        // struct cmsghdr: length (8 bytes), level, type (4 each), then the descriptors.
        if length > 16 {
            if !delivery.bytes.isEmpty { delivery.descriptorsCameFirst = false }
            unsafe control.withUnsafeBytes { area in
                let size = unsafe Int(area.load(as: UInt64.self))
                for offset in stride(from: 16, to: min(size, Int(length)), by: 4) {
                    unsafe delivery.descriptors.append(area.load(fromByteOffset: offset, as: Int32.self))
                }
            }
        }
        delivery.bytes += buffer[..<count]
    }
}
