import RuntimeSpec

extension Fuzzer {
    /// What is read is JSON, and is the same when it is written and read again.
    static let json = Fuzzer("json", seeds: [
        "{\"a\":[1,-2.5e3,true,false,null,\"x\\u00e9\\ud83d\\ude00\\n\"]}", "[[[[]]]]", "\"\\\\\"", " -0 ", "1e400", "18446744073709551615",
        "{\"a\":{\"a\":{}},\"b\":\"\u{7f}\u{80}\"}",
    ]) { bytes in
        guard let value = try? JSONValue.decode(bytes) else { return }
        expect(JSONRecognizer.accepts(bytes), "something is read that is no JSON")
        for layout in [JSONLayout.compact, .pretty] {
            let written = value.encoded(layout)
            expect(JSONRecognizer.accepts(written), "what is written is no JSON")
            expect((try? JSONValue.decode(written)) == value, "what is written is read as something else")
        }
    }

    /// Documents as they are: read, judged, planned, encoded, performed.
    static let config = Fuzzer("config") { bytes in
        let (spec, diagnostics) = Spec.check(bytes)
        expect((spec == nil) == diagnostics.contains { $0.severity == .must }, "a verdict without a reason")
        guard let spec else { return }
        expect((try? Spec.decode(spec.encoded())) == spec, "a configuration is read as something else when it was written")
        var input = Input(bytes.suffix(16).reversed())
        PlanChain.follow(spec, &input)
    }

    /// One property of a configuration that has nearly all of them gets a text or a number: keys of kernel parameters, options of
    /// mounts, variables of the environment, users, limits, paths.
    static let properties = Fuzzer("properties", seeds: ["0aa../../x", "5..rw,size=1k", "9zznet.ipv4/../x", "q1NAME=value"]) { bytes in
        var input = Input(bytes)
        var document = PlanChain.whole
        let changes = 1 + input.below(3)
        for _ in 0..<changes { change(&document, &input) }
        let (spec, diagnostics) = Spec.check(document.encoded())
        expect((spec == nil) == diagnostics.contains { $0.severity == .must }, "a verdict without a reason")
        if let spec { PlanChain.follow(spec, &input) }
    }

    private static func change(_ document: inout JSONValue, _ input: inout Input) {
        var path = JSONPath()
        var value = document
        // Most properties are four levels deep at most.
        for _ in 0..<8 {
            if case .object(let object) = value, !object.members.isEmpty {
                let member = object.members[input.below(object.members.count)]
                (path, value) = (path.member(member.name), member.value)
            } else if case .array(let elements) = value, !elements.isEmpty {
                let index = input.below(elements.count)
                (path, value) = (path.index(index), elements[index])
            } else {
                break
            }
            if input.below(8) == 0 { break }
        }
        document[path] = replacement(&input)
    }

    private static func replacement(_ input: inout Input) -> JSONValue? {
        switch input.below(10) {
        case 0: nil
        case 1: .number(JSONNumber(Int64(bitPattern: input.word())))
        case 2: .number(JSONNumber(input.below(200) - 2))
        case 3: .bool(input.flag())
        case 4: .array((0..<input.below(4)).map { _ in .string(input.text()) })
        case 5: [input.text(): .string(input.text())]
        case 6: .array([])
        case 7: .number(JSONNumber(input.pick([UInt64.max, UInt64(Int64.max), UInt64(UInt32.max), 1 << 31, 0x1_0000_0000])))
        default: .string(input.text())
        }
    }
}

/// RFC 8259, word by word: what is a text of it and what is not.
struct JSONRecognizer {
    private var rest: ArraySlice<UInt8>

    static func accepts(_ bytes: [UInt8]) -> Bool {
        guard String(validating: bytes, as: UTF8.self) != nil else { return false }
        var recognizer = JSONRecognizer(rest: bytes[...])
        recognizer.blanks()
        guard recognizer.value() else { return false }
        recognizer.blanks()
        return recognizer.rest.isEmpty
    }

    private mutating func blanks() { rest = rest.drop { [0x20, 0x09, 0x0a, 0x0d].contains($0) } }

    private mutating func take(_ text: String) -> Bool {
        guard rest.starts(with: text.utf8) else { return false }
        rest = rest.dropFirst(text.utf8.count)
        return true
    }

    private mutating func value() -> Bool {
        switch rest.first {
        case UInt8(ascii: "{"):
            return list(until: "}") { reader in
                guard reader.string() else { return false }
                reader.blanks()
                guard reader.take(":") else { return false }
                reader.blanks()
                return reader.value()
            }
        case UInt8(ascii: "["): return list(until: "]") { $0.value() }
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "t"): return take("true")
        case UInt8(ascii: "f"): return take("false")
        case UInt8(ascii: "n"): return take("null")
        default: return number()
        }
    }

    private mutating func list(until end: String, _ element: (inout JSONRecognizer) -> Bool) -> Bool {
        rest.removeFirst()
        blanks()
        if take(end) { return true }
        while true {
            blanks()
            guard element(&self) else { return false }
            blanks()
            if take(end) { return true }
            guard take(",") else { return false }
        }
    }

    private mutating func string() -> Bool {
        guard take("\"") else { return false }
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return true }
            if byte < 0x20 { return false }
            guard byte == UInt8(ascii: "\\") else { continue }
            guard let escape = rest.popFirst() else { return false }
            if escape == UInt8(ascii: "u") {
                let digits = rest.prefix(4)
                let isHexadecimal = digits.allSatisfy { Unicode.Scalar($0).properties.isASCIIHexDigit }
                guard digits.count == 4, isHexadecimal else { return false }
                rest = rest.dropFirst(4)
            } else if !"\"\\/bfnrt".utf8.contains(escape) {
                return false
            }
        }
        return false
    }

    private mutating func digits() -> Bool {
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest.dropFirst(digits.count)
        return !digits.isEmpty
    }

    private mutating func number() -> Bool {
        _ = take("-")
        if !take("0"), !digits() { return false }
        if take("."), !digits() { return false }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            return digits()
        }
        return true
    }
}
