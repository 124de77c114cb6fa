internal import ByteText
internal import CLinux
internal import RuntimeSpec

extension CreatePlanner {
    func planMounts(root: Slot) throws(PlanError) {
        for (index, mount) in (spec.mounts ?? []).enumerated() {
            try plan(mount, index, origin: JSONPath.of("mounts").index(index), root: root)
        }
    }

    private func plan(_ mount: Mount, _ index: Int, origin: JSONPath, root: Slot) throws(PlanError) {
        var options = MountOptions(mount.options ?? [])
        let destination = cleaned(mount.destination)
        guard destination != "/" || options.isRemount else {
            throw PlanError("a mount on the root itself would hide it", at: origin.member("destination"))
        }
        let type = mount.type ?? ""
        passOver(options.relabels, "engines label what they bind", origin)
        if options.bind != nil || type == "bind" {
            passOver(options.preparesVolume, "engines fill volumes and change their owner", origin)
        } else {
            options.data += options.preparesVolume
        }
        if options.isRemount {
            try planRemount(options, index, destination, origin, root)
        } else if options.bind != nil || type == "bind" {
            try planBind(mount, index, options, destination, origin, root)
        } else if type == "cgroup" || type == "cgroup2" {
            try planControlGroupMount(options, index, destination, origin, root)
        } else if type.isEmpty || type == "none" {
            throw PlanError("no such device: the mount has neither a type nor the option bind", at: origin.member("type"))
        } else {
            guard destination != "/proc" || type == "proc" else {
                throw PlanError("only a proc file system can be mounted on /proc", at: origin.member("destination"))
            }
            try planFileSystem(mount, index, type, options, destination, origin, root)
        }
    }

    /// RUNC: before 1.2 it gave the kernel whatever it did not know of a bind's options, and the kernel looks at none.
    private func passOver(_ options: [String], _ reason: String, _ origin: JSONPath) {
        for option in options {
            builder.plan.warnings.append("\(origin.member("options")): \(option) is ignored: \(reason)")
        }
    }

    /// Changes a mount that is there: its own attributes, and unless `bind` says that only they are meant, its file system.
    private func planRemount(
        _ options: MountOptions, _ index: Int, _ destination: String, _ origin: JSONPath, _ root: Slot
    ) throws(PlanError) {
        let changed = remounts.origins[index]
        let earlier = changed.flatMap { spec.mounts?[$0] }
        let bindsEarlier = earlier.map { $0.type == "bind" || MountOptions($0.options ?? []).bind != nil } ?? true
        if let data = options.data.first, bindsEarlier || options.bind != nil {
            // The file system is that of the host, or nobody knows whose.
            throw PlanError(
                "a remount changes options of a file system only where an earlier entry mounted it: \(data)",
                at: origin.member("options"))
        }
        var changes = options.changes
        let isLate = isFilledLater(destination, earlier?.type ?? "", index) && changes.takeReadOnly()
        let isShared = ["proc", "sysfs", "mqueue", "cgroup", "cgroup2"].contains(earlier?.type ?? "")
        var fileSystem = bindsEarlier || options.bind != nil ? [] : options.reconfiguration(isShared: isShared)
        if isLate { fileSystem.removeAll { $0 == "ro" } }
        if !isLate || !changes.isEmpty || !fileSystem.isEmpty {
            builder.add(.changeMount(changes, path: destination, root: root, fileSystem: fileSystem), for: origin)
        }
        if isLate { planLateReadOnly(changed, destination, origin, root) }
    }

