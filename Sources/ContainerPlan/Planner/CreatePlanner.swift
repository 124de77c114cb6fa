public import RuntimeSpec

extension Plan {
    /// The plan that makes a container out of a validated configuration.
    ///
    /// A pure function: nothing is looked up on the host but `facts`.
    public static func create(
        _ spec: Spec, request: PlanRequest, facts: HostFacts
    ) throws(PlanError) -> Plan {
        var planner = CreatePlanner(spec: spec, request: request, facts: facts)
        try planner.plan()
        return planner.builder.plan
    }
}

/// Writes the order down in which a container is made, with the reason beside each place where order matters.
struct CreatePlanner {
    let spec: Spec
    let request: PlanRequest
    let facts: HostFacts
    let process: Process
    let linux: Linux
    let namespaces: NamespaceRequest
    var builder = PlanBuilder()
    /// Whether the mount namespace is new or joined by path, and not the runtime's own.
    let hasMountNamespace: Bool
    /// Whether the root is a mount, on which others are made, or just a directory.
    var mountsRoot: Bool { hasMountNamespace || mountsOnHost }
    /// Whether the container's mounts are made in the runtime's own mount namespace.
    var mountsOnHost: Bool { !hasMountNamespace && facts.isPrivileged && !namespaces.has(.user) }
    var usesTerminal: Bool { process.terminal == true }

    init(spec: Spec, request: PlanRequest, facts: HostFacts) {
        self.spec = spec
        self.request = request
        self.facts = facts
        process = spec.process ?? Process(user: User(uid: 0, gid: 0), cwd: "/")
        linux = spec.linux ?? Linux()
        namespaces = NamespaceRequest(linux)
        hasMountNamespace = namespaces.has(.mount)
    }

    mutating func plan() throws(PlanError) {
        try checkProcess()
        builder.prepare(.makeStateDirectory)
        if !request.controlGroup.isEmpty {
            builder.prepare(.makeControlGroup(request.controlGroup), for: JSONPath.of("linux", "cgroupsPath"))
            for limit in request.limits { builder.prepare(.limit(limit.text), for: limit.origin) }
        }
        if let intelRdt = linux.intelRdt {
            builder.prepare(.joinCacheControl(closID: intelRdt.closID), for: JSONPath.of("linux", "intelRdt"))
        }
        let console = usesTerminal ? builder.slot() : nil
        if let console {
            builder.prepare(.connectConsole(path: request.consoleSocket, into: console), for: JSONPath.of("process", "terminal"))
        }

        builder.add(.resetSignals)
        // ps shows it while the container waits for `start`.
        builder.add(.nameProcess("veloci:[2:INIT]"))
        planControlGroups()
        let limits = LimitPlanner(process: process, facts: facts, path: .of("process", "rlimits"))
        try limits.planEarly(&builder, hasUserNamespace: namespaces.has(.user))
        planNamespaces()
        builder.add(.saveUmask)
        builder.add(.newSession)
        planKeyring()

        let root = mountsRoot ? try planMountedRoot() : planBareRoot()
        if let console { planTerminal(root: root, socket: console) }
        planNames()
        var confinement = ConfinementPlanner(
            process: process, seccomp: request.seccomp, facts: facts, linux: linux)
        try planSystemControls(&confinement)
        if mountsRoot { planHiddenPaths(root: root) }
        planEntry(of: root)

        try limits.planFromOutside(&builder, hasUserNamespace: namespaces.has(.user))
        try confinement.planAttributes(&builder, linux: linux)
        try planProgram(confinement, root: root)
        confinement.warnOfCapabilities()
        builder.plan.warnings += confinement.warnings
        planClone(root: root)
    }

    private func checkProcess() throws(PlanError) {
        guard spec.process != nil else { throw PlanError("process property must not be empty", at: JSONPath.of("process")) }
        guard let arguments = process.args, !arguments.isEmpty else {
            throw PlanError("args must not be empty", at: JSONPath.of("process", "args"))
        }
        guard spec.root != nil else { throw PlanError("root must be specified", at: JSONPath.of("root")) }
        if let label = linux.mountLabel, !label.isEmpty, !facts.selinuxIsEnabled {
            throw PlanError(
                "selinux is not enabled on this host; remove the label \"\(label)\" or enable it", at: .of("linux", "mountLabel"))
        }
        try checkMountsWithoutNamespace()
    }

