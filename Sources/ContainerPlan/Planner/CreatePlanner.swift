internal import Cgroups
public import RuntimeSpec

extension Plan {
    /// The plan that makes a container.
    ///
    /// A pure function: nothing is looked up on the host but `facts`.
    public static func create(
        _ spec: ValidatedSpec, request: PlanRequest, facts: HostFacts
    ) throws(PlanError) -> Plan {
        let planner = try CreatePlanner(spec: spec, request: request, facts: facts)
        try planner.plan()
        return planner.builder.plan
    }
}

/// Writes the order down in which a container is made, with the reason beside each place where order matters.
///
/// A class, although nobody shares one: it has some kilobytes, which are not to be copied for every closure.
final class CreatePlanner {
    let spec: ValidatedSpec
    let request: PlanRequest
    let facts: HostFacts
    let process: ValidatedProcess
    let linux: Linux
    let namespaces: NamespaceRequest
    /// The container's control groups; nil when they are switched off.
    let groups: ControlGroupPlanner?
    let hierarchies: ContainerHierarchies
    var builder = PlanBuilder()
    /// Mounts that become read-only when all is made inside of them.
    var lateReadOnly: [LateReadOnly] = []
    /// The entries of `mounts` on which hidden paths lie, and where each stays open when it is mounted.
    var hiddenPlaces: HiddenPlaces
    /// What entries of `mounts` change of earlier ones.
    let remounts: Remounts
    /// The entries of `mounts` that stay open when they are mounted, each in its slot.
    var keptMounts: [Int: Slot] = [:]
    /// Whether /dev is a bind mount.
    let bindsDeviceDirectory: Bool
    /// Whether the mount namespace is new or joined by path, and not the runtime's own.
    let hasMountNamespace: Bool
    /// Whether the root is a mount, on which others are made, or just a directory.
    var mountsRoot: Bool { hasMountNamespace || mountsOnHost }
    /// Whether the container's mounts are made in the runtime's own mount namespace.
    var mountsOnHost: Bool { !hasMountNamespace && facts.isPrivileged && !namespaces.has(.user) }
    var usesTerminal: Bool { process.document.terminal == true }
    var annotations: CrunAnnotations { CrunAnnotations(spec.document) }

    init(spec original: ValidatedSpec, request: PlanRequest, facts: HostFacts) throws(PlanError) {
        let spec = try Self.spec(original, joining: facts.joinedMappings)
        self.spec = spec
        self.request = request
        self.facts = facts
        process = spec.process
        linux = spec.linux
        namespaces = NamespaceRequest(linux)
        remounts = Remounts(spec.mounts)
        hiddenPlaces = HiddenPlaces(spec)
        bindsDeviceDirectory = Self.bindsDeviceDirectory(spec)
        hasMountNamespace = namespaces.has(.mount)
        groups = try ControlGroupPlanner(spec, request, facts)
        hierarchies = ContainerHierarchies(facts.layout, own: groups?.paths.locations ?? [])
    }

    func plan() throws(PlanError) {
        try checkWishes()
        try checkTerminal()
        planState()
        groups?.plan(&builder)
        builder.plan.warnings += groups?.warnings ?? []
        if let intelRdt = linux.intelRdt {
            builder.prepare(.makeCacheGroup(intelRdt), for: JSONPath.of("linux", "intelRdt"))
        }
        let console = usesTerminal ? builder.slot() : nil
        if let console {
            builder.prepare(.connectConsole(path: request.consoleSocket, into: console), for: JSONPath.of("process", "terminal"))
        }

        builder.add(.resetSignals)
        builder.add(.closeDescriptors)
        // ps shows it while the container waits for `start`.
        builder.add(.nameProcess("veloci:[2:INIT]"))
        planControlGroups()
        builder.add(.resetCPUAffinity)
        let limits = LimitPlanner(process: process, facts: facts, path: .of("process", "rlimits"))
        limits.planEarly(&builder, hasUserNamespace: namespaces.has(.user))
        planNamespaces()
        builder.add(.saveUmask)
        builder.add(.newSession)
        if request.makesSessionKeyring { builder.add(.joinSessionKeyring) }

        let root = mountsRoot ? try planMountedRoot() : planBareRoot()
        if let console { planTerminal(root: root, socket: console) }
        try planNames()
        var confinement = ConfinementPlanner(
            process: process, seccomp: request.seccomp, facts: facts, linux: linux, keepsGroups: annotations.keepsGroups)
        builder.plan.warnings += annotations.warnings
        try planSystemControls(&confinement)
        if mountsRoot { planHiddenPaths(root: root) }
        planLastWrites(root: root)
        planEntry(of: root)

        limits.planFromOutside(&builder, hasUserNamespace: namespaces.has(.user))
        try confinement.planAttributes(&builder, linux: linux)
        planProgram(confinement, root: root)
        confinement.warnOfCapabilities()
        builder.plan.warnings += confinement.warnings
        planClone(root: root)
        OpenFilePlanner(process: process, facts: facts).plan(&builder)
    }

