import Foundation
import Testing

/// What the executable prints for programs, against `docs/schema`.
@Suite struct SchemaTests {
    /// What VELOCI names, or the executable beside the tests.
    static let executable: URL = {
        if let path = ProcessInfo.processInfo.environment["VELOCI"] { return URL(fileURLWithPath: path) }
        return URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("veloci")
    }()

    static func run(_ arguments: [String]) throws -> (code: Int32, output: Data, errors: Data) {
        let process = Foundation.Process()
        process.executableURL = executable
        process.arguments = arguments
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        let complained = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, said, complained)
    }

    static func schema(_ name: String) throws -> Schema {
        let data = try Data(contentsOf: ManualTests.root.appendingPathComponent("docs/schema/\(name).schema.json"))
        return Schema(document: try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any]))
    }

    /// Every n-th document of a folder as a bundle with a root.
    static func bundles(_ folder: String, every step: Int, _ body: (String, String) throws -> Void) throws {
        let place = ManualTests.root.appendingPathComponent("spec-fixtures/\(folder)")
        let names = try FileManager.default.contentsOfDirectory(atPath: place.path).filter { $0.hasSuffix(".json") }.sorted()
        #expect(names.count > 100)
        let bundle = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: bundle.appendingPathComponent("rootfs"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: bundle) }
        for index in stride(from: 0, to: names.count, by: step) {
            let file = bundle.appendingPathComponent("config.json")
            try? FileManager.default.removeItem(at: file)
            try FileManager.default.copyItem(at: place.appendingPathComponent(names[index]), to: file)
            try body(names[index], bundle.path)
        }
    }

    @Test func plans() throws {
        let schema = try Self.schema("plan")
        var planned = 0
        try Self.bundles("accepted", every: 3) { name, bundle in
            let outcome = try Self.run(["plan", "--run", "--format", "json", "--bundle", bundle])
            // What this machine cannot do has no plan.
            guard outcome.code == 0 else { return }
            planned += 1
            let value = try JSONSerialization.jsonObject(with: outcome.output)
            #expect(schema.complaints(value) == [], "\(name)")
        }
        #expect(planned > 20)
    }

    @Test func problems() throws {
        let schema = try Self.schema("check")
        var found = 0
        try Self.bundles("rejected", every: 7) { name, bundle in
            let outcome = try Self.run(["check", "--format", "json", "--bundle", bundle])
            let value = try JSONSerialization.jsonObject(with: outcome.output)
            #expect(schema.complaints(value) == [], "\(name)")
            found += (value as? [Any])?.count ?? 0
        }
        #expect(found > 30)
    }

    @Test func messages() throws {
        let schema = try Self.schema("error")
        var found = 0
        try Self.bundles("rejected", every: 11) { name, bundle in
            let outcome = try Self.run(["--log-format", "json", "create", "--bundle", bundle, "schema-test"])
            guard outcome.code != 0 else { return }
            let value = try JSONSerialization.jsonObject(with: outcome.errors)
            #expect(schema.complaints(value) == [], "\(name)")
            found += 1
        }
        #expect(found > 20)
        for arguments in [["state", "none"], ["create", "a b"], ["nothing"], ["kill", "none", "9"], ["plan", "--bundle", "/none"]] {
            let outcome = try Self.run(["--log-format", "json"] + arguments)
            #expect(outcome.code != 0)
            #expect(schema.complaints(try JSONSerialization.jsonObject(with: outcome.errors)) == [], "\(arguments)")
        }
    }

    /// The reader of schemas finds what is wrong; else the tests above would see nothing.
    @Test(arguments: [
        (#"{"steps": []}"#, "warnings"), (#"{"steps": [{"actor": "nobody", "does": "x"}], "warnings": []}"#, "actor"),
        (#"{"steps": [{"actor": "stage", "does": "x", "step": 0}], "warnings": []}"#, "step"),
        (#"{"steps": [{"actor": "stage", "does": ""}], "warnings": []}"#, "does"),
        (#"{"steps": [], "warnings": [1]}"#, "warnings"), (#"{"steps": [{"actor": "host", "does": "x", "more": 1}], "warnings": []}"#, "more"),
    ]) func schemasRefuse(_ text: String, _ place: String) throws {
        let complaints = try Self.schema("plan").complaints(try JSONSerialization.jsonObject(with: Data(text.utf8)))
        #expect(complaints.contains { $0.contains(place) }, "\(complaints)")
    }
}

/// The part of JSON Schema that `docs/schema` uses. Members that a schema does not name are complaints: it must name all.
struct Schema {
    let document: [String: Any]

    func complaints(_ value: Any) -> [String] { complaints(value, document, "") }

    private func complaints(_ value: Any, _ schema: [String: Any], _ place: String) -> [String] {
        if let reference = schema["$ref"] as? String {
            let name = reference.components(separatedBy: "/").last ?? ""
            guard let part = (document["$defs"] as? [String: Any])?[name] as? [String: Any] else { return ["no \(reference)"] }
            return complaints(value, part, place)
        }
        var found: [String] = []
        if let choices = schema["enum"] as? [String], !choices.contains(value as? String ?? "") { found.append("\(place): not in enum") }
        switch schema["type"] as? String {
        case "object":
            guard let members = value as? [String: Any] else { return ["\(place): no object"] }
            let known = schema["properties"] as? [String: [String: Any]] ?? [:]
            for name in schema["required"] as? [String] ?? [] where members[name] == nil { found.append("\(place).\(name) is missing") }
            for (name, member) in members {
                found += known[name].map { complaints(member, $0, "\(place).\(name)") } ?? ["\(place).\(name) is not in the schema"]
            }
        case "array":
            guard let elements = value as? [Any] else { return ["\(place): no array"] }
            let items = schema["items"] as? [String: Any] ?? [:]
            for (index, element) in elements.enumerated() { found += complaints(element, items, "\(place)[\(index)]") }
        case "string":
            guard let text = value as? String else { return ["\(place): no string"] }
            if text.count < schema["minLength"] as? Int ?? 0 { found.append("\(place) is too short") }
            if let pattern = schema["pattern"] as? String, text.range(of: pattern, options: .regularExpression) == nil {
                found.append("\(place) does not match \(pattern)")
            }
        case "integer":
            guard let number = value as? Int, !(value is String) else { return ["\(place): no integer"] }
            if number < schema["minimum"] as? Int ?? .min { found.append("\(place) is too small") }
        default: break
        }
        return found
    }
}
