/// A table of text for people, laid out as Go's tabwriter does it for runc: columns at least 12 wide, three spaces
/// between them, the last column as it is.
struct Table {
    private var rows: [[String]] = []

    init(header: [String]) { rows = [header] }

    mutating func append(_ row: [String]) { rows.append(row) }

    var text: String {
        let columns = (rows.first?.count ?? 1) - 1
        let lengths = rows.map { $0.map { Self.length($0) } }
        var bytes: [UInt8] = []
        let widths = (0..<columns).map { column in lengths.reduce(12) { max($0, $1[column] + 3) } }
        bytes.reserveCapacity(rows.count * (widths.reduce(0, +) + 16))
        for (row, lengths) in zip(rows, lengths) {
            for column in 0..<columns {
                bytes.append(contentsOf: row[column].utf8)
                for _ in lengths[column]..<widths[column] { bytes.append(UInt8(ascii: " ")) }
            }
            bytes.append(contentsOf: row[columns].utf8)
            bytes.append(UInt8(ascii: "\n"))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// How many Unicode scalars a text has: bytes that do not go on with one.
    private static func length(_ text: String) -> Int { text.utf8.reduce(0) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 } }
}
