import RuntimeSpec

extension Fixtures {
    /// What came of one document on one runtime.
    enum Agreement: String {
        case same
        /// Accepted by the index, and refused here for what the machine lacks.
        case needs
        /// Another verdict on a document of a version that the runtime does not claim.
        case newer
        /// Another verdict where the specification leaves it open.
        case open
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
            if isOrderly && fixtures[index].needs != nil { return .needs }
            if ["practice", "choice"].contains(fixtures[index].basis) { return .open }
            if let claim = Version(runtime.claim), fixtures[index].since > claim { return .newer }
            return .differs
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
                let (same, needs, newer) = (count(runtime, .same), count(runtime, .needs), count(runtime, .newer))
                let open = count(runtime, .open)
                text += "\(runtime.name): \(same) of \(fixtures.count) verdicts are those of the index"
                text += ", \(needs) need what this machine lacks, \(newer) are newer than it claims, \(open) are choices, "
                text += "\(count(runtime, .differs)) differ\n"
            }
            return text
        }

        /// The same as a page.
        var markdown: String {
            var text = """
                # Documents with verdicts

                The configurations of spec-fixtures, handed to `create`. A document is *refused for the machine* if the index \
                accepts it and the runtime misses something that this machine lacks; the last table names that. Each has \
                the version of the specification that has what it uses; documents that are newer than what a runtime claims, \
                and those on which the specification leaves the verdict open, count apart.

                """
            text +=
                "\n" + Markdown.row(["runtime", "as the index", "refused for the machine", "newer", "another choice", "differs"])
                + Markdown.rule(6)
            for runtime in runtimes {
                let counts = [Agreement.same, .needs, .newer, .open, .differs].map { String(count(runtime, $0)) }
                text += Markdown.row(["\(runtime.name) (\(runtime.version))"] + counts)
            }
            text +=
                "\n## Where verdicts differ\n\n"
                + Markdown.row(["document", "verdict", "basis", "why"] + runtimes.map { $0.name })
            text += Markdown.rule(4 + runtimes.count)
            for (index, fixture) in fixtures.enumerated() {
                guard runtimes.contains(where: { [.differs, .open].contains(agreement(index, $0)) }) else { continue }
                let cells = runtimes.map { runtime -> String in
                    if ![.differs, .open].contains(agreement(index, runtime)) { return "" }
                    return Markdown.short(seen(index, runtime), 120)
                }
                let verdict = fixture.isAccepted ? "accepted" : "rejected"
                text += Markdown.row(["`\(fixture.file)`", verdict, fixture.basis, Markdown.cell(fixture.why)] + cells)
            }
            text += "\n## What documents take for granted\n\n" + Markdown.row(["document", "what"]) + Markdown.rule(2)
            for fixture in fixtures {
                if let need = fixture.needs { text += Markdown.row(["`\(fixture.file)`", Markdown.cell(need)]) }
            }
            return text
        }
    }
}
