extension JSONPath {
    /// Reads what `description` prints. Nil if the text is no path.
    public init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        var components: [Component] = []
        while let first = rest.first {
            if first == UInt8(ascii: "[") {
                guard let component = JSONPath.bracketed(&rest) else { return nil }
                components.append(component)
                continue
            }
            if first == UInt8(ascii: ".") {
                if components.isEmpty { return nil }
                rest.removeFirst()
            } else if !components.isEmpty {
                return nil
            }
            let name = rest.prefix { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "[") }
            if name.isEmpty { return nil }
            components.append(.member(String(decoding: name, as: UTF8.self)))
            rest = rest.dropFirst(name.count)
        }
        self.init(components)
    }

    /// Takes `[12]` or `["name"]` off the front.
    private static func bracketed(_ rest: inout ArraySlice<UInt8>) -> Component? {
        var inside = rest.dropFirst()
        guard inside.first == UInt8(ascii: "\"") else {
            guard let end = inside.firstIndex(of: UInt8(ascii: "]")),
                let index = Int(String(decoding: inside[..<end], as: UTF8.self)), index >= 0
            else { return nil }
            rest = inside[(end + 1)...]
            return .index(index)
        }
        var end = inside.startIndex + 1
        while end < inside.endIndex, inside[end] != UInt8(ascii: "\"") {
            end += inside[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard end < inside.endIndex - 1, inside[end + 1] == UInt8(ascii: "]") else { return nil }
        let quoted = Array(inside[...end])
        inside = inside[(end + 2)...]
        rest = inside
        guard case .string(let name)? = try? JSONValue.decode(quoted) else { return nil }
        return .member(name)
    }
}
