internal import RuntimeSpec

/// What a step does to the stage's descriptors.
struct SlotEffects {
    var reads: [Slot] = []
    var fills: [Slot] = []
    /// After the step.
    var closes: [Slot] = []
}

extension Step {
    /// The slots that the step's records read, fill and close.
    var slotEffects: SlotEffects {
        switch self {
        case .joinControlGroup(_, let slot), .joinNamespace(_, let slot), .detachOldRoot(let slot), .useTerminal(let slot):
            SlotEffects(reads: [slot], closes: [slot])
        case .joinNamespaces(_, let slot), .attachRoot(let slot, _), .changeRoot(let slot, _), .makeRootReadOnly(let slot),
            .mountFileSystem(_, let slot), .changeMount(_, _, let slot, _), .makeDevice(_, let slot),
            .makeLink(_, _, _, let slot), .makeReadOnly(_, let slot), .makeWorkingDirectory(_, let slot),
            .writeSystemControl(_, _, let slot),
            .setSecurityLabel(_, _, let slot), .findHome(_, let slot), .waitForStart(let slot), .ownStandardStreams(_, let slot):
            SlotEffects(reads: [slot])
        case .openTreeInRoot(_, let root, _, _, let slot): SlotEffects(reads: [root], fills: [slot])
        case .openCurrentRoot(let slot), .openHostFile(_, let slot, _), .openTree(_, _, _, let slot),
            .openPrivateProcessFileSystem(let slot), .makeEmptyDirectory(let slot):
            SlotEffects(fills: [slot])
        case .attachTree(let tree, _, let root, let kept):
            kept.map { SlotEffects(reads: [tree, root], fills: [$0]) } ?? SlotEffects(reads: [tree, root], closes: [tree])
        case .openNullDevice(let slot, let root), .openMount(_, let root, let slot): SlotEffects(reads: [root], fills: [slot])
        case .makeMountReadOnly(let slot, _): SlotEffects(reads: [slot], closes: [slot])
        case .bindDevice(let file, _, let root): SlotEffects(reads: [file, root], closes: [file])
        case .mask(_, let root, let null, let empty): SlotEffects(reads: [root, null, empty])
        case .openTerminal(let request, let root): SlotEffects(reads: [root], fills: [request.master, request.terminal])
        case .sendTerminal(let master, let socket): SlotEffects(reads: [master, socket], closes: [master, socket])
        case .bindConsole(let terminal, let root): SlotEffects(reads: [terminal, root])
        case .loadSeccompFilter(_, let slot?), .offerRouteSocket(let slot, _):
            // Filled, handed to the host and closed in one.
            SlotEffects(fills: [slot], closes: [slot])
        default: SlotEffects()
        }
    }

    /// Whether the step needs capabilities that a program's own set rarely has.
    var needsPower: Bool {
        switch self {
        case .joinControlGroup, .joinNamespace, .joinNamespaces, .newNamespaces, .becomeUserOfNamespace, .bringUpLoopback,
            .setHostname, .setDomainname, .changePropagation, .openTree, .openTreeInRoot, .hideHostMount, .attachRoot,
            .changeRoot, .detachOldRoot, .makeRootReadOnly, .mountFileSystem, .attachTree, .changeMount, .makeMountReadOnly,
            .openPrivateProcessFileSystem, .makeEmptyDirectory,
            .makeDevice, .bindDevice, .mask, .makeReadOnly, .writeSystemControl, .bindConsole, .ownStandardStreams,
            .setLimit, .setScheduler,
            .setIOPriority, .setSecurityLabel, .dropBoundingCapabilities, .setUser:
            true
        case .fork(let kinds): !kinds.isEmpty
        default: false
        }
    }

    /// Whether the step attaches or changes a mount inside the container's root.
    var mountsInRoot: Bool {
        switch self {
        case .mountFileSystem, .attachTree, .changeMount, .makeMountReadOnly, .bindDevice, .mask, .makeReadOnly, .bindConsole:
            true
        default: false
        }
    }

    /// Whether the step may make files or directories inside the container's root.
    var makesFiles: Bool {
        switch self {
        case .mountFileSystem, .attachTree, .makeDevice, .bindDevice, .makeLink, .makeWorkingDirectory, .bindConsole: true
        default: false
        }
    }
}

extension HostStep {
    /// The slots that the step fills before the stage exists.
    var fills: [Slot] {
        switch self {
        case .openRoot(_, _, let slot), .openTree(_, _, _, _, let slot), .makeTree(_, _, _, _, let slot),
            .openControlGroupTree(_, _, let slot), .openControlGroupTasks(_, let slot), .openNamespace(_, _, let slot),
            .connectConsole(_, let slot):
            [slot]
        case .openContainerProcess(let process, let root): [process, root]
        case .makeStartPipe(let start, let started): [start, started]
        default: []
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
        case .runHook: [.mounts]
        case .sendListener: [.listener]
        case .moveIntoUnit, .receiveTerminal, .releaseUnit, .tellUnit, .joinCacheGroup, .setLimit, .recordProcess,
            .sendProcessDescriptor, .writePidFile:
            [.ready]
        // What the kernel takes only for a group with a process in it.
        case .limit(let limit) where limit.isLate: [.ready]
        case .makeStateDirectory, .writeRecord, .keepConfiguration, .makeNotifyDirectory, .listenForReadiness, .holdUnit,
            .startUnit, .makeControlGroup, .limit, .giveControlGroup, .makeCacheGroup, .openRoot, .openTree, .makeTree,
            .openControlGroupTree, .openControlGroupTasks, .openNamespace, .openContainerProcess, .connectConsole,
            .makeStartPipe, .attachRoot, .makeProgressPage, .cloneProcess, .passOnReadiness:
            []
        }
    }

    /// Whether the step comes once the program runs: for `run` at once, for `create` in `start`.
    var isCompletion: Bool {
        switch self {
        case .runHook(.poststart, _), .passOnReadiness: true
        default: false
        }
    }
}
