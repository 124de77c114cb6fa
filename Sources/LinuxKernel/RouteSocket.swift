internal import CLinux

/// Network devices of one network namespace, through a route socket of it (rtnetlink(7)).
public struct RouteSocket: ~Copyable {
    private let socket: Descriptor
    private static let requestFlags: UInt16 = 1
    private static let acknowledge: UInt16 = 4
    private static let dump: UInt16 = 0x300

    /// A socket of the calling thread's network namespace.
    public init() throws(KernelError) {
        socket = Descriptor(owning: try Self.open())
    }

    private static func open() throws(KernelError) -> Int32 {
        // AF_NETLINK, SOCK_RAW, NETLINK_ROUTE
        Int32(try systemCall(__NR_socket, "socket", on: "AF_NETLINK", 16, 3 | UInt64(O_CLOEXEC), 0))
    }

    /// A socket of another network namespace. The calling thread is in there for a moment: whoever opens a socket decides what
    /// may be done through it.
    public init(inside namespace: borrowing Descriptor) throws(KernelError) {
        var opened: Int32 = -1
        try Processes.inNetwork(namespace) { () throws(KernelError) in opened = try Self.open() }
        socket = Descriptor(owning: opened)
    }

    /// A socket that was opened in some other network namespace.
    public init(owning descriptor: consuming Descriptor) {
        socket = descriptor
    }

    /// An address of a device, as the kernel described it.
    public struct Address: Sendable, Equatable {
        var family: UInt8
        var prefixLength: UInt8
        /// Attributes as they came, but for the times of their validity.
        var attributes: [UInt8]
    }

    /// The number of the device in this namespace, and whether it is up.
    public func device(named name: String) throws(KernelError) -> (index: Int32, isUp: Bool) {
        var message = RouteMessage(type: 18, flags: Self.requestFlags)  // RTM_GETLINK
        message.appendLink(index: 0)
        message.append(attribute: 3, text: name)  // IFLA_IFNAME
        let replies = try exchange(message, "look for", name)
        guard let body = replies.first, body.count >= 12 else { throw KernelError(.noSuchDevice, call: "look for", object: name) }
        return (Int32(bitPattern: body.word(at: 4)), body.word(at: 8) & 1 != 0)  // IFF_UP
    }

    /// The numbers of all devices in this namespace.
    public func devices() throws(KernelError) -> [Int32] {
        var message = RouteMessage(type: 18, flags: Self.requestFlags | Self.dump)  // RTM_GETLINK
        message.appendLink(index: 0)
        return try exchange(message, "list", "network devices").filter { $0.count >= 8 }.map { Int32(bitPattern: $0.word(at: 4)) }
    }

    /// Addresses that were set to stay and reach beyond the machine: the ones that a moved device keeps.
    public func permanentGlobalAddresses(of index: Int32) throws(KernelError) -> [Address] {
        var message = RouteMessage(type: 22, flags: Self.requestFlags | Self.dump)  // RTM_GETADDR
        message.append([0, 0, 0, 0, 0, 0, 0, 0])
        let permanent: UInt32 = 0x80
        return try exchange(message, "read addresses of", "").compactMap { body -> Address? in
            guard body.count >= 8, Int32(bitPattern: body.word(at: 4)) == index, body[body.startIndex + 3] == 0
            else { return nil }
            var flags = UInt32(body[body.startIndex + 2])
            var kept: [UInt8] = []
            for (type, value) in RouteMessage.attributes(of: body.dropFirst(8)) {
                if type == 8, value.count >= 4 { flags = value.word(at: 0) }  // IFA_FLAGS
                // IFA_LABEL carries the device's old name.
                if type != 6 && type != 3 { kept += RouteMessage.attribute(type, value) }  // IFA_CACHEINFO: times
            }
            guard flags & permanent != 0 else { return nil }
            return Address(family: body[body.startIndex], prefixLength: body[body.startIndex + 1], attributes: kept)
        }
    }

    /// Moves the device into the network namespace of a process, under a new name.
    public func move(_ index: Int32, to pid: Int32, name: String) throws(KernelError) {
        var message = RouteMessage(type: 16, flags: Self.requestFlags | Self.acknowledge)  // RTM_NEWLINK
        message.appendLink(index: index)
        message.append(attribute: 19, word: UInt32(bitPattern: pid))  // IFLA_NET_NS_PID
        message.append(attribute: 3, text: name)
        _ = try exchange(message, "move", name)
    }

    /// RTM_NEWADDR. An address that is there already is `EEXIST`.
    public func add(_ address: Address, to index: Int32) throws(KernelError) {
        // RTM_NEWADDR, new only
        var message = RouteMessage(type: 20, flags: Self.requestFlags | Self.acknowledge | 0x600)
        message.append([address.family, address.prefixLength, 0x80, 0])
        message.append(word: UInt32(bitPattern: index))
        message.append(address.attributes)
        _ = try exchange(message, "add an address to", "device \(index)")
    }

