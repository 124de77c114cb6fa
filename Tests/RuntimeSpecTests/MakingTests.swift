import Foundation
import RuntimeSpec
import Testing

/// Configurations that are made in Swift, and documents inside of other types.
@Suite struct MakingTests {
    @Test func aContainerIsValid() {
        let spec = Spec.container(["/bin/true"])
        #expect(spec.validate().isEmpty, "\(spec.validate())")
        #expect(spec.process?.capabilities?.bounding == ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"])
        #expect(spec.process?.noNewPrivileges == true)
    }

    @Test func wordsOfTheClosedSets() {
        #expect(Namespace(.pid) == Namespace(type: "pid"))
        #expect(Rlimit(.openFiles, soft: 5) == Rlimit(type: "RLIMIT_NOFILE", soft: 5, hard: 5))
        #expect(Capabilities.none.encodedCount == 5)
    }

    /// Any coder of Swift carries a document, strictly.
    @Test func documentsAreCodable() throws {
        struct Job: Codable, Hashable {
            var name: String
            var spec: Spec
        }
        var spec = Spec.container(["/bin/true"])
        spec.linux?.resources?.memory = Memory(limit: 1 << 60)
        spec.process?.rlimits = [Rlimit(.core, soft: UInt64.max)]
        spec.annotations = ["a": "b"]
        let job = Job(name: "one", spec: spec)
        #expect(try JSONDecoder().decode(Job.self, from: JSONEncoder().encode(job)) == job)
        let wrong = Data(#"{"name":"one","spec":{"ociVersion":"1.0.0","hostname":5}}"#.utf8)
        let failure = #expect(throws: DecodingFailure.self) { try JSONDecoder().decode(Job.self, from: wrong) }
        #expect(failure?.diagnostics.first?.path.description == "hostname")
    }

    @Test(arguments: [
        "null", "true", "[1,-2,18446744073709551615,0.5]", #"{"a":{"b":["c",null,{}]}}"#, #""text""#,
    ]) func valuesAreCodable(text: String) throws {
        let value = try JSONValue.decode(text)
        let data = try JSONEncoder().encode([value])
        #expect(try JSONDecoder().decode([JSONValue].self, from: data) == [value])
    }
}

extension Capabilities {
    /// How many of the sets are there and empty.
    fileprivate var encodedCount: Int { [effective, bounding, inheritable, permitted, ambient].count { $0 == [] } }
}
