/// Texts inside other texts.
enum Quoted {
    /// In quotes, as Go's `%q` writes it; bytes that are not printable are escaped.
    static func go(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case "\r": quoted += "\\r"
            case "\u{0}"..<" ", "\u{7f}": quoted += "\\x" + hexadecimal(scalar)
            case _ where isInvisible(scalar): quoted += escaped(scalar)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// As it is, but for what a terminal would obey instead of showing it: names and messages come from images and containers.
    static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0 != "\t" && ($0 < " " || $0 == "\u{7f}" || isInvisible($0)) }) else {
            return text
        }
        var shown = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\t": shown += "\t"
            case "\n": shown += "\\n"
            case "\r": shown += "\\r"
            case "\u{0}"..<" ", "\u{7f}": shown += "\\x" + hexadecimal(scalar)
            case _ where isInvisible(scalar): shown += escaped(scalar)
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    /// Control characters beyond ASCII, and what changes the direction of the text around it.
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\u{80}"..."\u{9f}", "\u{200b}"..."\u{200f}", "\u{2028}"..."\u{202e}", "\u{2060}"..."\u{206f}", "\u{feff}": true
        default: false
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
    }

    /// As a value in a line of `key=value`: bare when it is one plain word, else in quotes.
    static func logValue(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "/"), UInt8(ascii: "@"), UInt8(ascii: "^"), UInt8(ascii: "+"):
                true
            default: false
            }
        }
        return isPlain ? text : go(text)
    }

    private static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return digits.utf8.count == 1 ? "0" + digits : digits
    }
}