    private func planFileSystem(
        _ mount: Mount, _ index: Int, _ type: String, _ options: MountOptions, _ destination: String, _ origin: JSONPath,
        _ root: Slot
    ) throws(PlanError) {
        var attributes = options.attributes
        attributes.clear = 0
        let isLate = (options.copiesUp || isFilledLater(destination, type, index)) && attributes.takeReadOnly()
        defer { if isLate { planLateReadOnly(index, destination, origin, root) } }
        var fileSystem = try fileSystemMount(mount, type, options, attributes, isLate: isLate, destination)
        // KERNEL: sysfs shows the network's devices, proc the processes, and each is refused to a user namespace that does not
        // own those. There the host's is the same.
        if let view = try planHostView(fileSystem, origin, root) { return builder.add(view, for: origin) }
        // The kernel maps what belongs to a user namespace as that namespace does: there the container's ids are right already.
        let ownMappings =
            namespaces.has(.user) && (mount.uidMappings ?? []).isEmpty && (mount.gidMappings ?? []).isEmpty
            && options.mappingText == nil
        let mappings = ownMappings ? nil : try treeMappings(mount, options, origin)
        // Who is not privileged on the host is so in the user namespace, where the stage is.
        fileSystem.copiesContent = options.copiesUp && mappings == nil && !facts.isPrivileged
        let isPlain = (!options.copiesUp || fileSystem.copiesContent) && mappings == nil
        try checkLength(fileSystem, isPlain: isPlain && !fileSystem.copiesContent, origin)
        if isPlain {
            // What goes to the kernel in one call gives no descriptor.
            if !fileSystem.hasLongOptions { fileSystem.kept = keptSlot(index, isLate: isLate) }
            return builder.add(.mountFileSystem(fileSystem, root: root), for: origin)
        }
        guard facts.isPrivileged else {
            throw PlanError("mapped ids of a mount need root on the host", at: origin.member("options"))
        }
        let tree = builder.slot()
        builder.prepare(
            .makeTree(
                fileSystem, covering: rootPath, copying: options.copiesUp ? copyOfCovered : nil, mappings: mappings,
                owners: ownMappings ? OwnerMappings(uid: linux.uidMappings ?? [], gid: linux.gidMappings ?? []) : nil,
                into: tree),
            for: origin)
        let kept = keptSlot(index, isLate: isLate)
        builder.add(.attachTree(tree, destination: fileSystem.target, root: root, keeping: kept), for: origin)
    }

    /// - Parameter isLate: whether the mount becomes read-only after it was filled, and not when it is made.
    private func fileSystemMount(
        _ mount: Mount, _ type: String, _ options: MountOptions, _ attributes: MountAttributes, isLate: Bool,
        _ destination: String
    ) throws(PlanError) -> FileSystemMount {
        var (required, optional) = options.fileSystemOptions
        if isLate { required.removeAll { $0 == "ro" } }
        let isKernelView = type == "proc" || type == "sysfs"
        var fileSystem = FileSystemMount(
            type: type, source: mount.source.flatMap { $0.isEmpty ? nil : $0 } ?? type, options: try labelled(required, type),
            optionalOptions: optional, attributes: attributes,
            // RUNC: what programs may do in a directory does not change because it became a tmpfs.
            copiesMode: type == "tmpfs" && !required.contains { $0.begins(with: "mode=") },
            target: MountTarget(
                destination, kind: .directory, refusesLinks: isKernelView,
                // lxcfs and the like mount single files over /proc by bind; nothing else has a reason to.
                refusesProcessFileSystem: !isKernelView))
        if namespaces.has(.user) || facts.isInUserNamespace {
            if type == "sysfs" { fileSystem.otherwise = "/sys" }
            if type == "proc", !namespaces.has(.pid) { fileSystem.otherwise = "/proc" }
        }
        return fileSystem
    }

    private func checkLength(_ mount: FileSystemMount, isPlain: Bool, _ origin: JSONPath) throws(PlanError) {
        guard mount.hasLongOptions, mount.dataOfMountCall.utf8.count >= 4096 || !isPlain else { return }
        throw PlanError(
            "an option has more than 255 bytes, which the kernel takes for mounts without tmpcopyup and mapped ids, "
                + "and up to 4095 bytes of all options",
            at: origin.member("options"))
    }

    /// What is copied for the container counts for us, and must not be more than it may have.
    private var copyOfCovered: CopyOfCovered {
        if let limit = linux.resources?.memory?.limit { return CopyOfCovered(limit: limit > 0 ? UInt64(limit) : nil) }
        return CopyOfCovered(limit: linux.resources?.unified?["memory.max"].flatMap { UInt64($0) })
    }

    /// SPEC(config-linux.md#mount-label): with the label of the container's mounts, for file systems that keep labels.
    private func labelled(_ options: [String], _ type: String) throws(PlanError) -> [String] {
        guard let label = linux.mountLabel, !label.isEmpty, facts.selinuxIsEnabled, !["proc", "sysfs", "mqueue"].contains(type)
        else { return options }
        let name = try CrunAnnotations(spec).labelOption()
        return options.contains { $0.begins(with: name + "=") } ? options : options + ["\(name)=\(label)"]
    }

