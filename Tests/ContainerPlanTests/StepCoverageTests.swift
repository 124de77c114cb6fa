import Foundation
import Testing

@testable import ContainerPlan

/// Every step that veloci can do to a machine is seen by a reader of the golden plans.
@Suite struct StepCoverageTests {
    /// Steps that no golden plan has, each with the reason.
    static let missing: [String: String] = [
        "openControlGroupTree": "no accepted fixture mounts control groups without a namespace of them; random plans do"
    ]

    /// The cases that an enumeration declares, read from its source.
    private static func cases(of type: String, in file: String) throws -> [String] {
        let path = PlannedFixture.fixtures.deletingLastPathComponent()
            .appendingPathComponent("Sources/ContainerPlan/Steps/\(file)")
        let text = try String(contentsOf: path, encoding: .utf8)
        guard let start = text.range(of: "enum \(type):"), let end = text[start.upperBound...].range(of: "\n}\n")
        else { return [] }
        return text[start.upperBound..<end.lowerBound].matches(of: /\n    case (\w+)/).map { String($0.output.1) }
    }

    private func name(_ action: Any) -> String { String(String(describing: action).prefix { $0 != "(" }) }

    @Test func everyStepHasAFixture() throws {
        let declared = try Self.cases(of: "Step", in: "Step.swift")
        #expect(declared.count > 50)
        let plans = PlannedFixture.all.compactMap { try? $0.plan() }
        let seen = Set(plans.flatMap { $0.steps.map { name($0.action) } })
        for step in declared where !seen.contains(step) && Self.missing[step] == nil {
            Issue.record("no golden plan has the step \(step)")
        }
        for step in Self.missing.keys { #expect(!seen.contains(step), "\(step) is in a golden plan by now") }
        for planned in plans.flatMap(\.steps) { #expect(!planned.action.text.isEmpty, "\(name(planned.action)) has no text") }
    }

    @Test func everyHostStepHasAFixture() throws {
        let declared = try Self.cases(of: "HostStep", in: "HostStep.swift")
        #expect(declared.count > 20)
        let plans = PlannedFixture.all.compactMap { try? $0.plan() }
        let seen = Set(plans.flatMap { $0.hostSteps.map { name($0.action) } })
        for step in declared where !seen.contains(step) && Self.missing[step] == nil {
            Issue.record("no golden plan has the host step \(step)")
        }
    }
}
