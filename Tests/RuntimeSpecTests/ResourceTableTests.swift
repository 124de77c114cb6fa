import Foundation
import Testing

/// The page that tells which test watches which property of `linux.resources` leaves none out, and names only tests that exist.
@Suite struct ResourceTableTests {
    private static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: repository.appending(path: path), encoding: .utf8)
    }

    /// The rows of the last table: a property, and the tests in each of the three columns.
    private static func rows() throws -> [(property: String, columns: [[String]])] {
        let page = try text("Tests/CgroupsTests/RESOURCES.md")
        let table = try #require(page.range(of: "## The tests of every property"))
        return page[table.upperBound...].split(separator: "\n").filter { $0.hasPrefix("| `") }.map { line in
            let cells = line.split(separator: "|").map { cell in
                cell.split(separator: "<br>").map { String($0.filter { $0 != "`" }).trimmingCharacters(in: .whitespaces) }
            }
            return (cells[0][0], Array(cells[1...3]))
        }
    }

    @Test func everyPropertyHasARow() throws {
        let prefix = "config.linux.resources."
        let names = PropertyNames.all.filter { $0.hasPrefix(prefix) }
        let leaves = names.filter { name in !names.contains { $0.hasPrefix(name + ".") || $0.hasPrefix(name + "[]") } }
            .map { String($0.dropFirst(prefix.count)) }
        #expect(leaves.count > 40)
        let rows = try Self.rows().map(\.property)
        #expect(Set(rows) == Set(leaves))
        #expect(rows.count == Set(rows).count)
    }

    @Test func everyTestExists() throws {
        let folder = Self.repository.appending(path: "Tests")
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
        let sources = try files.map { try Self.text("Tests/" + $0) }
        let cases = Self.repository.appending(path: "conformance/Sources/Cases")
        let suite = try FileManager.default.contentsOfDirectory(atPath: cases.path)
            .map { try Self.text("conformance/Sources/Cases/" + $0) }.joined()
        let lab = try ["full", "version1"].map { try Self.text("Tests/lab/\($0).sh") }.joined()
        for (property, columns) in try Self.rows() {
            for column in columns {
                #expect(!column.isEmpty, "\(property)")
                for name in column {
                    if name.hasPrefix("conformance ") {
                        // The first words of an id may be put before it in common.
                        let words = name.dropFirst(12).split(separator: "-")
                        let isThere = words.indices.contains { suite.contains("\"\(words[$0...].joined(separator: "-"))\"") }
                        #expect(isThere, "\(property): \(name)")
                    } else if name.hasPrefix("lab ") {
                        #expect(lab.contains("check \"\(name.dropFirst(4))\""), "\(property): \(name)")
                    } else {
                        let halves = name.split(separator: ".")
                        let isThere = sources.contains {
                            $0.contains("struct \(halves[0])") && $0.contains("func \(halves.last ?? "")(")
                        }
                        #expect(isThere, "\(property): \(name)")
                    }
                }
            }
        }
    }
}
