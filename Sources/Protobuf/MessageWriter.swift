/// A message of protocol buffers while it is written: fields in the order in which they are added.
///
/// Only what the formats of proto2 and proto3 have on the wire: whoever writes knows the numbers and types of the fields.
package struct MessageWriter: Sendable {
    /// The message so far.
    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// A field of the types `uint64`, `uint32`, `bool` and of enumerations.
    package mutating func add(_ field: UInt32, _ value: UInt64) {
        addVarint(UInt64(field) << 3 | 0)
        addVarint(value)
    }

    /// A field of the types `int32` and `int64`: what is negative takes ten bytes.
    package mutating func add(_ field: UInt32, _ value: Int64) { add(field, UInt64(bitPattern: value)) }

    /// A field of the type `bool`.
    package mutating func add(_ field: UInt32, _ value: Bool) { add(field, value ? 1 : 0 as UInt64) }

    /// A field of the type `string`.
    package mutating func add(_ field: UInt32, _ value: String) {
        addHead(field, count: value.utf8.count)
        bytes.append(contentsOf: value.utf8)
    }

    /// A field of the type `bytes`.
    package mutating func add(_ field: UInt32, _ value: [UInt8]) {
        addHead(field, count: value.count)
        bytes.append(contentsOf: value)
    }

    /// A field that is a message.
    package mutating func add(_ field: UInt32, _ message: MessageWriter) { add(field, message.bytes) }

    private mutating func addHead(_ field: UInt32, count: Int) {
        addVarint(UInt64(field) << 3 | 2)
        addVarint(UInt64(count))
    }

    private mutating func addVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}
