import RuntimeSpec
import Testing

@testable import ContainerPlan

/// The rules hold for every plan that is made, and a plan that breaks one is caught.
@Suite struct PlanCheckerTests {
    @Test(arguments: PlannedFixture.all) func goldenPlansBreakNoRule(_ fixture: PlannedFixture) {
        guard let plan = try? fixture.plan() else { return }
        #expect(plan.violations() == [])
    }

    @Test func randomPlansBreakNoRule() {
        var made = 0
        for seed in 0..<UInt64(3000) {
            var maker = RandomRequest(seed: seed)
            let (spec, request, facts) = maker.make()
            guard let plan = try? Plan.create(spec, request: request, facts: facts) else { continue }
            made += 1
            #expect(plan.violations() == [], "seed \(seed)")
            checkComplete(plan, spec, request, seed)
        }
        #expect(made > 2000, "only \(made) of 3000 random configurations have a plan")
    }

    @Test func randomPlansOfExecBreakNoRule() {
        for seed in 0..<UInt64(2000) {
            var maker = RandomRequest(seed: seed)
            let (spec, request, facts) = maker.make()
            guard let process = spec.process,
                let plan = try? Plan.execute(process, in: spec, request: request, facts: facts)
            else { continue }
            #expect(plan.violations() == [], "seed \(seed)")
        }
    }

    @Test(arguments: PlannedFixture.all.prefix(20)) func everyHostStepSaysHowItIsTakenBack(_ fixture: PlannedFixture) {
        guard let plan = try? fixture.plan() else { return }
        for planned in plan.hostSteps {
            #expect(!planned.action.text.isEmpty)
            if case .nothing(let reason) = planned.action.undo { #expect(!reason.isEmpty) }
        }
    }

    /// What the configuration asks for is in the plan, as often as it is asked for.
    private func checkComplete(_ plan: Plan, _ spec: Spec, _ request: PlanRequest, _ seed: UInt64) {
        func count(_ matches: (Step) -> Bool) -> Int { plan.steps.count { matches($0.action) } }
        let masked = count { if case .mask = $0 { true } else { false } }
        #expect(masked == spec.linux?.maskedPaths?.count ?? 0, "seed \(seed)")
        let filters = count { if case .loadSeccompFilter = $0 { true } else { false } }
        #expect(filters == (request.seccomp == nil ? 0 : 1), "seed \(seed)")
        #expect(count { $0 == .setNoNewPrivileges } == (spec.process?.noNewPrivileges == true ? 1 : 0), "seed \(seed)")
        let drops = count { if case .dropBoundingCapabilities = $0 { true } else { false } }
        #expect(drops == (spec.process?.capabilities == nil ? 0 : 1), "seed \(seed)")
        let waits = count { if case .waitForStart = $0 { true } else { false } }
        #expect(waits == (request.waitsForStart ? 1 : 0), "seed \(seed)")
        let limits = (plan.gates[.ready] ?? []).count { if case .setLimit = $0.action { true } else { false } }
        let own = count { if case .setLimit = $0 { true } else { false } }
        #expect(limits + own == spec.process?.rlimits?.count ?? 0, "seed \(seed)")
        let hooks = count { if case .runHook(.startContainer, _, _) = $0 { true } else { false } }
        #expect(hooks == spec.hooks?.startContainer?.count ?? 0, "seed \(seed)")
    }
}
