import Foundation
import Testing

/// What is public is documented, and what is declared is used.
@Suite struct DeclarationTests {
    /// Requirements of protocols that everybody knows.
    private var known: Regex<(Substring, Substring, Substring?)> {
        /\b(description|debugDescription|hash\(into|encode\(to|init\(from|static func (==|<)|errorDescription)/
    }

    @Test func everyPublicDeclarationIsDocumented() {
        for file in Repository.sources where file.path.hasPrefix("Sources/") && !file.path.hasPrefix("Sources/Stage/") {
            for (index, line) in file.code.enumerated() {
                let text = line.trimmingCharacters(in: .whitespaces)
                guard text.hasPrefix("public ") || text.contains(" public "), !text.contains("import "),
                    !text.hasPrefix("public extension"), !text.contains("internal(set)") || text.contains("public internal(set)"),
                    text.firstMatch(of: known) == nil
                else { continue }
                if !isDocumented(file, index) { Issue.record("\(file.path):\(index + 1) is public and not documented: \(text)") }
            }
        }
    }

    /// Files whose cases are named by somebody else, who says what they mean.
    static let words: [String: String] = [
        "Sources/DBus/DBusValue.swift": "each case is a type of the D-Bus specification",
    ]

    /// `Step` and `HostStep` are the manual of all that veloci can do to a machine; an error's code is what programs go by.
    @Test func everyCaseOfAPublicEnumerationIsDocumented() {
        for file in Repository.sources where file.path.hasPrefix("Sources/") && !file.path.hasPrefix("Sources/Stage/") {
            if Self.words.keys.contains(where: { file.path.hasPrefix($0) }) { continue }
            for index in file.publicCases {
                let text = file.lines[index].trimmingCharacters(in: .whitespaces)
                let isAlone = text.firstMatch(of: /^(indirect )?case `?\w+`?\s*,/) == nil
                if !isDocumented(file, index) || !isAlone {
                    Issue.record("\(file.path):\(index + 1): a case of a public enumeration without its own documentation: \(text)")
                }
            }
        }
        for path in Self.words.keys {
            #expect(Repository.sources.contains { $0.path.hasPrefix(path) }, "\(path) is gone; take it from the list")
        }
    }

    /// The scanner finds what it is about: cases of enumerations that are public, and no cases of switches.
    @Test func casesAreFound() {
        let file = SwiftFile(
            path: "a.swift",
            text: """
                public enum Outer: Int {
                    case one = 1
                    var text: String {
                        switch self {
                        case .one: "{"
                        }
                    }
                    indirect case two(Outer)
                    enum Hidden {
                        case three
                    }
                }
                enum Internal {
                    case four
                    public enum Inner { case five }
                    case six
                }
                """)
        #expect(file.publicCases == [1, 7, 14])
    }

    /// Whether the lines before, attributes left out, end a documentation comment.
    private func isDocumented(_ file: SwiftFile, _ index: Int) -> Bool {
        var previous = index - 1
        while previous >= 0, file.lines[previous].trimmingCharacters(in: .whitespaces).hasPrefix("@") { previous -= 1 }
        return previous >= 0 && file.lines[previous].trimmingCharacters(in: .whitespaces).hasPrefix("///")
    }

    /// Files that nobody names because a tool or the kernel does.
    static let entries: Set<String> = ["main.swift", "Package.swift"]

    /// Files whose declarations only tests use, each with the reason.
    static let forTests: [String: String] = [
        "Sources/ContainerPlan/Checking/PlanViolation.swift": "the plan checker runs on every plan in tests",
    ]

    /// A file is dead when nothing that it declares is named in another one.
    @Test func noFileIsDead() {
        let declaration = /\b(?:func|struct|enum|class|actor|protocol|typealias|var|let|case)\s+`?(\w+)/
        var namedIn: [String: Set<String>] = [:]
        for file in Repository.sources {
            for line in file.code {
                let words = line.utf8.split { !($0 == 95 || 48...57 ~= $0 || 65...90 ~= $0 || 97...122 ~= $0) }
                for word in words { namedIn[String(Substring(word)), default: []].insert(file.path) }
            }
        }
        for file in Repository.sources where !Self.entries.contains(file.name) && Self.forTests[file.path] == nil {
            let names = Set(file.code.flatMap { line in line.matches(of: declaration).map { String($0.output.1) } })
            let isEntry = file.code.contains { $0.contains("@main") || $0.contains("@c") || $0.contains("@_exported") || $0.contains(" init(") }
            // An extension that only adds a protocol declares no new name.
            let conforms = file.code.contains { $0.hasPrefix("extension ") && $0.contains(":") }
            let isNamed = names.contains { (namedIn[$0] ?? []).contains { $0 != file.path } }
            #expect(isNamed || isEntry || conforms, "\(file.path): nobody uses what it declares")
        }
        for path in Self.forTests.keys {
            #expect(Repository.sources.contains { $0.path == path }, "\(path) is gone; take it from the list")
        }
    }
}