    /// RUNC: a user namespace that exists has its mappings, which config.json may repeat and not change.
    private static func spec(_ spec: ValidatedSpec, joining joined: OwnerMappings?) throws(PlanError) -> ValidatedSpec {
        guard let joined, let linux = spec.document.linux, NamespaceRequest(linux).path(.user) != nil else { return spec }
        let own = OwnerMappings(uid: linux.uidMappings ?? [], gid: linux.gidMappings ?? [])
        let isDifferent = own.normalized != joined.normalized
        if isDifferent, !own.uid.isEmpty || !own.gid.isEmpty {
            throw PlanError(
                "user namespaces enabled, but both namespace path and non-matching mapping specified: the namespace has users "
                    + "\(HostStep.text(joined.uid)) and groups \(HostStep.text(joined.gid)), config.json users "
                    + "\(HostStep.text(own.uid)) and groups \(HostStep.text(own.gid))",
                at: .of("linux", own.normalized.uid == joined.normalized.uid ? "gidMappings" : "uidMappings"),
                hint: "leave uidMappings and gidMappings out: the namespace keeps its own")
        }
        return spec.with(uidMappings: joined.uid, gidMappings: joined.gid)
    }

    private func checkWishes() throws(PlanError) {
        if let label = linux.mountLabel, !label.isEmpty, !facts.selinuxIsEnabled {
            throw PlanError(
                "selinux is not enabled on this host; remove the label \"\(label)\" or enable it", at: .of("linux", "mountLabel"))
        }
        try checkMountsWithoutNamespace()
    }

    /// RUNC: the words of both are what callers look for.
    func checkTerminal() throws(PlanError) {
        let path = JSONPath.of("process", "terminal")
        let detaches = request.waitsForStart || request.detaches
        if usesTerminal && detaches && request.consoleSocket == nil {
            throw PlanError(
                "cannot allocate tty if veloci will detach without setting console socket", at: path,
                hint: "give a console socket", kind: .argument)
        }
        if request.consoleSocket != nil && !(usesTerminal && detaches) {
            throw PlanError("cannot use console socket if veloci will not detach or allocate tty", at: path, kind: .argument)
        }
    }

    /// What other commands know the container by. First of all what takes everything back.
    func planState() {
        builder.prepare(.makeStateDirectory)
        builder.prepare(.writeRecord)
        builder.prepare(.keepConfiguration)
        guard request.notifySocket != nil else { return }
        builder.prepare(.makeNotifyDirectory)
        if !request.waitsForStart { builder.prepare(.listenForReadiness) }
    }

