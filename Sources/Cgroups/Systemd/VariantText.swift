internal import DBus
internal import RuntimeSpec

/// Values in the text format of GVariant (docs.gtk.org/glib/gvariant-text-format.html), as far as properties of units need
/// it: numbers, texts, truth values, arrays, tuples, dictionaries, variants, and types before values (`uint32 5`, `@as []`).
struct VariantText {
    private var rest: Substring
    private var depth = 0

    /// Reads a whole text; nil when it is not one value.
    static func parse(_ text: String) -> DBusValue? {
        var reader = VariantText(rest: text[...])
        guard let value = reader.value(expected: nil) else { return nil }
        reader.skipBlanks()
        return reader.rest.isEmpty ? value : nil
    }

    private init(rest: Substring) { self.rest = rest }

    private static let keywords: [String: Character] = [
        "boolean": "b", "byte": "y", "int16": "n", "uint16": "q", "int32": "i", "uint32": "u", "handle": "h", "int64": "x",
        "uint64": "t", "double": "d", "string": "s", "objectpath": "o", "signature": "g",
    ]

    private mutating func skipBlanks() { rest = rest.drop { $0.isWhitespace } }

    private mutating func take(_ character: Character) -> Bool {
        skipBlanks()
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }

    /// - Parameter expected: the signature that is known from a type written before, or from the first element.
    private mutating func value(expected: String?) -> DBusValue? {
        skipBlanks()
        depth += 1
        defer { depth -= 1 }
        guard depth < 32, let first = rest.first else { return nil }
        switch first {
        case "@": return typed()
        case "'", "\"": return text(expected: expected)
        case "[": return array(expected: expected)
        case "(": return tuple(expected: expected)
        case "{": return dictionary(expected: expected)
        case "<":
            rest.removeFirst()
            guard let value = value(expected: nil), take(">") else { return nil }
            return .variant(value)
        default: return word(expected: expected)
        }
    }

    private mutating func typed() -> DBusValue? {
        rest.removeFirst()
        let signature = String(rest.prefix { !$0.isWhitespace })
        rest = rest.dropFirst(signature.count)
        guard DBusSignature.types(signature)?.count == 1 else { return nil }
        return value(expected: signature)
    }

    private mutating func word(expected: String?) -> DBusValue? {
        let word = String(rest.prefix { $0.isLetter || $0.isNumber || "+-._".contains($0) })
        guard !word.isEmpty else { return nil }
        rest = rest.dropFirst(word.count)
        if word == "true" || word == "false" { return expected ?? "b" == "b" ? .boolean(word == "true") : nil }
        if let type = VariantText.keywords[word] { return value(expected: String(type)) }
        return number(word, as: expected ?? (VariantText.looksLikeDouble(word) ? "d" : "i"))
    }

    private static func looksLikeDouble(_ word: String) -> Bool {
        word.contains(".") || (!word.hasPrefix("0x") && word.contains("e")) || word == "inf" || word == "nan"
    }

    private func number(_ word: String, as type: String) -> DBusValue? {
        func integer<Integer: FixedWidthInteger>(_: Integer.Type) -> Integer? {
            let isNegative = word.hasPrefix("-")
            let digits = word.drop { $0 == "-" || $0 == "+" }
            guard word.count - digits.count <= 1 else { return nil }
            let sign = isNegative ? "-" : ""
            if digits.hasPrefix("0x") { return Integer(sign + digits.dropFirst(2), radix: 16) }
            if digits.hasPrefix("0"), digits.count > 1 { return Integer(sign + digits.dropFirst(), radix: 8) }
            return Integer(sign + digits)
        }
        switch type {
        case "y": return integer(UInt8.self).map { .byte($0) }
        case "n": return integer(Int16.self).map { .int16($0) }
        case "q": return integer(UInt16.self).map { .uint16($0) }
        case "i": return integer(Int32.self).map { .int32($0) }
        case "u": return integer(UInt32.self).map { .uint32($0) }
        case "h": return integer(UInt32.self).map { .descriptor($0) }
        case "x": return integer(Int64.self).map { .int64($0) }
        case "t": return integer(UInt64.self).map { .uint64($0) }
        case "d":
            let value = word == "inf" ? .infinity : word == "-inf" ? -.infinity : word == "nan" ? .nan : Double(decimal: word)
            return value.map { .double($0) }
        default: return nil
        }
    }

