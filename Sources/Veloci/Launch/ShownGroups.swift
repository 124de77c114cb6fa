internal import Cgroups
internal import ContainerPlan
internal import RuntimeSpec

extension ControlGroupFacts {
    /// What a plan needs to know about the hierarchies of the host.
    ///
    /// - Parameters:
    ///   - locations: the container's groups.
    ///   - joined: the directories that it gets of these; nil for all.
    init(_ layout: CgroupLayout, _ locations: [CgroupLocation], joined: Set<String>?) {
        let isAlone = layout.mode == .unified
        self.init(hasVersion2: false)
        for host in layout.hierarchies where host.isForContainers {
            let own = locations.first { $0.mountPoint == host.mountPoint && (joined?.contains($0.directory) ?? true) }
            let caller = host.ownCgroup == "/" ? host.mountPoint : host.mountPoint + host.ownCgroup
            let isVersion2 = host.version == .v2
            let named = host.controllers.isEmpty ? ["none", "name=\(host.name ?? "")"] : host.controllers
            var hierarchy = Hierarchy(
                name: isVersion2 ? (isAlone ? "" : "unified") : host.nameOfDirectory, options: isVersion2 ? [] : named,
                directory: isAlone ? host.mountPoint : own?.directory ?? caller)
            hierarchy.isJoined = own != nil
            if isVersion2 { version2 = hierarchy } else { hierarchies.append(hierarchy) }
        }
    }

    /// Without a group of its own a container is in the caller's. Where no hierarchy can be found there is none to show.
    static func ofCaller() -> ControlGroupFacts {
        guard let layout = try? CgroupLayout.detect() else { return ControlGroupFacts(hasVersion2: false) }
        return ControlGroupFacts(layout, [], joined: nil)
    }
}

extension CgroupHierarchy {
    /// How it is called below /sys/fs/cgroup.
    fileprivate var nameOfDirectory: String { controllers.isEmpty ? name ?? "" : controllers.joined(separator: ",") }
}
