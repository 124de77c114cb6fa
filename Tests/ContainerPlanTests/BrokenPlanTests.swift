import Chance
import RuntimeSpec
import Testing

@testable import ContainerPlan

/// The checker fails where it should: plans are broken on purpose, one mistake each.
@Suite struct BrokenPlanTests {
    /// A mistake, and the rule that catches it.
    struct Mistake: Sendable, CustomTestStringConvertible {
        let name: String
        let rule: PlanViolation.Rule
        let make: @Sendable (inout Plan) -> Void
        var testDescription: String { name }

        init(_ name: String, _ rule: PlanViolation.Rule, _ make: @escaping @Sendable (inout Plan) -> Void) {
            self.name = name
            self.rule = rule
            self.make = make
        }
    }

    static let mistakes: [Mistake] = [
        Mistake("a mount after the capabilities are set", .power) { $0.move("mountFileSystem", after: "setCapabilities") },
        Mistake("a mount after the root is entered", .mounts) { $0.move("mountFileSystem", after: "detachOldRoot") },
        Mistake("a mount before the root is attached", .mounts) { $0.move("mountFileSystem", before: "attachRoot") },
        Mistake("no mount namespace", .mounts) { $0.cloneNamespaces.removeAll { $0 == .mount } },
        Mistake("mounts that propagate to the host", .mounts) { $0.drop("changePropagation") },
        Mistake("the old root stays", .oldRoot) { $0.drop("detachOldRoot") },
        Mistake("something between pivot and detach", .oldRoot) { $0.move("findHome", after: "changeRoot") },
        Mistake("the root is never entered", .oldRoot) { $0.drop("changeRoot") },
        Mistake("the root is attached after it is entered", .hostPaths) { $0.move("attachRoot", after: "detachOldRoot") },
        Mistake("the null device is opened inside", .hostPaths) {
            $0.steps[$0.steps.count - 3].action = .openHostFile("/dev/null", into: Slot(index: 0), mustBeNullDevice: true)
        },
        Mistake("a device in a read-only root", .readOnlyRoot) { $0.move("makeDevice", after: "makeRootReadOnly") },
        Mistake("a cover is used before it is opened", .slots) { $0.move("makeEmptyDirectory", after: "mask") },
        Mistake("a tree is attached twice", .slots) { $0.duplicate("joinControlGroup") },
        Mistake("a slot is never filled", .slots) { $0.drop("openCurrentRoot") },
        Mistake("a tree is opened and never attached", .slots) { $0.drop("joinControlGroup") },
        Mistake("the control group is joined too late", .namespaces) { $0.move("joinControlGroup", after: "newNamespaces") },
        Mistake("descriptors stay open", .descriptors) { $0.drop("closeDescriptors") },
        Mistake("descriptors are closed under the filter", .descriptors) {
            $0.move("closeDescriptors", after: "loadSeccompFilter")
        },
        Mistake("descriptors are inherited until the root is attached", .descriptors) {
            $0.move("closeDescriptors", after: "attachRoot")
        },
        Mistake("the stage waits with the root in its hand", .descriptors) { $0.move("findHome", after: "gate(ready)") },
        Mistake("the container waits with all power", .power) { $0.move("setCapabilities", after: "gate(ready)") },
        Mistake("hooks get the program's descriptors", .descriptors) {
            $0.steps.insert(Planned(.keepDescriptors([3]), JSONPath()), at: $0.steps.count - 3)
        },
        Mistake("kept descriptors are closed again", .descriptors) {
            $0.drop("closeDescriptors")
            $0.steps.insert(Planned(.keepDescriptors([3]), JSONPath()), at: $0.steps.count - 1)
        },
        Mistake("the filter comes too early", .seccomp) { $0.move("loadSeccompFilter", before: "setUser") },
        Mistake("two filters", .seccomp) { $0.duplicate("loadSeccompFilter") },
        Mistake("no_new_privs after the filter", .seccomp) { $0.move("setNoNewPrivileges", after: "loadSeccompFilter") },
        Mistake("a filter without power or no_new_privs", .seccomp) { $0.drop("setNoNewPrivileges") },
        Mistake("the user is never taken on", .capabilities) { $0.drop("setUser") },
        Mistake("the user changes twice", .capabilities) { $0.duplicate("setUser") },
        Mistake("capabilities are lost with the user", .capabilities) { $0.drop("keepCapabilitiesAcrossUserChange") },
        Mistake("kept capabilities are never set", .capabilities) { $0.drop("setCapabilities") },
        Mistake("the bounding set after the user", .capabilities) { $0.move("dropBoundingCapabilities", after: "setUser") },
        Mistake("the host is never told", .gates) { $0.drop("gate(ready)") },
        Mistake("the host is told twice", .gates) { $0.duplicate("gate(ready)") },
        Mistake("start before ready", .gates) { $0.move("waitForStart", before: "gate(ready)") },
        Mistake("a gate without host steps", .gates) { $0.steps.insert(Planned(.gate(.mounts), JSONPath()), at: 40) },
        Mistake("host steps without their gate", .gates) { $0.gates[.mounts] = $0.gates[.ready] },
        Mistake("a host step at a gate that cannot do it", .hostSteps) {
            $0.gates[.ready]?.append(Planned(.sendListener(path: "/s"), JSONPath()))
        },
        Mistake("a gate's step in the preparation", .hostSteps) {
            $0.preparation.insert(Planned(.recordProcess, JSONPath()), at: 0)
        },
        Mistake("no process is cloned", .hostSteps) { $0.preparation.removeLast() },
        Mistake("the process is cloned too early", .hostSteps) { $0.preparation.swapAt(0, $0.preparation.count - 1) },
        Mistake("an effect before the record tells how it is taken back", .hostSteps) { $0.preparation.swapAt(1, 2) },
        Mistake("an effect that nobody would take back", .hostSteps) { $0.preparation.removeFirst(2) },
        Mistake("a hook of a program that does not run yet", .hostSteps) {
            $0.preparation.insert(Planned(.runHook(.poststart, Hook(path: "/bin/true")), JSONPath()), at: 3)
        },
        Mistake("a step that is too late", .hostSteps) { $0.completion.append(Planned(.setOOMScore(1), JSONPath())) },
        Mistake("something after the pid is told", .hostSteps) {
            $0.gates[.ready]? += [Planned(.writePidFile("/pid"), JSONPath()), Planned(.setOOMScore(1), JSONPath())]
        },
        Mistake("the pid before the state", .hostSteps) {
            $0.gates[.ready]?.insert(Planned(.writePidFile("/pid"), JSONPath()), at: 0)
        },
        Mistake("the stage's mask for the program", .umask) { $0.drop("restoreUmask") },
        Mistake("nodes under the caller's mask", .umask) { $0.move("saveUmask", after: "makeDevice") },
        Mistake("the program is not looked for", .once) { $0.drop("findProgram") },
        Mistake("no program is executed", .once) { $0.drop("execute") },
        Mistake("a step after the program", .once) { $0.move("execute", before: "waitForStart") },
        Mistake("signals are not reset", .once) { $0.drop("resetSignals") },
        Mistake("a root on the host beside a mount namespace", .mounts) {
            let attach = HostStep.attachRoot(tree: Slot(index: 0), at: "/rootfs")
            $0.preparation.insert(Planned(attach, JSONPath()), at: $0.preparation.count - 1)
        },
        Mistake("two sessions", .once) { $0.duplicate("newSession") },
        Mistake("a second fork", .namespaces) {
            let fork = Planned(Step.fork(namespaces: []), JSONPath())
            $0.steps.insert(contentsOf: [fork, fork], at: 2)
        },
        Mistake("a namespace of others, traceable", .namespaces) {
            $0.steps.insert(Planned(.joinNamespaces([.pid], process: Slot(index: 0)), JSONPath()), at: 2)
        },
        Mistake("a user namespace without mappings", .namespaces) {
            $0.steps.insert(Planned(.newNamespaces([.user]), JSONPath()), at: 2)
        },
        Mistake("start hooks before ready", .hooks) { plan in
            let hook = Step.runHook(.startContainer, Hook(path: "/bin/true"), state: HookState(text: "", pidOffset: 0))
            plan.steps.insert(Planned(hook, JSONPath()), at: 20)
        },
    ]

