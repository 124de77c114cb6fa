internal import RuntimeSpec

/// SPEC(config-linux.md#default-devices)
private let defaultDevices: [(name: String, major: UInt32, minor: UInt32)] = [
    ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0),
]

/// SPEC(runtime-linux.md#dev-symbolic-links)
private let standardLinks = [
    ("/dev/fd", "/proc/self/fd"), ("/dev/stdin", "/proc/self/fd/0"), ("/dev/stdout", "/proc/self/fd/1"),
    ("/dev/stderr", "/proc/self/fd/2"),
]

extension CreatePlanner {
    func planDevices(root: Slot) {
        // RUNC: a /dev that is bound from somewhere is complete; nothing is made in it.
        if bindsDeviceDirectory { return }
        let listed = Set((linux.devices ?? []).map { ContainerPath(cleaning: $0.path).text })
        for device in defaultDevices where !listed.contains("/dev/" + device.name) {
            let node = DeviceNode(
                path: ContainerPath("/dev/" + device.name), kind: .character, major: device.major, minor: device.minor,
                mode: 0o666,
                uid: 0, gid: 0)
            plan(node, origin: JSONPath(), root: root)
        }
        var made: [(node: DeviceNode, origin: JSONPath)] = []
        for (index, device) in (linux.devices ?? []).enumerated() {
            guard let kind = device.kind else { continue }
            let node = node(device, kind)
            let origin = JSONPath.of("linux", "devices").index(index)
            if makesDevicesOutside && kind != .namedPipe {
                made.append((node, origin))
            } else {
                plan(node, origin: origin, root: root)
            }
        }
        planDevicesOfHost(made, root)
        for (path, destination) in standardLinks {
            builder.add(.makeLink(path: ContainerPath(path), to: destination, existing: .leave, root: root))
        }
        // RUNC: programs of images look for it, mostly in vain, for it is among the paths that engines mask.
        if facts.hasKernelCore {
            builder.add(.makeLink(path: "/dev/core", to: "/proc/kcore", existing: .leave, root: root))
        }
        builder.add(.makeLink(path: "/dev/ptmx", to: "pts/ptmx", existing: .replace, root: root))
    }

    private func node(_ device: Device, _ kind: DeviceKind) -> DeviceNode {
        DeviceNode(
            path: ContainerPath(cleaning: device.path), kind: kind, major: UInt32(truncatingIfNeeded: device.major ?? 0),
            minor: UInt32(truncatingIfNeeded: device.minor ?? 0), mode: (device.fileMode ?? 0o666) & 0o7777,
            uid: device.uid ?? 0, gid: device.gid ?? 0)
    }

    /// As the host makes it for a container that may not.
    func nodeOfHost(_ device: Device, _ kind: DeviceKind) -> DeviceNode {
        node(device, kind).owned(by: OwnerMappings(uid: linux.uidMappings ?? [], gid: linux.gidMappings ?? []))
    }

    static func bindsDeviceDirectory(_ spec: ValidatedSpec) -> Bool {
        spec.mounts.contains { mount in
            ContainerPath(cleaning: mount.destination) == "/dev"
                && (mount.type == "bind" || MountOptions(mount.options ?? []).bind != nil)
        }
    }

    /// Whether the nodes of the container's devices are its own, or the host's.
    var makesDevices: Bool { facts.canMakeDevices && !namespaces.has(.user) }

    /// Whether the host makes the nodes of a container that may not: SPEC(config-linux.md#devices) wants them to be there, with
    /// their owners and modes, whatever the host has at their paths. In a mount namespace with others inside they would be seen.
    var makesDevicesOutside: Bool {
        facts.isPrivileged && facts.canMakeDevices && namespaces.has(.user) && namespaces.isNew(.mount)
    }

    private func planDevicesOfHost(_ devices: [(node: DeviceNode, origin: JSONPath)], _ root: Slot) {
        guard !devices.isEmpty else { return }
        let owners = OwnerMappings(uid: linux.uidMappings ?? [], gid: linux.gidMappings ?? [])
        let path = JSONPath.of("linux", "devices")
        let tree = builder.slot()
        let nodes = devices.map { $0.node.owned(by: owners) }
        let label = facts.selinuxIsEnabled ? linux.mountLabel.flatMap { $0.isEmpty ? nil : $0 } : nil
        builder.prepare(.makeDeviceNodes(nodes, label: label, into: tree), for: path)
        let slots = devices.map { _ in builder.slot() }
        builder.add(.openDeviceNodes(tree: tree, root: root, into: slots), for: path)
        for (device, slot) in zip(devices, slots) {
            let target = MountTarget(device.node.path, kind: .file)
            builder.add(.attachTree(slot, destination: target, root: root, keeping: nil), for: device.origin)
        }
    }

    /// Who may not make nodes, as in a user namespace, be it the container's or veloci's own, binds the host's.
    private func plan(_ node: DeviceNode, origin: JSONPath, root: Slot) {
        guard !makesDevices && node.kind != .namedPipe else {
            return builder.add(.makeDevice(node, root: root), for: origin)
        }
        let file = builder.slot()
        // The host's own has the same path.
        let device = HostPath(node.path.text)
        builder.add(.openHostFile(device, into: file, mustBeNullDevice: device == "/dev/null"), for: origin)
        builder.add(.bindDevice(hostFile: file, path: node.path, root: root, protected: mayOwnDevices), for: origin)
    }

    /// Whether the owner of the host's devices may be somebody inside: the host's root, if that is mapped or nobody knows. Inside
    /// of a user namespace of ours they belong to nobody, or whoever bound them there has seen to it.
    var mayOwnDevices: Bool {
        if facts.isInUserNamespace { return false }
        guard namespaces.isNew(.user) else { return true }
        return (linux.uidMappings ?? []).contains { $0.hostID == 0 && $0.size > 0 }
    }
}

extension DeviceNode {
    /// With the ids that its own are on the host; what is not mapped belongs to root of the user namespace.
    fileprivate func owned(by owners: OwnerMappings) -> DeviceNode {
        var node = self
        node.uid = OwnerMappings.host(uid, owners.uid) ?? owners.root.user
        node.gid = OwnerMappings.host(gid, owners.gid) ?? owners.root.group
        return node
    }
}
