import Foundation
import RuntimeSpec
import Testing

@Suite("Fixtures")
struct FixtureTests {
    @Test("give exactly the diagnostics of the index", arguments: Fixture.all)
    func diagnostics(fixture: Fixture) throws {
        let found = Fixture.check(try fixture.bytes(), as: fixture.document)
        let actual = found.map { $0.json.encodedText() }.joined(separator: "\n")
        let expected = fixture.diagnostics.map { $0.encodedText() }.joined(separator: "\n")
        #expect(actual == expected)
        #expect(found.contains { $0.severity == .must } == !fixture.isAccepted)
    }

    @Test("survive reading and writing", arguments: Fixture.all.filter(\.isAccepted))
    func roundTrip(fixture: Fixture) throws {
        let bytes = try fixture.bytes()
        let once = try #require(Fixture.rewritten(bytes, as: fixture.document, .compact))
        #expect(Fixture.rewritten(once, as: fixture.document, .compact) == once)
        let pretty = try #require(Fixture.rewritten(bytes, as: fixture.document, .pretty))
        #expect(Fixture.rewritten(pretty, as: fixture.document, .compact) == once)
        if fixture.isLossless {
            #expect(try JSONValue.decode(once).sorted == JSONValue.decode(bytes).sorted)
        }
    }

    @Test("are all in the index, and enough of them")
    func completeness() throws {
        var files: Set<String> = []
        for folder in ["accepted", "rejected", "choices", "state", "features", "process-state"] {
            let path = Fixture.folder.appendingPathComponent(folder).path
            files.formUnion(try FileManager.default.contentsOfDirectory(atPath: path).map { "\(folder)/\($0)" })
        }
        #expect(files == Set(Fixture.all.map(\.file)))
        #expect(Fixture.all.count == files.count)
        #expect(Fixture.all.filter { $0.isAccepted && $0.document == "config" }.count >= 60)
        #expect(Fixture.all.filter { !$0.isAccepted && $0.document == "config" }.count >= 120)
    }

    @Test("tell where each verdict is from, and since when")
    func basis() throws {
        let index = try JSONValue.decode([UInt8](Data(contentsOf: Fixture.folder.appendingPathComponent("index.json"))))
        for entry in (index.array ?? []).compactMap(\.object) {
            let file = entry["file"]?.string ?? ""
            let basis = entry["basis"]?.string ?? ""
            #expect(["sentence", "schema", "kernel", "practice", "choice"].contains(basis), "\(file)")
            #expect(["1.0.0", "1.0.2", "1.1.0", "1.2.0", "1.2.1", "1.3.0"].contains(entry["since"]?.string), "\(file)")
            // What the specification does not carry is in a folder of its own.
            if entry["document"]?.string == "config" {
                #expect(file.hasPrefix("choices/") == ["practice", "choice"].contains(basis), "\(file)")
            }
            if let needs = entry["needs"] { #expect((needs.string ?? "").count > 10 && file.hasPrefix("accepted/"), "\(file)") }
        }
    }

    @Test("name sections and messages in the promised form")
    func form() {
        for diagnostic in Fixture.all.flatMap(\.diagnostics).compactMap(\.object) {
            let message = diagnostic["message"]?.string ?? ""
            #expect(!message.contains("\n") && !message.isEmpty)
            #expect(diagnostic["section"]?.string?.contains(".md") == true)
            #expect(diagnostic["line"] != nil && diagnostic["column"] != nil, "\(message)")
        }
    }

    @Test("exercise every property that the types have")
    func properties() throws {
        var seen: Set<String> = []
        for fixture in Fixture.all where fixture.isAccepted {
            try collect(JSONValue.decode(fixture.bytes()), prefix: fixture.document, into: &seen)
        }
        let missing = PropertyNames.all.filter { !seen.contains($0) }
        #expect(missing.isEmpty)
    }

    /// Adds the paths of all members, with `*` for indexes and for keys of maps.
    private func collect(_ value: JSONValue, prefix: String, into seen: inout Set<String>) throws {
        switch value {
        case .array(let elements): for element in elements { try collect(element, prefix: prefix + "[]", into: &seen) }
        case .object(let object):
            for member in object.members {
                seen.insert("\(prefix).\(member.name)")
                seen.insert("\(prefix).*")
                try collect(member.value, prefix: "\(prefix).\(member.name)", into: &seen)
                try collect(member.value, prefix: "\(prefix).*", into: &seen)
            }
        default: break
        }
    }
}
