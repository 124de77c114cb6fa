internal import ByteText

extension Dictionary where Key == String {
    /// The members in the order of the bytes of their names, so that equal values give equal plans, files and texts.
    package var sortedByName: [(key: String, value: Value)] {
        ByteOrder.sorted(Array(keys)).compactMap { name in self[name].map { (key: name, value: $0) } }
    }
}

extension [String: String] {
    /// The same for most dictionaries, without looking each name up again.
    package var sortedByName: [(key: String, value: String)] {
        sorted { $0.key.precedes($1.key) }
    }
}

extension Sequence<String> {
    /// The texts in the order of their bytes.
    package func sortedByBytes() -> [String] { ByteOrder.sorted(Array(self)) }
}

private enum ByteOrder {
    /// Compiled once, and not once for each type of value. Texts themselves compare by Unicode's rules, which are slow and
    /// have large tables.
    @inline(never)
    static func sorted(_ texts: [String]) -> [String] {
        texts.sorted { $0.precedes($1) }
    }
}
