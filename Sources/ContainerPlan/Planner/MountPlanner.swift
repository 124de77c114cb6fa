internal import ByteText
internal import CLinux
internal import RuntimeSpec

extension CreatePlanner {
    mutating func planMounts(root: Slot) throws(PlanError) {
        for (index, mount) in (spec.mounts ?? []).enumerated() {
            try plan(mount, index, origin: JSONPath.of("mounts").index(index), root: root)
        }
    }

    private mutating func plan(_ mount: Mount, _ index: Int, origin: JSONPath, root: Slot) throws(PlanError) {
        let options = MountOptions(mount.options ?? [])
        let destination = cleaned(mount.destination)
        guard destination != "/" || options.isRemount else {
            throw PlanError("a mount on the root itself would hide it", at: origin.member("destination"))
        }
        let type = mount.type ?? ""
        if options.isRemount {
            try planRemount(options, index, destination, origin, root)
        } else if options.bind != nil || type == "bind" {
            try planBind(mount, index, options, destination, origin, root)
        } else if type == "cgroup" || type == "cgroup2" {
            try planControlGroupMount(options, destination, origin, root)
        } else if type.isEmpty || type == "none" {
            throw PlanError("no such device: the mount has neither a type nor the option bind", at: origin.member("type"))
        } else {
            guard destination != "/proc" || type == "proc" else {
                throw PlanError("only a proc file system can be mounted on /proc", at: origin.member("destination"))
            }
            try planFileSystem(mount, index, type, options, destination, origin, root)
        }
    }

    /// Changes a mount that is there: its own attributes, and unless `bind` says that only they are meant, its file system.
    private mutating func planRemount(
        _ options: MountOptions, _ index: Int, _ destination: String, _ origin: JSONPath, _ root: Slot
    ) throws(PlanError) {
        let earlier = (spec.mounts ?? []).prefix(index).last { cleaned($0.destination) == destination && !isRemount($0) }
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
        if isLate { planLateReadOnly(destination, origin, root) }
    }

    private func isRemount(_ mount: Mount) -> Bool { MountOptions(mount.options ?? []).isRemount }

    private mutating func planFileSystem(
        _ mount: Mount, _ index: Int, _ type: String, _ options: MountOptions, _ destination: String, _ origin: JSONPath,
        _ root: Slot
    ) throws(PlanError) {
        var (required, optional) = options.fileSystemOptions
        let isKernelView = type == "proc" || type == "sysfs"
        var attributes = options.attributes
        attributes.clear = 0
        let isLate = (options.copiesUp || isFilledLater(destination, type, index)) && attributes.takeReadOnly()
        if isLate { required.removeAll { $0 == "ro" } }
        defer { if isLate { planLateReadOnly(destination, origin, root) } }
        var optionsWithLabel = required
        let isLabelled = required.contains { $0.begins(with: "context=") }
        if let label = linux.mountLabel, !label.isEmpty, facts.selinuxIsEnabled, !isKernelView, type != "mqueue", !isLabelled {
            optionsWithLabel.append("context=\(label)")
        }
        let fileSystem = FileSystemMount(
            type: type, source: mount.source.flatMap { $0.isEmpty ? nil : $0 } ?? type, options: optionsWithLabel,
            optionalOptions: optional, attributes: attributes,
            // RUNC: what programs may do in a directory does not change because it became a tmpfs.
            copiesMode: type == "tmpfs" && !required.contains { $0.begins(with: "mode=") },
            target: MountTarget(
                destination, kind: .directory, refusesLinks: isKernelView,
                // lxcfs and the like mount single files over /proc by bind; nothing else has a reason to.
                refusesProcessFileSystem: !isKernelView))
        // The kernel maps what belongs to a user namespace as that namespace does: there the container's ids are right already.
        let ownMappings = namespaces.has(.user) && (mount.uidMappings ?? []).isEmpty && (mount.gidMappings ?? []).isEmpty
        let mappings = ownMappings ? nil : try treeMappings(mount, options, origin)
        if fileSystem.hasLongOptions {
            guard fileSystem.dataOfMountCall.utf8.count < 4096, !options.copiesUp, mappings == nil else {
                throw PlanError(
                    "an option has more than 255 bytes, which the kernel takes for mounts without tmpcopyup and mapped ids, "
                        + "and up to 4095 bytes of all options",
                    at: origin.member("options"))
            }
        }
        guard options.copiesUp || mappings != nil else {
            builder.add(.mountFileSystem(fileSystem, root: root), for: origin)
            return
        }
        guard facts.isPrivileged else {
            throw PlanError(
                mappings == nil ? "tmpcopyup needs root on the host" : "mapped ids of a mount need root on the host",
                at: origin.member("options"))
        }
        let tree = builder.slot()
        builder.prepare(
            .makeTree(fileSystem, covering: rootPath, copies: options.copiesUp, mappings: mappings, into: tree), for: origin)
        builder.add(.attachTree(tree, destination: fileSystem.target, root: root, keeping: nil), for: origin)
    }

    private mutating func planBind(
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
        var attributes = options.changesOfCopy(isLocked: namespaces.has(.user) || facts.isInUserNamespace)
        let isLate = isFilledLater(destination, "bind", index) && attributes.takeReadOnly()
        // First away from the host's peers, whatever comes then: what is mounted inside must not appear on the host.
        if linux.rootPropagation?.propagation != .shared {
            attributes.propagation.insert(.init(separation, recursive: true), at: 0)
        }
        let tree = builder.slot()
        // rbind when only the type says so: runc's reading of `type: bind` without an option is a bind of one mount.
        let recursive = options.bind ?? false
        let mappings = try treeMappings(mount, options, origin)
        if let inside = providedPath(path, before: index), mappings == nil {
            builder.add(
                .openTreeInRoot(path: inside, root: root, recursive: recursive, attributes: attributes, into: tree), for: origin)
        } else if facts.isPrivileged {
            builder.prepare(
                .openTree(path: path, recursive: recursive, attributes: attributes, mappings: mappings, into: tree),
                for: origin)
        } else {
            guard mappings == nil else { throw PlanError("mapped ids of a mount need root on the host", at: origin) }
            builder.add(.openTree(path: path, recursive: recursive, attributes: attributes, into: tree), for: origin)
        }
        var target = MountTarget(
            destination, kind: .likeSource, refusesProcessFileSystem: !isAllowedOverProcess(destination))
        target.wantsProcessFileSystem = destination == "/proc"
        builder.add(.attachTree(tree, destination: target, root: root, keeping: nil), for: origin)
        if isLate { planLateReadOnly(destination, origin, root) }
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
            "cpuinfo", "diskstats", "meminfo", "stat", "swaps", "uptime", "loadavg", "slabinfo", "net/dev",
            "sys/kernel/ns_last_pid", "sys/crypto/fips_enabled",
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
        var previous: (UInt8, UInt8) = (0, 0)
        let slash = UInt8(ascii: "/")
        let dot = UInt8(ascii: ".")
        guard path.utf8.first == slash else { return false }
        for byte in path.utf8 {
            if byte == slash, previous.1 == slash || (previous.1 == dot && previous.0 == slash) { return false }
            previous = (previous.1, byte)
        }
        let endsWithDot = previous.1 == dot && previous.0 == slash
        return path.utf8.count == 1 || !(previous.1 == slash || endsWithDot)
    }
}
