/// How much the specification demands.
enum Level: String, Sendable, CaseIterable {
    case must = "MUST"
    case should = "SHOULD"
    case may = "MAY"
}

/// One normative sentence of the specification, in our own words.
struct Rule: Sendable {
    /// `mounts.order` and the like; stable, cases name it.
    let id: String
    /// File and heading, such as `config.md#mounts`.
    let section: String
    let level: Level
    /// The version of the specification that has it first.
    let since: Version
    let text: String
    /// Why there is no case, if there is none.
    let reason: String?
}

extension Rule {
    /// Reads the table: tab-separated id, section, level, version, text, and the reason for having no case.
    static func parse(_ table: String) -> [Rule] {
        table.split(separator: "\n").compactMap { line in
            if line.hasPrefix("#") { return nil }
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count >= 5, let level = Level(rawValue: fields[2]), let since = Version(fields[3]) else {
                fatalError("rules table: \(line)")
            }
            let reason = fields.count > 5 && !fields[5].isEmpty ? fields[5] : nil
            return Rule(
                id: fields[0], section: fields[1], level: level, since: since, text: fields[4], reason: reason)
        }
    }
}

/// A version of the specification; what follows the numbers does not count.
struct Version: Sendable, Comparable, CustomStringConvertible {
    let numbers: [Int]

    init?(_ text: String) {
        let core = text.prefix { $0.isNumber || $0 == "." }
        numbers = core.split(separator: ".").compactMap { Int($0) }
        if numbers.count != 3 { return nil }
    }

    static func < (left: Version, right: Version) -> Bool {
        left.numbers.lexicographicallyPrecedes(right.numbers)
    }

    var description: String { numbers.map(String.init).joined(separator: ".") }
}
