import ByteText
import Testing

/// A combining mark behind a separator, a line break of two bytes: what `Character` would not take apart.
@Suite struct ByteTextTests {
    static let mark = "\u{0600}\u{0301}"

    @Test func separatorsAreBytes() {
        #expect("a /\u{0301}b/c".parts(at: "/") == ["a ", "\u{0301}b", "c"])
        #expect("a \u{0301}b c".words == ["a", "\u{0301}b", "c"])
        #expect("a\r\nb\n\u{0301}c".lines == ["a\r", "b", "\u{0301}c"])
        #expect("key=\u{0301}value=x".halves(at: "=")! == ("key", "\u{0301}value=x"))
        #expect("a/b/\u{0301}c".lastHalves(at: "/")! == ("a/b", "\u{0301}c"))
        #expect("nothing".halves(at: "=") == nil && "nothing".lastHalves(at: "=") == nil)
        #expect("a::b".parts(at: ":") == ["a", "b"] && "a::b".parts(at: ":", keepsEmpty: true) == ["a", "", "b"])
        #expect("a:b:c".parts(at: ":", most: 2) == ["a", "b:c"])
        #expect("x/\u{0301}".has("/") && !"x".has("/"))
    }

    @Test func beginningsAndEndsAreBytes() {
        #expect("/\u{0301}x".begins(with: "/") && "/\u{0301}x".after("/") == "\u{0301}x")
        #expect("0\u{0600}.slice".ends(with: ".slice") && "0\u{0600}.slice".before(".slice") == "0\u{0600}")
        #expect("x".after("y") == nil && "x".before("xx") == nil && !"".ends(with: "x") && "".begins(with: ""))
        // One letter with its mark, and the same as two code points: equal as text, two names for the kernel.
        #expect(!"e\u{0301}".begins(with: "\u{e9}"))
    }

    @Test func theOrderIsThatOfBytes() {
        let texts = ["", "a", "aa", "ab", "b", "e\u{301}", "z", "\u{e9}", "\u{ffff}", "\u{10000}"]
        for (index, one) in texts.enumerated() {
            for (other, text) in texts.enumerated() { #expect(one.precedes(text) == (index < other)) }
        }
    }

    @Test func lettersOfASCIIAlone() {
        #expect("SIGKILL\u{212A}".lowered == "sigkill\u{212A}" && "sigkill\u{131}".raised == "SIGKILL\u{131}")
        #expect(" \t\u{0301}x\n".trimmed == "\u{0301}x")
    }
}
