extension String {
    /// Whether another text occurs in it, byte by byte. The standard library's own search compares characters of Unicode,
    /// whose tables are larger than all that veloci reads.
    package func containsBytes(of other: String) -> Bool {
        utf8.indices.contains { utf8[$0...].starts(with: other.utf8) }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether one of the bytes is zero. Every path is looked at, eight bytes in one step.
    var hasZero: Bool {
        let bytes = UnsafeRawBufferPointer(self)
        let ones: UInt64 = 0x0101_0101_0101_0101
        var index = 0
        while index + 8 <= count {
            let word = unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            // Only taking one away from a zero changes a byte's highest bit from 0 to 1.
            if (word &- ones) & ~word & (ones &* 0x80) != 0 { return true }
            index += 8
        }
        while index < count {
            if unsafe self[index] == 0 { return true }
            index += 1
        }
        return false
    }
}
