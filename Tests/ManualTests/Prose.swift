import Foundation
/// The prose of `docs/manual`, as macros of man(7).
///
/// A part of Markdown is enough: `## Heading`, paragraphs, `- item`, `term` with `: text` below it, blocks that are indented by four
/// spaces, `` `code` `` and `*emphasis*`.
enum Prose {
    /// The sections of a text by their headings, in order; what stands before the first has an empty heading.
    static func sections(_ text: String) -> [(heading: String, body: String)] {
        var sections = [(heading: "", lines: [String]())]
        for line in text.components(separatedBy: "\n") {
            if line.hasPrefix("## ") {
                sections.append((String(line.dropFirst(3)), []))
            } else {
                sections[sections.count - 1].lines.append(line)
            }
        }
        return sections.map { ($0.heading, macros($0.lines)) }.filter { !$0.0.isEmpty || !$0.1.isEmpty }
    }

    /// Lines as macros.
    private static func macros(_ lines: [String]) -> String {
        var text = ""
        var needsParagraph = false
        var isExample = false
        for (index, line) in lines.enumerated() {
            let next = index + 1 < lines.count ? lines[index + 1] : ""
            if isExample {
                // A block goes on over empty lines as long as indented ones follow.
                let goesOn = line.hasPrefix("    ") || line.isEmpty && next.hasPrefix("    ")
                if goesOn {
                    text += (line.isEmpty ? "\\&" : escaped(String(line.dropFirst(4)))) + "\n"
                    continue
                }
                text += ".EE\n.RE\n"
                isExample = false
            }
            if line.isEmpty {
                needsParagraph = !text.isEmpty
            } else if line.hasPrefix("    ") {
                text += (text.isEmpty ? "" : ".PP\n") + ".RS 4\n.EX\n" + escaped(String(line.dropFirst(4))) + "\n"
                (isExample, needsParagraph) = (true, false)
            } else if line.hasPrefix("- ") {
                text += ".IP \\(bu 2\n" + inline(String(line.dropFirst(2))) + "\n"
                needsParagraph = false
            } else if next.hasPrefix(": ") {
                text += ".TP\n" + inline(line) + "\n"
                needsParagraph = false
            } else if line.hasPrefix(": ") {
                text += inline(String(line.dropFirst(2))) + "\n"
            } else {
                text += (needsParagraph ? ".PP\n" : "") + inline(line.hasPrefix("  ") ? String(line.drop { $0 == " " }) : line) + "\n"
                needsParagraph = false
            }
        }
        return text + (isExample ? ".EE\n.RE\n" : "")
    }

    /// A line with its words in bold and italics.
    static func inline(_ line: String) -> String {
        var text = ""
        var rest = line[...]
        while let character = rest.first {
            rest = rest.dropFirst()
            if character == "`" || character == "*", let end = rest.firstIndex(of: character), end > rest.startIndex {
                text += (character == "`" ? "\u{1}fB" : "\u{1}fI") + rest[..<end] + "\u{1}fR"
                rest = rest[rest.index(after: end)...]
            } else {
                text.append(character)
            }
        }
        return escaped(text).replacing("\u{1}", with: "\\")
    }

    /// A text as it is: without what groff takes for its own.
    static func escaped(_ text: String) -> String {
        let plain = text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("…", with: "...")
            .replacing("~", with: "\\(ti").replacing("^", with: "\\(ha")
        return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : plain
    }
}
