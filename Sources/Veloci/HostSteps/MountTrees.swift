internal import ByteText
internal import CLinux
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

/// Mounts that the host side makes for the stage to attach: what needs the host's ids or the host's view of paths.
enum MountTrees {
    /// A copy of mounts of the host.
    static func open(
        _ path: HostPath, recursive: Bool, followsLink: Bool = true, _ attributes: MountAttributes, _ mappings: TreeMappings?
    ) throws(KernelError) -> Descriptor {
        let tree = try Mounts.cloneTree(path.text, recursive: recursive, followsLink: followsLink)
        try change(tree, attributes, mappings, name: path.text)
        return tree
    }

    /// A new file system.
    static func make(
        _ mount: FileSystemMount, root: HostPath, copying copy: CopyOfCovered?, _ mappings: TreeMappings?,
        _ owners: OwnerMappings?
    ) throws(KernelError) -> Descriptor {
        var options = mount.options
        if mount.copiesMode {
            try withCovered(mount, root) { (covered) throws(KernelError) in
                options.append("mode=" + String(try Files.status(of: covered).mode, radix: 8))
            }
        }
        let tree = try Mounts.make(
            type: mount.type, source: mount.source, options: options, optionalOptions: mount.optionalOptions, attributes: 0)
        let keepsOwner = options.contains { $0.begins(with: "uid=") || $0.begins(with: "gid=") }
        if let owners, !keepsOwner {
            try Files.changeOwner(of: ".", user: owners.root.user, group: owners.root.group, at: tree.number)
        }
        if let copy {
            var copy = CopyUp(owners: owners, limit: copy.limit)
            let target = tree.number
            try withCovered(mount, root) { (covered) throws(KernelError) in
                try copy.copy(covered, to: target, keepsOwner: keepsOwner)
            }
        }
        var attributes = mount.attributes
        attributes.clear = attributes.set & UInt64(MOUNT_ATTR__ATIME) == 0 ? 0 : UInt64(MOUNT_ATTR__ATIME)
        try change(tree, attributes, mappings, name: mount.type)
        return tree
    }

    /// Nodes of devices, each by its place in the list.
    static func makeDevices(_ nodes: [DeviceNode], label: String?) throws(KernelError) -> Descriptor {
        // KERNEL: since 6.6 a label of SELinux, without a context for all, takes room as a part of an inode does.
        let options = ["mode=0755", "nr_inodes=\(2 * nodes.count + 1)"] + (label.map { ["context=" + $0] } ?? [])
        let tree = try Mounts.make(
            type: "tmpfs", source: "tmpfs", options: options, attributes: UInt64(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC))
        for (index, node) in nodes.enumerated() {
            let name = FileName(text: String(index))
            try Files.makeNode(
                name, mode: node.modeWithKind, major: node.major, minor: node.minor, at: tree.number)
            try Files.changeOwner(of: name.text, user: node.uid, group: node.gid, at: tree.number)
            // The caller's mask had a say in it.
            try Files.changeMode(of: name.text, node.mode, at: tree.number)
        }
        return tree
    }

    /// Does something with the directory that a mount covers, if it exists.
    private static func withCovered(
        _ mount: FileSystemMount, _ root: HostPath, _ body: (borrowing Descriptor) throws(KernelError) -> Void
    ) throws(KernelError) {
        let rootDirectory = try Files.open(root.text, flags: [.path, .directory])
        let covered: Descriptor
        do throws(KernelError) {
            covered = try mount.target.path.open(in: rootDirectory, flags: .directory)
        } catch where error.errno == .noEntry {
            return
        }
        try body(covered)
    }

    private static func change(
        _ tree: borrowing Descriptor, _ attributes: MountAttributes, _ mappings: TreeMappings?, name: String
    ) throws(KernelError) {
        for change in attributes.calls {
            try Mounts.setAttributes(
                of: tree, set: change.set, clear: change.clear, propagation: change.propagation?.mountFlag ?? 0,
                recursive: change.recursive, name: name)
        }
        switch mappings {
        case .own(let uid, let gid, let recursive)?:
            let namespace = try MappedNamespace.make(uid: uid, gid: gid)
            try Mounts.setAttributes(of: tree, userNamespace: namespace.number, recursive: recursive, name: name)
        case .namespace(let path, let recursive)?:
            let namespace = try Namespaces.open(.user, path)
            try Mounts.setAttributes(of: tree, userNamespace: namespace.number, recursive: recursive, name: name)
        case nil: break
        }
    }
}
