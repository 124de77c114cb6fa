import Foundation
import Testing

/// The page for auditors says which test keeps each fault out. A test that is renamed or removed must not stay on it.
@Suite struct SecurityPageTests {
    /// The lines of tables about faults: their last column has the names of tests and files in backquotes.
    static let rows: [(fault: String, tests: String)] = {
        let page = Repository.text("docs/security.md").components(separatedBy: "\n")
        let faults = page.drop { $0 != "## Past escapes" }.prefix { $0 != "## Looked for all the time" }
        return faults.compactMap { line in
            let columns = line.components(separatedBy: " | ").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: "| ")) }
            let isRow = columns.count == 3 && columns[0] != "---" && columns[2] != "test"
            return isRow ? (columns[0], columns[2]) : nil
        }
    }()

    @Test func everyTestIsThere() {
        let paths = Repository.files(["Tests", "conformance", "Sources"]).filter { $0.hasSuffix(".swift") || $0.hasSuffix(".sh") }
        let names = Set(paths.compactMap { $0.components(separatedBy: "/").last }).union(["Package.swift"])
        let own = "Tests/StyleTests/SecurityPageTests.swift"
        let text = Data((paths + ["Package.swift"]).filter { $0 != own }.map { Repository.text($0) }.joined().utf8)
        for row in Self.rows {
            for match in row.tests.matches(of: /`([^`]+)`/) {
                let name = String(match.output.1)
                #expect(names.contains(name) || text.range(of: Data(name.utf8)) != nil, "\(row.fault): there is no test \"\(name)\"")
            }
        }
    }

    @Test func everyFaultHasATest() {
        #expect(Self.rows.count > 40)
        // Without set-user-ID programs there is nothing to test about them.
        for row in Self.rows where !row.tests.contains("`") { #expect(row.fault.contains("set-user-ID"), "\(row.fault): no test") }
    }
}
