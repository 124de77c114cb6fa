/// What is expected to fail, so that a run succeeds when exactly that does.
struct Expectation: Sendable {
    /// Names of cases and of documents, by which runtime they are expected of; empty for each.
    private let names: [String: Set<String>]

    init(file: String) throws(Verdict) {
        guard let text = Files.text(file) else { throw Verdict.usage("no file \(file)") }
        self.init(text)
    }

    /// Reads lines of a name, `case` or `runtime:case`, and then why. Lines that begin with # and empty ones mean nothing.
    init(_ text: String) {
        var names: [String: Set<String>] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let word = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).first else { continue }
            let parts = word.split(separator: ":", maxSplits: 1).map(String.init)
            names[parts.count == 2 ? parts[0] : "", default: []].insert(parts[parts.count - 1])
        }
        self.names = names
    }

    private func isExpected(_ name: String, _ runtime: String) -> Bool {
        names["", default: []].contains(name) || names[runtime, default: []].contains(name)
    }

    /// One line for each case that came out in another way than expected; none if all did.
    func differences(_ summary: Summary) -> [String] {
        var lines = names.values.flatMap { $0 }.filter { !$0.contains("/") && Suite.casesByID[$0] == nil }.sorted()
            .map { "expected to fail, and no such case: \($0)" }
        for runtime in summary.runtimes {
            for test in summary.cases {
                guard let kind = summary.result(runtime, test)?.kind else { continue }
                let isExpected = isExpected(test.id, runtime.name)
                switch kind {
                case .failed where !isExpected: lines.append("not expected to fail on \(runtime.name): \(test.id)")
                case .passed where isExpected: lines.append("expected to fail on \(runtime.name), and passed: \(test.id)")
                case .broken: lines.append("broken on \(runtime.name): \(test.id)")
                default: break
                }
            }
        }
        return lines
    }

    /// The same for documents.
    func differences(_ comparison: Fixtures.Comparison) -> [String] {
        var lines: [String] = []
        for (index, fixture) in comparison.fixtures.enumerated() {
            for runtime in comparison.runtimes {
                let isExpected = isExpected(fixture.file, runtime.name)
                switch comparison.agreement(index, runtime) {
                // Who says what is expected wants to know of choices and of what is newer as well.
                case .differs where !isExpected, .open where !isExpected, .newer where !isExpected:
                    lines.append("not expected to differ on \(runtime.name): \(fixture.file)")
                case .same where isExpected: lines.append("expected to differ on \(runtime.name), and did not: \(fixture.file)")
                default: break
                }
            }
        }
        return lines
    }
}
