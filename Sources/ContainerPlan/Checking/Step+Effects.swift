internal import RuntimeSpec

/// Slots of one step. Nearly all have none or a few, for which an array would be memory that is asked for and given back.
enum SlotList: Sequence {
    case none
    case one(Slot)
    case two(Slot, Slot)
    case few(Slot, Slot, Slot, Slot?)
    case many([Slot])

    init(_ one: Slot?) { self = one.map { .one($0) } ?? .none }

    init(_ one: Slot, _ other: Slot?) { self = other.map { .two(one, $0) } ?? .one(one) }

    func makeIterator() -> Iterator { Iterator(list: self) }

    struct Iterator: IteratorProtocol {
        fileprivate let list: SlotList
        private var index = 0

        fileprivate init(list: SlotList) { self.list = list }

        mutating func next() -> Slot? {
            defer { index += 1 }
            switch list {
            case .none: return nil
            case .one(let slot): return index == 0 ? slot : nil
            case .two(let first, let second): return index == 0 ? first : index == 1 ? second : nil
            case .few(let first, let second, let third, let fourth):
                return index == 0 ? first : index == 1 ? second : index == 2 ? third : index == 3 ? fourth : nil
            case .many(let slots): return index < slots.count ? slots[index] : nil
            }
        }
    }
}

/// What a step does, as far as others depend on it.
struct StepEffects {
    /// Slots that its records read.
    var reads = SlotList.none
    /// Slots that it fills.
    var fills = SlotList.none
    /// Slots that are closed after it.
    var closes = SlotList.none
    /// Whether it needs capabilities that a program's own set rarely has.
    var needsPower = false
    /// Whether it attaches or changes a mount inside the container's root.
    var mountsInRoot = false
    /// Whether it may make files or directories inside the container's root.
    var makesFiles = false
    /// Whether a filter of system calls that is in force may stop it: what comes between `start` and the program.
    var isFiltered = false
}

extension Step {
    /// One entry for each step, so that none is forgotten.
    var effects: StepEffects {
        switch self {
        case .resetSignals, .endOnSignals, .nameProcess, .refuseTracing, .endWithCaller, .newSession, .saveUmask, .restoreUmask,
            .setUmask,
            .joinSessionKeyring:
            StepEffects()
        case .joinControlGroup(_, let slot), .joinNamespace(_, let slot), .detachOldRoot(let slot):
            StepEffects(reads: .one(slot), closes: .one(slot), needsPower: true)
        case .joinNamespaces(_, let slot), .attachRoot(let slot, _), .changeRoot(let slot, _), .makeRootReadOnly(let slot),
            .writeSystemControl(_, _, let slot), .setSecurityLabel(_, _, let slot), .ownStandardStreams(_, let slot):
            StepEffects(reads: .one(slot), needsPower: true)
        case .newNamespaces, .becomeUserOfNamespace, .bringUpLoopback, .setHostname, .setDomainname, .changePropagation,
            .hideHostMount, .setLimit, .setScheduler, .setIOPriority, .dropBoundingCapabilities, .setUser:
            StepEffects(needsPower: true)
        case .fork(let kinds): StepEffects(needsPower: !kinds.isEmpty)
        case .gate(let gate): StepEffects(isFiltered: gate == .ready)
        case .offerRouteSocket(let slot, _): StepEffects(fills: .one(slot), closes: .one(slot))
        case .waitForStart(let slot): StepEffects(reads: .one(slot), isFiltered: true)
        case .openCurrentRoot(let slot), .openHostFile(_, let slot, _): StepEffects(fills: .one(slot))
        case .openTree(_, _, _, _, let slot), .openPrivateProcessFileSystem(let slot), .makeEmptyDirectory(let slot):
            StepEffects(fills: .one(slot), needsPower: true)
        case .openTreeInRoot(_, let root, _, _, _, let slot): StepEffects(reads: .one(root), fills: .one(slot), needsPower: true)
        case .openDeviceNodes(let tree, let root, let nodes):
            StepEffects(reads: .two(tree, root), fills: .many(nodes), closes: .one(tree), needsPower: true)
        case .openNullDevice(let slot, let root), .openMount(_, let root, let slot):
            StepEffects(reads: .one(root), fills: .one(slot))
        case .mountFileSystem(let mount, let root):
            StepEffects(
                reads: .one(root), fills: SlotList(mount.kept), needsPower: true, mountsInRoot: true, makesFiles: true)
        case .attachTree(let tree, _, let root, let kept?):
            // What is kept is the same descriptor.
            StepEffects(
                reads: .two(tree, root), fills: .one(kept), closes: .one(tree), needsPower: true, mountsInRoot: true,
                makesFiles: true)
        case .attachTree(let tree, _, let root, nil), .bindDevice(let tree, _, let root, _):
            StepEffects(reads: .two(tree, root), closes: .one(tree), needsPower: true, mountsInRoot: true, makesFiles: true)
        case .changeMount(_, _, let root, _): StepEffects(reads: .one(root), needsPower: true, mountsInRoot: true)
        case .makeReadOnly(let hidden, let root):
            StepEffects(reads: SlotList(root, hidden.mount), needsPower: true, mountsInRoot: true)
        case .makeMountReadOnly(let slot, _):
            StepEffects(reads: .one(slot), closes: .one(slot), needsPower: true, mountsInRoot: true)
        case .makeDevice(_, let root): StepEffects(reads: .one(root), needsPower: true, makesFiles: true)
        case .makeLink(_, _, _, let root), .makeWorkingDirectory(_, let root): StepEffects(reads: .one(root), makesFiles: true)
        case .removeMount(_, let root, let proc): StepEffects(reads: .two(root, proc), needsPower: true, mountsInRoot: true)
        case .mask(let hidden, let root, let null, let empty, _):
            StepEffects(reads: .few(root, null, empty, hidden.mount), needsPower: true, mountsInRoot: true)
        case .openTerminal(let request, let root): StepEffects(reads: .one(root), fills: .two(request.master, request.terminal))
        case .sendTerminal(let master, let socket): StepEffects(reads: .two(master, socket), closes: .two(master, socket))
        case .bindConsole(let terminal, let root):
            StepEffects(reads: .two(terminal, root), needsPower: true, mountsInRoot: true, makesFiles: true)
        case .useTerminal(let slot): StepEffects(reads: .one(slot), closes: .one(slot))
        case .setCPUAffinity, .resetCPUAffinity, .setMemoryPolicy, .setPersonality, .setNoNewPrivileges,
            .keepCapabilitiesAcrossUserChange, .setCapabilities, .raiseAmbientCapabilities:
            StepEffects()
        // The listener is filled, handed to the host and closed in one.
        case .loadSeccompFilter(_, let slot?): StepEffects(fills: .one(slot), closes: .one(slot), isFiltered: true)
        case .loadSeccompFilter(_, nil), .keepDescriptors, .execute: StepEffects(isFiltered: true)
        case .runHook(let kind, _, _): StepEffects(isFiltered: kind == .startContainer)
        case .findHome(_, let slot): StepEffects(reads: .one(slot))
        case .enterDirectory, .findProgram, .closeDescriptors, .end: StepEffects()
        }
    }
}

