/// Taking signatures of D-Bus types apart.
package enum DBusSignature {
    /// The longest that the specification allows, in bytes.
    package static let maximumLength = 255
    /// How deep types may be nested: 32 arrays and 32 structures.
    package static let maximumDepth = 64

    /// The complete types that a signature is made of, or nil when it is not a valid one.
    package static func types(_ signature: String) -> [String]? {
        let bytes = Array(signature.utf8)
        guard bytes.count <= maximumLength else { return nil }
        var types: [String] = []
        var position = 0
        while position < bytes.count {
            guard let end = end(of: bytes, from: position, depth: 0, inArray: false) else { return nil }
            types.append(String(decoding: bytes[position..<end], as: UTF8.self))
            position = end
        }
        return types
    }

    /// To which multiple of bytes values of a type are aligned.
    package static func alignment(of type: Substring) -> Int {
        switch type.utf8.first.map({ UnicodeScalar($0) }) {
        case "n", "q": 2
        case "b", "i", "u", "s", "o", "a", "h": 4
        case "x", "t", "d", "(", "{": 8
        default: 1
        }
    }

    private static func end(of bytes: [UInt8], from start: Int, depth: Int, inArray: Bool) -> Int? {
        guard start < bytes.count, depth <= maximumDepth else { return nil }
        switch UnicodeScalar(bytes[start]) {
        case "y", "b", "n", "q", "i", "u", "x", "t", "d", "s", "o", "g", "h", "v":
            return start + 1
        case "a":
            return end(of: bytes, from: start + 1, depth: depth + 1, inArray: true)
        case "(":
            var position = start + 1
            while position < bytes.count, bytes[position] != UInt8(ascii: ")") {
                guard let next = end(of: bytes, from: position, depth: depth + 1, inArray: false) else { return nil }
                position = next
            }
            return position < bytes.count && position > start + 1 ? position + 1 : nil
        case "{":
            // A key of a basic type, and one value.
            guard inArray, start + 1 < bytes.count, !"a({v".utf8.contains(bytes[start + 1]),
                let value = end(of: bytes, from: start + 1, depth: depth + 1, inArray: false),
                let close = end(of: bytes, from: value, depth: depth + 1, inArray: false), close < bytes.count,
                bytes[close] == UInt8(ascii: "}")
            else { return nil }
            return close + 1
        default: return nil
        }
    }
}
