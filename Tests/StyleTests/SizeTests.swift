import Testing

/// Sizes. A page that is too long has two subjects.
@Suite struct SizeTests {
    static let lineLimit = 130
    static let fileLimit = 400
    static let functionLimit = 60

    /// Functions that are longer, each with the reason.
    static let longFunctions: [String: String] = [
        "Sources/ContainerPlan/Encoding/Step+Records.swift encode": "one line or two for each step, and a switch cannot be cut",
        "Sources/ContainerPlan/Checking/PlanChecker.swift follow": "the same for what the checker knows after each step",
        "Sources/Veloci/Performing/Performer.swift perform": "one line or two for each step of the host",
    ]

    /// The cases of tests are rows of tables; a broken row is harder to read than a long one.
    static let tables = ["conformance/", "Tests/"]

    @Test func linesAreShort() {
        for file in Repository.swift where !Self.tables.contains(where: { file.path.hasPrefix($0) }) {
            for (index, line) in file.lines.enumerated() where line.count > Self.lineLimit {
                Issue.record("\(file.path):\(index + 1) has \(line.count) characters; \(Self.lineLimit) are allowed")
            }
        }
    }

    @Test func filesAreShort() {
        for file in Repository.swift {
            let count = file.code.count { line in line.contains { $0 != " " && $0 != "\t" } }
            #expect(count <= Self.fileLimit, "\(file.path) has \(count) lines of code; split it")
        }
    }

    @Test func functionsAreShort() {
        var found: Set<String> = []
        for file in Repository.swift {
            for function in file.functions {
                let name = "\(file.path) \(function.name)"
                found.insert(name)
                guard function.length > Self.functionLimit, Self.longFunctions[name] == nil else { continue }
                Issue.record("\(file.path):\(function.line) \(function.name) has \(function.length) lines; split it")
            }
        }
        for name in Self.longFunctions.keys where !found.contains(name) { Issue.record("there is no \(name) any more") }
    }

    /// The reader of sources finds functions and their ends; else the test above would see nothing.
    @Test func functionsAreFound() {
        let text = """
            struct A {
                init?(_ a: Int = { 3 }()) {
                    if a > 0 { return nil }
                }
                /* func no() { */
                func two<T>(
                    _ t: T
                ) -> String {
                    "} \\(t) }"
                }
            }
            protocol P {
                func bare()
                func other() -> Int
            }
            """
        let found = SwiftFile(path: "A.swift", text: text).functions
        #expect(found.map(\.name) == ["init", "two"])
        #expect(found.map(\.length) == [3, 5])
        #expect(Repository.sources.reduce(0) { $0 + $1.functions.count } > 500)
    }
}
