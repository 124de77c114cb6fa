import Foundation
import RuntimeSpec
import Testing

@testable import ContainerPlan

/// A config.json beside the plan that it must give.
@Suite struct GoldenPlanTests {
    /// Set to write the files instead of comparing them: `VELOCI_WRITE_PLANS=1 swift test --filter GoldenPlanTests`.
    static let writes = ProcessInfo.processInfo.environment["VELOCI_WRITE_PLANS"] != nil

    @Test func fixturesAreThere() {
        #expect(PlannedFixture.all.count > 200, "spec-fixtures/accepted is missing or half empty")
    }

    @Test(arguments: PlannedFixture.all) func planIsAsWritten(_ fixture: PlannedFixture) throws {
        let file = PlannedFixture.plans.appendingPathComponent(fixture.fileName)
        let document = fixture.document
        if Self.writes { try document.write(to: file, atomically: false, encoding: .utf8) }
        guard let expected = try? String(contentsOf: file, encoding: .utf8) else {
            Issue.record("\(fixture.fileName) is missing; read the plan, then write it with VELOCI_WRITE_PLANS=1")
            return
        }
        #expect(document == expected, "\(firstDifference(document, expected)); VELOCI_WRITE_PLANS=1 writes what is planned now")
    }

    /// The same input gives the same plan: no dictionary's order, no host, no clock.
    @Test(arguments: PlannedFixture.all.prefix(40)) func planningIsDeterministic(_ fixture: PlannedFixture) {
        #expect(fixture.document == fixture.document)
    }

    /// What some readers demand and others leave out says nothing: the plan is the same.
    @Test func completeConfigurationsHaveTheSamePlan() {
        for fixture in PlannedFixture.all {
            let complete = PlannedFixture(name: fixture.name, host: fixture.host, variant: fixture.variant, spec: fixture.spec.complete)
            if complete.document == fixture.document { continue }
            Issue.record("\(fixture.fileName): \(firstDifference(complete.document, fixture.document))")
        }
    }

    @Test func everyFileHasAFixture() throws {
        let expected = Set(PlannedFixture.all.map(\.fileName))
        let found = try FileManager.default.contentsOfDirectory(atPath: PlannedFixture.plans.path)
        for name in found where !expected.contains(name) && name != "README.md" {
            if Self.writes { try FileManager.default.removeItem(at: PlannedFixture.plans.appendingPathComponent(name)) }
            Issue.record("spec-fixtures/plans/\(name) belongs to no fixture")
        }
    }

    private func firstDifference(_ one: String, _ other: String) -> String {
        let lines = one.split(separator: "\n", omittingEmptySubsequences: false)
        let others = other.split(separator: "\n", omittingEmptySubsequences: false)
        let index = zip(lines, others).enumerated().first { $0.element.0 != $0.element.1 }?.offset
            ?? min(lines.count, others.count)
        func line(_ list: [Substring]) -> String { index < list.count ? "\"\(list[index])\"" : "nothing" }
        return "line \(index + 1): planned \(line(lines)), written \(line(others))"
    }
}