    /// A plan with something of everything: capabilities, a filter, no_new_privs, masks, a read-only root, v1 groups.
    static func whole() throws -> Plan {
        let fixture = try #require(PlannedFixture.all.first { $0.fileName == "full-default.hybrid.txt" })
        var spec = fixture.spec
        spec.linux?.seccomp = SeccompProfile(defaultAction: "SCMP_ACT_ALLOW")
        return try PlannedFixture(name: "whole", host: .hybrid, variant: .create, spec: spec).plan()
    }

    @Test func theWholePlanIsRight() throws {
        #expect(try Self.whole().violations() == [])
    }

    @Test(arguments: mistakes) func mistakeIsCaught(_ mistake: Mistake) throws {
        var plan = try Self.whole()
        let before = plan
        mistake.make(&plan)
        #expect(plan != before, "the mistake changes nothing; is its step still in the plan?")
        #expect(plan.violations().contains { $0.rule == mistake.rule }, "found: \(plan.violations())")
    }

    @Test func everyRuleCanBeBroken() {
        #expect(Set(Self.mistakes.map(\.rule)) == Set(PlanViolation.Rule.allCases))
    }

    /// Steps that stand alone: without one the plan is another plan, but not a wrong one.
    private static let independent: Set<String> = [
        "nameProcess", "endWithCaller", "joinSessionKeyring", "bringUpLoopback", "newNamespaces", "mountFileSystem", "changeMount", "makeDevice",
        "makeLink", "setHostname", "makeReadOnly", "mask", "makeRootReadOnly", "makeWorkingDirectory", "resetCPUAffinity", "findHome",
        "ownStandardStreams", "enterDirectory", "setLimit", "setNoNewPrivileges", "loadSeccompFilter", "waitForStart",
    ]

