internal import ByteText
internal import Cgroups
public import RuntimeSpec

/// What a checkpoint, or a restore, depends on besides config.json: looked at once, before anything is done.
public struct CheckpointFacts: Equatable, Sendable {
    /// CRIU's version: 40201 for 4.2.1.
    public var criuVersion = 0
    /// Places of config.json inside the container, each with where its links lead; those that are not here lead nowhere else.
    public var places: [String: String] = [:]
    /// The masked paths that are something else than directories in the container.
    public var maskedFiles: Set<String> = []
    /// The kernel's numbers of the namespaces that config.json names by path.
    public var namespaceNumbers: [NamespaceKind: UInt64] = [:]

    /// Whether the images of an earlier pre-dump are there. True where none are asked for.
    public var hasParent = true
    /// What CRIU can do here; nil when it does not say.
    public var features: Features? = Features(tracksMemory: true, fetchesPages: true)

    /// What not every kernel can that CRIU knows.
    public struct Features: Equatable, Sendable {
        /// Whether it finds memory that has changed.
        public var tracksMemory: Bool
        /// Whether it fetches memory when it is used.
        public var fetchesPages: Bool

        /// What can be done.
        public init(tracksMemory: Bool, fetchesPages: Bool) {
            self.tracksMemory = tracksMemory
            self.fetchesPages = fetchesPages
        }
    }

    /// Whether securityfs shows AppArmor, by which alone CRIU knows of it.
    public var showsAppArmor = true
    /// Whose labels the images have; nil for a dump, and where they do not say.
    public var imageModule: ImageModule?

    /// What the standard streams were when they were dumped: pipes by the kernel's names. Empty for a dump.
    public var streams: [String] = []

    /// The first process of a container that is dumped.
    public struct Process: Equatable, Sendable {
        /// As the host sees it.
        public var pid: Int32
        /// Whether it is frozen, with all others of the container.
        public var isPaused: Bool

        /// A process.
        public init(pid: Int32, isPaused: Bool) {
            self.pid = pid
            self.isPaused = isPaused
        }
    }

    /// Nothing is known.
    public init() {}

    /// From when on CRIU takes network namespaces from outside: 3.11.
    static let externalNetwork = 31100
    /// From when on CRIU freezes groups of version 2: 3.14.
    static let unifiedFreezer = 31400
    /// From when on CRIU takes pid namespaces from outside: 3.15.
    static let externalProcesses = 31500
    /// From when on a descriptor hears that lazy pages are served: 3.15.
    static let statusDescriptor = 31500
    /// From when on another profile can be given to what is restored: 3.16.
    static let otherProfile = 31600
}

extension Plan {
    /// The plan that writes a container to images. There is no stage: CRIU looks at the processes from outside.
    ///
    /// - Parameters:
    ///   - root: its root on the host.
    ///   - groups: the directories of its control groups, by controller.
    ///   - process: its first process.
    /// - Throws: `PlanError` for what could not be restored.
    public static func checkpoint(
        _ spec: ValidatedSpec, root: HostPath, groups: [String: String], process: CheckpointFacts.Process,
        options: CheckpointOptions,
        host: HostFacts, facts: CheckpointFacts
    ) throws(PlanError) -> Plan {
        let planner = CheckpointPlanner(spec: spec, host: host, facts: facts)
        // What the caller has mistaken comes before what this machine cannot.
        try planner.checkParent(options)
        try planner.check(options)
        var order = CriuOrder(options: options, root: root)
        order.process = process.pid
        order.isPaused = process.isPaused
        order.configurationFile = planner.configurationFile
        try planner.keepLabel(&order)
        try planner.nameNamespaces(&order)
        order.freezer = planner.freezer(groups)
        var builder = PlanBuilder()
        builder.prepare(.makeImageDirectory(options))
        // A pre-dump has memory alone.
        if !options.isPreDump {
            planner.nameMounts(&order, CgroupPaths(recorded: groups))
            builder.prepare(.noteStreams(options))
        }
        builder.prepare(.dumpProcesses(order))
        if !options.leavesRunning, !options.isPreDump { builder.prepare(.deleteContainer) }
        return builder.plan
    }
}

