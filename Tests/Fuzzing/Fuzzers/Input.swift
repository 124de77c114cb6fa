import Glibc

/// The bytes of one attempt, taken from the front as decisions. Behind their end everything is zero.
struct Input {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    mutating func below(_ bound: Int) -> Int { bound <= 256 ? Int(byte()) % bound : Int(word() % UInt64(bound)) }

    mutating func flag() -> Bool { byte() & 1 == 1 }

    /// Eight bytes.
    mutating func word() -> UInt64 {
        var word: UInt64 = 0
        for _ in 0..<8 { word = word << 8 | UInt64(byte()) }
        return word
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    /// At most that many bytes; how many, a byte before them says.
    mutating func bytes(_ most: Int = 255) -> [UInt8] {
        let count = min(Int(byte()), most, rest.count)
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func text(_ most: Int = 255) -> String { String(decoding: bytes(most), as: UTF8.self) }

    /// All that is left, as text.
    mutating func remainder() -> String {
        defer { rest = [] }
        return String(decoding: rest, as: UTF8.self)
    }
}

/// Ends the attempt as a crash, with a line that says what is wrong.
func wrong(_ message: String) -> Never {
    let line = Array("WRONG \(message)\n".utf8)
    _ = write(2, line, line.count)
    abort()
}

func expect(_ condition: Bool, _ message: @autoclosure () -> String) {
    if !condition { wrong(message()) }
}