    private mutating func text(expected: String?) -> DBusValue? {
        let quote = rest.removeFirst()
        var text = ""
        while let character = rest.popFirst() {
            if character == quote {
                switch expected ?? "s" {
                case "s": return .string(text)
                case "o": return text.hasPrefix("/") ? .objectPath(text) : nil
                case "g": return DBusSignature.types(text) == nil ? nil : .signature(text)
                default: return nil
                }
            }
            guard character == "\\" else {
                text.append(character)
                continue
            }
            guard let escaped = escape() else { return nil }
            text.append(escaped)
        }
        return nil
    }

    private mutating func escape() -> Character? {
        guard let character = rest.popFirst() else { return nil }
        switch character {
        case "n": return "\n"
        case "t": return "\t"
        case "r": return "\r"
        case "a": return "\u{7}"
        case "b": return "\u{8}"
        case "f": return "\u{c}"
        case "v": return "\u{b}"
        case "u", "U":
            let digits = rest.prefix(character == "u" ? 4 : 8)
            guard digits.count == (character == "u" ? 4 : 8), let code = UInt32(digits, radix: 16), code != 0,
                let scalar = Unicode.Scalar(code)
            else { return nil }
            rest = rest.dropFirst(digits.count)
            return Character(scalar)
        default: return character
        }
    }

    /// Values up to a closing bracket.
    private mutating func list(until end: Character, _ element: (inout VariantText, Int) -> DBusValue?) -> [DBusValue]? {
        var values: [DBusValue] = []
        if take(end) { return values }
        while true {
            guard let value = element(&self, values.count) else { return nil }
            values.append(value)
            if take(end) { return values }
            guard take(",") else { return nil }
            // A tuple of one is written (1,).
            if end == ")", values.count == 1, take(end) { return values }
        }
    }

    private mutating func array(expected: String?) -> DBusValue? {
        rest.removeFirst()
        var element = expected.flatMap { $0.hasPrefix("a") ? String($0.dropFirst()) : nil }
        if expected != nil && element == nil { return nil }
        let values = list(until: "]") { (reader, _) in
            guard let value = reader.value(expected: element) else { return nil }
            if element == nil { element = value.signature }
            return value.signature == element ? value : nil
        }
        // An empty array without a type could be an array of anything.
        guard let values, let element else { return nil }
        return .array(element: element, values)
    }

    private mutating func tuple(expected: String?) -> DBusValue? {
        rest.removeFirst()
        var types: [String]?
        if let expected {
            guard expected.hasPrefix("(") else { return nil }
            types = DBusSignature.types(String(expected.dropFirst().dropLast()))
        }
        let values = list(until: ")") { (reader, index) in
            guard let types else { return reader.value(expected: nil) }
            return index < types.count ? reader.value(expected: types[index]) : nil
        }
        guard let values, !values.isEmpty, types == nil || types?.count == values.count else { return nil }
        return .structure(values)
    }

    private mutating func dictionary(expected: String?) -> DBusValue? {
        rest.removeFirst()
        var element = expected.flatMap { $0.hasPrefix("a{") ? String($0.dropFirst()) : nil }
        if expected != nil && element == nil { return nil }
        let values = list(until: "}") { (reader, _) in
            let types = element.flatMap { DBusSignature.types(String($0.dropFirst().dropLast())) }
            guard let key = reader.value(expected: types?.first), reader.take(":"),
                let value = reader.value(expected: types?.last)
            else { return nil }
            let entry = DBusValue.entry(key, value)
            if element == nil { element = entry.signature }
            return entry.signature == element ? entry : nil
        }
        guard let values, let element, DBusSignature.types("a" + element) != nil else { return nil }
        return .array(element: element, values)
    }
}
