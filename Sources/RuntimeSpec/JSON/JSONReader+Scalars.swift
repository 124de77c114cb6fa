// Strings and numbers.

extension JSONReader {
    /// What is written as a number.
    struct ScannedNumber {
        /// Whether there is a minus sign.
        var negative = false
        /// The digits' value, if `exact`.
        var magnitude: UInt64 = 0
        /// Whether the digits are a whole number that fits 64 bits.
        var exact = true
        /// Whether there is neither a fraction nor an exponent.
        var whole = true
    }

    /// Goes past a number.
    mutating func scanNumber() throws(JSONStop) -> ScannedNumber {
        var number = ScannedNumber()
        if next == UInt8(ascii: "-") {
            number.negative = true
            position += 1
            guard isDigit(next) else { throw unexpected("a digit") }
        }
        guard isDigit(next) else { throw unexpected("a value") }
        let leadingZero = next == UInt8(ascii: "0")
        let first = position
        while isDigit(next) {
            let (product, overflowed) = number.magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(UInt64(next - UInt8(ascii: "0")))
            number.magnitude = sum
            if overflowed || carried { number.exact = false }
            position += 1
        }
        if leadingZero, position - first > 1 { throw stop("a number begins with 0; leading zeros are not allowed", at: first) }
        if next == UInt8(ascii: ".") {
            number.whole = false
            position += 1
            try digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            number.whole = false
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        return number
    }

    private mutating func digits() throws(JSONStop) {
        guard isDigit(next) else { throw unexpected("a digit") }
        while isDigit(next) { position += 1 }
    }

    @inline(__always) private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    /// Reads an integer exactly. Nil if the value is none of this type, which has been recorded.
    ///
    /// A fraction or an exponent is refused even if the value is whole (`1.0`, `1e3`); `-0` is 0 for signed types and refused
    /// for unsigned ones.
    mutating func integer<Integer: FixedWidthInteger>(section: StaticString) throws(JSONStop) -> Integer? {
        guard let number = try integer(from: Int64(Integer.min), through: UInt64(Integer.max), section: section)
        else { return nil }
        return Integer(truncatingIfNeeded: number.negative ? 0 &- number.magnitude : number.magnitude)
    }

    /// The same for all types, compiled once.
    @inline(never)
    private mutating func integer(
        from lowest: Int64, through highest: UInt64, section: StaticString
    ) throws(JSONStop) -> ScannedNumber? {
        let offset = position
        guard next == UInt8(ascii: "-") || isDigit(next) else {
            try mismatch(lowest < 0 ? "an integer" : "an integer of 0 or more", section: section)
            return nil
        }
        let number = try scanNumber()
        let isInRange = number.negative ? lowest < 0 && number.magnitude <= lowest.magnitude : number.magnitude <= highest
        if number.whole, number.exact, isInRange { return number }
        let text = unsafe String(
            decoding: UnsafeBufferPointer(start: start + offset, count: min(position - offset, 40)), as: UTF8.self)
        let problem =
            number.whole
            ? "\(text) is out of range; \(lowest) to \(highest) is allowed"
            : "\(text) is not written as an integer; \(lowest) to \(highest) is allowed, without fraction or exponent"
        try record(problem, section: section, at: offset)
        return nil
    }

    /// Goes past a string, from quote to quote. True if there are escapes in it.
    mutating func scanString() throws(JSONStop) -> Bool {
        var escapes = false
        var cursor = position + 1
        while true {
            unsafe cursor += PlainBytes.count(start + cursor, most: count - cursor)
            if cursor >= count { break }
            let byte = unsafe start[cursor]
            switch byte {
            case UInt8(ascii: "\""):
                position = cursor + 1
                return escapes
            case UInt8(ascii: "\\"):
                escapes = true
                cursor = try scanEscape(cursor)
            case 0x00..<0x20:
                throw stop(
                    byte == 0
                        ? "a string contains a zero byte; it must be written as \\u0000"
                        : "a string contains a raw control character; it must be escaped", at: cursor)
            default:
                let length = unsafe UTF8Check.length(at: cursor, in: UnsafeBufferPointer(start: start, count: count))
                if length == 0 { throw stop("a string contains bytes that are not UTF-8", at: cursor) }
                cursor += length
            }
        }
        throw stop("a string does not end; a quote is expected", at: count)
    }

    /// Checks one escape sequence and returns where it ends.
    private mutating func scanEscape(_ cursor: Int) throws(JSONStop) -> Int {
        guard cursor + 1 < count else { throw stop("a string does not end; a quote is expected", at: count) }
        switch unsafe start[cursor + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return cursor + 2
        case UInt8(ascii: "u"):
            guard let unit = hexadecimal(cursor + 2) else {
                throw stop("\\u must be followed by four hexadecimal digits", at: cursor)
            }
            if UTF16.isTrailSurrogate(unit) {
                throw stop("a string contains a lone surrogate; surrogates must come in pairs", at: cursor)
            }
            if unit == 0 { sawNull = true }
            guard UTF16.isLeadSurrogate(unit) else { return cursor + 6 }
            guard cursor + 7 < count, unsafe start[cursor + 6] == UInt8(ascii: "\\"),
                unsafe start[cursor + 7] == UInt8(ascii: "u"),
                let second = hexadecimal(cursor + 8), UTF16.isTrailSurrogate(second)
            else { throw stop("a string contains a lone surrogate; surrogates must come in pairs", at: cursor) }
            return cursor + 12
        default:
            throw stop("a string contains an unknown escape; \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u are allowed", at: cursor)
        }
    }

    private func hexadecimal(_ offset: Int) -> UInt16? {
        guard offset + 4 <= count else { return nil }
        var value: UInt16 = 0
        for unsafe byte in unsafe UnsafeBufferPointer(start: start + offset, count: 4) {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt16(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt16(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt16(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }

    /// The bytes of a string that `scanString` has gone past, without its escapes.
    func unescaped(from first: Int, to end: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(end - first)
        var cursor = first
        while cursor < end {
            let byte = unsafe start[cursor]
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                cursor += 1
                continue
            }
            let kind = unsafe start[cursor + 1]
            cursor += 2
            switch kind {
            case UInt8(ascii: "b"): bytes.append(0x08)
            case UInt8(ascii: "f"): bytes.append(0x0C)
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "u"):
                var scalar = UInt32(hexadecimal(cursor) ?? 0xFFFD)
                cursor += 4
                if scalar & 0xFC00 == 0xD800 {
                    scalar = 0x10000 + (scalar & 0x3FF) << 10 + (UInt32(hexadecimal(cursor + 2) ?? 0) & 0x3FF)
                    cursor += 6
                }
                bytes.append(contentsOf: Array(String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8))
            default: bytes.append(kind)
            }
        }
        return bytes
    }

    /// Reads a string; a quote is next.
    mutating func string() throws(JSONStop) -> String {
        let begin = position + 1
        if try scanString() { return String(decoding: unescaped(from: begin, to: position - 1), as: UTF8.self) }
        return unsafe String(decoding: UnsafeBufferPointer(start: start + begin, count: position - 1 - begin), as: UTF8.self)
    }
}

/// Well-formed UTF-8, as the Unicode Standard's table 3-7 defines it.
enum UTF8Check {
    /// How many bytes the scalar at an offset has; 0 if it is ill-formed. For bytes from 0x80 on.
    static func length(at offset: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
        func byte(_ index: Int) -> UInt8 { unsafe offset + index < bytes.count ? bytes[offset + index] : 0 }
        func continues(_ index: Int) -> Bool { byte(index) & 0xC0 == 0x80 }
        switch unsafe bytes[offset] {
        case 0xC2...0xDF: return continues(1) ? 2 : 0
        case 0xE0: return (0xA0...0xBF).contains(byte(1)) && continues(2) ? 3 : 0
        case 0xED: return (0x80...0x9F).contains(byte(1)) && continues(2) ? 3 : 0
        case 0xE1...0xEF: return continues(1) && continues(2) ? 3 : 0
        case 0xF0: return (0x90...0xBF).contains(byte(1)) && continues(2) && continues(3) ? 4 : 0
        case 0xF1...0xF3: return continues(1) && continues(2) && continues(3) ? 4 : 0
        case 0xF4: return (0x80...0x8F).contains(byte(1)) && continues(2) && continues(3) ? 4 : 0
        default: return 0
        }
    }
}
