internal import Cgroups
public import RuntimeSpec

extension Plan {
    /// The plan that runs another program in a container: the same stage, which joins instead of making.
    ///
    /// A pure function of the container's configuration and the program. What the program leaves open is the container's own.
    public static func execute(
        _ program: ValidatedProcess, in spec: ValidatedSpec, request: PlanRequest, facts: HostFacts
    ) throws(PlanError) -> Plan {
        if let path = spec.unknownWord { throw PlanError("has a word that this version does not know", at: path) }
        let process = program.completed(by: spec.process)
        var builder = PlanBuilder()
        var linux = spec.linux
        if let joined = facts.joinedMappings { (linux.uidMappings, linux.gidMappings) = (joined.uid, joined.gid) }
        let kinds = NamespaceKind.allCases.filter { linux.hasNamespace($0) || $0 == .time && facts.hasRestoredClock }

        let console = process.document.terminal == true ? builder.slot() : nil
        if let console {
            builder.prepare(.connectConsole(path: request.consoleSocket, into: console), for: .of("process", "terminal"))
        }
        builder.add(.resetSignals)
        builder.add(.closeDescriptors)
        builder.add(.nameProcess("veloci:[2:EXEC]"))
        // CVE-2016-9962: those inside could trace us while we still hold the host's descriptors.
        builder.add(.refuseTracing)
        try planAffinity(process.document.execCPUAffinity?.initial, .of("process", "execCPUAffinity", "initial"), &builder)
        let groups = ContainerHierarchies(of: request.containerGroups)
        let entersUnified = planControlGroups(process, groups, facts, &builder)
        // SPEC(config.md#linux-process): where processors are named, the kernel's choice within the group is not changed.
        if process.document.execCPUAffinity == nil { builder.add(.resetCPUAffinity) }
        let limits = LimitPlanner(process: process, facts: facts, path: .of("process", "rlimits"))
        limits.planEarly(&builder, hasUserNamespace: kinds.contains(.user))
        let keepsGroups = CrunAnnotations(spec.document).keepsGroups
        planJoin(kinds, facts, .becomeUser(of: linux, like: process.document, keepsGroups: keepsGroups), &builder)
        builder.add(.saveUmask)
        builder.add(.newSession)
        if request.makesSessionKeyring { builder.add(.joinSessionKeyring) }
        let root = builder.slot()
        builder.add(.openCurrentRoot(root))

        if let console { planTerminal(process, root: root, socket: console, &builder) }
        var confinement = ConfinementPlanner(
            process: process, seccomp: request.seccomp, facts: facts, linux: linux, keepsGroups: keepsGroups)
        if try !confinement.labels().isEmpty {
            let proc = builder.slot()
            builder.add(.openPrivateProcessFileSystem(into: proc))
            confinement.processFileSystem = proc
        }
        // What concerns the container concerns each of its processes; the rest of `linux` is in place.
        try confinement.planAttributes(
            &builder, linux: Linux(memoryPolicy: linux.memoryPolicy, personality: linux.personality))
        try planAffinity(process.document.execCPUAffinity?.final, .of("process", "execCPUAffinity", "final"), &builder)
        limits.planFromOutside(&builder, hasUserNamespace: kinds.contains(.user))
        if let score = process.document.oomScoreAdj {
            builder.at(.ready, .setOOMScore(score), for: .of("process", "oomScoreAdj"))
        }
        planReady(request, facts, groups, usesTerminal: process.document.terminal == true, &builder)

        ProgramPlanner(process: process, request: request, confinement: confinement, origin: .of("process"))
            .plan(&builder, root: root) { builder in builder.add(.gate(.ready)) }
        builder.prepare(.makeProgressPage)
        builder.prepare(.cloneProcess(namespaces: [], inControlGroup: groups.unified != nil && !entersUnified))
        confinement.warnOfCapabilities()
        builder.plan.warnings += confinement.warnings
        return builder.plan
    }

    /// - Returns: whether the program enters the group of version 2 later in its life, instead of being born there.
    private static func planControlGroups(
        _ process: ValidatedProcess, _ groups: ContainerHierarchies, _ facts: HostFacts, _ builder: inout PlanBuilder
    ) -> Bool {
        // SPEC(config.md#linux-process): the initial CPUs are those before the process comes into the group, which may have
        // others; a process that is born there cannot have been on them. A user who may not enter the group is brought in later.
        let entersUnified =
            process.document.execCPUAffinity?.initial?.isEmpty == false && groups.unified != nil && !facts.isRootless
        for name in groups.legacy.map({ $0.name }) + (entersUnified ? ["unified"] : []) {
            let tasks = builder.slot()
            builder.prepare(.openControlGroupTasks(hierarchy: name, into: tasks))
            builder.add(.joinControlGroup(hierarchy: name, tasks: tasks))
        }
        return entersUnified
    }

    /// What the host does when the program is about to run.
    private static func planReady(
        _ request: PlanRequest, _ facts: HostFacts, _ groups: ContainerHierarchies, usesTerminal: Bool,
        _ builder: inout PlanBuilder
    ) {
        if facts.isRootless && groups.unified != nil { builder.at(.ready, .moveIntoUnit(name: request.unitOfUser)) }
        if usesTerminal && request.consoleSocket == nil {
            builder.at(.ready, .receiveTerminal, for: .of("process", "terminal"))
        }
        builder.planTold(request)
    }

    static func planJoin(
        _ kinds: [NamespaceKind], _ facts: HostFacts, _ becomeUser: Step, _ builder: inout PlanBuilder
    ) {
        let path = JSONPath.of("linux", "namespaces")
        let process = builder.slot()
        let root = builder.slot()
        builder.prepare(.openContainerProcess(into: process, root: root))
        let others = kinds.filter { $0 != .user }
        if facts.isPrivileged {
            // Some may belong to the host's user namespace, over which the container's gives no power.
            if !others.isEmpty { builder.add(.joinNamespaces(others, process: process), for: path) }
            if kinds.contains(.user) { builder.add(.joinNamespaces([.user], process: process), for: path) }
        } else if !kinds.isEmpty {
            builder.add(.joinNamespaces(kinds, process: process), for: path)
        }
        if kinds.contains(.user) { builder.add(becomeUser, for: path) }
        // The container's root may be one that it reached by chroot.
        builder.add(.changeRoot(to: root, .change), for: path)
        if kinds.contains(.pid) || kinds.contains(.time) { builder.add(.fork(namespaces: []), for: path) }
    }

    private static func planAffinity(
        _ list: String?, _ path: JSONPath, _ builder: inout PlanBuilder
    ) throws(PlanError) {
        guard let list, !list.isEmpty else { return }
        guard let mask = CPUMask(list: list) else {
            throw PlanError("\"\(list)\" names a processor above 8191, the last that Linux can have", at: path)
        }
        builder.add(.setCPUAffinity(mask), for: path)
    }

    private static func planTerminal(_ process: ValidatedProcess, root: Slot, socket: Slot, _ builder: inout PlanBuilder) {
        let master = builder.slot()
        let terminal = builder.slot()
        let size = process.document.consoleSize.flatMap { $0.width | $0.height == 0 ? nil : $0 }
        builder.add(
            .openTerminal(
                TerminalRequest(master: master, terminal: terminal, size: size, owner: process.document.user.uid), root: root),
            for: .of("process", "terminal"))
        builder.add(.sendTerminal(master: master, socket: socket), for: .of("process", "terminal"))
        builder.add(.useTerminal(terminal), for: .of("process", "terminal"))
    }
}
