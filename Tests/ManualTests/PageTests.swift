import Foundation
import Testing

/// What pages repeat from elsewhere is what is written there.
@Suite struct PageTests {
    /// The blocks of a page that name a file in their first line: "```toml file=examples/containers.conf".
    @Test func snippetsAreTheExamples() throws {
        var shown: Set<String> = []
        for page in ["clients"] {
            let lines = ManualTests.read("docs/\(page).md").components(separatedBy: "\n")
            for (index, line) in lines.enumerated() where line.hasPrefix("```") && line.contains(" file=") {
                let path = line.components(separatedBy: " file=")[1]
                let body = lines[(index + 1)...].prefix { $0 != "```" }.joined(separator: "\n") + "\n"
                #expect(body == ManualTests.read("docs/\(path)"), "docs/\(page).md shows another docs/\(path) than there is")
                shown.insert(path.replacing("examples/", with: ""))
            }
        }
        let all = try FileManager.default.contentsOfDirectory(atPath: ManualTests.root.appendingPathComponent("docs/examples").path)
        #expect(shown == Set(all), "each example is shown on a page")
    }

    /// The numbers of README.md are those of the results.
    @Test func numbersAreThoseOfTheResults() throws {
        let results = ManualTests.read("conformance/results/README.md").components(separatedBy: "\n")
        func row(_ name: String) throws -> [Int] {
            let line = try #require(results.first { $0.hasPrefix("| \(name) |") })
            return line.components(separatedBy: "|").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
        }
        let (passed, failed) = (try row("passed"), try row("failed"))
        let heading = try #require(results.first { $0.hasPrefix("| result |") })
        let runtimes = heading.components(separatedBy: "|").dropFirst(2).map { $0.trimmingCharacters(in: .whitespaces) }
        let told = try ["veloci", "runc-1.5.1", "crun-1.29.1", "runc", "crun"].map { name in
            let place = try #require(runtimes.firstIndex(of: name))
            return "\(passed[place]) of \(passed[place] + failed[place])"
        }.joined(separator: " | ")
        let page = ManualTests.read("README.md")
        #expect(page.contains("| \(told) |"), "README.md: \(told)")

        let measured = ManualTests.read("Tests/Benchmark/results/results.tsv").components(separatedBy: "\n").map { $0.components(separatedBy: "\t") }
        for operation in ["create", "exec", "run"] {
            let times = try ["veloci", "crun-1.29.1", "crun", "runc"].map { runtime in
                let line = try #require(measured.first { $0.prefix(6) == ["v1", "default", "hot", operation, runtime, "cpu-us-p10"] })
                return String(format: "%.1f", try #require(Double(line[6])) / 1000)
            }.joined(separator: " | ")
            #expect(page.components(separatedBy: "\n").contains { $0.contains("`\(operation)`") && $0.hasSuffix("| \(times) |") }, "README.md, \(operation): \(times)")
        }
    }
}