    private func checkMountsWithoutNamespace() throws(PlanError) {
        guard !mountsRoot else { return }
        let wishes: [(isThere: Bool, path: JSONPath)] = [
            (!(spec.mounts ?? []).isEmpty, .of("mounts")),
            (spec.root?.readonly == true, .of("root", "readonly")),
            (linux.rootPropagation != nil, .of("linux", "rootfsPropagation")),
            (!(linux.devices ?? []).isEmpty, .of("linux", "devices")),
        ]
        guard let wish = wishes.first(where: { $0.isThere }) else { return }
        throw PlanError(
            "without a mount namespace mounts are made on the host, which neither a user namespace nor an unprivileged user may; "
                + "add a mount namespace to linux.namespaces", at: wish.path)
    }

    /// A process that is born in its control group, or moves itself, waits for nobody; one that is moved by its pid waits
    /// for all processors of the machine (cgroup_threadgroup_rwsem).
    private mutating func planControlGroups() {
        guard request.joinsControlGroups && !request.controlGroup.isEmpty else { return }
        for hierarchy in facts.controlGroups.hierarchies where hierarchy.isJoined {
            let tasks = builder.slot()
            builder.prepare(
                .openControlGroupTasks(hierarchy: hierarchy.name, into: tasks), for: JSONPath.of("linux", "cgroupsPath"))
            builder.add(.joinControlGroup(hierarchy: hierarchy.name, tasks: tasks), for: JSONPath.of("linux", "cgroupsPath"))
        }
    }

    private mutating func planKeyring() {
        guard request.makesSessionKeyring else { return }
        builder.add(.joinSessionKeyring(name: "_ses.\(request.id)"))
    }

    private mutating func planNames() {
        if let name = spec.hostname, !name.isEmpty { builder.add(.setHostname(name), for: JSONPath.of("hostname")) }
        if let name = spec.domainname, !name.isEmpty { builder.add(.setDomainname(name), for: JSONPath.of("domainname")) }
    }

    private mutating func planSystemControls(_ confinement: inout ConfinementPlanner) throws(PlanError) {
        let controls = (linux.sysctl ?? [:]).sortedByName
        let labels = try confinement.labels()
        guard !controls.isEmpty || !labels.isEmpty else { return }
        // /proc of the container may be something else; ours is attached nowhere (CVE-2019-16884, CVE-2025-52881).
        let proc = builder.slot()
        builder.add(.openPrivateProcessFileSystem(into: proc))
        for (key, value) in controls {
            builder.add(
                .writeSystemControl(key: key, value: value, processFileSystem: proc),
                for: JSONPath.of("linux", "sysctl").member(key))
        }
        confinement.processFileSystem = proc
    }

    private mutating func planTerminal(root: Slot, socket: Slot) {
        let path = JSONPath.of("process", "terminal")
        let master = builder.slot()
        let terminal = builder.slot()
        let size = process.consoleSize.flatMap { $0.width | $0.height == 0 ? nil : $0 }
        builder.add(
            .openTerminal(
                TerminalRequest(master: master, terminal: terminal, size: size, owner: process.user.uid), root: root),
            for: path)
        builder.add(.sendTerminal(master: master, socket: socket), for: path)
        if mountsRoot { builder.add(.bindConsole(terminal: terminal, root: root), for: path) }
        builder.add(.useTerminal(terminal), for: path)
    }

    private mutating func planProgram(_ confinement: ConfinementPlanner, root: Slot) throws(PlanError) {
        let hooks = spec.hooks?.startContainer ?? []
        let entry = ProgramPlanner(
            process: process, request: request, confinement: confinement, hasStartHooks: !hooks.isEmpty,
            makesDirectory: true, origin: JSONPath.of("process"))
        let start = request.waitsForStart ? builder.slot() : nil
        let started = request.waitsForStart ? builder.slot() : nil
        if let start, let started { builder.prepare(.makeStartPipe(into: start, started: started)) }
        let state = HookState.make(spec, request: request, status: "created")
        try entry.plan(&builder, root: root) { (builder) in
            builder.at(.ready, .writeState)
            if let file = request.pidFile { builder.at(.ready, .writePidFile(file)) }
            builder.add(.gate(.ready))
            if let start { builder.add(.waitForStart(start)) }
            for (index, hook) in hooks.enumerated() {
                builder.add(
                    .runHook(.startContainer, hook, state: state), for: JSONPath.of("hooks", "startContainer").index(index))
            }
        }
    }

    private mutating func planClone(root: Slot) {
        if mountsOnHost {
            // The last of what can fail before there is a process: until here the host is as it was.
            builder.prepare(.attachRoot(tree: root, at: rootPath), for: JSONPath.of("linux", "namespaces"))
            builder.plan.warnings.append(
                "linux.namespaces has no mount namespace: the container's mounts are the host's until it is deleted, and chroot "
                    + "alone keeps it inside its root")
        }
        builder.plan.cloneNamespaces = namespaces.byClone
        builder.prepare(.cloneProcess(namespaces: namespaces.byClone), for: JSONPath.of("linux", "namespaces"))
    }
}
