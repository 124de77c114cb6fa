/// A member's name: bytes in the document, or of an unescaped copy that lives as long.
///
/// Names are compared as bytes. Comparing `String`s would take canonically equivalent ones for equal, such as a Kelvin sign
/// and a K.
@safe package struct JSONName {
    let start: UnsafePointer<UInt8>
    let count: Int

    @inline(__always) package func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        let other = unsafe text.utf8Start
        for index in 0..<count where unsafe start[index] != other[index] { return false }
        return true
    }

    /// Whether the name differs from the text at most in ASCII case.
    func resembles(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        let other = unsafe text.utf8Start
        for index in 0..<count where unsafe JSONName.lowercased(start[index]) != JSONName.lowercased(other[index]) {
            return false
        }
        return true
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    package var string: String { unsafe String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self) }
}

extension JSONName: Hashable {
    package static func == (left: JSONName, right: JSONName) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where unsafe left.start[index] != right.start[index] { return false }
        return true
    }

    package func hash(into hasher: inout Hasher) {
        unsafe hasher.combine(bytes: UnsafeRawBufferPointer(start: start, count: count))
    }
}

/// The names of one object, to find duplicates: a list while it is short, hashed when hostile input makes it long.
struct JSONNameSet {
    private var list: [JSONName] = []
    private var hashed: Set<JSONName> = []

    /// False if the name is there already.
    mutating func insert(_ name: JSONName) -> Bool {
        if hashed.isEmpty {
            if list.contains(name) { return false }
            list.append(name)
            if list.count == 16 { hashed = Set(list) }
            return true
        }
        return hashed.insert(name).inserted
    }
}