    /// Brings the device up.
    public func bringUp(_ index: Int32) throws(KernelError) {
        var message = RouteMessage(type: 16, flags: Self.requestFlags | Self.acknowledge)
        message.appendLink(index: index, flags: 1, change: 1)  // IFF_UP
        _ = try exchange(message, "bring up", "device \(index)")
    }

    /// Sends a request and collects the bodies of the replies.
    private func exchange(_ message: RouteMessage, _ what: String, _ object: String) throws(KernelError) -> [ArraySlice<UInt8>] {
        try Sockets.send(message.finished, descriptors: [], over: socket.number)
        let isDump = message.flags & Self.dump == Self.dump
        var bodies: [ArraySlice<UInt8>] = []
        while true {
            let packet = try receive(object)
            let malformed = KernelError(.invalidArgument, call: what, object: object)
            // Whoever answers with nothing will not answer with more.
            guard packet.count >= 16 else { throw malformed }
            var rest = packet[...]
            while rest.count >= 16 {
                let length = Int(rest.word(at: 0))
                guard length >= 16, length <= rest.count else { throw malformed }
                let type = UInt16(truncatingIfNeeded: rest.word(at: 4))
                let body = rest.dropFirst(16).prefix(length - 16)
                switch type {
                case 2:  // NLMSG_ERROR, 0 is an acknowledgement
                    guard body.count >= 4 else { throw malformed }
                    let errno = 0 &- Int32(bitPattern: body.word(at: 0))
                    if errno != 0 { throw KernelError(Errno(rawValue: errno), call: what, object: object) }
                    return bodies
                case 3: return bodies  // NLMSG_DONE
                default: bodies.append(body)
                }
                rest = rest.dropFirst((length + 3) & ~3)
            }
            if !isDump && message.flags & Self.acknowledge == 0 { return bodies }
        }
    }

    private func receive(_ object: String) throws(KernelError) -> [UInt8] {
        let number = socket.number
        var failure: KernelError?
        let packet = unsafe [UInt8](unsafeUninitializedCapacity: 65536) { buffer, count in
            do throws(KernelError) {
                count = try unsafe systemCall(
                    __NR_recvfrom, "recv", on: object, UInt64(descriptor: number), UInt64(address: buffer.baseAddress),
                    UInt64(buffer.count), 0, 0, 0)
            } catch {
                failure = error
                count = 0
            }
        }
        if let failure { throw failure }
        return packet
    }
}

/// One request, with its header filled in at the end.
private struct RouteMessage {
    let flags: UInt16
    private var bytes: [UInt8]

    init(type: UInt16, flags: UInt16) {
        self.flags = flags
        bytes = [0, 0, 0, 0, UInt8(type & 0xff), UInt8(type >> 8), UInt8(flags & 0xff), UInt8(flags >> 8)]
        bytes += [1, 0, 0, 0, 0, 0, 0, 0]
    }

    /// The message with its length, which no attribute can make overflow: names and addresses are short.
    var finished: [UInt8] {
        var message = bytes
        for index in 0..<4 { message[index] = UInt8(truncatingIfNeeded: bytes.count >> (8 * index)) }
        return message
    }

    mutating func append(_ content: [UInt8]) { bytes += content }

    mutating func append(word: UInt32) {
        unsafe withUnsafeBytes(of: word.littleEndian) { unsafe bytes += $0 }
    }

    /// struct ifinfomsg
    mutating func appendLink(index: Int32, flags: UInt32 = 0, change: UInt32 = 0) {
        append(word: 0)
        append(word: UInt32(bitPattern: index))
        append(word: flags)
        append(word: change)
    }

    mutating func append(attribute type: UInt16, text: String) {
        bytes += RouteMessage.attribute(type, (Array(text.utf8) + [0])[...])
    }

    mutating func append(attribute type: UInt16, word: UInt32) {
        unsafe bytes += withUnsafeBytes(of: word.littleEndian) { unsafe RouteMessage.attribute(type, Array($0)[...]) }
    }

    static func attribute(_ type: UInt16, _ value: ArraySlice<UInt8>) -> [UInt8] {
        let length = UInt16(4 + value.count)
        let padding = [UInt8](repeating: 0, count: (4 - value.count % 4) % 4)
        return [UInt8(length & 0xff), UInt8(length >> 8), UInt8(type & 0xff), UInt8(type >> 8)] + value + padding
    }

    static func attributes(of bytes: ArraySlice<UInt8>) -> [(type: UInt16, value: ArraySlice<UInt8>)] {
        var result: [(type: UInt16, value: ArraySlice<UInt8>)] = []
        var rest = bytes
        while rest.count >= 4 {
            let header = rest.word(at: 0)
            let length = Int(header & 0xffff)
            guard length >= 4, length <= rest.count else { break }
            result.append((UInt16(header >> 16) & 0x3fff, rest.dropFirst(4).prefix(length - 4)))
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return result
    }
}

extension ArraySlice<UInt8> {
    /// The little-endian word at an offset from the slice's start.
    fileprivate func word(at offset: Int) -> UInt32 {
        (0..<4).reduce(UInt32(0)) { $0 | UInt32(self[startIndex + offset + $1]) << UInt32(8 * $1) }
    }
}
