internal import CLinux
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

extension HostStep {
    /// Whether the step comes after all that can be taken back by closing descriptors; those who launch perform it.
    fileprivate var endsPreparation: Bool {
        switch self {
        case .attachRoot, .cloneProcess: true
        default: false
        }
    }
}

/// Performs the host's steps before the container's process exists: opens what the stage will be given.
struct Preparation {
    let table = DescriptorTable()
    let stateNumber: Int32
    /// The container's control group, once it is made.
    let groups: ContainerGroup?

    /// The container's process, for programs that join it.
    let containerProcess: Int32?
    /// Where below the container's groups the program goes.
    var subgroups = Subgroups()

    init(state: borrowing StateDirectory, groups: ContainerGroup?, containerProcess: Int32? = nil) {
        stateNumber = state.number
        self.groups = groups
        self.containerProcess = containerProcess
    }

    func perform(_ plan: Plan, _ fault: HostFault) throws(Failure) {
        for planned in plan.preparation where !planned.action.endsPreparation {
            do throws(KernelError) {
                try fault.check(planned)
                try perform(planned.action)
            } catch {
                throw Failure(
                    .kernel, "cannot \(planned.action.text): \(error.call)\(error.object.isEmpty ? "" : " " + error.object)",
                    path: planned.origin, errno: error.errno, hint: hint(planned.action, error))
            }
        }
    }

    private func hint(_ step: HostStep, _ error: KernelError) -> String? {
        switch (step, error.errno) {
        case (.openTree(let path, _, _, _, _), .noEntry): "bind sources are paths on the host; create \(path) or fix config.json"
        case (.openRoot(let path, _, _), .noEntry): "the root of the container is \(path); unpack it there or fix config.json"
        case (.openTree(_, _, _, .some, _), .invalidArgument), (.makeTree(_, _, _, .some, _), .invalidArgument):
            "the file system does not support mapped ids on this kernel"
        default: nil
        }
    }

    private func perform(_ step: HostStep) throws(KernelError) {
        switch step {
        case .makeStateDirectory, .makeControlGroup, .limit, .attachRoot, .cloneProcess, .joinCacheControl: break  // Creation's
        case .openRoot(let path, let attributes, let slot):
            let status = try Files.status(of: path, followingLink: true)
            guard status.kind == .directory else { throw KernelError(.notDirectory, call: "stat", object: path) }
            table.set(slot, try MountTrees.open(path, recursive: true, attributes, nil))
        case .openTree(let path, let recursive, let attributes, let mappings, let slot):
            table.set(slot, try MountTrees.open(path, recursive: recursive, attributes, mappings))
        case .makeTree(let mount, let root, let copies, let mappings, let slot):
            table.set(slot, try MountTrees.make(mount, root: root, copies: copies, mappings))
        case .openControlGroupTree(let hierarchy, let attributes, let slot):
            // On version 2 alone /proc/self/cgroup shows the whole path, so what is mounted must begin where that does.
            let whole = hierarchy.isEmpty ? groups?.unifiedMountPoint : nil
            let path: String
            if let whole { path = whole } else { path = try directory(of: hierarchy) }
            table.set(slot, try MountTrees.open(path, recursive: false, attributes, nil))
        case .openControlGroupTasks(let hierarchy, let slot):
            guard let groups else { throw KernelError(.noEntry, call: "open", object: "control group of \(hierarchy)") }
            table.set(slot, try groups.openTasks(hierarchy, subgroups))
        case .openNamespace(let kind, let path, let slot): table.set(slot, try Self.openNamespace(kind, path))
        case .openContainerProcess(let slot, let root):
            guard let pid = containerProcess else { throw KernelError(.noSuchProcess, call: "pidfd_open") }
            table.set(slot, try Processes.open(pid))
            table.set(root, try Files.open("/proc/\(pid)/root", flags: O_PATH | O_DIRECTORY))
        case .connectConsole(let path, let slot):
            if let path {
                table.set(slot, try Sockets.connect(path))
            } else {
                let (own, stage) = try Sockets.streamPair()
                table.ownConsole = own
                table.set(slot, Descriptor(owning: stage))
            }
        case .makeStartPipe(let start, let started):
            for (name, slot) in [(StateDirectory.startPipe, start), (StateDirectory.startedPipe, started)] {
                try Files.makeFifo(name, mode: 0o600, at: stateNumber)
                table.set(slot, try Files.open(name, flags: O_RDWR | O_NOFOLLOW, at: stateNumber))
            }
        case .writeMappings, .writeTimeOffset, .moveNetworkDevice, .setOOMScore, .runHook, .sendListener, .setLimit,
            .writeState, .writePidFile:
            preconditionFailure("a step for a gate stands in the preparation")
        }
    }

    private func directory(of hierarchy: String) throws(KernelError) -> String {
        guard let groups, let path = groups.directory(hierarchy) else {
            throw KernelError(.noEntry, call: "open", object: "control group of \(hierarchy)")
        }
        return path
    }

    /// A namespace of the wrong kind would be joined silently by some calls, so the kind is checked first. A named pipe in its
    /// place would be waited for.
    static func openNamespace(_ kind: NamespaceKind, _ path: String) throws(KernelError) -> Descriptor {
        let namespace = try Files.open(path, flags: O_NONBLOCK)
        let type = try systemCall(__NR_ioctl, "ioctl NS_GET_NSTYPE", on: path, UInt64(descriptor: namespace.number), 0xb703)
        guard UInt64(type) == kind.cloneFlag else { throw KernelError(.invalidArgument, call: "setns", object: path) }
        let own = try Files.status(of: "/proc/self/ns/mnt", followingLink: true)
        if kind == .mount, try Files.status(of: namespace).inode == own.inode {
            throw KernelError(.invalidArgument, call: "the container's mounts would be made on the host: setns", object: path)
        }
        return namespace
    }
}
