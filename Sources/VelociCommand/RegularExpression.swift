internal import ByteText

/// An extended regular expression of POSIX (regex(7)) that is asked one thing: whether it is found in a text. Bytes are
/// characters. Back references and classes by name of other alphabets than ASCII are not known.
///
/// Matching follows all ways through the expression at once, so no expression and no text make it slow.
struct RegularExpression: Sendable {
    /// Why a text is no regular expression.
    struct Problem: Error, Equatable, Sendable {
        /// What is wrong, as regerror(3) says it.
        var message: String
    }

    private enum Instruction {
        case byte(ByteSet)
        case begin, end
        /// Goes on at both places.
        case fork(Int, Int)
        case jump(Int)
        case match
    }

    private var program: [Instruction] = []
    /// How many parts were compiled, those that need no instruction as well.
    private var parts = 0

    /// Most parts of an expression; counts such as `{255}` within each other multiply.
    private static let longest = 20_000

    /// Reads an expression.
    init(_ text: String) throws(Problem) {
        var parser = Parser(bytes: Array(text.utf8))
        let tree = try parser.alternatives(depth: 0)
        if parser.index < parser.bytes.count { throw Problem(message: "Unmatched ) or \\)") }
        try emit(tree)
        program.append(.match)
    }

    /// Whether it is found anywhere in the text.
    func isFound(in text: String) -> Bool {
        let bytes = Array(text.utf8)
        var current = Places(count: program.count)
        var next = Places(count: program.count)
        for index in 0...bytes.count {
            // A match may begin at each place.
            if follow(0, into: &current, at: index, of: bytes.count) { return true }
            if index == bytes.count { return false }
            next.removeAll()
            for place in current.list {
                guard case .byte(let set) = program[place], set.contains(bytes[index]) else { continue }
                if follow(place + 1, into: &next, at: index + 1, of: bytes.count) { return true }
            }
            swap(&current, &next)
        }
        return false
    }

    /// Adds what can be reached without a byte; true if that is the end of the expression.
    private func follow(_ first: Int, into places: inout Places, at index: Int, of count: Int) -> Bool {
        var waiting = [first]
        while let place = waiting.popLast() {
            if !places.insert(place) { continue }
            switch program[place] {
            case .byte: break
            case .begin: if index == 0 { waiting.append(place + 1) }
            case .end: if index == count { waiting.append(place + 1) }
            case .fork(let one, let other): waiting += [other, one]
            case .jump(let target): waiting.append(target)
            case .match: return true
            }
        }
        return false
    }

    /// Instructions that are reached, each once.
    private struct Places {
        var list: [Int] = []
        private var isIn: [Bool]

        init(count: Int) { isIn = [Bool](repeating: false, count: count) }

        mutating func insert(_ place: Int) -> Bool {
            if isIn[place] { return false }
            isIn[place] = true
            list.append(place)
            return true
        }

        mutating func removeAll() {
            for place in list { isIn[place] = false }
            list.removeAll(keepingCapacity: true)
        }
    }

    // MARK: Compiling

    private mutating func emit(_ node: Node) throws(Problem) {
        parts += 1
        if parts > Self.longest { throw Problem(message: "Regular expression too big") }
        switch node {
        case .byte(let set): program.append(.byte(set))
        case .begin: program.append(.begin)
        case .end: program.append(.end)
        case .sequence(let nodes): for node in nodes { try emit(node) }
        case .either(let nodes):
            var jumps: [Int] = []
            for (index, node) in nodes.enumerated() {
                let fork = program.count
                if index + 1 < nodes.count { program.append(.fork(fork + 1, fork + 1)) }
                try emit(node)
                if index + 1 < nodes.count {
                    jumps.append(program.count)
                    program.append(.jump(0))
                    program[fork] = .fork(fork + 1, program.count)
                }
            }
            for jump in jumps { program[jump] = .jump(program.count) }
        case .repeated(let node, let least, let most):
            for _ in 0..<least { try emit(node) }
            guard let most else {
                let fork = program.count
                program.append(.fork(fork + 1, fork + 1))
                try emit(node)
                program.append(.jump(fork))
                program[fork] = .fork(fork + 1, program.count)
                return
            }
            var forks: [Int] = []
            for _ in least..<max(least, most) {
                forks.append(program.count)
                program.append(.fork(program.count + 1, program.count + 1))
                try emit(node)
            }
            for fork in forks { program[fork] = .fork(fork + 1, program.count) }
        }
    }
}

/// The parts of an expression.
private indirect enum Node {
    case byte(ByteSet)
    case begin, end
    case sequence([Node])
    case either([Node])
    /// `most` nil: without an end.
    case repeated(Node, least: Int, most: Int?)
}

/// A set of bytes.
struct ByteSet: Equatable, Sendable {
    private var bits: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    static func == (one: ByteSet, other: ByteSet) -> Bool { one.bits == other.bits }

    static let all = ByteSet().inverted

    func contains(_ byte: UInt8) -> Bool {
        let bit = UInt64(1) << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: return bits.0 & bit != 0
        case 1: return bits.1 & bit != 0
        case 2: return bits.2 & bit != 0
        default: return bits.3 & bit != 0
        }
    }

    mutating func insert(_ byte: UInt8) {
        let bit = UInt64(1) << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: bits.0 |= bit
        case 1: bits.1 |= bit
        case 2: bits.2 |= bit
        default: bits.3 |= bit
        }
    }

    var inverted: ByteSet {
        var set = ByteSet()
        set.bits = (~bits.0, ~bits.1, ~bits.2, ~bits.3)
        return set
    }
}

