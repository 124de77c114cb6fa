internal import ByteText
internal import Cgroups
public import RuntimeSpec

extension Plan {
    /// The plan that makes a container again out of its images. There is no stage: CRIU makes the processes, and the host meets
    /// it where it would meet the stage.
    ///
    /// - Parameter state: the container's state directory, below which things are while CRIU works.
    public static func restore(
        _ spec: ValidatedSpec, request: PlanRequest, options: CheckpointOptions, state: HostPath, host: HostFacts,
        facts: CheckpointFacts
    ) throws(PlanError) -> Plan {
        let planner = try RestorePlanner(spec: spec, request: request, options: options, state: state, host: host, facts: facts)
        try planner.plan()
        return planner.create.builder.plan
    }
}

/// Writes the order down in which a container is restored.
final class RestorePlanner {
    /// What a restored container has in common with a new one.
    let create: CreatePlanner
    private let options: CheckpointOptions
    private let checkpoint: CheckpointPlanner
    private let state: HostPath

    init(
        spec: ValidatedSpec, request: PlanRequest, options: CheckpointOptions, state: HostPath, host: HostFacts,
        facts: CheckpointFacts
    ) throws(PlanError) {
        create = try CreatePlanner(spec: spec, request: request, facts: host)
        self.options = options
        self.state = state
        checkpoint = CheckpointPlanner(spec: spec, host: host, facts: facts)
    }

    /// Where the root is a mount of its own while CRIU works: it wants one, with nothing mounted over what it lies on.
    private var place: HostPath { state.path(to: RestorePlace.root) }

    func plan() throws(PlanError) {
        guard create.facts.isPrivileged, create.hasMountNamespace else {
            throw PlanError(
                create.hasMountNamespace
                    ? "CRIU restores containers for root alone" : "a container without a mount namespace cannot be restored",
                at: JSONPath.of("linux", "namespaces"),
                hint: create.hasMountNamespace
                    ? "restore as root" : "put a mount namespace into linux.namespaces, before the checkpoint",
                kind: .unsupported)
        }
        try checkpoint.check(options)
        try checkpoint.requireOtherProfile(options)
        try checkpoint.checkImages()
        try create.checkTerminal()
        create.planState()
        create.groups?.plan(&create.builder)
        create.builder.plan.warnings += create.groups?.warnings ?? []
        if let intelRdt = create.linux.intelRdt {
            create.builder.prepare(.makeCacheGroup(intelRdt), for: JSONPath.of("linux", "intelRdt"))
        }
        var order = CriuOrder(options: options, root: place)
        order.configurationFile = checkpoint.configurationFile
        order.takesOwnGroups = create.groups != nil
        order.streams = checkpoint.pipes
        planConsole(&order)
        if create.namespaces.has(.user) {
            let owners = OwnerMappings(uid: create.linux.uidMappings ?? [], gid: create.linux.gidMappings ?? [])
            create.builder.prepare(
                .shareImages(HostPath(options.imagePath), group: owners.root.group), for: JSONPath.of("linux", "gidMappings"))
        }
        try checkpoint.joinNamespaces(&order, &create.builder)
        planRoot(&order)
        create.builder.prepare(.makeProgressPage)
        planRestorer(order)
        planMeetings()
    }

    private func planConsole(_ order: inout CriuOrder) {
        guard create.usesTerminal else { return }
        let slot = create.builder.slot()
        order.console = slot
        create.builder.prepare(
            .connectConsole(path: create.request.consoleSocket, into: slot), for: JSONPath.of("process", "terminal"))
    }

    private func planRoot(_ order: inout CriuOrder) {
        create.builder.prepare(.bindRoot(create.rootPath, at: place), for: JSONPath.of("root", "path"))
        let groups = create.groups?.paths ?? CgroupPaths(locations: [])
        let outside = checkpoint.externalMounts(groups)
        planMountPoints(outside)
        let devices = state.path(to: RestorePlace.devices)
        var nodes = ownDevices
        order.externalMounts = outside.map { mount in
            var source = mount.index == nil ? mount.source : source(mount.source)
            if mount.index == nil, let index = nodes.firstIndex(where: { $0.path == mount.place }) {
                source = devices.path(to: String(index))
            }
            return CriuOrder.ExternalMount(key: mount.place.text, value: source.text)
        }
        defer {
            if !nodes.isEmpty { create.builder.prepare(.attachDevices(nodes, at: devices), for: JSONPath.of("linux")) }
        }
        guard !(create.linux.maskedPaths ?? []).isEmpty else { return }
        // CVE-2025-31133: the covers are the container's own device, so that nobody changes the host's through them. In a user
        // namespace they were the host's.
        var null = CheckpointPlanner.maskName
        if create.makesDevices {
            null = devices.path(to: String(nodes.count)).text
            nodes.append(
                DeviceNode(
                    path: ContainerPath(CheckpointPlanner.maskName), kind: .character, major: 1, minor: 3, mode: 0o666, uid: 0,
                    gid: 0))
        }
        order.externalMounts.append(CriuOrder.ExternalMount(key: CheckpointPlanner.maskName, value: null))
    }

