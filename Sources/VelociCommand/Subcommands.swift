internal import ByteText

/// Every command of the program.
enum Subcommands {
    /// Names and what makes the command, in the order of `--help`. Only the one that is asked for is made.
    private static let table: [(name: String, make: @Sendable () -> Subcommand)] = [
        ("check", { .check }),
        ("checkpoint", { .checkpoint }),
        ("create", { .create }),
        ("delete", { .delete }),
        ("events", { .events }),
        ("exec", { .exec }),
        ("features", { .features }),
        ("kill", { .kill }),
        ("list", { .list }),
        ("mounts", { .mounts }),
        ("pause", { .pause }),
        ("plan", { .plan }),
        ("ps", { .ps }),
        ("restore", { .restore }),
        ("resume", { .resume }),
        ("run", { .run }),
        ("spec", { .spec }),
        ("start", { .start }),
        ("state", { .state }),
        ("update", { .update }),
    ]

    static func named(_ name: String) -> Subcommand? { table.first { $0.name == name }?.make() }

    /// The command that a word was perhaps meant for: the one to which the fewest changes of single letters lead.
    static func nearest(_ word: String) -> String? {
        let word = Array(word.lowered.utf8)
        // At most a third of the word may be wrong. What is longer than any command is none.
        let limit = max(1, word.count / 3)
        guard word.count <= 16 else { return nil }
        var best: (name: String, distance: Int)?
        for (name, _) in table {
            // Letters that are missing at the end are less of a mistake than others.
            let begins = name.utf8.starts(with: word)
            let distance = 2 * distance(word, Array(name.utf8)) - (begins ? 1 : 0)
            if distance <= 2 * limit, distance < best?.distance ?? .max { best = (name, distance) }
        }
        return best?.name
    }

    /// How many letters are to be put in, left out, replaced, or exchanged with their neighbour.
    private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
        var rows = [Array(0...other.count)]
        for (index, letter) in one.enumerated() {
            var row = [index + 1]
            for (column, wanted) in other.enumerated() {
                var least = min(row[column], rows[index][column + 1]) + 1
                least = min(least, rows[index][column] + (letter == wanted ? 0 : 1))
                if index > 0, column > 0, letter == other[column - 1], one[index - 1] == wanted {
                    least = min(least, rows[index - 1][column - 1] + 1)
                }
                row.append(least)
            }
            rows.append(row)
        }
        return rows[one.count][other.count]
    }

    static func all() -> [Subcommand] { table.map { $0.make() } }
}
