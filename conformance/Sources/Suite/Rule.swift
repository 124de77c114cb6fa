/// How much the specification demands.
enum Level: String, Sendable, CaseIterable {
    case must = "MUST"
    case should = "SHOULD"
    case may = "MAY"
    /// Not of the specification: what callers rely on.
    case practice = "PRACTICE"
}

/// One normative sentence of the specification, in our own words; or what callers rely on beyond it.
struct Rule: Sendable {
    /// `mounts.order` and the like; stable, cases name it.
    let id: String
    /// File and heading, such as `config.md#mounts`.
    let section: String
    let level: Level
    /// The version of the specification that has it first.
    let since: Version
    /// The last version that has it, if a later one says something else.
    let until: Version?
    let text: String
    /// Why there is no case, if there is none.
    let reason: String?

    /// `1.1.0`, or `1.0.0 to 1.2.1`.
    var versions: String { since.description + (until.map { " to \($0)" } ?? "") }
}

extension Rule {
    /// Reads the table: tab-separated id, section, level, version, text, and the reason for having no case.
    static func parse(_ table: String) -> [Rule] {
        table.split(separator: "\n").compactMap { line in
            if line.hasPrefix("#") { return nil }
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count >= 5, let level = Level(rawValue: fields[2]) else { stop("rules table: \(line)") }
            let versions = fields[3].parts(at: "..")
            guard let since = Version(versions[0]) else { stop("rules table: \(line)") }
            let reason = fields.count > 5 && !fields[5].isEmpty ? fields[5] : nil
            return Rule(
                id: fields[0], section: fields[1], level: level, since: since,
                until: versions.count > 1 ? Version(versions[1]) : nil, text: fields[4], reason: reason)
        }
    }
}

/// The sentence of the specification behind a rule, word by word, with an address that stays.
struct Quote: Sendable {
    let text: String
    /// File and line, such as `config.md:66`, or lines: `config.md:66-68`.
    let place: String
    let commit: String

    var address: String {
        let parts = place.split(separator: ":")
        return "https://github.com/opencontainers/runtime-spec/blob/\(commit)/\(parts[0])#L\(parts[1].replaced("-", by: "-L"))"
    }

    /// Reads the table: rule, place in the first version, place in the newest, both texts; `commit VERSION HASH` in its comments.
    /// A rule that the newest version does not have any more is quoted from the first one.
    static func parse(_ table: String, _ rules: [String: Rule]) -> [String: Quote] {
        var commits: [String: String] = [:]
        var quotes: [String: Quote] = [:]
        for line in table.split(separator: "\n") {
            if line.hasPrefix("#") {
                let words = line.split(separator: " ").map(String.init)
                if words.count == 4, words[1] == "commit" { commits[words[2]] = words[3] }
                continue
            }
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count >= 4, let rule = rules[fields[0]] else { stop("quotes table: \(line)") }
            let isGone = fields[2].isEmpty
            quotes[rule.id] = Quote(
                text: Quote.plain(isGone ? fields[3] : fields[4]), place: isGone ? fields[1] : fields[2],
                commit: commits[isGone ? rule.since.description : "newest"] ?? "")
        }
        return quotes
    }

    /// The sentence without the mark of a list and without the addresses of its links.
    private static func plain(_ line: String) -> String {
        line.changed(between: "](", and: ")") { _ in "]" }.changed(between: "][", and: "]") { _ in "]" }.replaced("**", by: "")
            .withoutMark.changed(between: "[", and: "]") { $0 }.split(separator: " ").joined(separator: " ").trimmed
    }
}

extension String {
    /// The text without `*`, `-` or a number with a full stop before its first blank.
    fileprivate var withoutMark: String {
        let mark = prefix { $0 != " " }
        let isNumber = mark.count > 1 && mark.last == "." && mark.dropLast().allSatisfy { ("0"..."9").contains($0) }
        return mark.count < count && (mark == "*" || mark == "-" || isNumber) ? String(dropFirst(mark.count)) : self
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