/// Decides what CRIU must be told about a container. A dump and a restore ask the same, so that what one calls from outside
/// the other brings along.
final class CheckpointPlanner {
    let spec: ValidatedSpec
    let host: HostFacts
    let facts: CheckpointFacts
    private let linux: Linux
    private let namespaces: NamespaceRequest

    /// RUNC: its name for what all masked files are covered with.
    static let maskName = "/dev/null"

    init(spec: ValidatedSpec, host: HostFacts, facts: CheckpointFacts) {
        self.spec = spec
        self.host = host
        self.facts = facts
        linux = spec.linux
        namespaces = NamespaceRequest(linux)
    }

    // MARK: What cannot be restored

    /// CRIU takes a missing parent for none, and would write all of the memory.
    func checkParent(_ options: CheckpointOptions) throws(PlanError) {
        guard let parent = options.parentPath else { return }
        guard !parent.begins(with: "/") else {
            throw PlanError(
                "the path of the parent's images must be relative", at: JSONPath(),
                hint: "name it from the directory of the images on, as ../1", kind: .argument)
        }
        guard facts.hasParent else {
            throw PlanError(
                "cannot use the images of the parent: there is no directory \(parent) as seen from \(options.imagePath)",
                at: JSONPath(),
                hint: "name the directory of the pre-dump from \(options.imagePath) on, as ../1", kind: .argument)
        }
    }

    func check(_ options: CheckpointOptions) throws(PlanError) {
        try checkFeatures(options)
        if namespaces.path(.cgroup) != nil {
            throw PlanError(
                "a container in a cgroup namespace of others cannot be restored", at: namespaces.origin(.cgroup),
                hint: "leave the path out: the container gets a cgroup namespace of its own", kind: .unsupported)
        }
        if !(linux.netDevices ?? [:]).isEmpty, namespaces.isNew(.network), !options.leavesRunning, !options.isPreDump {
            throw PlanError(
                "network devices that were moved into the container cannot be restored", at: JSONPath.of("linux", "netDevices"),
                hint: "put them into a network namespace that stays, and name it in linux.namespaces", kind: .unsupported)
        }
        if let listener = linux.seccomp?.listenerPath, !listener.isEmpty {
            throw PlanError(
                "a filter with a listener cannot be restored: nobody would answer it",
                at: JSONPath.of("linux", "seccomp", "listenerPath"),
                hint: "leave linux.seccomp.listenerPath and its rules out", kind: .unsupported)
        }
        try checkPriorities()
    }

    /// What the kernel keeps for each process and CRIU does not ask about.
    private func checkPriorities() throws(PlanError) {
        func refuse(_ what: String, _ path: JSONPath) -> PlanError {
            PlanError(
                "CRIU restores no \(what), so the container's would be lost", at: path,
                hint: "let the program set its own, or leave \(path) out", kind: .unsupported)
        }
        if linux.memoryPolicy != nil { throw refuse("memory policy", JSONPath.of("linux", "memoryPolicy")) }
        if spec.process.document.ioPriority != nil { throw refuse("I/O priority", JSONPath.of("process", "ioPriority")) }
        guard let scheduler = spec.process.document.scheduler else { return }
        if !Self.restoredPolicies.contains(scheduler.policy) {
            throw refuse("\(scheduler.policy)", JSONPath.of("process", "scheduler", "policy"))
        }
        if let index = scheduler.flags?.firstIndex(of: "SCHED_FLAG_RESET_ON_FORK") {
            throw refuse("flags of scheduling", JSONPath.of("process", "scheduler", "flags").index(index))
        }
    }

    /// With their priorities.
    private static let restoredPolicies: Set<String> = ["SCHED_OTHER", "SCHED_BATCH", "SCHED_IDLE", "SCHED_FIFO", "SCHED_RR"]

