/// The table of sections and runtimes for terminals.
enum Matrix {
    static func text(_ summary: Summary) -> String {
        let sections = summary.sections
        let width = (sections.map { $0.name.count }.max() ?? 0) + 2
        let column = max(16, (summary.runtimes.map { $0.name.count }.max() ?? 0) + 2)
        func row(_ name: String, _ cells: [String]) -> String {
            let line = pad(name, width) + cells.map { pad($0, column) }.joined()
            return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }
        var text = row("", summary.runtimes.map { $0.name })
        for (name, cases) in sections {
            text += row(name, summary.runtimes.map { cell(summary, $0, summary.counting($0, cases)) })
        }
        text += "\n" + row("all", summary.runtimes.map { cell(summary, $0, summary.counting($0)) })
        for kind in Summary.columns {
            text += row(kind.rawValue, summary.runtimes.map { String(summary.count($0, kind)) })
        }
        for (name, values) in headline(summary) { text += row(name, values) }
        return text
    }

    /// The numbers by which runtimes are compared: by class and level, of what each claims and nobody disputes.
    static func headline(_ summary: Summary) -> [(name: String, values: [String])] {
        var rows: [(name: String, values: [String])] = []
        for kind in Class.allCases {
            for level in Level.allCases where kind == .practice ? level == .practice : level != .practice {
                let cases = summary.cases.filter { $0.classification == kind && $0.mainRule.level == level }
                if cases.isEmpty { continue }
                let name = kind == .practice ? kind.rawValue : "\(kind.rawValue), \(level.rawValue)"
                rows.append((name, summary.runtimes.map { cell(summary, $0, summary.counting($0, cases)) }))
            }
        }
        rows.append(("distinct rules that failed", summary.runtimes.map { String(summary.failedRules($0)) }))
        func failed(_ isMeant: @escaping (Runtime, Case) -> Bool) -> [String] {
            summary.runtimes.map { runtime in
                String(summary.cases.filter { summary.result(runtime, $0)?.kind == .failed && isMeant(runtime, $0) }.count)
            }
        }
        rows.append(("failed, but newer than the claimed version", failed { summary.result($0, $1)?.isBeyondClaim ?? false }))
        rows.append(("failed, but disputed", failed { $1.dispute != nil }))
        return rows
    }

    /// `12/13`: what passed of what was decided; `·` if nothing was.
    private static func cell(_ summary: Summary, _ runtime: Runtime, _ cases: [Case]) -> String {
        let passed = summary.count(runtime, .passed, in: cases)
        let failed = summary.count(runtime, .failed, in: cases) + summary.count(runtime, .broken, in: cases)
        if passed + failed == 0 { return "·" }
        return "\(passed)/\(passed + failed)" + (failed > 0 ? "  ✗ \(failed)" : "")
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    /// Each failure with what was expected and seen, and why if it is known.
    static func failures(_ summary: Summary) -> String {
        var text = ""
        for runtime in summary.runtimes {
            for test in summary.cases {
                guard let result = summary.result(runtime, test), [.failed, .broken].contains(result.kind) else { continue }
                let newer = result.isBeyondClaim ? ", since \(test.since), the runtime claims \(runtime.claim)" : ""
                text += """
                    \(runtime.name): \(test.id) (\(test.classification.rawValue), \(test.mainRule.level.rawValue), \(test.mainRule.section)\(newer))
                      \(test.title)

                    """
                if let quote = test.quote { text += "  text:     \(quote.text)\n            \(quote.address)\n" }
                text += """
                      expected: \(result.expected)
                      seen:     \(result.seen)\(result.kind == .broken ? " (the harness broke)" : "")

                    """
                if let dispute = test.dispute { text += "  disputed: \(dispute)\n" }
                if let reason = Tables.knownDifferences[test.id] { text += "  known:    \(reason)\n" }
            }
        }
        return text
    }

    /// How many cases were proven, and why the others were not; the numbers add up to that of the cases.
    static func proof(_ summary: Summary) -> String {
        var reasons: [(text: String, cases: [String])] = []
        var proven = 0
        var blind = 0
        for test in summary.cases {
            let proof = summary.proof(test)
            if proof == .proven { proven += 1 }
            if proof == .blind { blind += 1 }
            let text = summary.reason(test, proof)
            if text.isEmpty { continue }
            if let index = reasons.firstIndex(where: { $0.text == text }) {
                reasons[index].cases.append(test.id)
            } else {
                reasons.append((text, [test.id]))
            }
        }
        let rest = reasons.reduce(0) { $0 + $1.cases.count }
        var text = "\nproven \(proven) of \(summary.cases.count) cases: they can pass, and they can fail\n"
        for (reason, cases) in reasons { text += "\(cases.count) not proven: \(reason): \(cases.joined(separator: " "))\n" }
        return text + "\(proven) proven + \(rest) with a reason = \(proven + rest) of \(summary.cases.count); blind \(blind)\n"
    }
}
