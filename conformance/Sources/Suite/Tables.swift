import ConformanceData

func embeddedProbe() -> [UInt8] { Embedded.probe }

/// The tables that are part of the tool.
enum Tables {
    /// Every normative sentence that binds a Linux runtime.
    static let rules = Rule.parse(Embedded.tables["rules"] ?? "")
    static let rulesByID = Dictionary(uniqueKeysWithValues: rules.map { ($0.id, $0) })
    /// The sentence behind each rule.
    static let quotes = Quote.parse(Embedded.tables["quotes"] ?? "", rulesByID)
    /// What maintainers of runtimes have against a case, by the case's id: the reason, and where it is discussed.
    static let disputes = pairs("disputed")
    /// Why a case fails on runc and crun alike, by the case's id.
    static let knownDifferences = pairs("known-differences")
    /// The specification's own headings, by file and anchor.
    static let headings = pairs("headings")
    /// What came of reading why a runtime fails a case, by the case's id: a verdict and why.
    static let readings = pairs("readings").mapValues { $0.replaced("\t", by: ". ") }
    /// Where other runtimes were seen to leave the specification.
    static let deviations = Deviation.parse(Embedded.tables["deviations-of-others"] ?? "")
    /// The page that shows results; the data replaces a mark in it.
    static let page = Embedded.tables["report"] ?? ""

    private static func pairs(_ table: String) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: (Embedded.tables[table] ?? "").split(separator: "\n").filter { !$0.hasPrefix("#") }
                .compactMap { line -> (String, String)? in
                    let fields = line.split(separator: "\t", maxSplits: 1).map(String.init)
                    return fields.count == 2 ? (fields[0], fields[1]) : nil
                })
    }
}

/// A rule that runc, crun or youki was seen to break, and the cases that show it.
struct Deviation: Sendable {
    let number: String
    let rule: String
    let cases: [String]

    static func parse(_ table: String) -> [Deviation] {
        table.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let fields = line.split(separator: "\t").map(String.init)
            guard fields.count == 3 else { stop("deviations table: \(line)") }
            return Deviation(number: fields[0], rule: fields[1], cases: fields[2].split(separator: " ").map(String.init))
        }
    }
}