    private func checkFeatures(_ options: CheckpointOptions) throws(PlanError) {
        if options.statusDescriptor != nil, options.lazyPages {
            try require(CheckpointFacts.statusDescriptor, for: "a descriptor for the status", at: JSONPath())
        }
        let tracks = options.tracksMemory
        guard tracks || options.lazyPages else { return }
        guard let features = facts.features else {
            throw PlanError(
                "CRIU feature check failed", at: JSONPath(), hint: "criu check says what is missing", kind: .unsupported)
        }
        if tracks, !features.tracksMemory {
            throw PlanError(
                "criu is missing features: [MemTrack]: this kernel does not tell CRIU which memory changed", at: JSONPath(),
                hint: "checkpoint without a pre-dump and its images", kind: .unsupported)
        }
        if options.lazyPages, !features.fetchesPages {
            throw PlanError(
                "criu is missing features: [LazyPages]: this kernel fetches no memory when it is used", at: JSONPath(),
                hint: "go without lazy pages", kind: .unsupported)
        }
    }

    private func require(_ version: Int, for what: String, at path: JSONPath) throws(PlanError) {
        guard facts.criuVersion < version else { return }
        let (major, minor) = (version / 10000, version / 100 % 100)
        throw PlanError(
            "\(what) needs CRIU \(major).\(minor) or newer, and this one is \(Self.text(facts.criuVersion))", at: path,
            hint: "install a newer one, or name the program that is meant", kind: .unsupported)
    }

    /// Such as `4.2.1`.
    static func text(_ version: Int) -> String {
        let last = version % 100
        return "\(version / 10000).\(version / 100 % 100)" + (last == 0 ? "" : ".\(last)")
    }

    func requireOtherProfile(_ options: CheckpointOptions) throws(PlanError) {
        if options.lsmProfile != nil {
            try require(CheckpointFacts.otherProfile, for: "another profile of security", at: JSONPath())
        }
        if options.lsmMountContext != nil {
            try require(CheckpointFacts.otherProfile, for: "another context of mounts", at: JSONPath())
        }
    }

    // MARK: Namespaces

    /// The key by which a namespace from outside is found again. RUNC: its names, so that images of either restore with the
    /// other.
    static func key(_ kind: NamespaceKind) -> String { kind == .network ? "extRootNetNS" : "extRootPidNS" }

    /// Kinds that CRIU knows from outside; all others it joins by path when it restores.
    static let externalKinds: [(kind: NamespaceKind, version: Int)] = [
        (.network, CheckpointFacts.externalNetwork), (.pid, CheckpointFacts.externalProcesses),
    ]

    func nameNamespaces(_ order: inout CriuOrder) throws(PlanError) {
        for (kind, version) in Self.externalKinds where namespaces.path(kind) != nil {
            let origin = namespaces.origin(kind)
            try require(version, for: "a \(kind.rawValue) namespace from outside", at: origin)
            guard let number = facts.namespaceNumbers[kind] else {
                throw PlanError(
                    "there is no \(kind.rawValue) namespace \(namespaces.path(kind)?.text ?? "")", at: origin,
                    hint: "it is gone: put the file of the namespace back that the container is in")
            }
            order.externals.append("\(kind.fileName)[\(number)]:\(Self.key(kind))")
        }
    }

    func joinNamespaces(_ order: inout CriuOrder, _ builder: inout PlanBuilder) throws(PlanError) {
        for kind in namespaces.joined {
            guard let path = namespaces.path(kind) else { continue }
            let origin = namespaces.origin(kind)
            if let external = Self.externalKinds.first(where: { $0.kind == kind }) {
                try require(external.version, for: "a \(kind.rawValue) namespace from outside", at: origin)
                let slot = builder.slot()
                builder.prepare(.openNamespace(kind, path: path, into: slot), for: origin)
                order.inherited.append(CriuOrder.InheritedDescriptor(key: Self.key(kind), slot: slot))
            } else {
                order.joinedNamespaces.append(CriuOrder.JoinedNamespace(kind: kind, path: path))
            }
        }
    }

    // MARK: Streams

    /// Those of the new caller take the place of pipes; a file that was opened by its name is opened again.
    var pipes: [CriuOrder.InheritedStream] {
        facts.streams.prefix(3).enumerated().filter { $0.element.begins(with: "pipe:") }
            .map { CriuOrder.InheritedStream(key: $0.element, number: Int32($0.offset)) }
    }

    // MARK: Control groups

