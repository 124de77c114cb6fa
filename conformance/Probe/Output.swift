import CLinux

/// Writes JSON to a descriptor, one document per line.
///
/// Every byte from 0x80 on is written as the escape of the scalar with its value, so that any byte string gives valid JSON
/// and the reader can have the bytes back.
@safe struct Output {
    private let buffer: UnsafeMutablePointer<UInt8>
    private var count = 0
    private var needsComma = false
    /// Where lines go.
    var descriptor: Int64 = 1

    private static let capacity = 1 << 16

    init() { unsafe buffer = map(Output.capacity) }

    mutating func flush() {
        var written = 0
        while written < count {
            let result = unsafe call(
                __NR_write, UInt64(bitPattern: descriptor), word(buffer + written), UInt64(count - written))
            if result <= 0 && result != -Int64(EINTR) { break }
            if result > 0 { written += Int(result) }
        }
        count = 0
    }

    private mutating func put(_ byte: UInt8) {
        if count == Output.capacity { flush() }
        unsafe buffer[count] = byte
        count += 1
    }

    private mutating func put(_ text: StaticString) {
        for index in 0..<text.utf8CodeUnitCount { unsafe put(text.utf8Start[index]) }
    }

    private mutating func separate() {
        if needsComma { put(44) }
        needsComma = true
    }

    mutating func open(_ bracket: UInt8) {
        separate()
        put(bracket)
        needsComma = false
    }

    mutating func close(_ bracket: UInt8) {
        put(bracket)
        needsComma = true
    }

    mutating func beginObject() { open(123) }
    mutating func endObject() { close(125) }
    mutating func beginArray() { open(91) }
    mutating func endArray() { close(93) }

    mutating func endLine() {
        put(10)
        needsComma = false
        flush()
    }

    mutating func name(_ name: StaticString) {
        string(name)
        put(58)
        needsComma = false
    }

    mutating func name(_ name: Text) {
        unsafe string(name, length(name))
        put(58)
        needsComma = false
    }

    mutating func string(_ text: StaticString) {
        separate()
        put(34)
        put(text)
        put(34)
    }

    mutating func string(_ text: Text) { unsafe string(text, length(text)) }

    mutating func string(_ text: Text, _ size: Int) {
        separate()
        put(34)
        for index in 0..<size { unsafe escaped(text[index]) }
        put(34)
    }

    private mutating func escaped(_ byte: UInt8) {
        switch byte {
        case 34, 92:
            put(92)
            put(byte)
        case 32..<127: put(byte)
        default:
            put("\\u00")
            hexadecimal(byte >> 4)
            hexadecimal(byte & 15)
        }
    }

    private mutating func hexadecimal(_ digit: UInt8) { put(digit < 10 ? 48 + digit : 87 + digit) }

    mutating func null() {
        separate()
        put("null")
    }

    mutating func bool(_ value: Bool) {
        separate()
        put(value ? "true" : "false")
    }

    mutating func number(_ value: Int64) {
        separate()
        if value < 0 { put(45) }
        digits(value.magnitude)
    }

    mutating func number(_ value: UInt64) {
        separate()
        digits(value)
    }

    private mutating func digits(_ value: UInt64) {
        if value >= 10 { digits(value / 10) }
        put(48 + UInt8(truncatingIfNeeded: value % 10))
    }

    mutating func member(_ name: StaticString, _ value: Int64) {
        self.name(name)
        number(value)
    }

    mutating func member(_ name: StaticString, _ value: UInt64) {
        self.name(name)
        number(value)
    }

    /// A member for the answer of a system call that gives no value: 0, or the errno.
    mutating func error(_ result: Int64) { member("errno", result < 0 ? -result : 0) }
}