    private func checkMountsWithoutNamespace() throws(PlanError) {
        guard !mountsRoot else { return }
        let wishes: [(isThere: Bool, path: JSONPath)] = [
            (!spec.mounts.isEmpty, .of("mounts")),
            (spec.root.readonly == true, .of("root", "readonly")),
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
    private func planControlGroups() {
        for hierarchy in hierarchies.legacy where hierarchy.isJoined {
            let tasks = builder.slot()
            builder.prepare(
                .openControlGroupTasks(hierarchy: hierarchy.name, into: tasks), for: JSONPath.of("linux", "cgroupsPath"))
            builder.add(.joinControlGroup(hierarchy: hierarchy.name, tasks: tasks), for: JSONPath.of("linux", "cgroupsPath"))
        }
    }

    private func planNames() throws(PlanError) {
        if let name = spec.document.hostname, !name.isEmpty, try changes(name, facts.hostname, .of("hostname")) {
            builder.add(.setHostname(name), for: JSONPath.of("hostname"))
        }
        if let name = spec.document.domainname, !name.isEmpty, try changes(name, facts.domainname, .of("domainname")) {
            builder.add(.setDomainname(name), for: JSONPath.of("domainname"))
        }
    }

    /// Whether the name has to be set. In the runtime's own namespace there is one already, and it is not the container's.
    private func changes(_ name: String, _ current: String, _ path: JSONPath) throws(PlanError) -> Bool {
        guard facts.ownNamespaces.contains(.uts) else { return true }
        if name.utf8.elementsEqual(current.utf8) { return false }
        throw PlanError("\"\(name)\" not allowed in host uts namespace", at: path, hint: Self.ownNamespaceHint)
    }

    private static let ownNamespaceHint = "the namespace's path in linux.namespaces leads to the runtime's own"

    /// RUNC: its words. A namespace that is given by path may be the one that the runtime is in.
    private func checkBelongsToContainer(_ key: String) throws(PlanError) {
        guard let kind = SysctlName.parts(key).flatMap({ SysctlName.namespace(of: $0) }), facts.ownNamespaces.contains(kind)
        else { return }
        throw PlanError(
            "sysctl \"\(key)\" not allowed in host \(kind.rawValue) namespace", at: JSONPath.of("linux", "sysctl").member(key),
            hint: Self.ownNamespaceHint)
    }

    private func planSystemControls(_ confinement: inout ConfinementPlanner) throws(PlanError) {
        let controls = (linux.sysctl ?? [:]).sortedByName
        for (key, _) in controls { try checkBelongsToContainer(key) }
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

    private func planTerminal(root: Slot, socket: Slot) {
        let path = JSONPath.of("process", "terminal")
        let master = builder.slot()
        let terminal = builder.slot()
        let size = process.document.consoleSize.flatMap { $0.width | $0.height == 0 ? nil : $0 }
        builder.add(
            .openTerminal(
                TerminalRequest(master: master, terminal: terminal, size: size, owner: process.document.user.uid), root: root),
            for: path)
        builder.add(.sendTerminal(master: master, socket: socket), for: path)
        if mountsRoot { builder.add(.bindConsole(terminal: terminal, root: root), for: path) }
        builder.add(.useTerminal(terminal), for: path)
    }

    private func planProgram(_ confinement: ConfinementPlanner, root: Slot) {
        let hooks = spec.hooks(.startContainer)
        let entry = ProgramPlanner(
            process: process, request: request, confinement: confinement, origin: JSONPath.of("process"))
        let start = request.waitsForStart ? builder.slot() : nil
        let started = request.waitsForStart ? builder.slot() : nil
        if let start, let started { builder.prepare(.makeStartPipe(into: start, started: started)) }
        let state = hooks.isEmpty ? nil : HookState.make(spec.document, request: request, status: "created")
        let ready = ReadyPlanner(request: request, groups: groups, intelRdt: linux.intelRdt, usesTerminal: usesTerminal)
        if start != nil { builder.add(.endOnSignals) }
        entry.plan(&builder, root: root) { (builder) in
            ready.plan(&builder)
            builder.add(.gate(.ready))
            if let start { builder.add(.waitForStart(start)) }
            guard let state else { return }
            for (index, hook) in hooks.enumerated() {
                builder.add(
                    .runHook(.startContainer, hook, state: state), for: JSONPath.of("hooks", "startContainer").index(index))
            }
        }
        planCompletion()
    }

    private func planCompletion() {
        builder.plan.hasPoststopHooks = !spec.hooks(.poststop).isEmpty
        let passesOn = request.detaches && !request.waitsForStart
        builder.complete(poststart: spec.hooks(.poststart), notifySocket: passesOn ? request.notifySocket : nil)
    }

    private func planClone(root: Slot) {
        if mountsOnHost {
            // The last of what can fail before there is a process: until here the host is as it was.
            builder.prepare(.attachRoot(tree: root, at: rootPath), for: JSONPath.of("linux", "namespaces"))
            builder.plan.warnings.append(
                "linux.namespaces has no mount namespace: the container's mounts are the host's until it is deleted, and chroot "
                    + "alone keeps it inside its root")
        }
        builder.plan.cloneNamespaces = namespaces.byClone
        builder.prepare(.makeProgressPage)
        builder.prepare(
            .cloneProcess(namespaces: namespaces.byClone, inControlGroup: groups?.paths.unified != nil),
            for: JSONPath.of("linux", "namespaces"))
    }
}

/// What the host does when the container is complete.
private struct ReadyPlanner {
    let request: PlanRequest
    let groups: ControlGroupPlanner?
    let intelRdt: IntelRdt?
    let usesTerminal: Bool

    func plan(_ builder: inout PlanBuilder) {
        if usesTerminal && request.consoleSocket == nil {
            builder.at(.ready, .receiveTerminal, for: .of("process", "terminal"))
        }
        groups?.planLate(&builder)
        if let intelRdt { builder.at(.ready, .joinCacheGroup(closID: intelRdt.closID), for: .of("linux", "intelRdt")) }
        builder.at(.ready, .recordProcess)
        builder.planTold(request)
    }
}

extension PlanBuilder {
    /// What others are told of the process. The pid's file comes last, for callers wait for it.
    mutating func planTold(_ request: PlanRequest) {
        if let socket = request.processSocket { at(.ready, .sendProcessDescriptor(path: socket)) }
        if let file = request.pidFile { at(.ready, .writePidFile(file)) }
    }
}