    /// Where the kernel is known to refuse sysfs or proc, for the network or the processes are the host's: that mount of the host
    /// alone, opened by the host, so that nothing that is mounted inside of it comes along.
    private func planHostView(
        _ mount: FileSystemMount, _ origin: JSONPath, _ root: Slot
    ) throws(PlanError) -> Step? {
        guard namespaces.has(.user), facts.isPrivileged, !facts.isInUserNamespace,
            mount.type == "sysfs" && !namespaces.has(.network) || mount.type == "proc" && !namespaces.has(.pid)
        else { return nil }
        if let option = mount.options.first(where: { $0 != "ro" }) {
            throw PlanError(
                "\(mount.type) is the host's, whose options stay as they are: \(option)", at: origin.member("options"))
        }
        let tree = builder.slot()
        var attributes = mount.attributes.forCopy
        attributes.propagation.insert(.init(.private, recursive: false), at: 0)
        builder.prepare(
            .openTree(
                path: mount.type == "sysfs" ? "/sys" : "/proc", recursive: false, attributes: attributes, mappings: nil,
                into: tree), for: origin)
        var target = mount.target
        target.wantsProcessFileSystem = mount.type == "proc"
        return .attachTree(tree, destination: target, root: root, keeping: nil)
    }

    private func planBind(
        _ mount: Mount, _ index: Int, _ options: MountOptions, _ destination: String, _ origin: JSONPath, _ root: Slot
    ) throws(PlanError) {
        if let data = options.data.first {
            throw PlanError(
                "bind mounts cannot have any filesystem-specific options applied: \(data)", at: origin.member("options"))
        }
        guard let source = mount.source, !source.isEmpty else {
            throw PlanError("a bind mount needs a source", at: origin.member("source"))
        }
        let path = source.begins(with: "/") ? source : request.bundle + "/" + source
        if options.copiesLink, let link = facts.sourceLinks[path] {
            return builder.add(.makeLink(path: destination, to: link, existing: .compare, root: root), for: origin)
        }
        var attributes = options.changesOfCopy(isLocked: namespaces.has(.user) || facts.isInUserNamespace)
        let isLate = isFilledLater(destination, "bind", index) && attributes.takeReadOnly()
        // rbind when only the type says so: runc's reading of `type: bind` without an option is a bind of one mount.
        let recursive = options.bind ?? false
        // First away from the host's peers, whatever comes then: what is mounted inside must not appear on the host.
        if linux.rootPropagation?.propagation != .shared {
            attributes.propagation.insert(.init(separation, recursive: recursive), at: 0)
        }
        let tree = builder.slot()
        let mappings = try treeMappings(mount, options, origin)
        if let inside = providedPath(path, before: index), mappings == nil {
            builder.add(
                .openTreeInRoot(
                    path: inside, root: root, recursive: recursive, followsLink: options.followsSource, attributes: attributes,
                    into: tree), for: origin)
        } else if facts.isPrivileged {
            if namespaces.has(.user) { try refuseGiving(what: options.attributes, of: path, origin) }
            builder.prepare(
                .openTree(
                    path: path, recursive: recursive, followsLink: options.followsSource, attributes: attributes,
                    mappings: mappings, into: tree), for: origin)
        } else {
            guard mappings == nil else { throw PlanError("mapped ids of a mount need root on the host", at: origin) }
            builder.add(
                .openTree(
                    path: path, recursive: recursive, followsLink: options.followsSource, attributes: attributes, into: tree),
                for: origin)
        }
        var target = MountTarget(
            destination, kind: .likeSource, refusesProcessFileSystem: !isAllowedOverProcess(destination))
        target.wantsProcessFileSystem = destination == "/proc"
        target.keepsLink = options.keepsDestinationLink
        builder.add(.attachTree(tree, destination: target, root: root, keeping: keptSlot(index, isLate: isLate)), for: origin)
        if isLate { planLateReadOnly(index, destination, origin, root) }
    }

