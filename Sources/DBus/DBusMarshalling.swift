/// Writes values in the form they have in messages, little-endian (D-Bus specification, "Marshaling").
struct DBusWriter {
    private(set) var bytes: [UInt8] = []

    mutating func align(_ multiple: Int) {
        while bytes.count % multiple != 0 { bytes.append(0) }
    }

    mutating func write<Integer: FixedWidthInteger>(_ value: Integer) {
        align(MemoryLayout<Integer>.size)
        unsafe withUnsafeBytes(of: value.littleEndian) { unsafe bytes.append(contentsOf: $0) }
    }

    mutating func write(_ value: DBusValue) {
        switch value {
        case .byte(let value): write(value)
        case .boolean(let value): write(UInt32(value ? 1 : 0))
        case .int16(let value): write(value)
        case .uint16(let value): write(value)
        case .int32(let value): write(value)
        case .uint32(let value), .descriptor(let value): write(value)
        case .int64(let value): write(value)
        case .uint64(let value): write(value)
        case .double(let value): write(value.bitPattern)
        case .string(let text), .objectPath(let text):
            write(UInt32(text.utf8.count))
            bytes.append(contentsOf: text.utf8)
            bytes.append(0)
        case .signature(let text):
            bytes.append(UInt8(truncatingIfNeeded: text.utf8.count))
            bytes.append(contentsOf: text.utf8)
            bytes.append(0)
        case .array(let element, let values):
            write(UInt32(0))
            let place = bytes.count - 4
            align(DBusSignature.alignment(of: element[...]))
            let start = bytes.count
            values.forEach { write($0) }
            patch(UInt32(bytes.count - start), at: place)
        case .structure(let members):
            align(8)
            members.forEach { write($0) }
        case .entry(let key, let value):
            align(8)
            write(key)
            write(value)
        case .variant(let value):
            write(.signature(value.signature))
            write(value)
        }
    }

    /// Replaces four bytes, such as a length that is known only now.
    mutating func patch(_ value: UInt32, at place: Int) {
        for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index)) }
    }
}

/// Reads values from a message. Whatever a peer sends, it ends with values or an error.
struct DBusReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// Bytes from the start of the message's header or body: alignment counts from there.
    var offset: Int { position - bytes.startIndex }
    var isAtEnd: Bool { position == bytes.endIndex }

    mutating func align(_ multiple: Int) throws(DBusError) {
        while offset % multiple != 0 {
            guard try next() == 0 else { throw .malformed("padding is not zero") }
        }
    }

    mutating func next() throws(DBusError) -> UInt8 {
        guard position < bytes.endIndex else { throw .malformed("the message ends early") }
        position += 1
        return bytes[position - 1]
    }

    mutating func integer<Integer: FixedWidthInteger>(_ type: Integer.Type) throws(DBusError) -> Integer {
        try align(MemoryLayout<Integer>.size)
        var value: Integer = 0
        for index in 0..<MemoryLayout<Integer>.size {
            value |= Integer(truncatingIfNeeded: try next()) << Integer(8 * index)
        }
        return value
    }

    private mutating func text(length: Int) throws(DBusError) -> String {
        guard length >= 0, length < bytes.endIndex - position else { throw .malformed("a text is longer than the message") }
        let content = bytes[position..<position + length]
        position += length
        guard try next() == 0, let text = String(validating: content, as: UTF8.self), !content.contains(0) else {
            throw .malformed("a text is not UTF-8, or has no end")
        }
        return text
    }

    /// Reads one value of a complete type.
    mutating func value(_ type: Substring, depth: Int = 0) throws(DBusError) -> DBusValue {
        guard depth <= DBusSignature.maximumDepth, let first = type.utf8.first else { throw .malformed("values nest too deep") }
        switch UnicodeScalar(first) {
        case "y": return .byte(try next())
        case "b":
            let value = try integer(UInt32.self)
            guard value <= 1 else { throw .malformed("\(value) is no truth value") }
            return .boolean(value == 1)
        case "n": return .int16(try integer(Int16.self))
        case "q": return .uint16(try integer(UInt16.self))
        case "i": return .int32(try integer(Int32.self))
        case "u": return .uint32(try integer(UInt32.self))
        case "x": return .int64(try integer(Int64.self))
        case "t": return .uint64(try integer(UInt64.self))
        case "d": return .double(Double(bitPattern: try integer(UInt64.self)))
        case "s": return .string(try text(length: Int(try integer(UInt32.self))))
        case "o": return .objectPath(try text(length: Int(try integer(UInt32.self))))
        case "g": return .signature(try text(length: Int(try next())))
        case "h": return .descriptor(try integer(UInt32.self))
        case "a": return try array(type.dropFirst(), depth)
        case "(":
            try align(8)
            return .structure(try members(type, depth))
        case "{":
            try align(8)
            let members = try members(type, depth)
            guard members.count == 2 else { throw .malformed("an entry has \(members.count) parts") }
            return .entry(members[0], members[1])
        case "v":
            guard let inner = try value("g").text, let types = DBusSignature.types(inner), types.count == 1 else {
                throw .malformed("a variant without one type")
            }
            return .variant(try value(types[0][...], depth: depth + 1))
        default: throw .malformed("unknown type \(type)")
        }
    }

    private mutating func array(_ element: Substring, _ depth: Int) throws(DBusError) -> DBusValue {
        let length = Int(try integer(UInt32.self))
        try align(DBusSignature.alignment(of: element))
        guard length <= bytes.endIndex - position else { throw .malformed("an array is longer than the message") }
        let end = position + length
        var values: [DBusValue] = []
        while position < end { values.append(try value(element, depth: depth + 1)) }
        guard position == end else { throw .malformed("an array's elements do not end where it does") }
        return .array(element: String(element), values)
    }

    private mutating func members(_ type: Substring, _ depth: Int) throws(DBusError) -> [DBusValue] {
        guard let types = DBusSignature.types(String(type.dropFirst().dropLast())) else {
            throw .malformed("\(type) is no type")
        }
        var values: [DBusValue] = []
        for type in types { values.append(try value(type[...], depth: depth + 1)) }
        return values
    }
}
