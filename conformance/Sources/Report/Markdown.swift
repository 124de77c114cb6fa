/// Pieces of Markdown.
enum Markdown {
    static func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }

    static func rule(_ columns: Int) -> String { row(Array(repeating: "---", count: columns)) }

    /// Text for a cell of a table: on one line, nothing that Markdown would take for itself.
    static func cell(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\n", "\r\n", "\t": result += " "
            case "|", "*", "_", "<", "`", "[", "]", "\\": result += "\\" + String(character)
            default: result.append(character)
            }
        }
        return result
    }

    /// At most so many characters of a text, as a cell.
    static func short(_ text: String, _ count: Int) -> String {
        cell(text.count > count ? String(text.prefix(count)) + "…" : text)
    }
}
