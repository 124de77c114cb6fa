import Foundation
import Testing

/// What programs can name of the libraries is written down: docs/api has a page for each product, and it changes with the sources
/// or not at all. `VELOCI_WRITE_API=1 swift test --filter PublicFaceTests` writes the pages; CHANGELOG.md tells what has changed.
@Suite struct PublicFaceTests {
    static let products = ["Veloci", "VelociAsync", "RuntimeSpec", "Cgroups", "Seccomp"]

    @Test(arguments: products) func isAsAnnounced(product: String) throws {
        let path = "docs/api/\(product).txt"
        let now = Self.face(of: product)
        if ProcessInfo.processInfo.environment["VELOCI_WRITE_API"] != nil {
            try Data(now.utf8).write(to: Repository.root.appendingPathComponent(path))
        }
        let announced = Repository.text(path)
        let (new, old) = (Set(now.components(separatedBy: "\n")), Set(announced.components(separatedBy: "\n")))
        for line in new.subtracting(old).sorted() { Issue.record("\(path) does not have: \(line)") }
        for line in old.subtracting(new).sorted() { Issue.record("\(path) has what is gone: \(line)") }
    }

    /// Declarations that are public, each with the types that it is in, sorted; parameters that stand on lines of their own are
    /// joined.
    static func face(of target: String) -> String {
        var lines: [String] = []
        for file in Repository.sources where file.path.hasPrefix("Sources/\(target)/") { lines += declarations(of: file) }
        return lines.sorted().joined(separator: "\n") + "\n"
    }

    private static func declarations(of file: SwiftFile) -> [String] {
        var found: [String] = []
        // The types around a line, each with the depth of braces at which it ends.
        var around: [(name: String, depth: Int)] = []
        var depth = 0
        var pending: String?
        for line in file.code {
            let text = line.trimmingCharacters(in: .whitespaces)
            if let start = pending {
                pending = start + " " + text
            } else if isPublic(text, in: file, depth, around.count) {
                pending = text
            }
            if let whole = pending, opens(whole) <= 0 {
                found.append(entry(whole, around.map(\.name)))
                pending = nil
            }
            if let name = typeName(text) { around.append((name, depth)) }
            depth += line.count { $0 == "{" } - line.count { $0 == "}" }
            while let last = around.last, depth <= last.depth, !text.hasSuffix(",") { around.removeLast() }
        }
        return found
    }

    private static func isPublic(_ text: String, in file: SwiftFile, _ depth: Int, _ level: Int) -> Bool {
        guard !text.contains("import ") else { return text.contains("@_exported") }
        return text.hasPrefix("public ") || text.contains(" public ") && text.hasPrefix("@")
    }

    /// How many parentheses are open at the end.
    private static func opens(_ text: String) -> Int {
        text.count { $0 == "(" || $0 == "[" } - text.count { $0 == ")" || $0 == "]" }
    }

    private static func entry(_ text: String, _ types: [String]) -> String {
        var text = text.replacingOccurrences(of: "( ", with: "(").replacingOccurrences(of: " )", with: ")")
        if let body = text.range(of: " {", options: []) { text = String(text[..<body.lowerBound]) }
        // What a constant is, is not its face.
        if text.contains(" static let "), let value = text.range(of: " = ") { text = String(text[..<value.lowerBound]) }
        return (types + [text]).joined(separator: ": ")
    }

    private static func typeName(_ text: String) -> String? {
        guard let match = text.firstMatch(of: /^(?:@\w+ )*(?:public |package |private |fileprivate |indirect |final )*(struct|enum|class|extension|protocol|actor) ([\w.]+)/)
        else { return nil }
        return String(match.output.2)
    }

    /// The reader sees what is public and where it is.
    @Test func declarationsAreFound() {
        let file = SwiftFile(
            path: "a.swift",
            text: """
                public struct A {
                    public var b: Int {
                        3
                    }
                    func c() {}
                    public func d(
                        _ e: Int, f: String
                    ) -> Int {
                        5
                    }
                    public struct G {
                        public static let h = 5
                    }
                }
                extension A {
                    public init() {}
                }
                """)
        #expect(
            Self.declarations(of: file) == [
                "public struct A", "A: public var b: Int", "A: public func d(_ e: Int, f: String) -> Int", "A: public struct G",
                "A: G: public static let h", "A: public init()",
            ])
    }
}
