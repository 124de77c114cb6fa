extension JSONValue: JSONCodable {
    init() { self = .null }

    mutating func read(from reader: inout JSONReader) throws(JSONStop) {
        switch reader.next {
        case UInt8(ascii: "{"): self = .object(try JSONValue.members(from: &reader))
        case UInt8(ascii: "["):
            var elements: [JSONValue] = []
            try elements.read(from: &reader)
            self = .array(elements)
        case UInt8(ascii: "\""): self = .string(try reader.string())
        case UInt8(ascii: "t"), UInt8(ascii: "f"):
            var value = false
            try value.read(from: &reader)
            self = .bool(value)
        case UInt8(ascii: "n"):
            try reader.literal("null")
            self = .null
        default:
            let begin = reader.position
            _ = try reader.scanNumber()
            let bytes = unsafe UnsafeBufferPointer(start: reader.start + begin, count: reader.position - begin)
            self = unsafe .number(JSONNumber(unchecked: String(decoding: bytes, as: UTF8.self)))
        }
    }

    static func members(from reader: inout JSONReader) throws(JSONStop) -> JSONMembers {
        let closing = UInt8(ascii: "}")
        guard try reader.enter(closing: closing) else { return JSONMembers() }
        var members: [JSONMembers.Member] = []
        var names = JSONNameSet()
        repeat {
            let offset = reader.position
            let name = try reader.name()
            let before = reader.problems.count
            defer { reader.place(.member(name.string), since: before) }
            if !names.insert(name) { throw reader.duplicate(name, at: offset) }
            var value = JSONValue.null
            try value.read(from: &reader)
            members.append(JSONMembers.Member(name: name.string, value: value))
        } while try reader.another(closing: closing)
        return JSONMembers(unchecked: members)
    }

    var containsNull: Bool {
        switch self {
        case .string(let text): text.containsNull
        case .array(let elements): elements.containsNull
        case .object(let object): object.members.contains { $0.name.containsNull || $0.value.containsNull }
        case .null, .bool, .number: false
        }
    }

    func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.literal("null")
        case .bool(let value): value.write(to: &writer)
        case .number(let number): writer.digits(number.text)
        case .string(let text): writer.string(text)
        case .array(let elements): elements.write(to: &writer)
        case .object(let object):
            writer.open("{")
            for member in object.members {
                writer.name(member.name)
                member.value.write(to: &writer)
            }
            writer.close("}")
        }
    }
}
