import RuntimeSpec

extension Fixtures {
    /// What came of one document on one runtime.
    enum Agreement: String {
        case same
        /// Accepted by the index, and refused here for what the machine lacks.
        case needs
        case differs
    }

    /// What runtimes made of the documents, against the verdicts of the index.
    struct Comparison {
        let fixtures: [Fixture]
        let runtimes: [Runtime]
        /// The cases' names, in the order of the fixtures.
        let names: [String]
        let results: [String: [String: Result]]

        func agreement(_ index: Int, _ runtime: Runtime) -> Agreement {
            guard let result = results[runtime.path]?[names[index]], result.kind != .passed else { return .same }
            let isOrderly = result.expected == "accepted"
            return isOrderly && Tables.fixtureNeeds[fixtures[index].file] != nil ? .needs : .differs
        }

        func count(_ runtime: Runtime, _ agreement: Agreement) -> Int {
            fixtures.indices.filter { self.agreement($0, runtime) == agreement }.count
        }

        private func seen(_ index: Int, _ runtime: Runtime) -> String {
            results[runtime.path]?[names[index]]?.seen ?? ""
        }

        /// Each document on which a runtime's verdict is another than the index's.
        var text: String {
            var text = ""
            for (index, fixture) in fixtures.enumerated() {
                let cells = runtimes.filter { agreement(index, $0) == .differs }
                    .map { "  \($0.name): \(seen(index, $0))\n" }
                if cells.isEmpty { continue }
                text += "\(fixture.file): \(fixture.isAccepted ? "accepted" : "rejected"): \(fixture.why)\n" + cells.joined()
            }
            text += "\n"
            for runtime in runtimes {
                let (same, needs) = (count(runtime, .same), count(runtime, .needs))
                text += "\(runtime.name): \(same) of \(fixtures.count) verdicts are those of the index"
                text += ", \(needs) need what this machine lacks, \(count(runtime, .differs)) differ\n"
            }
            return text
        }

        /// The same as a page.
        var markdown: String {
            var text = """
                # Documents with verdicts

                The configurations of spec-fixtures, handed to `create`. A document is *refused for the machine* if the index \
                accepts it and the runtime misses something that this machine lacks; the last table names that. `ociVersion` \
                1.3.0 is lowered to 1.0.2, so that a runtime that claims less looks at the rest.

                """
            text += "\n" + Markdown.row(["runtime", "as the index", "refused for the machine", "differs"]) + Markdown.rule(4)
            for runtime in runtimes {
                let counts = [Agreement.same, .needs, .differs].map { String(count(runtime, $0)) }
                text += Markdown.row(["\(runtime.name) (\(runtime.version))"] + counts)
            }
            text += "\n## Where verdicts differ\n\n" + Markdown.row(["document", "verdict", "why"] + runtimes.map(\.name))
            text += Markdown.rule(3 + runtimes.count)
            for (index, fixture) in fixtures.enumerated() {
                guard runtimes.contains(where: { agreement(index, $0) == .differs }) else { continue }
                let cells = runtimes.map { runtime -> String in
                    if agreement(index, runtime) != .differs { return "" }
                    return Markdown.short(seen(index, runtime), 120)
                }
                let verdict = fixture.isAccepted ? "accepted" : "rejected"
                text += Markdown.row(["`\(fixture.file)`", verdict, Markdown.cell(fixture.why)] + cells)
            }
            text += "\n## What documents take for granted\n\n" + Markdown.row(["document", "what"]) + Markdown.rule(2)
            for fixture in fixtures {
                if let need = Tables.fixtureNeeds[fixture.file] { text += Markdown.row(["`\(fixture.file)`", Markdown.cell(need)]) }
            }
            return text
        }
    }
}
