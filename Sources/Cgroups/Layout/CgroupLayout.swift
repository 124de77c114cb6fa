internal import ByteText
internal import LinuxKernel

/// The version of a hierarchy of control groups.
package enum CgroupVersion: String, Hashable, Sendable {
    case v1, v2
}

/// A mounted hierarchy of control groups, and the place of the calling process in it.
package struct CgroupHierarchy: Hashable, Sendable {
    package var version: CgroupVersion
    /// The controllers: of a v1 hierarchy those it was mounted with (a named one has none); of v2 those offered at the mount.
    package var controllers: [String]
    /// The name of a v1 hierarchy without controllers, such as `systemd`.
    package var name: String?
    /// Where it is mounted.
    package var mountPoint: String
    /// The caller's group as a directory below the mount point, always absolute and without a slash at the end; `/` when
    /// the group is outside of what is mounted.
    package var ownCgroup: String

    package init(
        version: CgroupVersion, controllers: [String], name: String? = nil, mountPoint: String, ownCgroup: String = "/"
    ) {
        self.version = version
        self.controllers = controllers
        self.name = name
        self.mountPoint = mountPoint
        self.ownCgroup = ownCgroup
    }
}

extension CgroupHierarchy {
    /// A named v1 hierarchy is somebody's own bookkeeping, except systemd's, which tools expect a container to be in.
    package var isForContainers: Bool { version == .v2 || !controllers.isEmpty || name == "systemd" }
}

/// The hierarchies of this host as the calling process sees them: facts, found once, that planning is a function of.
package struct CgroupLayout: Hashable, Sendable {
    package enum Mode: String, Hashable, Sendable {
        /// No hierarchy is mounted.
        case none
        /// v1 hierarchies only.
        case legacy
        /// v1 hierarchies with a v2 hierarchy beside them.
        case hybrid
        /// cgroup v2 only.
        case unified
    }

    /// v1 hierarchies in the order of the mount table, then the v2 hierarchy if there is one.
    package var hierarchies: [CgroupHierarchy]

    package init(hierarchies: [CgroupHierarchy]) {
        self.hierarchies = hierarchies
    }

    package var mode: Mode {
        let hasLegacy = hierarchies.contains { $0.version == .v1 }
        let hasUnified = hierarchies.contains { $0.version == .v2 }
        switch (hasLegacy, hasUnified) {
        case (false, false): return .none
        case (true, false): return .legacy
        case (true, true): return .hybrid
        case (false, true): return .unified
        }
    }

    /// The v2 hierarchy.
    package var unified: CgroupHierarchy? { hierarchies.first { $0.version == .v2 } }

    /// The hierarchy that has a controller. A controller is in one hierarchy at a time.
    package func hierarchy(of controller: String) -> CgroupHierarchy? {
        hierarchies.first { $0.controllers.contains(controller) }
    }

    /// All controllers that can be used.
    package var controllers: [String] { hierarchies.flatMap { $0.controllers } }
}

extension CgroupLayout {
    /// Where distributions mount control groups.
    package static let customaryMountPoint = "/sys/fs/cgroup"
    fileprivate static let belowCustomaryMountPoint = "/sys/fs/cgroup/"

    /// Finds the layout in the text of the kernel's files.
    ///
    /// When cgroup2 is mounted on /sys/fs/cgroup the host is a unified one, and v1 hierarchies elsewhere are somebody's
    /// private matter (network filters of VPN clients mount net_cls): they are not joined.
    /// - Parameters:
    ///   - mountTable: /proc/self/mountinfo
    ///   - membership: /proc/self/cgroup
    ///   - unifiedControllers: what cgroup.controllers says at a v2 mount point
    package init(mountTable: [UInt8], membership: [UInt8], unifiedControllers: (_ mountPoint: String) -> String) {
        let own = CgroupMemberships(membership)
        // A hierarchy may be mounted twice. The one in the customary place wins, then the first.
        var mounts = MountTable(bytes: mountTable).visibleCgroups
        if !mounts.allSatisfy({ $0.isCustomary }) {
            mounts = mounts.filter { $0.isCustomary } + mounts.filter { !$0.isCustomary }
        }
        var found: [CgroupHierarchy] = []
        found.reserveCapacity(mounts.count)
        var unified: CgroupHierarchy?
        for mount in mounts {
            if mount.version == .v2 {
                if unified != nil { continue }
                unified = CgroupHierarchy(
                    version: .v2, controllers: unifiedControllers(mount.mountPoint).words, mountPoint: mount.mountPoint,
                    ownCgroup: CgroupLayout.below(mount.root, own[""]))
                continue
            }
            let name = mount.options.lazy.compactMap { $0.after("name=") }.first
            let controllers = mount.options.filter { own.has($0) && !$0.isEmpty && !$0.begins(with: "name=") }
            let key = controllers.first ?? name.map { "name=" + $0 }
            guard let key, !found.contains(where: { $0.controllers == controllers && $0.name == name }) else { continue }
            found.append(
                CgroupHierarchy(
                    version: .v1, controllers: controllers, name: name, mountPoint: mount.mountPoint,
                    ownCgroup: CgroupLayout.below(mount.root, own[key])))
        }
        if let unified {
            let replacesLegacy = unified.mountPoint == CgroupLayout.customaryMountPoint
            self.init(hierarchies: replacesLegacy ? [unified] : found + [unified])
        } else {
            self.init(hierarchies: found)
        }
    }

    /// Reads the layout of the calling process's mount namespace.
    /// - Throws: `CgroupError` when procfs cannot be read.
    package static func detect() throws(CgroupError) -> CgroupLayout {
        try kernelCall { () throws(KernelError) in
            let membership = try Files.open("/proc/self/cgroup")
            return CgroupLayout(
                mountTable: try Files.read("/proc/self/mountinfo"),
                membership: try Files.read(membership, name: "/proc/self/cgroup", endsShort: true)
            ) { mountPoint in
                (try? Files.readValue(mountPoint + "/cgroup.controllers")) ?? ""
            }
        }
    }

    /// The caller's group relative to what is mounted.
    private static func below(_ root: String, _ group: String?) -> String {
        guard let group, group.begins(with: "/"), !group.begins(with: "/..") else { return "/" }
        // The kernel marks a removed group; nothing can be made in it.
        if group.ends(with: " (deleted)") { return "/" }
        if root == "/" { return group }
        guard let rest = group.after(root), rest.begins(with: "/") else { return "/" }
        return rest
    }
}

extension CgroupMount {
    fileprivate var isCustomary: Bool {
        mountPoint == CgroupLayout.customaryMountPoint || mountPoint.begins(with: CgroupLayout.belowCustomaryMountPoint)
    }
}
