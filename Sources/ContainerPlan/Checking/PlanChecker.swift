internal import RuntimeSpec

/// Walks a plan with what is true after each step.
struct PlanChecker {
    let plan: Plan
    private(set) var violations: [PlanViolation] = []

    /// What a slot holds.
    enum SlotState {
        case filled(used: Bool)
        case closed
    }

    enum Root {
        /// The host's, in a mount namespace that may be the host's as well.
        case host
        /// The container's tree is attached and not yet entered.
        case attached
        /// pivot_root(2) was called; the old root is still mounted below.
        case pivoted
        /// The container's.
        case entered
    }

    var slots: [Slot: SlotState] = [:]
    var root = Root.host
    /// Whether the root, or a mount inside of it, cannot be written any more.
    var rootIsReadOnly = false
    /// Whether mounts that are made here stay inside: a mount namespace of its own, and no propagation to the host.
    var hasMountNamespace = false
    var isSeparated = false
    /// Whether the mount namespace was joined: others are in it, who keep their root.
    var joinedMountNamespace = false
    /// Whether the host attached the root in its own mount namespace, because the container has no other.
    var mountsOnHost = false
    var hasPower = true
    var keepsCapabilities = false
    var droppedBounding = false
    var changedUser = false
    var hasNoNewPrivileges = false
    var hasFilter = false
    var closedDescriptors = false
    var keptDescriptors = false
    var umaskIsSaved = false
    var umaskIsBack = false
    var refusesTracing = false
    var needsFork = false
    var hasForked = false
    var madeControlGroupNamespace = false
    var needsMappings = false
    var isReady = false
    /// Whether signals end the process while it waits.
    var endsOnSignals = false
    var hasStarted = false
    var triedDirectory = false
    var foundProgram = false
    var metGates: [Gate] = []

    /// Whether the plan changes a container that runs, instead of executing a program.
    let changesMounts: Bool
    /// Whether CRIU makes the processes, or writes them to images: there is no stage then.
    let restores: Bool
    let dumps: Bool

    init(_ plan: Plan) {
        self.plan = plan
        changesMounts = plan.steps.last?.action == .end
        dumps = plan.preparation.contains { if case .dumpProcesses = $0.action { true } else { false } }
        restores = plan.preparation.contains { if case .restoreProcesses = $0.action { true } else { false } }
    }

    /// Whether mounts may be made and changed below the root now.
    private var reachesMounts: Bool {
        root == .attached || changesMounts && root == .entered && joinedMountNamespace
    }

    mutating func report(_ rule: PlanViolation.Rule, _ step: Int, _ message: String) {
        violations.append(PlanViolation(rule: rule, step: step, message: message))
    }

    mutating func check() {
        if dumps { return checkDump() }
        checkPreparation()
        if restores { return checkRestore() }
        hasMountNamespace = plan.cloneNamespaces.contains(.mount)
        let closings = plan.closings
        for (index, planned) in plan.steps.enumerated() {
            let number = index + 1
            let step = planned.action
            let effects = step.effects
            checkPower(step, effects, number)
            checkSlots(step, effects, number)
            checkPlace(step, effects, number)
            follow(step, number)
            checkFilter(step, effects, number)
            checkGate(step, number)
            checkHeld(step, number)
            closings.forEach(after: index) { close($0, number) }
        }
        checkEnd()
    }

    // MARK: Slots

    mutating func fill(_ slot: Slot, _ number: Int) {
        if slots[slot] != nil { report(.slots, number, "slot \(slot.index) is filled twice") }
        if slot.index >= plan.slotCount { report(.slots, number, "slot \(slot.index) is beyond the plan's \(plan.slotCount)") }
        slots[slot] = .filled(used: false)
    }

    private mutating func close(_ slot: Slot, _ number: Int) {
        if case .filled(used: false) = slots[slot] { report(.slots, number, "slot \(slot.index) is filled and never used") }
        slots[slot] = .closed
    }

