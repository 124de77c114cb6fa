internal import ByteText

/// A table of text for people, laid out as Go's tabwriter does it for runc: columns at least 12 wide, three spaces
/// between them, the last column as it is.
struct Table {
    private var rows: [[String]] = []

    init(header: [String]) { rows = [header] }

    mutating func append(_ row: [String]) { rows.append(row) }

    var text: String {
        let columns = (rows.first?.count ?? 1) - 1
        let lengths = rows.map { $0.map { Self.length($0) } }
        let widths = (0..<columns).map { column in lengths.reduce(12) { max($0, $1[column] + 3) } }
        var text = ByteBuilder(capacity: rows.count * (widths.reduce(0, +) + 16))
        for (row, lengths) in zip(rows, lengths) {
            for column in 0..<columns {
                text.append(row[column])
                text.append(UInt8(ascii: " "), times: widths[column] - lengths[column])
            }
            text.append(row[columns])
            text.append(UInt8(ascii: "\n"))
        }
        return text.text
    }

    /// How many Unicode scalars a text has: bytes that do not go on with one.
    private static func length(_ text: String) -> Int {
        var text = text
        return text.withUTF8 { bytes in
            var length = bytes.count
            for index in bytes.indices where unsafe bytes[index] >= 0x80 && bytes[index] < 0xC0 { length -= 1 }
            return length
        }
    }
}
