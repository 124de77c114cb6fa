/// Finds where in a text the value at a path stands, for diagnostics about values that were read without noting where.
@safe struct JSONLocator {
    private let bytes: UnsafeBufferPointer<UInt8>
    /// How many bytes may still be looked at, so that thousands of problems in a large text take no noticeable time.
    private var budget = 64 << 20

    /// - Parameter bytes: a text that has been read without an error of the syntax.
    init(_ bytes: UnsafeBufferPointer<UInt8>) { unsafe self.bytes = bytes }

    /// Adds line and column to diagnostics that lack them. A member that is missing is looked for where its object begins.
    mutating func locate(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
        var located = diagnostics
        for index in located.indices where located[index].line == nil && budget > 0 {
            let offset = unsafe JSONReader.offset(of: located[index].path, in: bytes)
            let (line, column) = unsafe JSONReader.lineAndColumn(of: offset, in: bytes)
            located[index].line = line
            located[index].column = column
            budget -= 2 * offset
        }
        return located
    }
}

extension JSONReader {
    /// Where the value at a path begins, or the nearest value that encloses it.
    fileprivate static func offset(of path: JSONPath, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
        unsafe reading(bytes) { reader in
            reader.skipSpace()
            var found = reader.position
            do throws(JSONStop) {
                for step in path.components {
                    guard try reader.descend(to: step) else { break }
                    found = reader.position
                }
            } catch {
                // The text is known to be JSON.
            }
            return found
        }
    }

    /// Goes to a member or an element of the value here. False if there is none.
    private mutating func descend(to step: JSONPath.Component) throws(JSONStop) -> Bool {
        switch step {
        case .member(let wanted):
            guard next == UInt8(ascii: "{"), try enter(closing: UInt8(ascii: "}")) else { return false }
            repeat {
                if try name().string.utf8.elementsEqual(wanted.utf8) { return true }
                try skipValue()
            } while try another(closing: UInt8(ascii: "}"))
        case .index(let wanted):
            guard next == UInt8(ascii: "["), try enter(closing: UInt8(ascii: "]")) else { return false }
            var index = 0
            repeat {
                if index == wanted { return true }
                index += 1
                try skipValue()
            } while try another(closing: UInt8(ascii: "]"))
        }
        return false
    }

    fileprivate static func lineAndColumn(of offset: Int, in bytes: UnsafeBufferPointer<UInt8>) -> (line: Int, column: Int) {
        var line = 1
        var column = 1
        for unsafe byte in unsafe bytes[..<offset] {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return (line, column)
    }
}
