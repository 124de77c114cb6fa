/// A value of the D-Bus type system (D-Bus specification, "Type System").
public indirect enum DBusValue: Hashable, Sendable {
    case byte(UInt8)
    case boolean(Bool)
    case int16(Int16)
    case uint16(UInt16)
    case int32(Int32)
    case uint32(UInt32)
    case int64(Int64)
    case uint64(UInt64)
    case double(Double)
    case string(String)
    case objectPath(String)
    case signature(String)
    /// The index of a descriptor that is sent along.
    case descriptor(UInt32)
    /// Elements of one type; the type's signature is needed when there are none.
    case array(element: String, [DBusValue])
    case structure([DBusValue])
    /// Only inside an array.
    case entry(DBusValue, DBusValue)
    case variant(DBusValue)

    /// The signature of the value's type, such as `a(sv)`.
    public var signature: String {
        switch self {
        case .byte: "y"
        case .boolean: "b"
        case .int16: "n"
        case .uint16: "q"
        case .int32: "i"
        case .uint32: "u"
        case .int64: "x"
        case .uint64: "t"
        case .double: "d"
        case .string: "s"
        case .objectPath: "o"
        case .signature: "g"
        case .descriptor: "h"
        case .array(let element, _): "a" + element
        case .structure(let members): "(" + members.map { $0.signature }.joined() + ")"
        case .entry(let key, let value): "{" + key.signature + value.signature + "}"
        case .variant: "v"
        }
    }

    /// A list of texts.
    public static func strings(_ texts: [String]) -> DBusValue {
        .array(element: "s", texts.map { .string($0) })
    }

    /// The text of a string, an object path or a signature.
    public var text: String? {
        switch self {
        case .string(let text), .objectPath(let text), .signature(let text): text
        default: nil
        }
    }

    /// The value inside a variant, else the value itself.
    public var unwrapped: DBusValue {
        if case .variant(let value) = self { return value.unwrapped }
        return self
    }

    /// The elements of an array.
    public var elements: [DBusValue]? {
        if case .array(_, let elements) = self { return elements }
        return nil
    }
}
