/// Reading cannot go on: the text is no JSON. What is wrong has been recorded in the reader.
package struct JSONStop: Error {
    /// Ends reading where enough was read.
    package init() {}
}

/// Limits of the reader, so that hostile input is refused early and never exhausts the stack.
public enum JSONLimits {
    /// Bytes of a document: 16 MiB. A configuration of this size has a million arguments.
    public static let bytes = 16 << 20
    /// Objects and arrays inside one another.
    public static let depth = 128
    /// Problems that are collected until reading ends.
    static let problems = 200
}

/// Reads JSON from UTF-8 bytes, strictly: RFC 8259 without a byte-order mark, duplicate names or trailing text.
///
/// Problems are collected in the reader. A problem of the syntax ends reading by `JSONStop`; a value of the wrong type
/// is recorded and skipped. Nothing is known about paths on the way down: whoever reads a member or an element looks, when
/// coming back, whether problems were added, and then puts its own step before theirs.
@safe package struct JSONReader {
    /// A problem, with the steps of its path from the inside out.
    struct Problem {
        var severity = Diagnostic.Severity.must
        var message: String
        var section: String
        var offset: Int
        var steps: [JSONPath.Component] = []
    }

    let start: UnsafePointer<UInt8>
    let count: Int
    var position = 0
    var depth = 0
    var problems: [Problem] = []
    /// The search for the member that was just named; see `MemberVisitor`.
    var search = MemberSearch()
    /// Whether an escape stood for U+0000. Without one no string can have it.
    var sawNull = false
    /// Names that had escapes in them; freed with the reader's owner.
    private var unescapedNames: [UnsafeMutableBufferPointer<UInt8>] = unsafe []

    /// The section that a broken rule of JSON itself belongs to.
    static let syntaxSection = "glossary.md#json"

    /// Reads one document. Nil if its text cannot be read to the end.
    static func document<Value: JSONCodable>(
        _ type: Value.Type, from bytes: UnsafeBufferPointer<UInt8>
    ) -> (value: Value?, diagnostics: [Diagnostic], sawNull: Bool) {
        unsafe reading(bytes) { reader in
            var value = Value()
            do throws(JSONStop) {
                try reader.begin()
                try value.read(from: &reader)
                try reader.end()
            } catch {
                return (nil, reader.diagnostics(), reader.sawNull)
            }
            return (value, reader.problems.isEmpty ? [] : reader.diagnostics(), reader.sawNull)
        }
    }

    /// Lends a reader, and frees what it has allocated.
    static func reading<Result>(
        _ bytes: UnsafeBufferPointer<UInt8>, _ body: (inout JSONReader) -> Result
    ) -> Result {
        var empty: UInt8 = 0
        return unsafe withUnsafePointer(to: &empty) { none in
            var reader = unsafe JSONReader(start: bytes.baseAddress ?? none, count: bytes.count)
            defer { unsafe reader.unescapedNames.forEach { unsafe $0.deallocate() } }
            return body(&reader)
        }
    }

    private init(start: UnsafePointer<UInt8>, count: Int) {
        unsafe self.start = start
        self.count = count
    }

    mutating func begin() throws(JSONStop) {
        if count > JSONLimits.bytes {
            throw stop("the document has \(count) bytes; at most \(JSONLimits.bytes) are read", at: 0)
        }
        if count >= 3, unsafe start[0] == 0xEF, unsafe start[1] == 0xBB, unsafe start[2] == 0xBF {
            throw stop("the document begins with a byte-order mark; JSON must begin with its value", at: 0)
        }
        skipSpace()
        if position == count { throw stop("the document is empty; a JSON object is expected") }
    }

    mutating func end() throws(JSONStop) {
        skipSpace()
        if position < count { throw stop("there is text after the end of the document; only white space may follow") }
    }

    // MARK: Problems

    /// Records a problem of the syntax; the caller throws what this returns.
    mutating func stop(_ message: String, at offset: Int? = nil) -> JSONStop {
        problems.append(Problem(message: message, section: JSONReader.syntaxSection, offset: offset ?? position))
        return JSONStop()
    }

    /// Records a problem with a value that could be read.
    mutating func record(
        _ message: String, section: StaticString, at offset: Int, severity: Diagnostic.Severity = .must,
        steps: [JSONPath.Component] = []
    ) throws(JSONStop) {
        problems.append(
            Problem(severity: severity, message: message, section: "\(section)", offset: offset, steps: steps))
        if problems.count >= JSONLimits.problems {
            throw stop("there are more than \(JSONLimits.problems) problems; the rest of the document was not read")
        }
    }

    /// Puts a step before the paths of the problems that were added since there were `before` of them.
    mutating func place(_ step: @autoclosure () -> JSONPath.Component, since before: Int) {
        if problems.count == before { return }
        let step = step()
        for index in before..<problems.count { problems[index].steps.append(step) }
    }

    /// The problems in the order of the text, with lines and columns.
    private func diagnostics() -> [Diagnostic] {
        var line = 1
        var column = 1
        var offset = 0
        let sorted = problems.enumerated().sorted {
            ($0.element.offset, $0.offset) < ($1.element.offset, $1.offset)
        }
        return sorted.map { _, problem in
            while offset < problem.offset {
                if unsafe start[offset] == UInt8(ascii: "\n") {
                    line += 1
                    column = 1
                } else if unsafe start[offset] & 0xC0 != 0x80 {
                    column += 1
                }
                offset += 1
            }
            return Diagnostic(
                severity: problem.severity, path: JSONPath(problem.steps.reversed()), message: problem.message,
                section: problem.section, line: line, column: column)
        }
    }

    // MARK: Bytes

    /// The byte at the position; 0 at the end, which no caller takes for the begin of a value.
    @inline(__always) var next: UInt8 { unsafe position < count ? start[position] : 0 }

    @inline(__always) mutating func skipSpace() {
        // A bit for each of the four bytes that are space.
        let spaces: UInt64 = 1 << 0x20 | 1 << 0x0A | 1 << 0x0D | 1 << 0x09
        while position < count, unsafe start[position] <= 0x20, unsafe spaces >> UInt64(start[position]) & 1 == 1 {
            position += 1
        }
    }

    /// Describes what stands where something else was expected.
    mutating func unexpected(_ expected: String) -> JSONStop {
        if position >= count { return stop("the document ends too early; \(expected) is expected") }
        let byte = unsafe start[position]
        let found =
            switch byte {
            case UInt8(ascii: "\""): "a quote"
            case 0x21...0x7E: "\"\(Unicode.Scalar(byte))\""
            default: "byte 0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        return stop("\(found) stands where \(expected) is expected")
    }

    // MARK: Structure

    /// Goes into an object or an array. False if it ends at once; it has been left then.
    mutating func enter(closing: UInt8) throws(JSONStop) -> Bool {
        depth += 1
        if depth > JSONLimits.depth {
            throw stop("objects and arrays are nested too deeply; at most \(JSONLimits.depth) levels are read")
        }
        position += 1
        skipSpace()
        if next == closing {
            position += 1
            depth -= 1
            return false
        }
        return true
    }

    /// Goes on to the next member or element. False if there is none; the object or array has been left then.
    mutating func another(closing: UInt8) throws(JSONStop) -> Bool {
        skipSpace()
        let byte = next
        if byte == UInt8(ascii: ",") {
            position += 1
            skipSpace()
            return true
        }
        if byte == closing, position < count {
            position += 1
            depth -= 1
            return false
        }
        throw unexpected(closing == UInt8(ascii: "}") ? "a comma or \"}\"" : "a comma or \"]\"")
    }

    /// Reads a member's name and the colon, up to the value.
    mutating func name() throws(JSONStop) -> JSONName {
        guard next == UInt8(ascii: "\"") else { throw unexpected("a member's name in quotes") }
        let begin = position + 1
        let name: JSONName
        if try scanString() {
            let bytes = unescaped(from: begin, to: position - 1)
            let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(bytes.count, 1))
            _ = unsafe copy.initialize(from: bytes)
            unsafe unescapedNames.append(copy)
            name = unsafe JSONName(start: UnsafePointer(copy.baseAddress!), count: bytes.count)
        } else {
            name = unsafe JSONName(start: start + begin, count: position - 1 - begin)
        }
        skipSpace()
        guard next == UInt8(ascii: ":") else { throw unexpected("a colon") }
        position += 1
        skipSpace()
        return name
    }

    mutating func duplicate(_ name: JSONName, at offset: Int) -> JSONStop {
        stop("the name \(JSONWriter.quoted(name.string)) appears twice; names in an object must be unique", at: offset)
    }

    // MARK: Values of no particular type

    /// What kind of value begins here, for messages.
    var foundKind: String {
        switch next {
        case UInt8(ascii: "{"): "an object"
        case UInt8(ascii: "["): "an array"
        case UInt8(ascii: "\""): "a string"
        case UInt8(ascii: "t"), UInt8(ascii: "f"): "a truth value"
        case UInt8(ascii: "n"): "null"
        default: "a number"
        }
    }

    /// Records that the value here is not what it must be, and skips it.
    mutating func mismatch(_ expected: StaticString, section: StaticString = "config.md") throws(JSONStop) {
        let offset = position
        let found = foundKind
        let before = problems.count
        try skipValue()
        // A text that is no JSON has been reported by then; a mismatch is only worth its line if the value could be read.
        if problems.count == before { try record("is \(found); must be \(expected)", section: section, at: offset) }
    }

    /// Checks a value and throws it away.
    mutating func skipValue() throws(JSONStop) {
        switch next {
        case UInt8(ascii: "{"):
            guard try enter(closing: UInt8(ascii: "}")) else { return }
            var names = JSONNameSet()
            repeat {
                let offset = position
                let name = try name()
                let before = problems.count
                defer { place(.member(name.string), since: before) }
                if !names.insert(name) { throw duplicate(name, at: offset) }
                try skipValue()
            } while try another(closing: UInt8(ascii: "}"))
        case UInt8(ascii: "["):
            guard try enter(closing: UInt8(ascii: "]")) else { return }
            var index = 0
            repeat {
                let before = problems.count
                defer { place(.index(index), since: before) }
                try skipValue()
                index += 1
            } while try another(closing: UInt8(ascii: "]"))
        case UInt8(ascii: "\""): _ = try scanString()
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        default: _ = try scanNumber()
        }
    }

    mutating func literal(_ text: StaticString) throws(JSONStop) {
        let length = text.utf8CodeUnitCount
        guard position + length <= count,
            unsafe JSONName(start: start + position, count: length).equals(text)
        else { throw unexpected("a value") }
        position += length
    }
}
