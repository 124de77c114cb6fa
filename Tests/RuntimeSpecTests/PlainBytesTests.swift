import Testing

@testable import RuntimeSpec

@Suite struct PlainBytesTests {
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// Every byte at every place of a text, before and behind bytes that the arithmetic of words could mix up with it.
    @Test func eachByteAtEachPlace() {
        for filler: UInt8 in [0x20, 0x21, 0x23, 0x5b, 0x5d, 0x7f] {
            for length in 0..<20 {
                for place in 0..<length {
                    for byte in UInt8.min...UInt8.max {
                        var bytes = [UInt8](repeating: filler, count: length)
                        bytes[place] = byte
                        let count = unsafe bytes.withUnsafeBufferPointer {
                            unsafe PlainBytes.count($0.baseAddress!, most: $0.count)
                        }
                        if count != (Self.isPlain(byte) ? length : place) {
                            Issue.record("byte \(byte) at \(place) of \(length): \(count)")
                            return
                        }
                    }
                }
            }
        }
    }

    @Test func theFirstOfSeveralCounts() {
        for first in 0..<8 {
            for second: UInt8 in [0, 0x1f, 0x22, 0x5c, 0x80, 0xff] {
                var bytes = [UInt8](repeating: 0x61, count: 8)
                bytes[7] = 0x22
                bytes[first] = second
                let count = unsafe bytes.withUnsafeBufferPointer { unsafe PlainBytes.count($0.baseAddress!, most: 8) }
                #expect(count == first)
            }
        }
    }
}
