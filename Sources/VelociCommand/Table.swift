/// A table of text for people, laid out as Go's tabwriter does it for runc: columns at least 12 wide, three spaces
/// between them, the last column as it is.
struct Table {
    private var rows: [[String]] = []

    init(header: [String]) { rows = [header] }

    mutating func append(_ row: [String]) { rows.append(row) }

    var text: String {
        let columns = (rows.first?.count ?? 1) - 1
        let widths = (0..<columns).map { column in
            rows.reduce(12) { max($0, $1[column].unicodeScalars.count + 3) }
        }
        var text = ""
        for row in rows {
            for (column, width) in widths.enumerated() {
                text += row[column]
                text += String(repeating: " ", count: width - row[column].unicodeScalars.count)
            }
            text += row[columns] + "\n"
        }
        return text
    }
}
