internal import ByteText
internal import DBus
internal import RuntimeSpec

/// Values in the text format of GVariant (docs.gtk.org/glib/gvariant-text-format.html), as far as properties of units need
/// it: numbers, texts, truth values, arrays, tuples, dictionaries, variants, and types before values (`uint32 5`, `@as []`).
struct VariantText {
    private var rest: ArraySlice<UInt8>
    private var depth = 0

    /// Reads a whole text; nil when it is not one value.
    static func parse(_ text: String) -> DBusValue? {
        var reader = VariantText(rest: Array(text.utf8)[...])
        guard let value = reader.value(expected: nil) else { return nil }
        reader.skipBlanks()
        return reader.rest.isEmpty ? value : nil
    }

    private init(rest: ArraySlice<UInt8>) { self.rest = rest }

    private static let keywords: [String: String] = [
        "boolean": "b", "byte": "y", "int16": "n", "uint16": "q", "int32": "i", "uint32": "u", "handle": "h", "int64": "x",
        "uint64": "t", "double": "d", "string": "s", "objectpath": "o", "signature": "g",
    ]

    private mutating func skipBlanks() { rest = rest.drop { $0.isBlank } }

    /// The bytes at the front that belong together, as text.
    private mutating func takeText(_ belongs: (UInt8) -> Bool) -> String {
        let bytes = rest.prefix(while: belongs)
        rest = rest.dropFirst(bytes.count)
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard rest.first == byte else { return false }
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
        case UInt8(ascii: "@"): return typed()
        case UInt8(ascii: "'"), UInt8(ascii: "\""): return text(expected: expected)
        case UInt8(ascii: "["): return array(expected: expected)
        case UInt8(ascii: "("): return tuple(expected: expected)
        case UInt8(ascii: "{"): return dictionary(expected: expected)
        case UInt8(ascii: "<"):
            rest.removeFirst()
            guard let value = value(expected: nil), take(UInt8(ascii: ">")) else { return nil }
            return .variant(value)
        default: return word(expected: expected)
        }
    }

    private mutating func typed() -> DBusValue? {
        rest.removeFirst()
        let signature = takeText { !$0.isBlank }
        guard DBusSignature.types(signature)?.count == 1 else { return nil }
        return value(expected: signature)
    }

    private mutating func word(expected: String?) -> DBusValue? {
        let word = takeText { $0.isLetter || $0.isDigit || "+-._".utf8.contains($0) }
        guard !word.isEmpty else { return nil }
        if word == "true" || word == "false" { return expected ?? "b" == "b" ? .boolean(word == "true") : nil }
        if let type = VariantText.keywords[word] { return value(expected: type) }
        return number(word, as: expected ?? (VariantText.looksLikeDouble(word) ? "d" : "i"))
    }

    private static func looksLikeDouble(_ word: String) -> Bool {
        word.has(".") || (!word.begins(with: "0x") && word.has("e")) || word == "inf" || word == "nan"
    }

    private func number(_ word: String, as type: String) -> DBusValue? {
        switch type {
        case "y": return VariantText.unsigned(word).flatMap { UInt8(exactly: $0) }.map { .byte($0) }
        case "n": return VariantText.signed(word).flatMap { Int16(exactly: $0) }.map { .int16($0) }
        case "q": return VariantText.unsigned(word).flatMap { UInt16(exactly: $0) }.map { .uint16($0) }
        case "i": return VariantText.signed(word).flatMap { Int32(exactly: $0) }.map { .int32($0) }
        case "u": return VariantText.unsigned(word).flatMap { UInt32(exactly: $0) }.map { .uint32($0) }
        case "h": return VariantText.unsigned(word).flatMap { UInt32(exactly: $0) }.map { .descriptor($0) }
        case "x": return VariantText.signed(word).map { .int64($0) }
        case "t": return VariantText.unsigned(word).map { .uint64($0) }
        case "d":
            let value = word == "inf" ? .infinity : word == "-inf" ? -.infinity : word == "nan" ? .nan : Double(decimal: word)
            return value.map { .double($0) }
        default: return nil
        }
    }

    private static func signed(_ word: String) -> Int64? {
        digits(word).flatMap { Int64($0.digits, radix: $0.radix) }
    }

    private static func unsigned(_ word: String) -> UInt64? {
        digits(word).flatMap { UInt64($0.digits, radix: $0.radix) }
    }

    /// The digits of a whole number with a minus sign where there is one, without what says their base.
    private static func digits(_ word: String) -> (digits: String, radix: Int)? {
        let digits = word.after("-") ?? word.after("+") ?? word
        guard !digits.begins(with: "-"), !digits.begins(with: "+") else { return nil }
        let sign = word.begins(with: "-") ? "-" : ""
        if let digits = digits.after("0x") { return (sign + digits, 16) }
        if let octal = digits.after("0"), !octal.isEmpty { return (sign + octal, 8) }
        return (sign + digits, 10)
    }

    private mutating func text(expected: String?) -> DBusValue? {
        let quote = rest.removeFirst()
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == quote {
                let text = String(decoding: bytes, as: UTF8.self)
                // D-Bus has no text with a zero in it.
                if text.utf8.contains(0) { return nil }
                switch expected ?? "s" {
                case "s": return .string(text)
                case "o": return text.begins(with: "/") ? .objectPath(text) : nil
                case "g": return DBusSignature.types(text) == nil ? nil : .signature(text)
                default: return nil
                }
            }
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            guard let escaped = escape() else { return nil }
            bytes += escaped
        }
        return nil
    }

    /// The bytes of what stands behind a backslash.
    private mutating func escape() -> [UInt8]? {
        guard let byte = rest.popFirst() else { return nil }
        switch byte {
        case UInt8(ascii: "n"): return [0x0a]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "r"): return [0x0d]
        case UInt8(ascii: "a"): return [0x07]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0c]
        case UInt8(ascii: "v"): return [0x0b]
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let length = byte == UInt8(ascii: "u") ? 4 : 8
            let digits = rest.prefix(length)
            guard digits.count == length, let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16), code != 0,
                let scalar = Unicode.Scalar(code)
            else { return nil }
            rest = rest.dropFirst(length)
            return Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        default: return [byte]
        }
    }

    /// Values up to a closing bracket.
    private mutating func list(until end: UInt8, _ element: (inout VariantText, Int) -> DBusValue?) -> [DBusValue]? {
        var values: [DBusValue] = []
        if take(end) { return values }
        while true {
            guard let value = element(&self, values.count) else { return nil }
            values.append(value)
            if take(end) { return values }
            guard take(UInt8(ascii: ",")) else { return nil }
            // A tuple of one is written (1,).
            if end == UInt8(ascii: ")"), values.count == 1, take(end) { return values }
        }
    }

    private mutating func array(expected: String?) -> DBusValue? {
        rest.removeFirst()
        var element = expected.flatMap { $0.after("a") }
        if expected != nil && element == nil { return nil }
        let values = list(until: UInt8(ascii: "]")) { (reader, _) in
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
            guard let members = expected.after("(")?.before(")") else { return nil }
            types = DBusSignature.types(members)
        }
        let values = list(until: UInt8(ascii: ")")) { (reader, index) in
            guard let types else { return reader.value(expected: nil) }
            return index < types.count ? reader.value(expected: types[index]) : nil
        }
        guard let values, !values.isEmpty, types == nil || types?.count == values.count else { return nil }
        return .structure(values)
    }

    private mutating func dictionary(expected: String?) -> DBusValue? {
        rest.removeFirst()
        var element = expected.flatMap { $0.begins(with: "a{") ? $0.after("a") : nil }
        if expected != nil && element == nil { return nil }
        let values = list(until: UInt8(ascii: "}")) { (reader, _) in
            let types = element?.after("{")?.before("}").flatMap { DBusSignature.types($0) }
            guard let key = reader.value(expected: types?.first), reader.take(UInt8(ascii: ":")),
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