extension HostStep {
    /// The slots that the step fills before the stage exists.
    var fills: [Slot] {
        switch self {
        case .openRoot(_, _, let slot), .openTree(_, _, _, _, _, let slot), .makeTree(_, _, _, _, _, let slot),
            .makeDeviceNodes(_, _, let slot), .openControlGroupTree(_, _, let slot), .openControlGroupTasks(_, let slot),
            .openNamespace(_, _, let slot),
            .connectConsole(_, let slot):
            [slot]
        case .openContainerProcess(let process, let root): [process, root]
        case .makeStartPipe(let start, let started): [start, started]
        case .makeStateDirectory, .writeRecord, .keepConfiguration, .makeNotifyDirectory, .listenForReadiness, .holdUnit,
            .startUnit, .makeControlGroup, .limit, .giveControlGroup, .makeCacheGroup, .raiseOpenFileLimit, .attachRoot,
            .makeProgressPage, .cloneProcess, .writeMappings, .writeTimeOffset, .moveNetworkDevice, .setOOMScore, .runHook,
            .callHost, .sendListener, .setNetworkControl,
            .moveIntoUnit, .receiveTerminal, .releaseUnit, .tellUnit, .joinCacheGroup, .setLimit, .recordProcess,
            .sendProcessDescriptor, .writePidFile, .passOnReadiness, .shareImages, .bindRoot, .makeMountPoints, .attachDevices,
            .startRestorer, .restoreProcesses, .detachRestorePlace, .noteRunning, .makeImageDirectory, .noteStreams,
            .dumpProcesses, .deleteContainer:
            []
        }
    }

    /// The gates at which the step may stand; empty for those of the preparation, and for those once the program runs.
    var gates: [Gate] {
        switch self {
        case .writeMappings: [.userNamespace]
        case .writeTimeOffset: [.timeNamespace]
        case .moveNetworkDevice: [.namespaces]
        // A program that joins has no gate but the last.
        case .setOOMScore: [.namespaces, .ready]
        case .runHook(.poststart, _): []
        case .runHook, .callHost: [.mounts]
        case .sendListener: [.listener]
        case .moveIntoUnit, .receiveTerminal, .releaseUnit, .tellUnit, .joinCacheGroup, .setLimit, .noteRunning, .recordProcess,
            .sendProcessDescriptor, .writePidFile, .setNetworkControl:
            [.ready]
        // What the kernel takes only for a group with a process in it.
        case .limit(let limit) where limit.isLate: [.ready]
        case .makeStateDirectory, .writeRecord, .keepConfiguration, .makeNotifyDirectory, .listenForReadiness, .holdUnit,
            .startUnit, .makeControlGroup, .limit, .giveControlGroup, .makeCacheGroup, .openRoot, .openTree, .makeTree,
            .makeDeviceNodes, .raiseOpenFileLimit, .openControlGroupTree, .openControlGroupTasks, .openNamespace,
            .openContainerProcess, .connectConsole, .makeStartPipe, .attachRoot, .makeProgressPage, .cloneProcess,
            .passOnReadiness, .shareImages, .bindRoot, .makeMountPoints, .attachDevices, .startRestorer, .restoreProcesses,
            .detachRestorePlace, .makeImageDirectory, .noteStreams, .dumpProcesses, .deleteContainer:
            []
        }
    }

    /// Whether the step comes once the program runs: for `run` at once, for `create` in `start`. Those have no gate.
    var isCompletion: Bool {
        if case .passOnReadiness = self { return true }
        if case .runHook(.poststart, _) = self { return true }
        return false
    }
}
