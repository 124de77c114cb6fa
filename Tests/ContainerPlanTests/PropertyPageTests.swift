import Foundation
import RuntimeSpec
import Testing

@testable import ContainerPlan

/// `docs/properties.md`: each property of config.json, the steps that it becomes in the golden plans, and what each step does.
/// `VELOCI_WRITE_PLANS=1 swift test --filter PropertyPageTests` writes it.
@Suite struct PropertyPageTests {
    static let root = PlannedFixture.fixtures.deletingLastPathComponent()

    @Test func pageIsAsWritten() throws {
        let file = Self.root.appendingPathComponent("docs/properties.md")
        let page = try Self.page()
        if GoldenPlanTests.writes { try page.write(to: file, atomically: false, encoding: .utf8) }
        let written = try? String(contentsOf: file, encoding: .utf8)
        #expect(page == written, "docs/properties.md: VELOCI_WRITE_PLANS=1 swift test --filter PropertyPageTests")
    }

    /// Each step has words in its source that the page can show.
    @Test func everyStepIsExplained() throws {
        for (type, file) in [("Step", "Step.swift"), ("HostStep", "HostStep.swift")] {
            let steps = try Self.steps(of: type, in: file)
            #expect(steps.count > 20)
            for step in steps { #expect(step.words.hasSuffix("."), "\(type).\(step.name) has no sentence before it") }
        }
    }

    /// The cases of an enumeration in their order, with the documentation before each as one line.
    private static func steps(of type: String, in file: String) throws -> [(name: String, words: String)] {
        let text = try String(contentsOf: root.appendingPathComponent("Sources/ContainerPlan/Steps/\(file)"), encoding: .utf8)
        var found: [(String, String)] = []
        var words: [String] = []
        var isInside = false
        for line in text.components(separatedBy: "\n") {
            let trimmed = line.trimmingCharacters(in: .whitespaces)
            if line.hasSuffix(" {"), line.contains("enum \(type):") { isInside = true }
            if line == "}" { isInside = false }
            guard isInside else { continue }
            if trimmed.hasPrefix("///") {
                words.append(trimmed.dropFirst(3).trimmingCharacters(in: .whitespaces))
            } else {
                if let match = line.firstMatch(of: /^    case (\w+)/) { found.append((String(match.1), words.joined(separator: " "))) }
                words = []
            }
        }
        return found
    }

    /// The place of a property: `mounts[].options`, not `mounts[3].options[1]`; names that a document chooses are left out.
    private static func property(_ path: JSONPath) -> String {
        var text = ""
        let chosen = ["linux.sysctl", "linux.netDevices", "linux.resources.unified", "linux.resources.rdma", "annotations", "process.env"]
        for component in path.components {
            if chosen.contains(text) { return text }
            switch component {
            case .index: text += text.hasSuffix("[]") ? "" : "[]"
            case .member(let name): text += (text.isEmpty ? "" : ".") + name
            }
        }
        // What is in a list of texts is the list's.
        return text.hasSuffix("[]") ? String(text.dropLast(2)) : text
    }

    private static func name(_ action: Any) -> String { String(String(describing: action).prefix { $0 != "(" }) }

    private static func page() throws -> String {
        let (stage, host) = (try steps(of: "Step", in: "Step.swift"), try steps(of: "HostStep", in: "HostStep.swift"))
        var ofStage: [String: Set<String>] = [:]
        var ofHost: [String: Set<String>] = [:]
        var files: [String: Set<String>] = [:]
        for plan in PlannedFixture.all.compactMap({ try? $0.plan() }) {
            for step in plan.steps { ofStage[property(step.origin), default: []].insert(name(step.action)) }
            for step in plan.hostSteps {
                ofHost[property(step.origin), default: []].insert(name(step.action))
                let written = step.action.text.matches(of: /(v[12] [a-z_.0-9A-Z]+) ←/).map { "`\($0.1)`" }
                files[property(step.origin), default: []].formUnion(written)
            }
        }
        // The second heading of a name has another anchor.
        func links(_ names: Set<String>?, _ order: [(name: String, words: String)], after others: [(name: String, words: String)] = []) -> String {
            order.filter { names?.contains($0.name) == true }.map { step in
                "[\(step.name)](#\(step.name.lowercased())\(others.contains { $0.name == step.name } ? "-1" : ""))"
            }.joined(separator: ", ")
        }
        var text = """
            # From property to kernel

            Each property of `config.json` that makes veloci do something, the steps that it becomes on the host and in the container, and
            below what each step does, by which system calls, for which section of the specification. `v1` and `v2` stand before files of a
            control group of that version. Made from the golden plans and the sources of the steps, and compared with them by a test.
            A property that is not here needs no step of its own: it is checked, handed on, or part of another's step.

            ## Properties

            | property | on the host | in the container |
            | --- | --- | --- |

            """
        for property in Set(ofStage.keys).union(ofHost.keys).sorted() {
            let label = property.isEmpty ? "*every container*" : "`\(property)`"
            let written = (files[property] ?? []).sorted().joined(separator: ", ")
            let done = links(ofHost[property], host) + (written.isEmpty ? "" : ": \(written)")
            text += "| \(label) | \(done) | \(links(ofStage[property], stage, after: host)) |\n"
        }
        text += "\n## Steps of the host\n"
        for step in host { text += "\n### \(step.name)\n\n\(linked(step.words))\n" }
        text += "\n## Steps in the container\n"
        for step in stage { text += "\n### \(step.name)\n\n\(linked(step.words))\n" }
        return text
    }

    /// `SPEC(config.md#mounts)` as a link to the section.
    private static func linked(_ words: String) -> String {
        words.replacing(/SPEC\(([a-z-]+\.md#[a-z0-9-]+)\)/) { match in
            "[\(match.1)](https://github.com/opencontainers/runtime-spec/blob/main/\(match.1))"
        }
    }
}