    private mutating func checkSlots(_ step: Step, _ effects: StepEffects, _ number: Int) {
        for slot in effects.reads {
            switch slots[slot] {
            case .filled: slots[slot] = .filled(used: true)
            case .closed: report(.slots, number, "slot \(slot.index) is used after it was closed")
            case nil: report(.slots, number, "slot \(slot.index) is used before it is filled")
            }
        }
        for slot in effects.fills {
            fill(slot, number)
            // Whether a container's root is looked into is up to later steps, which may need nothing of it.
            if case .openCurrentRoot = step { slots[slot] = .filled(used: true) }
        }
        for slot in effects.closes { slots[slot] = .closed }
    }

    /// Least authority: who waits for others, or lets others run, holds what it waits with and nothing else.
    private mutating func checkHeld(_ step: Step, _ number: Int) {
        if !closedDescriptors && step != .resetSignals {
            report(.descriptors, number, "\"\(step.text)\" happens while an execution would hand descriptors on")
        }
        let isReadyNow = if case .gate(.ready) = step { true } else { isReady }
        guard isReadyNow else { return }
        let pipes = plan.startPipes
        for (slot, state) in slots.sorted(by: { $0.key.index < $1.key.index }) where !pipes.contains(slot) {
            guard case .filled = state else { continue }
            report(.descriptors, number, "slot \(slot.index) is open still when \"\(step.text)\" happens")
        }
    }

    // MARK: Power

    private mutating func checkPower(_ step: Step, _ effects: StepEffects, _ number: Int) {
        if effects.needsPower && !hasPower {
            report(.power, number, "\"\(step.text)\" comes after the capabilities are gone")
        }
        if case .gate(.ready) = step, keepsCapabilities, hasPower {
            report(.power, number, "the container waits with more power than its program has")
        }
    }

    // MARK: The root and mounts

    private mutating func checkPlace(_ step: Step, _ effects: StepEffects, _ number: Int) {
        if needsFork && (effects.mountsInRoot || effects.makesFiles) {
            report(.namespaces, number, "\"\(step.text)\" happens before the process is in all its namespaces")
        }
        if effects.mountsInRoot {
            if !reachesMounts { report(.mounts, number, "\"\(step.text)\" happens while the root is not attached") }
            if !hasMountNamespace && !mountsOnHost {
                report(.mounts, number, "\"\(step.text)\" happens in the host's mount namespace")
            }
        }
        if effects.makesFiles {
            if rootIsReadOnly { report(.readOnlyRoot, number, "\"\(step.text)\" needs a root that can be written") }
            if !umaskIsSaved || umaskIsBack { report(.umask, number, "\"\(step.text)\" is subject to the file mode mask") }
        }
    }

    // MARK: Step by step

