extension String {
    /// Whether another text occurs in it, byte by byte. The standard library's own search compares characters of Unicode,
    /// whose tables are larger than all that veloci reads.
    package func containsBytes(of other: String) -> Bool {
        utf8.indices.contains { utf8[$0...].starts(with: other.utf8) }
    }
}
