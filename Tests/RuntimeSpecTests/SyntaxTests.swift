import RuntimeSpec
import Testing

/// The first problem of a text as any JSON, as `line:column: path: message`.
private func problem(_ bytes: [UInt8]) -> String {
    let (_, diagnostics) = bytes.withUnsafeBufferPointer { JSONValue.read($0) }
    return diagnostics.map(\.description).joined(separator: "\n")
}

private func problem(_ text: String) -> String { problem(Array(text.utf8)) }

@Suite("Syntax of JSON")
struct SyntaxTests {
    @Test(
        "is refused with place and path",
        arguments: [
            ("", "1:1: the document is empty; a JSON object is expected"),
            (" \n ", "2:2: the document is empty; a JSON object is expected"),
            ("{", "1:2: the document ends too early; a member's name in quotes is expected"),
            ("[1", "1:3: the document ends too early; a comma or \"]\" is expected"),
            ("{} x", "1:4: there is text after the end of the document; only white space may follow"),
            ("{}\u{0}", "1:3: there is text after the end of the document; only white space may follow"),
            ("[1,]", "1:4: [1]: \"]\" stands where a value is expected"),
            (#"{"a":1,}"#, "1:8: \"}\" stands where a member's name in quotes is expected"),
            (#"{"a":{"b":[0,{"c":01}]}}"#, "1:19: a.b[1].c: a number begins with 0; leading zeros are not allowed"),
            (#"{"a" 1}"#, "1:6: \"1\" stands where a colon is expected"),
            ("{a:1}", "1:2: \"a\" stands where a member's name in quotes is expected"),
            ("['a']", "1:2: [0]: \"'\" stands where a value is expected"),
            (#"{"a":1,"b":2,"\u0061":3}"#, "1:14: a: the name \"a\" appears twice; names in an object must be unique"),
            ("[NaN]", "1:2: [0]: \"N\" stands where a value is expected"),
            ("[Infinity]", "1:2: [0]: \"I\" stands where a value is expected"),
            ("[nul]", "1:2: [0]: \"n\" stands where a value is expected"),
            ("[+1]", "1:2: [0]: \"+\" stands where a value is expected"),
            ("[-]", "1:3: [0]: \"]\" stands where a digit is expected"),
            ("[1.]", "1:4: [0]: \"]\" stands where a digit is expected"),
            ("[1e]", "1:4: [0]: \"]\" stands where a digit is expected"),
            ("[.5]", "1:2: [0]: \".\" stands where a value is expected"),
            ("[0x10]", "1:3: \"x\" stands where a comma or \"]\" is expected"),
            ("[\"a\tb\"]", "1:4: [0]: a string contains a raw control character; it must be escaped"),
            ("[\"a\u{0}b\"]", "1:4: [0]: a string contains a zero byte; it must be written as \\u0000"),
            ("[\"a", "1:4: [0]: a string does not end; a quote is expected"),
            ("[\"a\\", "1:5: [0]: a string does not end; a quote is expected"),
            (#"["\x"]"#, #"1:3: [0]: a string contains an unknown escape; \" \\ \/ \b \f \n \r \t and \u are allowed"#),
            (#"["\u12g4"]"#, #"1:3: [0]: \u must be followed by four hexadecimal digits"#),
            (#"["\ud800"]"#, "1:3: [0]: a string contains a lone surrogate; surrogates must come in pairs"),
            (#"["\udc00"]"#, "1:3: [0]: a string contains a lone surrogate; surrogates must come in pairs"),
            (#"["\ud800\u0041"]"#, "1:3: [0]: a string contains a lone surrogate; surrogates must come in pairs"),
            ("{\"é\": tru}", "1:7: [\"é\"]: \"t\" stands where a value is expected"),
        ] as [(String, String)])
    func refused(text: String, expected: String) {
        #expect(problem(text) == expected)
    }

    @Test(
        "refuses bytes that are not UTF-8",
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98],
        ] as [[UInt8]])
    func encoding(bytes: [UInt8]) {
        let text = Array("[\"".utf8) + bytes + Array("\"]".utf8)
        #expect(problem(text) == "1:3: [0]: a string contains bytes that are not UTF-8")
    }

    @Test("refuses a byte-order mark")
    func byteOrderMark() {
        let expected = "1:1: the document begins with a byte-order mark; JSON must begin with its value"
        #expect(problem([0xEF, 0xBB, 0xBF] + Array("{}".utf8)) == expected)
    }

    @Test("refuses deep nesting without recursion", arguments: ["[", "{\"a\":"])
    func depth(opening: String) {
        let message = "objects and arrays are nested too deeply; at most 128 levels are read"
        #expect(problem(String(repeating: opening, count: 100_000)).hasSuffix(message))
        let closing = opening == "[" ? "]" : "}"
        let value = opening == "[" ? "" : "1"
        func nested(_ levels: Int) -> String {
            String(repeating: opening, count: levels) + value + String(repeating: closing, count: levels)
        }
        #expect(problem(nested(128)) == "")
        #expect(problem(nested(129)).hasSuffix(message))
    }

    @Test("refuses a document of 64 MiB")
    func size() {
        let bytes = [UInt8](repeating: 0x20, count: 64 << 20)
        #expect(problem(bytes) == "1:1: the document has 67108864 bytes; at most 16777216 are read")
    }

    @Test("finds a duplicate among a hundred thousand names without taking quadratic time")
    func manyNames() {
        let names = (0..<100_000).map { "\"n\($0)\":0" }.joined(separator: ",")
        #expect(problem("{\(names)}") == "")
        #expect(problem("{\(names),\"n5\":0}").hasSuffix("appears twice; names in an object must be unique"))
    }

    @Test("keeps texts exactly")
    func exact() throws {
        let text = #"{"z":[1e400,-0,0.10,123456789012345678901234567890,"\ud83d\ude00 \/ \u0000 é"],"a":{"":null}}"#
        let value = try JSONValue.decode(text)
        #expect(value[JSONPath([.member("z"), .index(0)])]?.number?.text == "1e400")
        #expect(value.encodedText() == #"{"z":[1e400,-0,0.10,123456789012345678901234567890,"😀 / \u0000 é"],"a":{"":null}}"#)
        #expect(try JSONValue.decode(value.encodedText(.pretty)) == value)
    }
}
