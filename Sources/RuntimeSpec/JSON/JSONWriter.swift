internal import ByteText

/// Collects the bytes of a JSON text.
package struct JSONWriter {
    /// How a text is laid out.
    let layout: JSONLayout
    private var text: ByteBuilder
    /// Whether members are written that the specification does not know.
    var writesUnknownMembers = true
    private var depth = 0
    /// Whether something was written in the innermost object or array.
    private var needsComma = false

    /// - Parameter capacity: bytes that are expected.
    package init(layout: JSONLayout, capacity: Int = 1024) {
        self.layout = layout
        text = ByteBuilder(capacity: capacity)
    }

    /// The text so far.
    package var bytes: [UInt8] { text.bytes }

    /// A string with its quotes and escapes.
    static func quoted(_ text: String) -> String {
        var writer = JSONWriter(layout: .compact, capacity: text.utf8.count + 2)
        writer.string(text)
        return writer.text.text
    }

    /// A value as it stands, such as `true`.
    package mutating func literal(_ text: StaticString) { self.text.append(text) }

    mutating func digits(_ text: String) { self.text.append(text) }

    /// A number.
    package mutating func integer(_ value: some FixedWidthInteger) { text.append(decimal: value) }

    /// A text with its quotes and escapes.
    package mutating func string(_ text: String) {
        self.text.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { content in
            guard let start = content.baseAddress else { return }
            var index = 0
            while true {
                let plain = unsafe PlainBytes.count(start + index, most: content.count - index)
                if plain > 0 { unsafe self.text.append(UnsafeRawBufferPointer(start: start + index, count: plain)) }
                index += plain
                if index == content.count { return }
                unsafe escaped(start[index])
                index += 1
            }
        }
        self.text.append(UInt8(ascii: "\""))
    }

    private mutating func escaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): literal("\\\"")
        case UInt8(ascii: "\\"): literal("\\\\")
        case 0x08: literal("\\b")
        case 0x09: literal("\\t")
        case 0x0A: literal("\\n")
        case 0x0C: literal("\\f")
        case 0x0D: literal("\\r")
        case 0x00..<0x20:
            literal("\\u00")
            for digit in [byte >> 4, byte & 15] {
                text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        default: text.append(byte)
        }
    }

    /// Begins an object or an array.
    package mutating func open(_ bracket: Unicode.Scalar) {
        text.append(UInt8(ascii: bracket))
        depth += 1
        needsComma = false
    }

    /// Ends an object or an array.
    package mutating func close(_ bracket: Unicode.Scalar) {
        depth -= 1
        if needsComma { newLine() }
        text.append(UInt8(ascii: bracket))
        needsComma = true
    }

    /// Comes before each element of an array and, through `name`, before each member of an object.
    package mutating func separate() {
        if needsComma { text.append(UInt8(ascii: ",")) }
        newLine()
        needsComma = true
    }

    /// Begins a member.
    package mutating func name(_ name: String) {
        separate()
        string(name)
        colon()
    }

    /// Begins a member.
    package mutating func name(_ name: StaticString) {
        separate()
        text.append(UInt8(ascii: "\""))
        literal(name)
        text.append(UInt8(ascii: "\""))
        colon()
    }

    private mutating func colon() {
        text.append(UInt8(ascii: ":"))
        if layout.indent != nil { text.append(UInt8(ascii: " ")) }
    }

    private mutating func newLine() {
        guard let indent = layout.indent else { return }
        text.append(UInt8(ascii: "\n"))
        text.append(UInt8(ascii: " "), times: indent * depth)
    }

    /// Ends the text.
    package mutating func finish() {
        if layout.endsWithNewline { text.append(UInt8(ascii: "\n")) }
    }
}

/// How a JSON text is laid out.
public struct JSONLayout: Equatable, Sendable {
    /// Spaces per level; nil puts all on one line.
    public var indent: Int?
    /// Whether the text ends with a line feed.
    public var endsWithNewline: Bool

    /// Makes a layout.
    public init(indent: Int?, endsWithNewline: Bool = false) {
        self.indent = indent
        self.endsWithNewline = endsWithNewline
    }

    /// One line, without spaces.
    public static let compact = JSONLayout(indent: nil)
    /// Two spaces per level.
    public static let pretty = JSONLayout(indent: 2)
}

extension JSONWriter {
    /// Writes a member.
    package mutating func member(_ name: StaticString, _ text: String) {
        self.name(name)
        string(text)
    }

    /// Writes a member.
    package mutating func member(_ name: StaticString, _ value: Bool) {
        self.name(name)
        literal(value ? "true" : "false")
    }

    /// Texts by name, in the order of their names.
    package mutating func member(_ name: StaticString, _ texts: [String: String]) {
        self.name(name)
        open("{")
        for (name, text) in texts.sortedByName {
            self.name(name)
            string(text)
        }
        close("}")
    }

    /// Writes an array, each element as the function does it.
    package mutating func list<Element>(_ elements: [Element], _ write: (Element, inout JSONWriter) -> Void) {
        open("[")
        for element in elements {
            separate()
            write(element, &self)
        }
        close("]")
    }
}
