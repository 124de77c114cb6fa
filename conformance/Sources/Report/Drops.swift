import RuntimeSpec

/// One property that a case sets, left out.
struct Drop: Sendable {
    let caseID: String
    /// The path in config.json.
    let path: String
    /// Whether the case missed it.
    let isMissed: Bool

    /// The path without indexes, by which properties are counted.
    var property: String { path.changed(between: "[", and: "]") { Int($0) == nil ? nil : "[]" } }
}

/// Which properties of the cases' configurations are missed when a runtime does nothing with them.
enum Drops {
    /// What the configuration has beyond the baseline, as paths: each member that is new or has another value, and each element that was
    /// added to a list, with its members. What the probe shall do is no property.
    static func properties(of config: String) -> [String] {
        guard let config = try? JSONValue.decode(config) else { return [] }
        var paths: [JSONPath] = []
        collect(Bundle.baseline.config, config, JSONPath(), into: &paths)
        return paths.map { $0.description }.filter {
            !$0.isEmpty && $0 != "ociVersion" && !$0.hasPrefix("process.args") && !$0.holds(".args")
        }
    }

    private static func collect(_ old: JSONValue?, _ new: JSONValue, _ path: JSONPath, into paths: inout [JSONPath]) {
        if old == new { return }
        switch (old, new) {
        case (.object(let old)?, .object(let new)):
            for member in new.members { collect(old[member.name], member.value, path.member(member.name), into: &paths) }
        case (.array(let old)?, .array(let new)) where new.starts(with: old):
            for index in old.count..<new.count { collect(nil, new[index], path.index(index), into: &paths) }
        case (nil, .object(let new)):
            if !path.components.isEmpty { paths.append(path) }
            if new.members.count > 1 || path.components.count < 3 {
                for member in new.members { collect(nil, member.value, path.member(member.name), into: &paths) }
            }
        default: paths.append(path)
        }
    }

    private static func rows(_ drops: [Drop]) -> [(property: String, missed: Int, all: Int)] {
        Dictionary(grouping: drops, by: { $0.property }).map { ($0.key, $0.value.filter { $0.isMissed }.count, $0.value.count) }
            .sorted { $0.0 < $1.0 }
    }

    static func text(_ drops: [Drop]) -> String {
        let rows = rows(drops)
        var text = "\n\(drops.filter { $0.isMissed }.count) of \(drops.count) dropped properties were missed; "
        text += "\(rows.filter { $0.missed > 0 }.count) of \(rows.count) different ones by some case\n"
        for row in rows where row.missed == 0 { text += "missed by no case: \(row.property)\n" }
        return text
    }

    static func markdown(_ summary: Summary) -> String {
        let rows = rows(summary.drops)
        var text = """
            # What is missed when it is left out

            Each case that passed was run again without each property that it sets, as on a runtime that does nothing with it. A case \
            that fails then sees the property. \(rows.filter { $0.missed > 0 }.count) of \(rows.count) properties are seen by some \
            case. What no case sees is listed first: some of it is only there so that something else can be seen.


            """
        text += Markdown.row(["property", "cases that set it", "cases that miss it"]) + Markdown.rule(3)
        for row in rows.filter({ $0.missed == 0 }) + rows.filter({ $0.missed > 0 }) {
            text += Markdown.row([
                Markdown.cell(row.property), String(row.all), row.missed == 0 ? "**none**" : String(row.missed),
            ])
        }
        text += "\n## Case by case, what was not missed\n\n" + Markdown.row(["case", "properties"]) + Markdown.rule(2)
        for test in summary.cases {
            let own = summary.drops.filter { $0.caseID == test.id && !$0.isMissed }.map { $0.path }
            if own.isEmpty { continue }
            let note = test.unseen.map { " (cannot be seen: \($0))" } ?? ""
            text += Markdown.row([test.id, Markdown.cell(own.joined(separator: ", ") + note)])
        }
        return text
    }
}
