internal import RuntimeSpec

/// Which namespaces are new, which are joined, and how: a list without duplicates, one entry per kind.
struct NamespaceRequest {
    /// One that the configuration names: its place in the list, and the path of one that is joined.
    private struct Entry {
        var index: Int
        var path: HostPath?
    }

    /// By the place of the kind among all kinds.
    private var entries = [Entry?](repeating: nil, count: NamespaceKind.allCases.count)
    private let hasTimeOffsets: Bool

    init(_ linux: Linux) {
        for (index, namespace) in (linux.namespaces ?? []).enumerated() {
            guard let kind = namespace.kind else { continue }
            entries[kind.place] = Entry(index: index, path: namespace.path.flatMap { $0.isEmpty ? nil : HostPath($0) })
        }
        hasTimeOffsets = !(linux.timeOffsets ?? [:]).isEmpty
    }

    func has(_ kind: NamespaceKind) -> Bool { entries[kind.place] != nil }
    func isNew(_ kind: NamespaceKind) -> Bool { has(kind) && path(kind) == nil }
    func path(_ kind: NamespaceKind) -> HostPath? { entries[kind.place]?.path }

    func origin(_ kind: NamespaceKind) -> JSONPath {
        let list = JSONPath.of("linux", "namespaces")
        return entries[kind.place].map { list.index($0.index) } ?? list
    }

    var new: [NamespaceKind] { NamespaceKind.allCases.filter { isNew($0) } }
    var joined: [NamespaceKind] { NamespaceKind.allCases.filter { path($0) != nil } }

    /// Whether a second process is needed: pid and time namespaces are entered by being born into them, and a user
    /// namespace has to exist, with its mappings, before the others can belong to it.
    var needsFork: Bool {
        has(.user) || path(.pid) != nil || has(.time)
    }

    /// What the first clone can make at once. The cgroup namespace comes later: its root is the control group that the
    /// process is in when it is made.
    var byClone: [NamespaceKind] {
        needsFork ? [] : new.filter { $0 != .cgroup }
    }
}

extension NamespaceKind {
    /// Where it stands among all kinds.
    fileprivate var place: Int {
        switch self {
        case .pid: 0
        case .network: 1
        case .mount: 2
        case .ipc: 3
        case .uts: 4
        case .user: 5
        case .cgroup: 6
        case .time: 7
        }
    }
}

extension CreatePlanner {
    func planNamespaces() {
        let joined = namespaces.joined
        if joined.contains(.pid) || joined.contains(.user) {
            // CVE-2016-9962: whoever is already inside could trace us while we still hold the host's descriptors.
            builder.add(.refuseTracing)
        }
        // The user namespace last while we are root of the host, first when only it gives us any power.
        let order =
            facts.isPrivileged
            ? joined.filter { $0 != .user } + joined.filter { $0 == .user }
            : joined.filter { $0 == .user } + joined.filter { $0 != .user }
        for kind in order {
            guard let path = namespaces.path(kind) else { continue }
            let slot = builder.slot()
            builder.prepare(.openNamespace(kind, path: path, into: slot), for: namespaces.origin(kind))
            builder.add(.joinNamespace(kind, slot), for: namespaces.origin(kind))
        }
        if namespaces.needsFork { planFork() }
        planLateNamespaces()
    }

    private func planFork() {
        let path = JSONPath.of("linux", "namespaces")
        if namespaces.isNew(.user) {
            builder.add(.newNamespaces([.user]), for: namespaces.origin(.user))
            builder.at(
                .userNamespace, .writeMappings(uid: linux.uidMappings ?? [], gid: linux.gidMappings ?? []),
                for: JSONPath.of("linux", "uidMappings"))
            builder.meet(.userNamespace)
        }
        if namespaces.has(.user) {
            let step = Step.becomeUser(of: linux, like: process.document, keepsGroups: annotations.keepsGroups)
            builder.add(step, for: namespaces.origin(.user))
        }
        let rest = namespaces.new.filter { $0 != .user && $0 != .pid && $0 != .cgroup }
        if !rest.isEmpty { builder.add(.newNamespaces(rest), for: path) }
        for (clock, offset) in (linux.timeOffsets ?? [:]).sortedByName {
            builder.at(
                .timeNamespace,
                .writeTimeOffset(clock: clock, seconds: offset.secs ?? 0, nanoseconds: offset.nanosecs ?? 0),
                for: JSONPath.of("linux", "timeOffsets").member(clock))
        }
        builder.meet(.timeNamespace)
        builder.add(.fork(namespaces: namespaces.isNew(.pid) ? [.pid] : []), for: path)
    }

    private func planLateNamespaces() {
        if namespaces.isNew(.cgroup) { builder.add(.newNamespaces([.cgroup]), for: namespaces.origin(.cgroup)) }
        // RUNC: a network of one's own begins with a loopback that works.
        if namespaces.isNew(.network) { builder.add(.bringUpLoopback, for: namespaces.origin(.network)) }
        if let score = process.document.oomScoreAdj {
            builder.at(.namespaces, .setOOMScore(score), for: JSONPath.of("process", "oomScoreAdj"))
        }
        for (name, device) in (linux.netDevices ?? [:]).sortedByName {
            builder.at(
                .namespaces,
                .moveNetworkDevice(name, newName: device.name.flatMap { $0.isEmpty ? nil : $0 } ?? name),
                for: JSONPath.of("linux", "netDevices").member(name))
        }
        if (linux.netDevices ?? [:]).isEmpty {
            builder.meet(.namespaces)
        } else {
            builder.add(.offerRouteSocket(builder.slot(), at: .namespaces), for: JSONPath.of("linux", "netDevices"))
        }
    }
}

extension Step {
    /// Root of the user namespace, whom everything inside belongs to; or, where nobody is mapped to root, the program's user, or
    /// whoever is mapped.
    static func becomeUser(of linux: Linux, like process: Spec.Process, keepsGroups: Bool) -> Step {
        func id(_ mappings: [IDMapping]?, _ own: UInt32) -> UInt32 {
            guard let mappings, let first = mappings.first else { return 0 }
            func isMapped(_ id: UInt32) -> Bool { mappings.contains { id >= $0.containerID && id - $0.containerID < $0.size } }
            return isMapped(0) ? 0 : isMapped(own) ? own : first.containerID
        }
        return .becomeUserOfNamespace(
            uid: id(linux.uidMappings, process.user.uid), gid: id(linux.gidMappings, process.user.gid), keepsGroups: keepsGroups)
    }
}
