// Reading what this program has written itself: member by member, without a value for what nobody asks for.

extension JSONReader {
    /// Reads an object that is a whole document.
    ///
    /// - Parameter member: sees each member in the order of the text, and reads its value. A name that stands twice is seen
    ///   twice.
    /// - Returns: whether the text was read to its end.
    package static func document(
        _ bytes: UnsafeBufferPointer<UInt8>, _ member: (JSONName, inout JSONReader) throws(JSONStop) -> Void
    ) -> Bool {
        unsafe reading(bytes) { reader in
            do throws(JSONStop) {
                try reader.begin()
                try reader.members(member)
                try reader.end()
                return true
            } catch {
                return false
            }
        }
    }

    /// Reads a document that is an array.
    ///
    /// - Returns: whether the text was read to its end.
    package static func list(
        _ bytes: UnsafeBufferPointer<UInt8>, _ element: (inout JSONReader) throws(JSONStop) -> Void
    ) -> Bool {
        unsafe reading(bytes) { reader in
            do throws(JSONStop) {
                try reader.begin()
                try reader.elements(element)
                try reader.end()
                return true
            } catch {
                return false
            }
        }
    }

    /// Reads an object.
    package mutating func members(_ member: (JSONName, inout JSONReader) throws(JSONStop) -> Void) throws(JSONStop) {
        let closing = UInt8(ascii: "}")
        guard next == UInt8(ascii: "{") else { throw unexpected("an object") }
        guard try enter(closing: closing) else { return }
        repeat { try member(try name(), &self) } while try another(closing: closing)
    }

    /// Reads an array.
    package mutating func elements(_ element: (inout JSONReader) throws(JSONStop) -> Void) throws(JSONStop) {
        let closing = UInt8(ascii: "]")
        guard next == UInt8(ascii: "[") else { throw unexpected("an array") }
        guard try enter(closing: closing) else { return }
        repeat { try element(&self) } while try another(closing: closing)
    }

    /// Reads an object all members of which are texts.
    package mutating func texts() throws(JSONStop) -> [String: String] {
        var texts: [String: String] = [:]
        try members { (name, reader) throws(JSONStop) in texts[name.string] = try reader.text() }
        return texts
    }

    /// Reads a string.
    package mutating func text() throws(JSONStop) -> String {
        guard next == UInt8(ascii: "\"") else { throw unexpected("a string") }
        return try string()
    }

    /// Reads a string that is probably one that is there already: then no other is made.
    package mutating func text(likely known: String) throws(JSONStop) -> String {
        guard hasText else { throw unexpected("a string") }
        let begin = position + 1
        if try scanString() { return String(decoding: unescaped(from: begin, to: position - 1), as: UTF8.self) }
        let bytes = unsafe UnsafeBufferPointer(start: start + begin, count: position - 1 - begin)
        var copy = known
        let isKnown = copy.withUTF8 { known in
            guard known.count == bytes.count else { return false }
            for index in 0..<known.count where unsafe known[index] != bytes[index] { return false }
            return true
        }
        return unsafe isKnown ? known : String(decoding: bytes, as: UTF8.self)
    }

    /// Reads an integer.
    package mutating func number<Number: FixedWidthInteger>(as type: Number.Type = Number.self) throws(JSONStop) -> Number {
        guard let number: Number = try integer(section: JSONReader.section) else { throw JSONStop() }
        return number
    }

    private static var section: StaticString { "glossary.md#json" }

    /// Reads `true` or `false`.
    package mutating func truth() throws(JSONStop) -> Bool {
        var value = false
        let before = problems.count
        try value.read(from: &self)
        if problems.count > before { throw JSONStop() }
        return value
    }

    /// Whether a string is next.
    package var hasText: Bool { next == UInt8(ascii: "\"") }

    /// Goes past a value.
    package mutating func skip() throws(JSONStop) { try skipValue() }
}
