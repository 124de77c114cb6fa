internal import RuntimeSpec

extension PlanChecker {
    mutating func load(_ number: Int) {
        if hasFilter { report(.seccomp, number, "a second filter") }
        if !hasNoNewPrivileges && !(hasPower && !changedUser) {
            report(.seccomp, number, "without no_new_privs a filter needs CAP_SYS_ADMIN, which is gone")
        }
        hasFilter = true
    }

    /// With no_new_privs a filter need allow only what comes between `start` and the program.
    mutating func checkFilter(_ step: Step, _ effects: StepEffects, _ number: Int) {
        if !hasFilter || !hasNoNewPrivileges { return }
        // RUNC: hooks between start and the program are under its filter.
        if effects.isFiltered { return }
        report(.seccomp, number, "\"\(step.text)\" happens under the program's filter")
    }

    mutating func checkHook(_ kind: HookKind, _ number: Int) {
        switch kind {
        case .createContainer:
            if root == .entered || isReady { report(.hooks, number, "createContainer hooks see the root from outside") }
            if needsFork { report(.hooks, number, "the process is not in all its namespaces") }
        case .startContainer:
            if !isReady { report(.hooks, number, "startContainer hooks belong to start") }
        case .prestart, .createRuntime, .poststart, .poststop:
            report(.hooks, number, "\(kind.rawValue) hooks belong to the host")
        }
    }

    mutating func checkExecution(_ number: Int) {
        if number != plan.steps.count { report(.once, number, "steps after the execution never happen") }
        if !closedDescriptors { report(.descriptors, number, "the program would get the stage's descriptors") }
        if !foundProgram { report(.once, number, "the program was not looked for") }
        if !umaskIsBack { report(.umask, number, "the program would get the stage's file mode mask") }
        if !isReady { report(.gates, number, "the host was never told that the container is ready") }
    }

    /// CRIU is in the container's groups before it makes a process, and nothing that is attached for it stays.
    mutating func checkRestore() {
        if !plan.steps.isEmpty { report(.once, 0, "a restored container has no stage") }
        let steps = plan.preparation.map { $0.action }
        func place(_ isMeant: (HostStep) -> Bool) -> Int { steps.firstIndex(where: isMeant) ?? -1 }
        let restored = place { if case .restoreProcesses = $0 { true } else { false } }
        let started = place { if case .startRestorer = $0 { true } else { false } }
        let attached = place { if case .bindRoot = $0 { true } else { false } }
        if attached < 0 || started < attached || restored < started {
            report(.hostSteps, 0, "CRIU works before its root is there, or it runs")
        }
        if steps.last != .detachRestorePlace { report(.hostSteps, 0, "what is attached for CRIU stays") }
        guard case .restoreProcesses(let order)? = restored < 0 ? nil : steps[restored] else { return }
        for slot in order.inherited.map({ $0.slot }) + (order.console.map { [$0] } ?? []) {
            if slots[slot] == nil { report(.slots, 0, "slot \(slot.index) is used before it is filled") }
            slots[slot] = .filled(used: true)
        }
        for (slot, state) in slots.sorted(by: { $0.key.index < $1.key.index }) {
            if case .filled(used: false) = state { report(.slots, 0, "slot \(slot.index) is filled and never used") }
        }
        let ready = (plan.gates[.ready] ?? []).map { $0.action }
        if ready.firstIndex(of: .noteRunning) ?? .max > ready.firstIndex(of: .recordProcess) ?? -1 {
            report(.hostSteps, 0, "the pid is told before the program is known to run")
        }
    }

    /// The container goes only when all of it is written, and only when nobody wants it to go on.
    mutating func checkDump() {
        if !plan.steps.isEmpty || !plan.gates.isEmpty { report(.once, 0, "a container that is dumped has no stage") }
        let steps = plan.preparation.map { $0.action }
        let dump = steps.firstIndex { if case .dumpProcesses = $0 { true } else { false } } ?? -1
        guard dump >= 0, case .dumpProcesses(let order) = steps[dump] else { return }
        let made = steps.firstIndex { if case .makeImageDirectory = $0 { true } else { false } }
        let noted = steps.firstIndex { if case .noteStreams = $0 { true } else { false } }
        if made ?? .max > dump || made ?? .max > noted ?? .max {
            report(.hostSteps, 0, "something is written before its directory is there")
        }
        if order.process == nil { report(.hostSteps, 0, "nobody says which process is dumped") }
        if !order.options.isPreDump, noted ?? .max > dump { report(.hostSteps, 0, "nobody could tell the pipes of the streams") }
        let goesOn = order.options.isPreDump || order.options.leavesRunning
        if goesOn == steps.contains(.deleteContainer) || !goesOn && steps.last != .deleteContainer {
            report(.hostSteps, 0, "the container goes while it is wanted, or stays when it is gone")
        }
    }

    /// What can be said only of the whole.
    mutating func checkEnd() {
        if case .execute? = plan.steps.last?.action {} else if !changesMounts { report(.once, 0, "no program is executed") }
        if !changedUser, !changesMounts { report(.capabilities, 0, "the program's user is never taken on") }
        if keepsCapabilities != droppedBounding { report(.capabilities, 0, "one of the sets is left as it was") }
        if (keepsCapabilities || droppedBounding) && !endsWithCapabilities {
            report(.capabilities, 0, "capabilities are kept across the change of the user and never set")
        }
        if needsFork { report(.namespaces, 0, "a namespace is never entered, for that takes a fork") }
        if needsMappings { report(.namespaces, 0, "a user namespace stays without mappings") }
        if root != .entered && !joinedMountNamespace { report(.oldRoot, 0, "the root is never entered") }
        if case .resetSignals? = plan.steps.first?.action {} else { report(.once, 0, "signals are not reset first") }
        for (gate, steps) in plan.gates.sorted(by: { $0.key.rawValue < $1.key.rawValue }) where !metGates.contains(gate) {
            report(.gates, 0, "the stage never comes to gate \(gate), where the host has \(steps.count) steps")
        }
        if metGates.filter({ $0 == .ready }).count != 1 { report(.gates, 0, "gate ready is not met exactly once") }
        for (slot, state) in slots.sorted(by: { $0.key.index < $1.key.index }) {
            if case .filled(used: false) = state { report(.slots, 0, "slot \(slot.index) is filled and never used") }
        }
        let once: [(String, (Step) -> Bool)] = [
            ("reset signals", { $0 == .resetSignals }), ("begin a session", { $0 == .newSession }),
            ("name the process", { if case .nameProcess = $0 { true } else { false } }),
        ]
        for (name, matches) in once where plan.steps.filter({ matches($0.action) }).count != 1 {
            report(.once, 0, "\"\(name)\" does not happen exactly once")
        }
    }

    private var endsWithCapabilities: Bool {
        plan.steps.contains { if case .setCapabilities = $0.action { true } else { false } }
    }
}
