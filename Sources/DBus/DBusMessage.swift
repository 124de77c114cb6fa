/// A message (D-Bus specification, "Message Format").
public struct DBusMessage: Hashable, Sendable {
    /// The type of a message, by the number that stands for it.
    public enum Kind: UInt8, Hashable, Sendable {
        /// METHOD_CALL.
        case call = 1
        /// METHOD_RETURN.
        case reply = 2
        /// ERROR: the answer to a call that failed.
        case error = 3
        /// SIGNAL: nobody asked for it.
        case signal = 4
    }

    /// The largest message that is taken from a peer. The specification allows 128 MiB; nothing here comes close to 1.
    public static let maximumLength = 4 << 20

    /// The type.
    public var kind: Kind
    /// The object, such as `/org/freedesktop/systemd1`.
    public var path: String?
    /// The interface of the method or signal.
    public var interface: String?
    /// The method or signal.
    public var member: String?
    /// The name of the error that a message of that kind tells.
    public var errorName: String?
    /// The name of the receiver.
    public var destination: String?
    /// The name of the sender, filled in by the bus.
    public var sender: String?
    /// The number of the message; 0 before it is sent.
    public var serial: UInt32 = 0
    /// The number of the call that this answers.
    public var replySerial: UInt32?
    /// The arguments.
    public var body: [DBusValue]

    /// A message that is not sent yet.
    public init(
        _ kind: Kind, path: String? = nil, interface: String? = nil, member: String? = nil, destination: String? = nil,
        body: [DBusValue] = []
    ) {
        self.kind = kind
        self.path = path
        self.interface = interface
        self.member = member
        self.destination = destination
        self.body = body
    }

    /// The bytes of the message.
    public func encoded() -> [UInt8] {
        var body = DBusWriter()
        self.body.forEach { body.write($0) }
        var fields: [DBusValue] = []
        func add(_ code: UInt8, _ value: DBusValue?) {
            if let value { fields.append(.structure([.byte(code), .variant(value)])) }
        }
        add(1, path.map { .objectPath($0) })
        add(2, interface.map { .string($0) })
        add(3, member.map { .string($0) })
        add(4, errorName.map { .string($0) })
        add(5, replySerial.map { .uint32($0) })
        add(6, destination.map { .string($0) })
        add(7, sender.map { .string($0) })
        if !self.body.isEmpty { add(8, .signature(self.body.map({ $0.signature }).joined())) }
        var header = DBusWriter()
        header.write(UInt8(ascii: "l"))
        header.write(kind.rawValue)
        header.write(UInt8(0))
        header.write(UInt8(1))
        header.write(UInt32(body.bytes.count))
        header.write(serial)
        header.write(.array(element: "(yv)", fields))
        header.align(8)
        return header.bytes + body.bytes
    }

    /// How many bytes a message has that begins with these; nil when there are too few to tell.
    static func length(_ bytes: ArraySlice<UInt8>) throws(DBusError) -> Int? {
        guard bytes.count >= 16 else { return nil }
        var reader = DBusReader(bytes)
        guard try reader.next() == UInt8(ascii: "l") else { throw .malformed("not little-endian") }
        for _ in 0..<3 { _ = try reader.next() }
        let body = Int(try reader.integer(UInt32.self))
        _ = try reader.integer(UInt32.self)
        let fields = Int(try reader.integer(UInt32.self))
        let length = (16 + fields + 7) / 8 * 8 + body
        guard length <= maximumLength else { throw .malformed("a message of \(length) bytes") }
        return length
    }

    /// Reads a whole message.
    init(_ bytes: ArraySlice<UInt8>) throws(DBusError) {
        var reader = DBusReader(bytes)
        guard try reader.next() == UInt8(ascii: "l") else { throw .malformed("not little-endian") }
        let code = try reader.next()
        guard let kind = Kind(rawValue: code) else { throw .malformed("unknown kind \(code)") }
        _ = try reader.next()
        guard try reader.next() == 1 else { throw .malformed("unknown version of the protocol") }
        self.init(kind)
        let bodyLength = Int(try reader.integer(UInt32.self))
        serial = try reader.integer(UInt32.self)
        var signature = ""
        for field in try reader.value("a(yv)").elements ?? [] {
            guard case .structure(let parts) = field, parts.count == 2, case .byte(let code) = parts[0] else { continue }
            let value = parts[1].unwrapped
            switch code {
            case 1: path = value.text
            case 2: interface = value.text
            case 3: member = value.text
            case 4: errorName = value.text
            case 5: if case .uint32(let number) = value { replySerial = number }
            case 6: destination = value.text
            case 7: sender = value.text
            case 8: signature = value.text ?? ""
            default: break
            }
        }
        try reader.align(8)
        guard bytes.count - reader.offset == bodyLength else { throw .malformed("the body has another length than announced") }
        guard let types = DBusSignature.types(signature) else { throw .malformed("\"\(signature)\" is no signature") }
        var content = DBusReader(bytes[(bytes.startIndex + reader.offset)...])
        for type in types { body.append(try content.value(type[...])) }
        guard content.isAtEnd else { throw .malformed("the body is longer than its signature says") }
    }
}
