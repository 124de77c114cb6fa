/// Collects the bytes of a JSON text.
package struct JSONWriter {
    /// How a text is laid out.
    let layout: JSONLayout
    /// The text so far.
    package private(set) var bytes: [UInt8] = []
    private var depth = 0
    /// Whether something was written in the innermost object or array.
    private var needsComma = false

    /// - Parameter capacity: bytes that are expected.
    package init(layout: JSONLayout, capacity: Int = 1024) {
        self.layout = layout
        bytes.reserveCapacity(capacity)
    }

    /// A string with its quotes and escapes.
    static func quoted(_ text: String) -> String {
        var writer = JSONWriter(layout: .compact, capacity: text.utf8.count + 2)
        writer.string(text)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// A value as it stands, such as `true`.
    package mutating func literal(_ text: StaticString) {
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func digits(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// A number.
    package mutating func integer(_ value: some FixedWidthInteger) {
        if value >= 0, value < 10 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value))
        } else {
            bytes.append(contentsOf: String(value).utf8)
        }
    }

    /// A text with its quotes and escapes.
    package mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { content in
            if unsafe !content.contains(where: JSONWriter.needsEscape) {
                unsafe bytes.append(contentsOf: content)
            } else {
                for unsafe byte in unsafe content { escaped(byte) }
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
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
                bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        default: bytes.append(byte)
        }
    }

    /// Begins an object or an array.
    package mutating func open(_ bracket: Unicode.Scalar) {
        bytes.append(UInt8(ascii: bracket))
        depth += 1
        needsComma = false
    }

    /// Ends an object or an array.
    package mutating func close(_ bracket: Unicode.Scalar) {
        depth -= 1
        if needsComma { newLine() }
        bytes.append(UInt8(ascii: bracket))
        needsComma = true
    }

    /// Comes before each element of an array and, through `name`, before each member of an object.
    package mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        newLine()
        needsComma = true
    }

    /// Begins a member.
    package mutating func name(_ text: String) {
        separate()
        string(text)
        colon()
    }

    /// Begins a member.
    package mutating func name(_ text: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        literal(text)
        bytes.append(UInt8(ascii: "\""))
        colon()
    }

    private mutating func colon() {
        bytes.append(UInt8(ascii: ":"))
        if layout.indent != nil { bytes.append(UInt8(ascii: " ")) }
    }

    private mutating func newLine() {
        guard let indent = layout.indent else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent * depth))
    }

    /// Ends the text.
    package mutating func finish() {
        if layout.endsWithNewline { bytes.append(UInt8(ascii: "\n")) }
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
