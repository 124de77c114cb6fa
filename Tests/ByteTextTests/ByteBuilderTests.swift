import Testing

@testable import ByteText

@Suite struct ByteBuilderTests {
    /// The same pieces put together by an array, with room that is too small at every place.
    @Test(arguments: [0, 1, 15, 16, 17, 100])
    func piecesFollowOneAnother(capacity: Int) {
        var builder = ByteBuilder(capacity: capacity)
        var wanted: [UInt8] = []
        for round in 0..<40 {
            builder.append(UInt8(round))
            wanted.append(UInt8(round))
            builder.append("é\(round)")
            wanted += "é\(round)".utf8
            builder.append([UInt8](repeating: 7, count: round))
            wanted += [UInt8](repeating: 7, count: round)
            builder.append("static" as StaticString)
            wanted += "static".utf8
            builder.append(0x20, times: round % 3)
            wanted += [UInt8](repeating: 0x20, count: round % 3)
            builder.append(decimal: round * 1001 - 5)
            wanted += String(round * 1001 - 5).utf8
            builder.append(word: 0x0102_0304_0506_0708)
            wanted += [8, 7, 6, 5, 4, 3, 2, 1]
            #expect(builder.count == wanted.count && builder.bytes == wanted)
        }
    }

    @Test func aCopyChangesAlone() {
        var one = ByteBuilder()
        one.append("abcdefgh")
        var other = one
        other.append("x")
        other.store(0, at: 0)
        one.append("y")
        #expect(one.text == "abcdefghy")
        #expect(other.bytes == [0, 0, 0, 0, 0, 0, 0, 0, UInt8(ascii: "x")])
    }

    @Test func textIsRepaired() {
        var builder = ByteBuilder()
        builder.append([0x61, 0xff])
        #expect(builder.text == "a\u{FFFD}")
        #expect(ByteBuilder().text == "" && ByteBuilder().bytes.isEmpty)
    }

    @Test func pathsOfNames() {
        #expect("/a/b".path(to: "c") == "/a/b/c")
        #expect("".path(to: "c") == "/c" && "é".path(to: "") == "é/")
    }
}
