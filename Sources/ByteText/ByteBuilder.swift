/// Bytes that are put together piece by piece.
///
/// Appending to an array costs twenty instructions for one byte, and copies a text byte by byte; here it is three, and a copy.
/// Who changes a copy still changes that one alone.
package struct ByteBuilder {
    @safe private final class Storage {
        let start: UnsafeMutableRawPointer
        let capacity: Int

        init(capacity: Int) {
            unsafe start = .allocate(byteCount: capacity, alignment: 16)
            self.capacity = capacity
        }

        deinit { unsafe start.deallocate() }
    }

    private var storage: Storage
    /// How many bytes there are.
    package private(set) var count = 0

    /// - Parameter capacity: bytes that are expected.
    package init(capacity: Int = 64) { storage = Storage(capacity: max(capacity, 16)) }

    /// One byte.
    package mutating func append(_ byte: UInt8) {
        makeRoom(for: 1)
        unsafe storage.start.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    /// Bytes as they lie in memory.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        makeRoom(for: bytes.count)
        unsafe (storage.start + count).copyMemory(from: start, byteCount: bytes.count)
        count += bytes.count
    }

    /// The bytes of an array.
    package mutating func append(_ bytes: [UInt8]) { unsafe bytes.withUnsafeBytes { unsafe append($0) } }

    /// The bytes of a text.
    package mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { unsafe append(UnsafeRawBufferPointer($0)) }
    }

    /// The bytes of a text that stands in the program.
    package mutating func append(_ text: StaticString) {
        unsafe append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// A number in decimal digits.
    package mutating func append(decimal number: some FixedWidthInteger) {
        if number >= 0, number < 10 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number))
        } else {
            append(String(number))
        }
    }

    /// The same byte several times.
    package mutating func append(_ byte: UInt8, times: Int) {
        makeRoom(for: times)
        unsafe (storage.start + count).initializeMemory(as: UInt8.self, repeating: byte, count: times)
        count += times
    }

    /// The eight bytes of a word, as the processor has them.
    package mutating func append(word: UInt64) {
        makeRoom(for: 8)
        unsafe storage.start.storeBytes(of: word, toByteOffset: count, as: UInt64.self)
        count += 8
    }

    /// Puts a word in the place of eight bytes that are there.
    package mutating func store(_ word: UInt64, at offset: Int) {
        precondition(offset >= 0 && offset + 8 <= count, "the word is outside of the bytes")
        makeRoom(for: 0)
        unsafe storage.start.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
    }

    /// Lends the bytes.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        unsafe body(UnsafeRawBufferPointer(start: storage.start, count: count))
    }

    /// The bytes as an array.
    package var bytes: [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(
                from: UnsafeRawBufferPointer(start: storage.start, count: count))
            initialized = count
        }
    }

    /// The bytes as text; what is not UTF-8 is replaced.
    package var text: String { unsafe withBytes { unsafe String(decoding: $0, as: UTF8.self) } }

    @inline(__always) private mutating func makeRoom(for more: Int) {
        if isKnownUniquelyReferenced(&storage), storage.capacity - count >= more { return }
        move(to: max(count + more, storage.capacity * 2))
    }

    @inline(never) private mutating func move(to capacity: Int) {
        let other = Storage(capacity: capacity)
        unsafe other.start.copyMemory(from: storage.start, byteCount: count)
        storage = other
    }
}
