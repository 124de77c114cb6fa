extension String {
    /// Whether another text occurs in it, byte by byte. The standard library's own search compares characters of Unicode,
    /// whose tables are larger than all that veloci reads.
    package func containsBytes(of other: String) -> Bool {
        utf8.indices.contains { utf8[$0...].starts(with: other.utf8) }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether one of the bytes is zero. Every path is looked at.
    var hasZero: Bool { unsafe place(of: 0, from: 0) != nil }

    /// Where a byte stands first, at a place or behind it: eight bytes are looked at in one step.
    package func place(of byte: UInt8, from start: Int) -> Int? {
        let bytes = UnsafeRawBufferPointer(self)
        let ones: UInt64 = 0x0101_0101_0101_0101
        let wanted = ones &* UInt64(byte)
        var index = start
        while index + 8 <= count {
            // Zero where the byte is.
            let word = unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ wanted
            // Only taking one away from a zero changes a byte's highest bit from 0 to 1; the first such byte is one for certain.
            let found = UInt64(littleEndian: (word &- ones) & ~word & (ones &* 0x80))
            if found != 0 { return index + found.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < count {
            if unsafe self[index] == byte { return index }
            index += 1
        }
        return nil
    }
}
