internal import RuntimeSpec

extension PlanChecker {
    mutating func join(_ kinds: [NamespaceKind], _ number: Int) {
        // CVE-2016-9962: those inside could trace a process that still holds the host's descriptors.
        if !refusesTracing && (kinds.contains(.pid) || kinds.contains(.user)) {
            report(.namespaces, number, "a namespace with others inside is joined by a process that can be traced")
        }
        if kinds.contains(.pid) || kinds.contains(.time) { needsFork = true }
        if kinds.contains(.mount) {
            joinedMountNamespace = true
            hasMountNamespace = true
        }
    }

    mutating func make(_ kinds: [NamespaceKind], _ number: Int) {
        if kinds.contains(.mount) { hasMountNamespace = true }
        if kinds.contains(.pid) || kinds.contains(.time) { needsFork = true }
        if kinds.contains(.cgroup) { madeControlGroupNamespace = true }
        if kinds.contains(.user) {
            needsMappings = true
            needsFork = true
        } else if needsMappings {
            report(.namespaces, number, "namespaces are made before the user namespace has its mappings")
        }
    }

    // MARK: Gates

    mutating func checkGate(_ step: Step, _ number: Int) {
        guard let gate = step.gate else { return }
        if let last = metGates.last, last.rawValue >= gate.rawValue {
            report(.gates, number, "gate \(gate) comes after gate \(last)")
        }
        metGates.append(gate)
        if hasStarted { report(.gates, number, "nobody is at gate \(gate) any more after start") }
        if gate != .ready && (plan.gates[gate] ?? []).isEmpty {
            report(.gates, number, "the host has nothing to do at gate \(gate)")
        }
        switch gate {
        case .userNamespace:
            let maps = (plan.gates[gate] ?? []).contains { if case .writeMappings = $0.action { true } else { false } }
            if !needsMappings || !maps { report(.gates, number, "there are no mappings to write") }
            needsMappings = false
        case .timeNamespace:
            if hasForked { report(.gates, number, "a time namespace with a process in it keeps its clocks") }
        case .namespaces:
            if needsFork { report(.gates, number, "the process is not in all its namespaces") }
        case .mounts:
            if root != .attached && !plan.hasNoMountedRoot { report(.gates, number, "the root is not complete") }
            if root == .entered { report(.gates, number, "the root is entered already") }
        case .listener: break
        case .ready:
            isReady = true
            if root != .entered && !joinedMountNamespace { report(.gates, number, "the container is ready outside its root") }
            if changesMounts { break }
            if !foundProgram { report(.gates, number, "whether the program exists is not known yet") }
            if !changedUser { report(.gates, number, "the container is ready before it is its user") }
        }
    }

    // MARK: The host

    mutating func checkPreparation() {
        for (index, planned) in plan.preparation.enumerated() {
            let step = planned.action
            if !step.gates.isEmpty { report(.hostSteps, index + 1, "\"\(step.text)\" needs a gate") }
            if step.isCompletion { report(.hostSteps, index + 1, "\"\(step.text)\" needs a program that runs") }
            for slot in step.fills { fill(slot, index + 1) }
            // The host waits for the end of this one; the stage only holds it.
            if case .makeStartPipe(_, let started) = step { slots[started] = .filled(used: true) }
            // A container without namespaces gives nothing to join; its process is opened all the same, and closed at once.
            if case .openContainerProcess(let process, _) = step { slots[process] = .filled(used: true) }
            if case .attachRoot(let tree, _) = step {
                if slots[tree] == nil { report(.slots, index + 1, "slot \(tree.index) is used before it is filled") }
                mountsOnHost = true
                root = .attached
            }
            if case .cloneProcess(let kinds, _) = step {
                if index + 1 != plan.preparation.count { report(.hostSteps, index + 1, "the process is cloned too early") }
                if kinds != plan.cloneNamespaces { report(.hostSteps, index + 1, "the text tells of other namespaces") }
            }
        }
        if case .cloneProcess? = plan.preparation.last?.action {} else if !restores {
            report(.hostSteps, 0, "no process is cloned")
        }
        checkRecord()
        checkHostGates()
        let entersMountNamespace = plan.cloneNamespaces.contains(.mount) || plan.steps.contains { $0.action.entersMountNamespace }
        if mountsOnHost && entersMountNamespace { report(.mounts, 0, "the root is attached on the host for nothing") }
    }

    /// How the effects are taken back is written down before the first of them.
    private mutating func checkRecord() {
        let steps = plan.preparation.map { $0.action }
        guard steps.contains(.makeStateDirectory) else {
            for step in steps where step.undo.actions.contains(where: { $0 != .endProcess }) {
                report(.hostSteps, 0, "nobody would take \"\(step.text)\" back: there is no record")
            }
            return
        }
        if steps.first != .makeStateDirectory || steps.dropFirst().first != .writeRecord {
            report(.hostSteps, 0, "something happens before the record tells how it is taken back")
        }
    }

    private mutating func checkHostGates() {
        for gate in Gate.allCases {
            for planned in plan.gates[gate] ?? [] where !planned.action.gates.contains(gate) {
                report(.hostSteps, 0, "\"\(planned.action.text)\" stands at gate \(gate)")
            }
        }
        for planned in plan.completion where !planned.action.isCompletion {
            report(.hostSteps, 0, "\"\(planned.action.text)\" comes when the program runs")
        }
        let ready = (plan.gates[.ready] ?? []).map({ $0.action })
        if let pid = ready.firstIndex(where: { if case .writePidFile = $0 { true } else { false } }) {
            if let state = ready.firstIndex(of: .recordProcess), pid < state {
                report(.hostSteps, 0, "the pid is told before the state can be read")
            }
            if pid + 1 != ready.count { report(.hostSteps, 0, "the pid is told before all is done") }
        }
    }
}

extension Plan {
    /// Whether the root is entered by chroot alone.
    var hasNoMountedRoot: Bool {
        !steps.contains { if case .attachRoot = $0.action { true } else { false } }
            && !preparation.contains { if case .attachRoot = $0.action { true } else { false } }
    }
}

extension Step {
    fileprivate var entersMountNamespace: Bool {
        if case .joinNamespace(let kind, _) = self { return kind == .mount }
        if case .newNamespaces(let kinds) = self { return kinds.contains(.mount) }
        if case .joinNamespaces(let kinds, _) = self { return kinds.contains(.mount) }
        if case .fork(let kinds) = self { return kinds.contains(.mount) }
        return false
    }
}
