// Text that the kernel, a container or an image wrote is bytes. A `Character` is more than one code point: a blank before a
// combining mark is no blank any more, and whoever names a process or a group decides where such marks are. So everything
// here looks at bytes; a separator is one byte, of ASCII.

extension StringProtocol where UTF8View: BidirectionalCollection {
    /// Whether the text's first bytes are these.
    @inline(never)
    package func begins(with prefix: String) -> Bool {
        unsafe withBytes { bytes in
            unsafe prefix.withBytes { wanted in
                guard bytes.count >= wanted.count else { return false }
                for index in 0..<wanted.count where unsafe bytes[index] != wanted[index] { return false }
                return true
            }
        }
    }

    /// Whether the text's last bytes are these.
    @inline(never)
    package func ends(with suffix: String) -> Bool {
        unsafe withBytes { bytes in
            unsafe suffix.withBytes { wanted in
                let start = bytes.count - wanted.count
                guard start >= 0 else { return false }
                for index in 0..<wanted.count where unsafe bytes[start + index] != wanted[index] { return false }
                return true
            }
        }
    }

    /// Whether the text's bytes come before another's.
    @inline(never)
    package func precedes(_ other: String) -> Bool {
        unsafe withBytes { bytes in
            unsafe other.withBytes { others in
                for index in 0..<Swift.min(bytes.count, others.count) where unsafe bytes[index] != others[index] {
                    return unsafe bytes[index] < others[index]
                }
                return bytes.count < others.count
            }
        }
    }

    /// What follows a beginning; nil when the text begins otherwise.
    package func after(_ prefix: String) -> String? {
        begins(with: prefix) ? without(first: prefix.utf8.count, last: 0) : nil
    }

    /// What precedes an end; nil when the text ends otherwise.
    package func before(_ suffix: String) -> String? {
        ends(with: suffix) ? without(first: 0, last: suffix.utf8.count) : nil
    }

    @inline(never)
    private func without(first: Int, last: Int) -> String {
        unsafe withBytes { unsafe $0.text(first..<($0.count - last)) }
    }

    /// Whether all bytes are as they should be; none after one that is not is asked about.
    package func isAll(_ isGood: (UInt8) -> Bool) -> Bool {
        unsafe withBytes { bytes in
            for index in bytes.indices where unsafe !isGood(bytes[index]) { return false }
            return true
        }
    }

    /// Whether an ASCII character is one of the bytes.
    package func has(_ character: Unicode.Scalar) -> Bool { !isAll { $0 != character.byte } }

    /// The parts between separators.
    /// - Parameters:
    ///   - most: how many parts there are at most; the last has the other separators.
    ///   - keepsEmpty: whether parts without a byte count.
    package func parts(at separator: Unicode.Scalar, most: Int = .max, keepsEmpty: Bool = false) -> [String] {
        let wanted = separator.byte
        return unsafe withBytes { bytes in
            var parts: [String] = []
            var start = 0
            for index in 0..<bytes.count where unsafe bytes[index] == wanted {
                if parts.count == most - 1 { break }
                if index > start || keepsEmpty { unsafe parts.append(bytes.text(start..<index)) }
                start = index + 1
            }
            if start < bytes.count || keepsEmpty { unsafe parts.append(bytes.text(start..<bytes.count)) }
            return parts
        }
    }

    /// What is before the first separator and after it; nil without one.
    package func halves(at separator: Unicode.Scalar) -> (first: String, second: String)? {
        let wanted = separator.byte
        return unsafe withBytes { bytes in
            for index in 0..<bytes.count where unsafe bytes[index] == wanted { return unsafe bytes.halves(index) }
            return nil
        }
    }

    /// What is before the last separator and after it; nil without one.
    package func lastHalves(at separator: Unicode.Scalar) -> (first: String, second: String)? {
        let wanted = separator.byte
        return unsafe withBytes { bytes in
            var index = bytes.count
            while index > 0 {
                index -= 1
                if unsafe bytes[index] == wanted { return unsafe bytes.halves(index) }
            }
            return nil
        }
    }

    /// The words between blanks and newlines.
    package var words: [String] {
        unsafe withBytes { bytes in
            var words: [String] = []
            var start = 0
            for index in 0...bytes.count where unsafe index == bytes.count || bytes[index].isBlank {
                if index > start { unsafe words.append(bytes.text(start..<index)) }
                start = index + 1
            }
            return words
        }
    }

    /// Without blanks and newlines at both ends.
    package var trimmed: String {
        unsafe withBytes { bytes in
            var (start, end) = (0, bytes.count)
            while start < end, unsafe bytes[start].isBlank { start += 1 }
            while start < end, unsafe bytes[end - 1].isBlank { end -= 1 }
            return unsafe bytes.text(start..<end)
        }
    }

    /// The lines that are not empty.
    package var lines: [String] { parts(at: "\n") }

    /// With the capital letters of ASCII as small ones; all else as it is.
    package var lowered: String {
        String(decoding: utf8.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// With the small letters of ASCII as capital ones; all else as it is.
    package var raised: String {
        String(decoding: utf8.map { (0x61...0x7a).contains($0) ? $0 & ~0x20 : $0 }, as: UTF8.self)
    }
}

extension String {
    /// The path of a name in the directory that this is: made in one piece, where `+` makes one after the other.
    package func path(to name: String) -> String {
        unsafe withBytes { directory in
            unsafe name.withBytes { name in
                let count = directory.count + 1 + name.count
                return unsafe String(unsafeUninitializedCapacity: count) { place in
                    _ = unsafe place.initialize(from: directory)
                    unsafe place[directory.count] = UInt8(ascii: "/")
                    _ = unsafe place[(directory.count + 1)...].initialize(from: name)
                    return count
                }
            }
        }
    }
}

extension StringProtocol {
    /// The bytes as they lie in memory: going through a text's view byte by byte costs some twenty instructions for each.
    fileprivate func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
        return unsafe Array(utf8).withUnsafeBufferPointer(body)
    }
}

extension UnsafeBufferPointer<UInt8> {
    fileprivate func text(_ range: Range<Int>) -> String {
        unsafe String(decoding: UnsafeBufferPointer(rebasing: self[range]), as: UTF8.self)
    }

    /// What is before a separator and after it.
    fileprivate func halves(_ separator: Int) -> (first: String, second: String) {
        unsafe (text(0..<separator), text((separator + 1)..<count))
    }
}

extension UInt8 {
    /// A blank, a tab, a newline or another control character that moves on.
    package var isBlank: Bool { self == 0x20 || (0x09...0x0d).contains(self) }

    /// `0` to `9`.
    package var isDigit: Bool { (0x30...0x39).contains(self) }

    /// `a` to `z` or `A` to `Z`.
    package var isLetter: Bool { (0x61...0x7a).contains(self | 0x20) }
}

extension Unicode.Scalar {
    /// The byte of an ASCII character.
    fileprivate var byte: UInt8 { UInt8(truncatingIfNeeded: value) }
}
