internal import CLinux
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

// What is opened on the host for the stage, before it exists.
extension Performer {
    func openRoot(_ path: HostPath, _ attributes: MountAttributes, into slot: Slot) throws(Failure) {
        try open(slot) { () throws(KernelError) in
            let status = try Files.status(of: path.text, followingLink: true)
            guard status.kind == .directory else { throw KernelError(.notDirectory, call: "stat", object: path.text) }
            return try MountTrees.open(path, recursive: true, attributes, nil)
        }
    }

    func openTree(
        _ path: HostPath, recursive: Bool, followsLink: Bool, _ attributes: MountAttributes, _ mappings: TreeMappings?,
        into slot: Slot
    ) throws(Failure) {
        try open(slot) { () throws(KernelError) in
            try MountTrees.open(path, recursive: recursive, followsLink: followsLink, attributes, mappings)
        }
    }

    func makeTree(
        _ mount: FileSystemMount, _ root: HostPath, copying copy: CopyOfCovered?, _ mappings: TreeMappings?,
        _ owners: OwnerMappings?, into slot: Slot
    ) throws(Failure) {
        try open(slot) { () throws(KernelError) in
            try MountTrees.make(mount, root: root, copying: copy, mappings, owners)
        }
    }

    func makeDeviceNodes(_ nodes: [DeviceNode], label: String?, into slot: Slot) throws(Failure) {
        try open(slot) { () throws(KernelError) in try MountTrees.makeDevices(nodes, label: label) }
    }

    func raiseOpenFileLimit(soft: UInt64, hard: UInt64) throws(Failure) {
        effects.openFiles = try kernel { () throws(KernelError) in try RaisedLimit(soft: soft, hard: hard) }
    }

    func openControlGroupTree(_ hierarchy: String, _ attributes: MountAttributes, into slot: Slot) throws(Failure) {
        let group = effects.group
        try open(slot) { () throws(KernelError) in
            // On version 2 alone /proc/self/cgroup shows the whole path, so what is mounted must begin where that does.
            let whole = hierarchy.isEmpty ? group?.unifiedMountPoint : nil
            guard let path = whole ?? group?.directory(hierarchy) else {
                throw KernelError(.noEntry, call: "open", object: "control group of \(hierarchy)")
            }
            return try MountTrees.open(HostPath(path), recursive: false, attributes, nil)
        }
    }

    func openControlGroupTasks(_ hierarchy: String, into slot: Slot) throws(Failure) {
        let (group, subgroups) = (effects.group, subject.subgroups)
        do {
            try open(slot) { () throws(KernelError) in
                guard let group else { throw KernelError(.noEntry, call: "open", object: "control group of \(hierarchy)") }
                return try group.openTasks(hierarchy, subgroups)
            }
        } catch {
            // RUNC: its words.
            var failure = error
            failure.message = "error adding pid of the program to cgroups: " + failure.message
            throw failure
        }
    }

    func openNamespace(_ kind: NamespaceKind, _ path: HostPath, into slot: Slot) throws(Failure) {
        try open(slot) { () throws(KernelError) in try Namespaces.open(kind, path) }
    }

    func openContainerProcess(into slot: Slot, root: Slot) throws(Failure) {
        let record = subject.record
        guard let pid = record.process?.pid else { throw Failure(.notRunning, "container not running") }
        do throws(Failure) {
            try open(root) { () throws(KernelError) in try Files.open("/proc/\(pid)/root", flags: [.path, .directory]) }
        } catch {
            _ = try record.openProcess()
            throw error
        }
        // Whatever the pid meant when its root was opened, it still is the container's.
        effects.table.set(slot, try record.openProcess())
    }

    func connectConsole(_ path: HostPath?, into slot: Slot) throws(Failure) {
        if let path {
            return try open(slot) { () throws(KernelError) in try Sockets.connect(path.text) }
        }
        let (own, other) = try kernel { () throws(KernelError) in try Sockets.streamPair() }
        effects.table.ownConsole = own
        effects.table.set(slot, Descriptor(owning: other))
    }

    func makeStartPipe(into start: Slot, started: Slot) throws(Failure) {
        let directory = try state().number
        for (name, slot) in [(StateDirectory.startPipe, start), (StateDirectory.startedPipe, started)] {
            try open(slot) { () throws(KernelError) in
                try Files.makeFifo(name, mode: 0o600, at: directory)
                return try Files.open(name, flags: [.readWrite, .noFollow], at: directory)
            }
        }
    }

    private func open(_ slot: Slot, _ body: () throws(KernelError) -> Descriptor) throws(Failure) {
        let number = try kernel { () throws(KernelError) in try body().release() }
        effects.table.set(slot, Descriptor(owning: number))
    }
}

/// RLIMIT_NOFILE of this process, raised as long as this exists.
final class RaisedLimit {
    private let before: (soft: UInt64, hard: UInt64)
    private static let number = RlimitKind.openFiles.number

    init(soft: UInt64, hard: UInt64) throws(KernelError) {
        before = try Processes.limit(of: 0, resource: Self.number)
        try Processes.setLimit(of: 0, resource: Self.number, soft: soft, hard: hard)
    }

    deinit {
        do throws(KernelError) {
            try Processes.setLimit(of: 0, resource: Self.number, soft: before.soft, hard: before.hard)
        } catch {
            // A limit that is lowered is never refused; it would stay higher than it was.
        }
    }
}

/// Namespaces by the files that stand for them.
enum Namespaces {
    /// A namespace of the wrong kind would be joined silently by some calls, so the kind is checked first. A named pipe in its
    /// place would be waited for.
    static func open(_ kind: NamespaceKind, _ path: HostPath) throws(KernelError) -> Descriptor {
        let namespace = try Files.open(path.text, flags: .nonBlocking)
        let type = try systemCall(__NR_ioctl, "ioctl NS_GET_NSTYPE", on: path.text, UInt64(descriptor: namespace.number), 0xb703)
        guard UInt64(type) == kind.cloneFlag else { throw KernelError(.invalidArgument, call: "setns", object: path.text) }
        let own = try Files.status(of: "/proc/self/ns/mnt", followingLink: true)
        if kind == .mount, try Files.status(of: namespace).inode == own.inode {
            throw KernelError(
                .invalidArgument, call: "the container's mounts would be made on the host: setns", object: path.text)
        }
        return namespace
    }
}
