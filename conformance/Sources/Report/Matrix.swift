/// The table of sections and runtimes for terminals.
enum Matrix {
    static func text(_ summary: Summary) -> String {
        let sections = summary.sections
        let width = (sections.map(\.name.count).max() ?? 0) + 2
        let column = max(16, (summary.runtimes.map(\.name.count).max() ?? 0) + 2)
        func row(_ name: String, _ cells: [String]) -> String {
            let line = pad(name, width) + cells.map { pad($0, column) }.joined()
            return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }
        var text = row("", summary.runtimes.map(\.name))
        for (name, cases) in sections { text += row(name, summary.runtimes.map { cell(summary, $0, cases) }) }
        text += "\n" + row("all", summary.runtimes.map { cell(summary, $0, summary.cases) })
        for kind in Summary.columns {
            text += row(kind.rawValue, summary.runtimes.map { String(summary.count($0, kind)) })
        }
        let newer = summary.runtimes.map { runtime in
            summary.results[runtime.path]?.values.filter { $0.kind == .failed && $0.isBeyondClaim }.count ?? 0
        }
        text += row("failed, but newer than the claimed version", newer.map(String.init))
        for level in Level.allCases {
            let cases = summary.cases.filter { $0.mainRule.level == level }
            text += row(level.rawValue, summary.runtimes.map { cell(summary, $0, cases) })
        }
        return text
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
                    \(runtime.name): \(test.id) (\(test.mainRule.level.rawValue), \(test.mainRule.section)\(newer))
                      \(test.title)
                      expected: \(result.expected)
                      seen:     \(result.seen)\(result.kind == .broken ? " (the harness broke)" : "")

                    """
                if let reason = Tables.knownDifferences[test.id] { text += "  known:    \(reason)\n" }
            }
        }
        return text
    }

    static func proof(_ summary: Summary) -> String {
        let proofs = summary.cases.map { ($0, summary.proof($0)) }
        func names(_ proof: Proof) -> [String] { proofs.filter { $0.1 == proof }.map(\.0.id) }
        var text = "\n\(names(.proven).count) of \(proofs.count) cases passed plain and failed sabotaged.\n"
        for (proof, words) in [
            (Proof.redOnly, "failed sabotaged, but pass on no runtime here"), (.unavailable, "cannot run here"),
            (.blind, "PASSED ALTHOUGH SABOTAGED"),
        ] where !names(proof).isEmpty {
            text += "\(names(proof).count) \(words): \(names(proof).joined(separator: " "))\n"
        }
        return text
    }
}
