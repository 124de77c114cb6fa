internal import RuntimeSpec

extension PlanChecker {
    mutating func checkConfinement(_ step: Step, _ number: Int) {
        switch step {
        case .setNoNewPrivileges:
            if hasFilter { report(.seccomp, number, "a filter was loaded although no_new_privs comes only now") }
            hasNoNewPrivileges = true
        case .dropBoundingCapabilities:
            if changedUser { report(.capabilities, number, "the bounding set can no longer be changed") }
            droppedBounding = true
        case .keepCapabilitiesAcrossUserChange:
            if changedUser { report(.capabilities, number, "the user has changed already") }
            keepsCapabilities = true
        case .setUser(let uid, _, _):
            if changedUser { report(.capabilities, number, "the user changes twice") }
            changedUser = true
            // KERNEL: effective capabilities are lost with the user id 0; permitted ones are kept on request.
            if uid != 0 { hasPower = false }
        case .setCapabilities:
            if !droppedBounding || !keepsCapabilities || !changedUser {
                report(.capabilities, number, "capabilities are set before the bounding set and the user")
            }
            hasPower = false
        case .raiseAmbientCapabilities:
            if hasPower { report(.capabilities, number, "ambient capabilities need inheritable ones first") }
        case .loadSeccompFilter: load(number)
        default: break
        }
        if hasFilter && hasNoNewPrivileges { checkFiltered(step, number) }
    }

    private mutating func load(_ number: Int) {
        if hasFilter { report(.seccomp, number, "a second filter") }
        if !hasNoNewPrivileges && !(hasPower && !changedUser) {
            report(.seccomp, number, "without no_new_privs a filter needs CAP_SYS_ADMIN, which is gone")
        }
        hasFilter = true
    }

    /// With no_new_privs a filter need allow only what comes between `start` and the program.
    private mutating func checkFiltered(_ step: Step, _ number: Int) {
        switch step {
        case .loadSeccompFilter, .gate(.ready), .waitForStart, .keepDescriptors, .execute: break
        // The host hands the listener on, so it has to be there before the container is created.
        case .runHook(.startContainer, _, _) where metGates.contains(.listener): break
        default: report(.seccomp, number, "\"\(step.text)\" happens under the program's filter")
        }
    }

    mutating func checkProgram(_ step: Step, _ number: Int) {
        if keptDescriptors {
            guard case .execute = step else {
                return report(.descriptors, number, "\"\(step.text)\" happens while descriptors are open to hooks")
            }
        }
        switch step {
        case .saveUmask:
            if umaskIsSaved { report(.umask, number, "the mask that is saved is not the caller's") }
            umaskIsSaved = true
        case .restoreUmask, .setUmask:
            if !umaskIsSaved || umaskIsBack { report(.umask, number, "the mask is not set aside") }
            umaskIsBack = true
        case .runHook(let kind, _, _): checkHook(kind, number)
        case .waitForStart:
            if !isReady { report(.gates, number, "start is waited for before the container is ready") }
            if hasStarted { report(.once, number, "start is waited for twice") }
            hasStarted = true
        case .enterDirectory(_, let attempt):
            if root != .entered && !joinedMountNamespace { report(.oldRoot, number, "the directory lies outside the root") }
            if attempt == .first { triedDirectory = true }
            if attempt == .second && !(triedDirectory && changedUser) {
                report(.once, number, "the second attempt has no first, or no change of the user between")
            }
        case .findProgram:
            if foundProgram { report(.once, number, "the program is looked for twice") }
            if !changedUser { report(.capabilities, number, "the program is looked for with another user's rights") }
            foundProgram = true
        case .closeDescriptors:
            if hasFilter { report(.descriptors, number, "a filter need not allow it") }
            if closedDescriptors { report(.descriptors, number, "that was done before") }
            closedDescriptors = true
        case .keepDescriptors:
            if !closedDescriptors { report(.descriptors, number, "the kept descriptors would be closed again") }
            keptDescriptors = true
        case .execute: checkExecution(number)
        default: break
        }
    }

    private mutating func checkHook(_ kind: HookKind, _ number: Int) {
        switch kind {
        case .createContainer:
            if root == .entered || isReady { report(.hooks, number, "createContainer hooks see the root from outside") }
            if needsFork { report(.hooks, number, "the process is not in all its namespaces") }
        case .startContainer:
            if !isReady { report(.hooks, number, "startContainer hooks belong to start") }
        default: report(.hooks, number, "\(kind.rawValue) hooks belong to the host")
        }
    }

    private mutating func checkExecution(_ number: Int) {
        if number != plan.steps.count { report(.once, number, "steps after the execution never happen") }
        if !closedDescriptors { report(.descriptors, number, "the program would get the stage's descriptors") }
        if !foundProgram { report(.once, number, "the program was not looked for") }
        if !umaskIsBack { report(.umask, number, "the program would get the stage's file mode mask") }
        if !isReady { report(.gates, number, "the host was never told that the container is ready") }
    }

    /// What can be said only of the whole.
    mutating func checkEnd() {
        if case .execute? = plan.steps.last?.action {} else { report(.once, 0, "no program is executed") }
        if !changedUser { report(.capabilities, 0, "the program's user is never taken on") }
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
