import RuntimeSpec

/// What a run has found, as pages for the repository.
enum Pages {
    /// Versions, numbers, and each failure.
    static func summary(_ summary: Summary) -> String {
        var text = """
            # Results

            \(Summary.date.prefix(10)), \(summary.machine). Version of the rules: 1.3.0 and what follows it. \
            [table.md](table.md) has each rule with its cases, [conformance.html](conformance.html) each case with configuration \
            and commands.


            """
        text += Markdown.row(["", "version", "claims"]) + Markdown.rule(3)
        for runtime in summary.runtimes { text += Markdown.row([runtime.name, Markdown.cell(runtime.version), runtime.claim]) }
        text += "\n" + Markdown.row(["result"] + summary.runtimes.map { $0.name }) + Markdown.rule(1 + summary.runtimes.count)
        for kind in Summary.columns {
            text += Markdown.row([kind.rawValue] + summary.runtimes.map { String(summary.count($0, kind)) })
        }
        text += "\nPassed of those that were decided, of the rules that each claims and nobody disputes:\n\n"
        text += Markdown.row(["class and level"] + summary.runtimes.map { $0.name }) + Markdown.rule(1 + summary.runtimes.count)
        for (name, values) in Matrix.headline(summary) { text += Markdown.row([name] + values) }
        text += "\n" + sections(summary)
        for runtime in summary.runtimes { text += failures(summary, runtime) }
        return text + skipped(summary)
    }

    private static func sections(_ summary: Summary) -> String {
        var text = "## Sections\n\nPassed of those that were decided.\n\n"
        text += Markdown.row(["section"] + summary.runtimes.map { $0.name }) + Markdown.rule(1 + summary.runtimes.count)
        for (name, cases) in summary.sections {
            let cells = summary.runtimes.map { runtime -> String in
                let passed = summary.count(runtime, .passed, in: cases)
                let all = passed + summary.count(runtime, .failed, in: cases) + summary.count(runtime, .broken, in: cases)
                return all == 0 ? "·" : passed == all ? "\(passed)/\(all)" : "**\(passed)/\(all)**"
            }
            text += Markdown.row([name] + cells)
        }
        return text
    }

    private static func failures(_ summary: Summary, _ runtime: Runtime) -> String {
        let failed = summary.cases.compactMap { test in summary.result(runtime, test).map { (test, $0) } }
            .filter { $0.1.kind == .failed || $0.1.kind == .broken }
        var text = "\n## Failures of \(runtime.name)\n\n"
        if failed.isEmpty { return text + "None.\n" }
        for isNewer in [false, true] {
            let list = failed.filter { $0.1.isBeyondClaim == isNewer }
            if list.isEmpty { continue }
            if isNewer {
                text +=
                    "\nNewer than \(runtime.claim), which \(runtime.name) claims: it takes the configuration and does not do it.\n\n"
            }
            text +=
                Markdown.row(["case", "class", "what must hold", "the text", "what was seen", "read", "why"]) + Markdown.rule(7)
            for (test, result) in list {
                text += Markdown.row([
                    test.id, "\(test.classification.rawValue), \(test.mainRule.level.rawValue)", Markdown.cell(test.title),
                    test.quote.map { "[\(Markdown.short($0.text, 200))](\($0.address))" } ?? "",
                    Markdown.short(result.seen, 160),
                    runtime.name == "veloci" ? "" : Markdown.cell(Tables.readings[test.id] ?? ""),
                    Markdown.cell(test.dispute.map { "Disputed: " + $0 } ?? Tables.knownDifferences[test.id] ?? ""),
                ])
            }
        }
        return text
    }

    private static func skipped(_ summary: Summary) -> String {
        var reasons: [(String, [String])] = []
        for test in summary.cases {
            let results = summary.runtimes.compactMap { summary.result($0, test) }
            guard !results.isEmpty, results.allSatisfy({ $0.kind == .skipped }) else { continue }
            if let index = reasons.firstIndex(where: { $0.0 == results[0].seen }) {
                reasons[index].1.append(test.id)
            } else {
                reasons.append((results[0].seen, [test.id]))
            }
        }
        var text = "\n## What this machine cannot show\n\n"
        for (reason, cases) in reasons { text += "* \(Markdown.cell(reason)): \(cases.joined(separator: ", "))\n" }
        return text
    }

    /// Each rule with its cases and what runtimes do.
    static func table(_ summary: Summary) -> String {
        var byRule: [String: [Case]] = [:]
        for test in summary.cases { for rule in test.rules { byRule[rule, default: []].append(test) } }
        var text = """
            # Every rule, its cases, and what runtimes do

            \(Summary.date.prefix(10)): \(summary.runtimes.map { Markdown.cell($0.version) }.joined(separator: ", ")). Numbers are \
            cases: ✓ passed, ✗ failed, – declined (a valid value that a runtime need not support), · skipped (this machine \
            cannot show it). A rule without a case has the reason instead.

            """
        var section = ""
        for rule in Tables.rules {
            if rule.section != section {
                section = rule.section
                text += "\n## \(section)\n\n"
                text += Markdown.row(["rule", "level", "since", "what it says", "cases"] + summary.runtimes.map { $0.name })
                text += Markdown.rule(5 + summary.runtimes.count)
            }
            let cases = byRule[rule.id] ?? []
            let list = cases.isEmpty ? "*\(Markdown.cell(rule.reason ?? ""))*" : cases.map { $0.id }.joined(separator: ", ")
            text += Markdown.row(
                ["`\(rule.id)`", rule.level.rawValue, rule.versions, Markdown.cell(rule.text), list]
                    + summary.runtimes.map { outcome(summary, $0, cases) })
        }
        return text
    }

    private static func outcome(_ summary: Summary, _ runtime: Runtime, _ cases: [Case]) -> String {
        let signs: [(Result.Kind, String)] = [(.passed, "✓"), (.failed, "✗"), (.broken, "!"), (.declined, "–"), (.skipped, "·")]
        return signs.compactMap { kind, sign in
            let count = summary.count(runtime, kind, in: cases)
            return count == 0 ? nil : count == 1 && cases.count == 1 ? sign : "\(sign) \(count)"
        }.joined(separator: " ")
    }

    /// The rules that other runtimes were seen to break, with what was seen here.
    static func deviations(_ summary: Summary) -> String {
        let cases = Dictionary(uniqueKeysWithValues: summary.cases.map { ($0.id, $0) })
        var text = """
            # Where other runtimes leave the specification

            Rules that runc 1.5, crun 1.27 or youki 0.7 were seen to break, and what the cases show with the versions of \
            \(Summary.date.prefix(10)): \(summary.runtimes.map { Markdown.cell($0.version) }.joined(separator: ", ")).


            """
        text +=
            Markdown.row(["", "rule", "cases"] + summary.runtimes.map { $0.name }) + Markdown.rule(3 + summary.runtimes.count)
        for deviation in Tables.deviations {
            let own = deviation.cases.compactMap { cases[$0] }
            text += Markdown.row(
                [deviation.number, Markdown.cell(deviation.rule), deviation.cases.joined(separator: ", ")]
                    + summary.runtimes.map { outcome(summary, $0, own) })
        }
        return text
    }
}
