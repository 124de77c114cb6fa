/// A message of protocol buffers that somebody else wrote, field by field. Fields that the reader does not know are passed over
/// by asking for the next.
package struct MessageReader: Sendable {
    /// One field as it is on the wire.
    package struct Field: Equatable, Sendable {
        /// Its number in the message's definition.
        package var number: UInt32
        /// What follows the number.
        package var value: Value
    }

    /// What a field has; which type it means only the definition tells.
    package enum Value: Equatable, Sendable {
        /// `int32`, `int64`, `uint32`, `uint64`, `bool`, enumerations.
        case varint(UInt64)
        /// `fixed64`, `sfixed64`, `double`.
        case fixed64(UInt64)
        /// `string`, `bytes`, messages, packed repeated fields.
        case bytes(ArraySlice<UInt8>)
        /// `fixed32`, `sfixed32`, `float`.
        case fixed32(UInt32)
    }

    private var rest: ArraySlice<UInt8>

    /// Reads a whole message.
    package init(_ bytes: [UInt8]) { rest = bytes[...] }

    /// Reads a message that is a field of another.
    package init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The next field; nil at the end.
    /// - Throws: `ProtobufError` where the bytes are no message.
    package mutating func next() throws(ProtobufError) -> Field? {
        guard !rest.isEmpty else { return nil }
        let key = try varint()
        guard key >> 3 > 0, key >> 3 < 1 << 29 else { throw .badFieldNumber }
        let number = UInt32(key >> 3)
        switch key & 7 {
        case 0: return Field(number: number, value: .varint(try varint()))
        case 1: return Field(number: number, value: .fixed64(try fixed(8)))
        case 2:
            let count = try varint()
            guard count <= UInt64(rest.count) else { throw .endsEarly }
            defer { rest = rest.dropFirst(Int(count)) }
            return Field(number: number, value: .bytes(rest.prefix(Int(count))))
        case 5: return Field(number: number, value: .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
        // Groups, which were given up long ago.
        default: throw .unknownWireType
        }
    }

    private mutating func varint() throws(ProtobufError) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<10 as Range<UInt64> {
            guard let byte = rest.popFirst() else { throw .endsEarly }
            // The tenth byte has room for one bit.
            if index == 9, byte > 1 { throw .numberTooLong }
            value |= UInt64(byte & 0x7f) << (7 * index)
            if byte & 0x80 == 0 { return value }
        }
        throw .numberTooLong
    }

    private mutating func fixed(_ count: Int) throws(ProtobufError) -> UInt64 {
        guard rest.count >= count else { throw .endsEarly }
        var value: UInt64 = 0
        for byte in rest.prefix(count).reversed() { value = value << 8 | UInt64(byte) }
        rest = rest.dropFirst(count)
        return value
    }
}

// Kept out of line: inlined into a loop over fields they end the optimizer of Swift 6.3 ("found ownership error").
extension MessageReader.Field {
    /// Of the type `int32`; a negative one comes with ten bytes.
    package var int32: Int32? {
        @inline(never) get {
            if case .varint(let number) = value { return Int32(truncatingIfNeeded: Int64(bitPattern: number)) }
            return nil
        }
    }

    /// Of the type `bool`.
    package var bool: Bool? {
        @inline(never) get {
            if case .varint(let number) = value { return number != 0 }
            return nil
        }
    }

    /// Of the type `string`; what is no UTF-8 is shown as such.
    package var string: String? {
        @inline(never) get {
            if case .bytes(let bytes) = value { return String(decoding: bytes, as: UTF8.self) }
            return nil
        }
    }

    /// A message.
    package var message: MessageReader? {
        @inline(never) get {
            if case .bytes(let bytes) = value { return MessageReader(bytes) }
            return nil
        }
    }
}

/// Why bytes are no message.
package enum ProtobufError: Error, Equatable, Sendable {
    /// They end inside of a field.
    case endsEarly
    /// A number has more than 64 bits.
    case numberTooLong
    /// A field has the number 0, or one that no definition can give.
    case badFieldNumber
    /// A field is of a kind that nobody writes any more.
    case unknownWireType
}