/// Reads an expression from its beginning to its end.
private struct Parser {
    let bytes: [UInt8]
    var index = 0

    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private func problem(_ message: String) -> RegularExpression.Problem { RegularExpression.Problem(message: message) }

    private mutating func take(_ byte: UInt8) -> Bool {
        if next != byte { return false }
        index += 1
        return true
    }

    mutating func alternatives(depth: Int) throws(RegularExpression.Problem) -> Node {
        if depth > 100 { throw problem("Regular expression too big") }
        var nodes = [try sequence(depth)]
        while take(UInt8(ascii: "|")) { nodes.append(try sequence(depth)) }
        return nodes.count == 1 ? nodes[0] : .either(nodes)
    }

    private mutating func sequence(_ depth: Int) throws(RegularExpression.Problem) -> Node {
        var nodes: [Node] = []
        while let byte = next, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
            nodes.append(try repetitions(of: try atom(depth)))
        }
        return .sequence(nodes)
    }

    private mutating func atom(_ depth: Int) throws(RegularExpression.Problem) -> Node {
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "^"): return .begin
        case UInt8(ascii: "$"): return .end
        case UInt8(ascii: "."): return .byte(.all)
        case UInt8(ascii: "["): return .byte(try bracket())
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"): throw problem("Invalid preceding regular expression")
        case UInt8(ascii: "("):
            let node = try alternatives(depth: depth + 1)
            if !take(UInt8(ascii: ")")) { throw problem("Unmatched ( or \\(") }
            return node
        case UInt8(ascii: "\\"):
            guard let escaped = next else { throw problem("Trailing backslash") }
            index += 1
            return .byte(one(escaped))
        default: return .byte(one(byte))
        }
    }

    private func one(_ byte: UInt8) -> ByteSet {
        var set = ByteSet()
        set.insert(byte)
        return set
    }

    private mutating func repetitions(of atom: Node) throws(RegularExpression.Problem) -> Node {
        var node = atom
        while let byte = next {
            switch byte {
            case UInt8(ascii: "*"): node = .repeated(node, least: 0, most: nil)
            case UInt8(ascii: "+"): node = .repeated(node, least: 1, most: nil)
            case UInt8(ascii: "?"): node = .repeated(node, least: 0, most: 1)
            case UInt8(ascii: "{"):
                index += 1
                node = try counted(node)
                continue
            default: return node
            }
            index += 1
        }
        return node
    }

    /// What follows `{`.
    private mutating func counted(_ node: Node) throws(RegularExpression.Problem) -> Node {
        guard let least = number() else { throw problem("Invalid content of \\{\\}") }
        var most: Int? = least
        if take(UInt8(ascii: ",")) { most = number() }
        if !take(UInt8(ascii: "}")) { throw problem("Unmatched { or \\{") }
        // RE_DUP_MAX of POSIX.
        guard least <= 255, most ?? least <= 255, most ?? least >= least else { throw problem("Invalid content of \\{\\}") }
        return .repeated(node, least: least, most: most)
    }

    private mutating func number() -> Int? {
        let first = index
        while let byte = next, byte.isDigit, index - first < 4 { index += 1 }
        return first == index ? nil : Int(String(decoding: bytes[first..<index], as: UTF8.self))
    }

    /// What follows `[`.
    private mutating func bracket() throws(RegularExpression.Problem) -> ByteSet {
        var set = ByteSet()
        let isInverted = take(UInt8(ascii: "^"))
        let first = index
        while let byte = next, byte != UInt8(ascii: "]") || index == first {
            index += 1
            if byte == UInt8(ascii: "["), take(UInt8(ascii: ":")) {
                try insertClass(into: &set)
            } else if next == UInt8(ascii: "-"), index + 1 < bytes.count, bytes[index + 1] != UInt8(ascii: "]") {
                let last = bytes[index + 1]
                index += 2
                if last < byte { throw problem("Invalid range end") }
                for member in byte...last { set.insert(member) }
            } else {
                set.insert(byte)
            }
        }
        if !take(UInt8(ascii: "]")) { throw problem("Unmatched [, [^, [:, [., or [=") }
        return isInverted ? set.inverted : set
    }

    /// What follows `[:`.
    private mutating func insertClass(into set: inout ByteSet) throws(RegularExpression.Problem) {
        let first = index
        while let byte = next, byte.isLetter { index += 1 }
        let name = String(decoding: bytes[first..<index], as: UTF8.self)
        guard take(UInt8(ascii: ":")), take(UInt8(ascii: "]")) else { throw problem("Unmatched [, [^, [:, [., or [=") }
        let ranges: [ClosedRange<UInt8>]
        switch name {
        case "digit": ranges = [0x30...0x39]
        case "lower": ranges = [0x61...0x7a]
        case "upper": ranges = [0x41...0x5a]
        case "alpha": ranges = [0x41...0x5a, 0x61...0x7a]
        case "alnum": ranges = [0x30...0x39, 0x41...0x5a, 0x61...0x7a]
        case "xdigit": ranges = [0x30...0x39, 0x41...0x46, 0x61...0x66]
        case "space": ranges = [0x09...0x0d, 0x20...0x20]
        case "blank": ranges = [0x09...0x09, 0x20...0x20]
        case "punct": ranges = [0x21...0x2f, 0x3a...0x40, 0x5b...0x60, 0x7b...0x7e]
        case "print": ranges = [0x20...0x7e]
        case "graph": ranges = [0x21...0x7e]
        case "cntrl": ranges = [0x00...0x1f, 0x7f...0x7f]
        default: throw problem("Invalid character class name")
        }
        for range in ranges { for member in range { set.insert(member) } }
    }
}