    /// Whether what lies below the state directory can be bound: CRIU opens it as root of the container's user namespace.
    private var reachesState: Bool {
        guard create.namespaces.has(.user) else { return true }
        return OwnerMappings(uid: create.linux.uidMappings ?? [], gid: create.linux.gidMappings ?? []).root.user == 0
    }

    /// Those that a new container would get from the host, for in its user namespace it cannot make them. RUNC: where they cannot
    /// be given, those at the same paths of the host take their place.
    private var ownDevices: [DeviceNode] {
        guard create.makesDevicesOutside, reachesState else { return [] }
        return (create.linux.devices ?? []).compactMap { device in
            guard let kind = device.kind, kind != .namedPipe else { return nil }
            return create.nodeOfHost(device, kind)
        }
    }

    /// An image that never was a container's root lacks what mounts are made on; CRIU makes none of it. What lies on a file
    /// system that CRIU fills comes from the images.
    private func planMountPoints(_ outside: [CheckpointPlanner.OutsideMount]) {
        var filled: [String] = []
        var points: [MountPoint] = []
        for (index, mount) in create.spec.mounts.enumerated() {
            let mountOptions = MountOptions(mount.options ?? [])
            let destination = ContainerPath(cleaning: mount.destination).text
            if mountOptions.isRemount || mountOptions.copiesLink || destination == "/" { continue }
            let isCovered = filled.contains { destination.begins(with: $0) }
            let bound = outside.first { $0.index == index }
            if mount.type == "tmpfs", bound == nil { filled.append(destination + "/") }
            if isCovered || mount.type == "cgroup" || mount.type == "cgroup2" { continue }
            points.append(MountPoint(path: ContainerPath(destination), source: bound.map { source($0.source) }))
        }
        if !points.isEmpty { create.builder.prepare(.makeMountPoints(points, in: place), for: JSONPath.of("mounts")) }
    }

    private func source(_ path: HostPath) -> HostPath { HostPath(path.text, from: create.request.bundle) }

    private func planRestorer(_ order: CriuOrder) {
        let hierarchies = create.hierarchies
        create.builder.prepare(
            .startRestorer(
                inControlGroup: create.groups?.paths.unified != nil, legacy: hierarchies.legacy.contains { $0.isJoined }))
        if let intelRdt = create.linux.intelRdt {
            create.builder.prepare(.joinCacheGroup(closID: intelRdt.closID), for: JSONPath.of("linux", "intelRdt"))
        }
        create.builder.prepare(.restoreProcesses(order))
        create.builder.prepare(.detachRestorePlace)
    }

    /// What the host does when CRIU says how far it is: the namespaces exist, and all processes are as they were and wait.
    /// RUNC: no other hooks run, for the program was started long ago.
    private func planMeetings() {
        for kind in [HookKind.prestart, .createRuntime] {
            for (index, hook) in create.spec.hooks(kind).enumerated() {
                create.builder.at(.mounts, .runHook(kind, hook), for: JSONPath.of("hooks", kind.rawValue).index(index))
            }
        }
        if create.request.callsHost { create.builder.at(.mounts, .callHost) }
        if create.usesTerminal, create.request.consoleSocket == nil {
            create.builder.at(.ready, .receiveTerminal, for: JSONPath.of("process", "terminal"))
        }
        planNetworkControls()
        create.groups?.planLate(&create.builder)
        create.builder.at(.ready, .noteRunning)
        create.builder.at(.ready, .recordProcess)
        create.builder.planTold(create.request)
        create.builder.plan.hasPoststopHooks = !create.spec.hooks(.poststop).isEmpty
    }
}

extension RestorePlanner {
    /// A network namespace of the container's own is empty when CRIU has made it, and as the kernel makes one; those of devices
    /// may be set when the hooks have made them. All else that has parameters is in the images.
    private func planNetworkControls() {
        guard create.namespaces.isNew(.network) else { return }
        for (key, value) in (create.linux.sysctl ?? [:]).sortedByName {
            guard SysctlName.parts(key).flatMap({ SysctlName.namespace(of: $0) }) == .network else { continue }
            create.builder.at(.ready, .setNetworkControl(key: key, value: value), for: JSONPath.of("linux", "sysctl").member(key))
        }
    }
}

/// Names below the state directory that are there while CRIU works.
public enum RestorePlace {
    /// The root, as a mount of its own.
    public static let root = "root"
    /// A file system with devices that cover masked files.
    public static let devices = "devices"
}
