import RuntimeSpec

// What the standard library's patterns would do: Embedded Swift has none.

extension StringProtocol {
    /// The parts between separators; one if there is no separator.
    func parts(at separator: String) -> [String] {
        let bytes = Array(utf8)
        let wanted = Array(separator.utf8)
        var parts: [String] = []
        var start = 0
        while let place = bytes.place(of: wanted, from: start) {
            parts.append(String(decoding: bytes[start..<place], as: UTF8.self))
            start = place + wanted.count
        }
        return parts + [String(decoding: bytes[start...], as: UTF8.self)]
    }

    /// Whether a text is somewhere in this one.
    func holds(_ part: String) -> Bool { Array(utf8).place(of: Array(part.utf8), from: 0) != nil }

    /// The text with another in place of each occurrence of a part.
    func replaced(_ part: String, by other: String) -> String { parts(at: part).joined(separator: other) }

    /// The text with what `change` makes of what is between two marks in place of that and the marks; nil leaves it as it is. What is
    /// between ends at the first byte of the second mark.
    func changed(between begin: String, and end: String, _ change: (String) -> String?) -> String {
        let (bytes, begin, end) = (Array(utf8), Array(begin.utf8), Array(end.utf8))
        var result: [UInt8] = []
        var start = 0
        while let place = bytes.place(of: begin, from: start) {
            let inner = place + begin.count
            result += bytes[start..<place]
            if let last = bytes[inner...].firstIndex(of: end[0]), bytes[last...].starts(with: end),
                let text = change(String(decoding: bytes[inner..<last], as: UTF8.self))
            {
                result += Array(text.utf8)
                start = last + end.count
            } else {
                result.append(bytes[place])
                start = place + 1
            }
        }
        return String(decoding: result + bytes[start...], as: UTF8.self)
    }

    /// The text without white space around it.
    var trimmed: String {
        let begin = firstIndex { !$0.isWhitespace } ?? endIndex
        let end = lastIndex { !$0.isWhitespace }.map { index(after: $0) } ?? endIndex
        return begin < end ? String(self[begin..<end]) : ""
    }
}

extension [UInt8] {
    /// The first place of bytes that are not none, at an index or after it.
    fileprivate func place(of wanted: [UInt8], from start: Int) -> Int? {
        guard let first = wanted.first else { return nil }
        var place = start
        while place + wanted.count <= count {
            if self[place] == first && self[place...].starts(with: wanted) { return place }
            place += 1
        }
        return nil
    }
}

/// A value as reports tell it: Embedded Swift has no text of just any value.
protocol Told {
    var told: String { get }
    /// As an element of a list.
    var quoted: String { get }
}

extension Told {
    var quoted: String { told }
}

extension String: Told {
    var told: String { self }
    var quoted: String { JSONValue.string(self).encodedText() }
}
extension Int: Told { var told: String { String(self) } }
extension Int32: Told { var told: String { String(self) } }
extension UInt32: Told { var told: String { String(self) } }
extension UInt64: Told { var told: String { String(self) } }
extension Bool: Told { var told: String { self ? "true" : "false" } }

extension Array: Told where Element: Told {
    var told: String { "[" + map { $0.quoted }.joined(separator: ", ") + "]" }
}

extension Set: Told where Element: Told & Comparable {
    var told: String { sorted().told }
}

extension Optional: Told where Wrapped: Told {
    var told: String { self?.told ?? "nothing" }
    var quoted: String { self?.quoted ?? "nothing" }
}

extension DefaultStringInterpolation {
    mutating func appendInterpolation<Value: Told>(_ list: [Value]) { appendInterpolation(list.told) }
}
