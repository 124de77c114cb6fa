/// Bytes that stand for themselves in a JSON string: ASCII without control characters, quotes and backslashes.
enum PlainBytes {
    /// How many of them there are from the begin on. Eight are looked at in one step, for most of any document is such text.
    static func count(_ start: UnsafePointer<UInt8>, most: Int) -> Int {
        var count = 0
        while count + 8 <= most {
            let word = unsafe UnsafeRawPointer(start).loadUnaligned(fromByteOffset: count, as: UInt64.self)
            let others = others(UInt64(littleEndian: word))
            if others != 0 { return count + others.trailingZeroBitCount / 8 }
            count += 8
        }
        while count < most, unsafe isPlain(start[count]) { count += 1 }
        return count
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x20..<0x80).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// The highest bit of the lowest byte that is not plain; what is above it means nothing.
    private static func others(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        // A byte that becomes negative by taking away n was below n, unless it was from 0x80 on, which is not plain either.
        let control = word &- ones &* 0x20
        let quote = (word ^ ones &* UInt64(UInt8(ascii: "\""))) &- ones
        let backslash = (word ^ ones &* UInt64(UInt8(ascii: "\\"))) &- ones
        return (control | quote | backslash | word) & (ones &* 0x80)
    }
}
