/// What can be read from JSON and written back.
protocol JSONCodable {
    /// The value before anything was read.
    init()

    /// Reads the value that begins at the reader's position. A value of another type is recorded there and leaves this alone.
    mutating func read(from reader: inout JSONReader) throws(JSONStop)

    /// Appends the value.
    func write(to writer: inout JSONWriter)

    /// Whether a member with this value is left out of its object.
    var isAbsent: Bool { get }

    /// Whether a string in the value contains U+0000.
    var containsNull: Bool { get }

    /// Whether a value with problems inside still says something: an object or a list does, a scalar does not.
    static var keepsPartial: Bool { get }
}

extension JSONCodable {
    var isAbsent: Bool { false }
    var containsNull: Bool { false }
    static var keepsPartial: Bool { true }
}

extension String: JSONCodable {
    static var keepsPartial: Bool { false }

    mutating func read(from reader: inout JSONReader) throws(JSONStop) {
        guard reader.next == UInt8(ascii: "\"") else {
            return try reader.mismatch("a string", section: reader.search.section)
        }
        self = try reader.string()
    }

    func write(to writer: inout JSONWriter) { writer.string(self) }

    var containsNull: Bool { utf8.contains(0) }
}

extension Bool: JSONCodable {
    static var keepsPartial: Bool { false }

    mutating func read(from reader: inout JSONReader) throws(JSONStop) {
        switch reader.next {
        case UInt8(ascii: "t"):
            try reader.literal("true")
            self = true
        case UInt8(ascii: "f"):
            try reader.literal("false")
            self = false
        default: try reader.mismatch("true or false", section: reader.search.section)
        }
    }

    func write(to writer: inout JSONWriter) { writer.literal(self ? "true" : "false") }
}

/// An integer of a fixed width, read exactly.
protocol JSONInteger: JSONCodable, FixedWidthInteger {}

extension JSONInteger {
    static var keepsPartial: Bool { false }

    mutating func read(from reader: inout JSONReader) throws(JSONStop) {
        if let value: Self = try reader.integer(section: reader.search.section) { self = value }
    }

    func write(to writer: inout JSONWriter) { writer.integer(self) }
}

extension Int: JSONInteger {}
extension Int32: JSONInteger {}
extension Int64: JSONInteger {}
extension UInt: JSONInteger {}
extension UInt16: JSONInteger {}
extension UInt32: JSONInteger {}
extension UInt64: JSONInteger {}

extension Optional: JSONCodable where Wrapped: JSONCodable {
    init() { self = nil }

    /// A null is the same as an absent member: Go writes one for an empty list, and every runtime reads it so.
    mutating func read(from reader: inout JSONReader) throws(JSONStop) {
        if reader.next == UInt8(ascii: "n") {
            try reader.literal("null")
            self = nil
            return
        }
        var value = Wrapped()
        let before = reader.problems.count
        try value.read(from: &reader)
        if reader.problems.count == before || Wrapped.keepsPartial { self = value }
    }

    func write(to writer: inout JSONWriter) { self?.write(to: &writer) }

    var isAbsent: Bool { if case nil = self { true } else { false } }

    var containsNull: Bool { self?.containsNull ?? false }
}

extension Array: JSONCodable where Element: JSONCodable {
    mutating func read(from reader: inout JSONReader) throws(JSONStop) {
        let closing = UInt8(ascii: "]")
        guard reader.next == UInt8(ascii: "[") else {
            return try reader.mismatch("an array", section: reader.search.section)
        }
        guard try reader.enter(closing: closing) else { return }
        // For the few elements that most lists have: growing from one to two to four copies them twice.
        reserveCapacity(4)
        repeat {
            let before = reader.problems.count
            defer { reader.place(.index(count - 1), since: before) }
            append(Element())
            try self[count - 1].read(from: &reader)
        } while try reader.another(closing: closing)
    }

    func write(to writer: inout JSONWriter) {
        writer.open("[")
        for element in self {
            writer.separate()
            element.write(to: &writer)
        }
        writer.close("]")
    }

    var containsNull: Bool { contains { $0.containsNull } }
}

extension Dictionary: JSONCodable where Key == String, Value: JSONCodable {
    mutating func read(from reader: inout JSONReader) throws(JSONStop) {
        let closing = UInt8(ascii: "}")
        guard reader.next == UInt8(ascii: "{") else {
            return try reader.mismatch("an object", section: reader.search.section)
        }
        guard try reader.enter(closing: closing) else { return }
        repeat {
            let offset = reader.position
            let name = try reader.name()
            let before = reader.problems.count
            defer { reader.place(.member(name.string), since: before) }
            var value = Value()
            try value.read(from: &reader)
            // A dictionary also takes different Unicode forms of one text for the same key; two of them would be one lost.
            if updateValue(value, forKey: name.string) != nil { throw reader.duplicate(name, at: offset) }
        } while try reader.another(closing: closing)
    }

    /// Writes the members sorted by the bytes of their names, so that equal values give equal texts.
    func write(to writer: inout JSONWriter) {
        writer.open("{")
        for (name, value) in sortedByName {
            writer.name(name)
            value.write(to: &writer)
        }
        writer.close("}")
    }

    var containsNull: Bool { contains { $0.key.containsNull || $0.value.containsNull } }
}
