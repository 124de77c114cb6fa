internal import ByteText
internal import CLinux
internal import RuntimeSpec

extension CreatePlanner {
    /// The control group file system: version 2 alone is one mount; version 1 is a directory with one mount per hierarchy.
    func planControlGroupMount(
        _ options: MountOptions, _ index: Int, _ destination: ContainerPath, _ origin: JSONPath, _ root: Slot
    ) throws(PlanError) {
        let groups = hierarchies
        var attributes = options.attributes
        attributes.clear = 0
        let data = options.data
        if groups.legacy.isEmpty {
            let unified = groups.unified ?? ContainerHierarchies.Hierarchy(name: "", isJoined: false)
            let kept = keptSlot(index, isLate: false)
            try planHierarchy(unified, type: "cgroup2", data, destination, attributes, origin, root, keeping: kept)
            return
        }
        var directory = FileSystemMount(
            type: "tmpfs", source: "tmpfs", options: ["mode=755"],
            attributes: MountAttributes(set: attributes.set & ~UInt64(MOUNT_ATTR_RDONLY), propagation: attributes.propagation),
            target: MountTarget(destination, kind: .directory, refusesProcessFileSystem: true))
        directory.kept = keptSlot(index, isLate: false)
        builder.add(.mountFileSystem(directory, root: root), for: origin)
        for hierarchy in groups.legacy {
            try planHierarchy(hierarchy, type: "cgroup", [], destination.path(to: hierarchy.name), attributes, origin, root)
            let controllers = hierarchy.name.parts(at: ",")
            for controller in controllers where controllers.count > 1 {
                builder.add(
                    .makeLink(
                        path: destination.path(to: controller), to: hierarchy.name, existing: .leave, root: root),
                    for: origin)
            }
        }
        if let unified = groups.unified {
            try planHierarchy(unified, type: "cgroup2", data, destination.path(to: "unified"), attributes, origin, root)
        }
        if options.flags.contains(.readOnly) {
            builder.add(
                .changeMount(
                    MountAttributes(set: UInt64(MOUNT_ATTR_RDONLY)), path: destination, root: root, fileSystem: []),
                for: origin)
        }
    }

    /// KERNEL(cgroup2_fs_parameters): what version 2 knows; it takes notice of it in the first namespace alone.
    private static let options = [
        "nsdelegate", "favordynmods", "memory_localevents", "memory_recursiveprot", "memory_hugetlb_accounting",
        "pids_localevents",
    ]

    /// In a control group namespace the hierarchy is mounted and shows the container's group as its root; without one the
    /// group's directory is bound, because a mount would show all groups of the host.
    private func planHierarchy(
        _ hierarchy: ContainerHierarchies.Hierarchy, type: String, _ data: [String], _ destination: ContainerPath,
        _ attributes: MountAttributes, _ origin: JSONPath, _ root: Slot, keeping kept: Slot? = nil
    ) throws(PlanError) {
        let target = MountTarget(destination, kind: .directory, refusesProcessFileSystem: true)
        if namespaces.isNew(.cgroup) {
            var mount = FileSystemMount(
                type: type, source: "cgroup", options: hierarchy.options + data, attributes: attributes, target: target)
            mount.kept = kept
            builder.add(.mountFileSystem(mount, root: root), for: origin)
            return
        }
        if let option = data.first {
            let what = "without a cgroup namespace the host's mount is shown, whose options stay as they are: \(option)"
            guard Self.options.contains(option) else { throw PlanError(what, at: origin.member("options")) }
            builder.plan.warnings.append("\(origin.member("options")): \(what)")
        }
        guard hierarchy.isJoined || !hierarchy.directory.text.isEmpty else {
            throw PlanError("no control group file system is mounted on this host that could be shown", at: origin)
        }
        let tree = builder.slot()
        var separated = attributes
        separated.propagation.insert(.init(.private, recursive: false), at: 0)
        // CVE-2023-25809: what is not the container's own is shown and not given.
        if !isContainersOwn(hierarchy) { separated.set |= UInt64(MOUNT_ATTR_RDONLY) }
        if !facts.isPrivileged {
            builder.add(
                .openTree(path: hierarchy.directory, recursive: false, attributes: separated, into: tree), for: origin)
        } else if hierarchy.isJoined {
            builder.prepare(.openControlGroupTree(hierarchy: hierarchy.name, attributes: separated, into: tree), for: origin)
        } else {
            builder.prepare(
                .openTree(
                    path: hierarchy.directory, recursive: false, attributes: separated, mappings: nil, into: tree), for: origin)
        }
        builder.add(.attachTree(tree, destination: target, root: root, keeping: kept), for: origin)
    }

    /// Version 2 alone is shown as a whole, since /proc/self/cgroup shows whole paths. Only root of the host may change others'
    /// groups there.
    private func isContainersOwn(_ hierarchy: ContainerHierarchies.Hierarchy) -> Bool {
        let isWhole = hierarchy.name.isEmpty
        return hierarchy.isJoined && !(isWhole && (!facts.isPrivileged || facts.isInUserNamespace))
    }
}