    /// RUNC: what a mount of the host withholds, a user namespace does not get, although the host's root could give it.
    /// KERNEL(mount_namespaces(7)): the kernel says so itself where the mount is made inside.
    private func refuseGiving(what attributes: MountAttributes, of source: String, _ origin: JSONPath) throws(PlanError) {
        guard let withheld = facts.withheld[source] else { return }
        let given = withheld & attributes.clear & ~attributes.set
        for (flag, option, name) in [
            (MOUNT_ATTR_RDONLY, "rw", "ro"), (MOUNT_ATTR_NOSUID, "suid", "nosuid"), (MOUNT_ATTR_NODEV, "dev", "nodev"),
            (MOUNT_ATTR_NOEXEC, "exec", "noexec"),
        ] where given & UInt64(flag) != 0 {
            throw PlanError(
                "\(option): the source is mounted \(name), which no user namespace takes away: operation not permitted (EPERM)",
                at: origin.member("options"))
        }
    }

    /// Where below the root a source lies that an earlier mount of the list provides: on the host nothing of it is to be seen.
    private func providedPath(_ source: String, before index: Int) -> String? {
        let (path, top) = (Array(cleaned(source).utf8), Array(cleaned(rootPath).utf8) + [UInt8(ascii: "/")])
        guard path.starts(with: top) else { return nil }
        let inside = path[(top.count - 1)...]
        let isProvided = (spec.mounts ?? []).prefix(index).contains { mount in
            let destination = Array(cleaned(mount.destination).utf8)
            return inside.elementsEqual(destination) || inside.starts(with: destination + [UInt8(ascii: "/")])
        }
        return isProvided ? String(decoding: inside, as: UTF8.self) : nil
    }

    private func treeMappings(_ mount: Mount, _ options: MountOptions, _ origin: JSONPath) throws(PlanError) -> TreeMappings? {
        let uid = mount.uidMappings ?? []
        let gid = mount.gidMappings ?? []
        let recursive = options.mappings ?? false
        if let text = options.mappingText {
            let own = try MappingText(text, relativeTo: linux, at: origin.member("options"))
            return .own(uid: own.uid, gid: own.gid, recursive: recursive)
        }
        if !uid.isEmpty || !gid.isEmpty { return .own(uid: uid, gid: gid, recursive: recursive) }
        guard options.mappings != nil else { return nil }
        if let path = namespaces.path(.user) { return .namespace(path: path, recursive: recursive) }
        guard let own = linux.uidMappings, !own.isEmpty else {
            throw PlanError("idmap needs mappings of the mount or a user namespace", at: origin.member("options"))
        }
        return .own(uid: own, gid: linux.gidMappings ?? [], recursive: recursive)
    }

    /// Files that lxcfs replaces; RUNC allows binds over these and no others below /proc.
    private func isAllowedOverProcess(_ path: String) -> Bool {
        let names = [
            "cpuinfo", "diskstats", "meminfo", "stat", "swaps", "uptime", "loadavg", "slabinfo", "sys/kernel/ns_last_pid",
            "sys/crypto/fips_enabled",
        ]
        return path.after("/proc/").map { names.contains($0) } ?? false
    }

    /// Without repeated slashes and `.`; relative destinations start at the root. `..` stays: the kernel resolves it.
    func cleaned(_ path: String) -> String { Self.cleaned(path) }

    static func cleaned(_ path: String) -> String {
        if isClean(path) { return path }
        let parts = path.parts(at: "/").filter { $0 != "." }
        return "/" + parts.joined(separator: "/")
    }

    /// Whether nothing of a path would change.
    private static func isClean(_ path: String) -> Bool {
        var path = path
        return path.withUTF8 { bytes in
            let (slash, dot) = (UInt8(ascii: "/"), UInt8(ascii: "."))
            guard unsafe bytes.first == slash else { return false }
            if bytes.count == 1 { return true }
            // A slash is to be followed by a part that means something: not by the end, a slash or a dot of its own.
            for index in bytes.indices where unsafe bytes[index] == slash {
                let next = unsafe bytes[index + 1 == bytes.count ? index : index + 1]
                if next == slash { return false }
                if next == dot, unsafe index + 2 == bytes.count || bytes[index + 2] == slash { return false }
            }
            return true
        }
    }
}
