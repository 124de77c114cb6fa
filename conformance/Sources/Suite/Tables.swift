import ConformanceData

func embeddedProbe() -> [UInt8] { Embedded.probe }

/// The tables that are part of the tool.
enum Tables {
    /// Every normative sentence that binds a Linux runtime.
    static let rules = Rule.parse(Embedded.tables["rules"] ?? "")
    static let rulesByID = Dictionary(uniqueKeysWithValues: rules.map { ($0.id, $0) })
    /// Why a case fails on runc and crun alike, by the case's id.
    static let knownDifferences = Dictionary(
        uniqueKeysWithValues: (Embedded.tables["known-differences"] ?? "").split(separator: "\n").filter { !$0.hasPrefix("#") }
            .compactMap { line -> (String, String)? in
                let fields = line.split(separator: "\t", maxSplits: 1).map(String.init)
                return fields.count == 2 ? (fields[0], fields[1]) : nil
            })
    /// The page that shows results; the data replaces a mark in it.
    static let page = Embedded.tables["report"] ?? ""
}
