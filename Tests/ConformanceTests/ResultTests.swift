import Foundation
import RuntimeSpec
import Testing

@testable import Conformance

/// The results in the repository belong to the rules and cases beside them: make conformance-results.
@Suite struct ResultTests {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func text(_ name: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent("conformance/" + name), encoding: .utf8)
    }

    static func results() throws -> [(id: String, results: JSONMembers)] {
        let document = try JSONValue.decode(text("results/conformance.json"))
        return (document.object?["cases"]?.array ?? []).compactMap(\.object).map { entry in
            (entry["id"]?.string ?? "", entry["results"]?.object ?? [:])
        }
    }

    static func kind(_ results: JSONMembers, _ runtime: String) -> String? {
        results[runtime]?.object?["result"]?.string
    }

    /// The cells of a table's line.
    private static func cells(_ line: Substring) -> [String] {
        line.replacing("\\|", with: "\u{1}").split(separator: "|").map { $0.trimmed.replacing("\u{1}", with: "\\|") }
    }

    @Test func tableListsEveryRuleAndNoOther() throws {
        let lines = try Self.text("results/table.md").split(separator: "\n").filter { $0.hasPrefix("| `") }.map(Self.cells)
        #expect(lines.map { $0.first ?? "" } == Tables.rules.map { "`\($0.id)`" })
        for (line, rule) in zip(lines, Tables.rules) where line.count >= 5 {
            #expect(line[1] == rule.level.rawValue && line[2] == rule.versions && line[3] == Markdown.cell(rule.text))
            // Cases that were added since the run are in the next one.
            let isReason = line[4].hasPrefix("*")
            #expect(line[4].count > 2 && isReason == (rule.reason != nil), "\(rule.id)")
            if let reason = rule.reason { #expect(line[4] == "*\(Markdown.cell(reason))*") }
            if !isReason { for id in line[4].split(separator: ", ") { #expect(Suite.casesByID[String(id)] != nil, "\(id)") } }
        }
    }

    @Test func resultsAreWhole() throws {
        #expect(try Self.results().count > 600)
        for (id, results) in try Self.results() {
            for runtime in ["veloci", "runc", "runc-1.3.6", "runc-1.5.1", "crun", "crun-1.29.1"] {
                let kind = Self.kind(results, runtime)
                #expect(kind != nil && kind != "broken", "\(id) on \(runtime)")
            }
        }
    }

    /// What fails on both was looked at twice: is the case right? The table has what was found.
    @Test func whatFailsOnBothOthersHasAReason() throws {
        for (id, results) in try Self.results() {
            let both = ["runc", "crun"].allSatisfy { Self.kind(results, $0) == "failed" }
            if both { #expect(Tables.knownDifferences[id] != nil, "\(id) fails on runc and crun: is the case right?") }
            let passes = ["runc", "crun"].filter { Self.kind(results, $0) == "passed" }
            if Tables.knownDifferences[id] != nil { #expect(passes.isEmpty, "\(id) passes on \(passes)") }
        }
    }

    /// Each accusation was read by somebody who did not write the case.
    @Test func accusationsWereRead() throws {
        for (id, results) in try Self.results() {
            for runtime in ["runc", "runc-1.3.6", "runc-1.5.1", "crun", "crun-1.29.1"] where Self.kind(results, runtime) == "failed" {
                if results[runtime]?.object?["beyondClaim"]?.bool == true { continue }
                #expect(Tables.readings[id] != nil, "\(id) fails on \(runtime)")
            }
        }
        for (id, reading) in Tables.readings {
            #expect(Suite.casesByID[id] != nil, "\(id)")
            let isPractice = Suite.casesByID[id]?.classification == .practice
            #expect(reading.hasPrefix("practice") == isPractice, "\(id)")
            #expect(reading.hasPrefix("disputed") == (Tables.disputes[id] != nil), "\(id)")
        }
    }

    @Test func whatFailsOnVelociIsExpected() throws {
        let expected = try Self.text("expected-failures.txt").split(separator: "\n").filter { !$0.hasPrefix("#") }
            .compactMap { $0.split(separator: " ").first.map(String.init) }.filter { !$0.contains("/") }
        let failed = try Self.results().filter { Self.kind($0.results, "veloci") == "failed" }.map(\.id)
        #expect(Set(failed) == Set(expected))
    }

    @Test func documentsOnWhichVelociDiffersAreExpected() throws {
        let expected = try Self.text("expected-failures.txt")
        let page = try Self.text("results/fixtures.md").components(separatedBy: "\n## ")
        let heading = try #require(page.first { $0.hasPrefix("Where verdicts differ") })
        let rows = heading.split(separator: "\n").filter { $0.hasPrefix("| `") }.map(Self.cells)
        #expect(rows.count > 100)
        for row in rows where row.count > 4 && !row[4].isEmpty {
            #expect(expected.contains("\n" + row[0].filter { $0 != "`" } + " "), "\(row[0])")
        }
    }

    @Test func deviationsOfOthersHaveCases() throws {
        #expect(Tables.deviations.map(\.number) == (1...30).map(String.init))
        let page = try Self.text("results/deviations-of-others.md")
        for deviation in Tables.deviations {
            for id in deviation.cases { #expect(Suite.casesByID[id] != nil, "\(deviation.number): \(id)") }
            #expect(page.contains("| \(deviation.number) | \(Markdown.cell(deviation.rule)) |"), "\(deviation.number)")
        }
    }

    @Test func resultsTellNothingOfTheMachine() throws {
        let machine = ProcessInfo.processInfo.hostName
        for name in ["README.md", "table.md", "fixtures.md", "deviations-of-others.md", "conformance.json", "conformance.html"] {
            let text = try Self.text("results/" + name)
            #expect(!text.contains(Self.root.path) && !text.contains(NSHomeDirectory() + "/"), "\(name)")
            if machine.count > 5 { #expect(!text.contains(machine), "\(name)") }
            #expect(text.utf8.count < 5 << 18, "\(name)")
        }
    }
}