    /// What is true after the step, and what had to be true before it. One entry for each step, so that none is forgotten.
    private mutating func follow(_ step: Step, _ number: Int) {
        if root == .pivoted {
            if case .detachOldRoot = step {
            } else {
                report(.oldRoot, number, "the host's root is still mounted when \"\(step.text)\" happens")
            }
        }
        if keptDescriptors {
            if case .execute = step {
            } else {
                report(.descriptors, number, "\"\(step.text)\" happens while descriptors are open to hooks")
            }
        }
        switch step {
        // Namespaces and control groups.
        case .refuseTracing: refusesTracing = true
        case .joinControlGroup:
            if madeControlGroupNamespace {
                report(.namespaces, number, "the control group namespace has another group as its root")
            }
        case .joinNamespace(let kind, _): join([kind], number)
        case .joinNamespaces(let kinds, _): join(kinds, number)
        case .newNamespaces(let kinds): make(kinds, number)
        case .fork(let kinds):
            if hasForked { report(.namespaces, number, "the stage forks twice") }
            if needsMappings { report(.namespaces, number, "the user namespace has no mappings yet") }
            hasForked = true
            needsFork = false
            if kinds.contains(.mount) { hasMountNamespace = true }
        case .becomeUserOfNamespace:
            if needsMappings { report(.namespaces, number, "root of the user namespace does not exist before its mappings") }
        case .endOnSignals:
            if endsOnSignals { report(.once, number, "that was done before") }
            if needsFork { report(.namespaces, number, "\"\(step.text)\" happens in a process that will end") }
            endsOnSignals = true
        case .newSession, .joinSessionKeyring:
            if needsFork { report(.namespaces, number, "\"\(step.text)\" happens in a process that will end") }
        // The root and its mounts.
        case .changePropagation(let kind, let recursive):
            if !hasMountNamespace && !(mountsOnHost && root == .entered) {
                report(.mounts, number, "propagation changes in the host's mount namespace")
            }
            if root == .host && recursive && kind != .shared { isSeparated = true }
            if root == .attached { report(.mounts, number, "propagation of the old root changes too late") }
        case .attachRoot:
            if root != .host { report(.hostPaths, number, "the place for the root is looked up after the root changed") }
            if !hasMountNamespace || !isSeparated { report(.mounts, number, "the root's mount could reach the host") }
            root = .attached
        case .openTreeInRoot(let path, _, _, _, _, _):
            if !reachesMounts { report(.mounts, number, "\(path) of the root is out of reach") }
        case .openDeviceNodes:
            if root != .attached || !hasMountNamespace { report(.mounts, number, "devices are made where the host sees them") }
        case .hideHostMount(let path):
            if !hasMountNamespace || !isSeparated { report(.mounts, number, "\(path) would be detached on the host") }
            if root == .entered { report(.hostPaths, number, "\(path) of the host is out of reach") }
        case .openHostFile(let path, _, _):
            if root == .entered { report(.hostPaths, number, "\(path) of the host is out of reach") }
        case .openTree(let path, _, _, _, _):
            if root == .entered { report(.hostPaths, number, "\(path) of the host is out of reach") }
            // KERNEL: open_tree(2) copies mounts only where the caller has power over the mount namespace.
            if !hasMountNamespace { report(.mounts, number, "mounts of the host's namespace are copied by the stage") }
        case .openNullDevice:
            if root != .attached { report(.mounts, number, "the container's null device is out of reach") }
        case .makeRootReadOnly:
            if root != .attached { report(.mounts, number, "the root becomes read-only while it is not attached") }
            rootIsReadOnly = true
        case .makeMountReadOnly: rootIsReadOnly = true
        case .changeRoot(_, let change): enter(change, number)
        case .detachOldRoot:
            if root != .pivoted { report(.oldRoot, number, "there is no old root to detach") }
            root = .entered
        // What the program may do.
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
        case .endWithCaller:
            if !changedUser { report(.capabilities, number, "the change of the user would take the bond to the caller back") }
        case .setCapabilities:
            if !droppedBounding || !keepsCapabilities || !changedUser {
                report(.capabilities, number, "capabilities are set before the bounding set and the user")
            }
            hasPower = false
        case .raiseAmbientCapabilities:
            if hasPower { report(.capabilities, number, "ambient capabilities need inheritable ones first") }
        case .loadSeccompFilter: load(number)
        // The program.
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
            if !endsOnSignals { report(.once, number, "nobody could ask the container to end before start") }
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
        case .end:
            if number != plan.steps.count { report(.once, number, "steps after the end never happen") }
        case .execute: checkExecution(number)
        // What nothing else depends on.
        case .resetSignals, .nameProcess, .setHostname, .setDomainname, .bringUpLoopback, .gate, .offerRouteSocket,
            .openCurrentRoot, .mountFileSystem, .attachTree, .changeMount, .openMount, .removeMount,
            .openPrivateProcessFileSystem, .makeEmptyDirectory, .makeDevice, .bindDevice, .makeLink, .mask, .makeReadOnly,
            .makeWorkingDirectory,
            .writeSystemControl, .openTerminal, .sendTerminal, .bindConsole, .useTerminal, .ownStandardStreams, .setLimit,
            .setScheduler, .setIOPriority, .setCPUAffinity, .resetCPUAffinity, .setMemoryPolicy, .setPersonality,
            .setSecurityLabel, .findHome:
            break
        }
    }

    private mutating func enter(_ change: ChangeOfRoot, _ number: Int) {
        switch change {
        case .pivot:
            if root != .attached { report(.oldRoot, number, "there is no root to pivot into") }
            if mountsOnHost { report(.mounts, number, "the host's root changes") }
            root = .pivoted
        case .move, .enter:
            if root != .attached { report(.oldRoot, number, "there is no root to move") }
            if mountsOnHost { report(.mounts, number, "the host's root changes") }
            root = .entered
        case .change:
            if root != .host && !joinedMountNamespace && !mountsOnHost {
                report(.oldRoot, number, "chroot alone leaves the host's mounts in reach")
            }
            root = .entered
        }
    }
}