    @Test func everyOtherStepIsMissed() throws {
        let whole = try Self.whole()
        for index in whole.steps.indices {
            var plan = whole
            let step = plan.steps.remove(at: index).action
            if plan.violations().isEmpty {
                #expect(Self.independent.contains(step.caseName), "nobody misses step \(index + 1): \(step.text)")
            }
        }
    }

    /// Steps that may be done twice.
    private static let repeatable: Set<String> = [
        "joinSessionKeyring", "bringUpLoopback", "newNamespaces", "changePropagation", "mountFileSystem", "changeMount",
        "makeDevice", "makeLink", "setHostname", "makeReadOnly", "mask", "makeRootReadOnly", "makeWorkingDirectory", "resetCPUAffinity",
        "findHome", "ownStandardStreams", "enterDirectory", "setLimit", "setNoNewPrivileges", "dropBoundingCapabilities",
        "keepCapabilitiesAcrossUserChange", "setCapabilities",
    ]

    @Test func everyOtherStepHappensOnce() throws {
        let whole = try Self.whole()
        for index in whole.steps.indices {
            var plan = whole
            let step = plan.steps[index]
            plan.steps.insert(step, at: index)
            if plan.violations().isEmpty {
                #expect(Self.repeatable.contains(step.action.caseName), "step \(index + 1) may happen twice: \(step.action.text)")
            }
        }
    }

    /// Of all ways to move one step somewhere else, most are mistakes; a checker that became blind would catch few.
    @Test func mostMovesAreCaught() throws {
        let whole = try Self.whole()
        var generator = SplitMix(seed: 20)
        var caught = 0
        for _ in 0..<2000 {
            var plan = whole
            let step = plan.steps.remove(at: generator.below(plan.steps.count))
            plan.steps.insert(step, at: generator.below(plan.steps.count + 1))
            if !plan.violations().isEmpty { caught += 1 }
        }
        #expect(caught > 1100, "\(caught) of 2000 moves were caught")
    }
}

extension Step {
    /// The name of the case, and of the gate for a gate.
    var caseName: String {
        if case .gate(let gate) = self { return "gate(\(gate))" }
        return String(String(describing: self).prefix { $0 != "(" })
    }
}

extension Plan {
    private func index(_ name: String) -> Int? { steps.firstIndex { $0.action.caseName == name } }

    /// Takes the first such step away.
    mutating func drop(_ name: String) {
        if let index = index(name) { steps.remove(at: index) }
    }

    mutating func duplicate(_ name: String) {
        if let index = index(name) { steps.insert(steps[index], at: index) }
    }

    mutating func move(_ name: String, after other: String) {
        guard let from = index(name) else { return }
        let step = steps.remove(at: from)
        steps.insert(step, at: (steps.lastIndex { $0.action.caseName == other } ?? from - 1) + 1)
    }

    mutating func move(_ name: String, before other: String) {
        guard let from = index(name) else { return }
        let step = steps.remove(at: from)
        steps.insert(step, at: index(other) ?? from)
    }
}