    /// Processes that are frozen together cannot start others between two looks of CRIU. It is the group in which `pause` freezes
    /// them: CRIU waits without end for processes that another has frozen.
    func freezer(_ groups: [String: String]) -> HostPath? {
        if let unified = groups[""], facts.criuVersion >= CheckpointFacts.unifiedFreezer { return HostPath(unified) }
        return groups["freezer"].map { HostPath($0) }
    }

    // MARK: Configuration

    /// RUNC: an annotation names another file, or none.
    var configurationFile: HostPath? {
        guard let named = spec.document.annotations?[CriuOrder.configurationAnnotation] else { return "/etc/criu/runc.conf" }
        return named.isEmpty ? nil : HostPath(named)
    }

    // MARK: Mounts

    /// A mount from outside: where it is in the container, and what is bound there.
    struct OutsideMount: Equatable {
        var place: ContainerPath
        var source: HostPath
        /// The entry of `mounts`, for those that have one.
        var index: Int?
    }

    /// Each by its own place, but for the covers of masked files.
    func nameMounts(_ order: inout CriuOrder, _ groups: CgroupPaths) {
        order.externalMounts = externalMounts(groups).map { CriuOrder.ExternalMount(key: $0.place.text, value: $0.place.text) }
        order.externalMounts += maskedFiles.map { CriuOrder.ExternalMount(key: $0.text, value: CheckpointPlanner.maskName) }
    }

    /// All but the covers of masked files.
    func externalMounts(_ groups: CgroupPaths) -> [OutsideMount] {
        var found: [OutsideMount] = []
        for (index, mount) in spec.mounts.enumerated() {
            let options = MountOptions(mount.options ?? [])
            if options.isRemount || options.copiesLink { continue }
            let place = place(mount.destination)
            if options.bind != nil || mount.type == "bind" {
                found.append(OutsideMount(place: place, source: HostPath(mount.source ?? ""), index: index))
            } else if mount.type == "cgroup" || mount.type == "cgroup2" {
                found += controlGroupMounts(place, groups)
            }
        }
        return found + hostDevices
    }

    /// Without a cgroup namespace hierarchies of version 1 are bound one by one; with one, and with version 2 alone, they are
    /// mounts that CRIU makes itself.
    private func controlGroupMounts(_ place: ContainerPath, _ groups: CgroupPaths) -> [OutsideMount] {
        let hierarchies = ContainerHierarchies(host.layout, own: groups.locations)
        if namespaces.isNew(.cgroup) || hierarchies.legacy.isEmpty { return [] }
        let all = hierarchies.legacy + (hierarchies.unified.map { [$0] } ?? [])
        return all.map { OutsideMount(place: place.path(to: $0.name), source: own($0.name, groups) ?? $0.directory) }
    }

    /// The container's own directory of a hierarchy, from paths that know nothing of mount points.
    private func own(_ name: String, _ groups: CgroupPaths) -> HostPath? {
        groups.locations.first { location in
            location.version == .v1
                ? location.controllers.joined(separator: ",") == name || location.name == name : name == "unified"
        }.map { HostPath($0.directory) }
    }

    /// Who may not make nodes has those of the host.
    private var hostDevices: [OutsideMount] {
        guard !makesDevices else { return [] }
        let defaults = ["null", "zero", "full", "random", "urandom", "tty"].map { "/dev/" + $0 }
        let listed = (linux.devices ?? []).filter { $0.kind != .namedPipe }.map { ContainerPath(cleaning: $0.path).text }
        return Set(defaults + listed).sortedByBytes().map { OutsideMount(place: ContainerPath($0), source: HostPath($0)) }
    }

    private var makesDevices: Bool { host.canMakeDevices && !namespaces.has(.user) }

    /// In the order of config.json, without repetition.
    var maskedFiles: [ContainerPath] {
        var done: Set<String> = []
        return (linux.maskedPaths ?? []).filter { facts.maskedFiles.contains($0) }.map { place($0) }
            .filter { done.insert($0.text).inserted }
    }

    /// Where a place of config.json is in the container.
    private func place(_ path: String) -> ContainerPath {
        facts.places[path].map { ContainerPath($0) } ?? ContainerPath(cleaning: path)
    }
}
