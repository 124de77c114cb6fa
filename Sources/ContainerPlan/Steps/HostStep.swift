public import RuntimeSpec

/// One thing that veloci does on the host side to make a container, or to run a program in one.
///
/// `HostStep+Text.swift` says each in words, `HostStep+Undo.swift` what takes it back, and the library's `Performer` does each in
/// one exhaustive switch: what is not here, veloci does not do to the host.
public indirect enum HostStep: Equatable, Sendable {
    // MARK: What the container is known by

    /// The directory of the container below the state root, locked (mkdir(2), flock(2)). SPEC(runtime.md#create).
    case makeStateDirectory
    /// The list of what takes all later steps back, before the first of them.
    case writeRecord
    /// A copy of config.json, which later changes of the bundle do not reach. SPEC(runtime.md#create).
    case keepConfiguration
    /// The directory that the container sees as `/run/notify` (mkdir(2)).
    case makeNotifyDirectory
    /// The socket in that directory, which hears that the container is ready (sd_notify(3)).
    case listenForReadiness

    // MARK: Control groups

    /// A process that does nothing: systemd makes a scope around a process alone, and removes it when it is empty.
    case holdUnit(name: String)
    /// systemd makes the unit, and the control group with it (StartTransientUnit over D-Bus).
    case startUnit(UnitRequest)
    /// A directory in each hierarchy, or those that systemd has made; on version 2 the controllers that will be needed are
    /// enabled on the way (mkdir(2), cgroup.subtree_control). SPEC(config-linux.md#cgroups-path).
    case makeControlGroup(ControlGroupRequest)
    /// One limit: its files are written, or a device program is attached (write(2), bpf(2)).
    /// SPEC(config-linux.md#control-groups).
    case limit(ControlGroupLimit)
    /// The container's root may divide its own group (fchownat(2)). SPEC(config-linux.md#cgroup-ownership).
    case giveControlGroup(user: UInt32)
    /// A class of service of resctrl, and a monitoring group. SPEC(config-linux.md#intelrdt).
    case makeCacheGroup(IntelRdt)

    // MARK: What the stage will be given

    /// A copy of the mounts at the root's path, attached nowhere (open_tree(2), mount_setattr(2)). SPEC(config.md#root).
    case openRoot(path: HostPath, attributes: MountAttributes, into: Slot)
    /// A copy of the mount at the source of a bind mount, attached nowhere; with `mappings` its ids are shown as others
    /// (open_tree(2), mount_setattr(2) MOUNT_ATTR_IDMAP). SPEC(config.md#mounts) `source`, `uidMappings`.
    case openTree(
        path: HostPath, recursive: Bool, followsLink: Bool = true, attributes: MountAttributes, mappings: TreeMappings?,
        into: Slot)
    /// A new file system for a place below the root: with a copy of what it covers there, with mapped ids, or both (fsopen(2),
    /// fsmount(2)). With `owners` what is copied belongs to ids of the container's user namespace. SPEC(config.md#mounts)
    /// `tmpcopyup`, `idmap`.
    case makeTree(
        FileSystemMount, covering: HostPath, copying: CopyOfCovered?, mappings: TreeMappings?, owners: OwnerMappings?, into: Slot)
    /// Nodes of devices that the host may lack, in a new file system that is attached nowhere; each has its place in the list
    /// as its name, and all have the SELinux label (fsopen(2), mknodat(2)). SPEC(config-linux.md#devices).
    case makeDeviceNodes([DeviceNode], label: String?, into: Slot)
    /// More descriptors may be open, until the stage has its own (prlimit(2), RLIMIT_NOFILE).
    case raiseOpenFileLimit(soft: UInt64, hard: UInt64)
    /// The container's own part of a hierarchy, for its mount of type `cgroup` (open_tree(2)). SPEC(config.md#mounts).
    case openControlGroupTree(hierarchy: String, attributes: MountAttributes, into: Slot)
    /// The file by which the stage joins the group (openat(2) of `cgroup.procs`).
    case openControlGroupTasks(hierarchy: String, into: Slot)
    /// A namespace that exists, if it is of this kind (openat(2), ioctl(2) NS_GET_NSTYPE). SPEC(config-linux.md#namespaces)
    /// `path`.
    case openNamespace(NamespaceKind, path: HostPath, into: Slot)
    /// For `exec`: a descriptor of the container's process and its root (pidfd_open(2), openat(2) of /proc/PID/root).
    case openContainerProcess(into: Slot, root: Slot)
    /// The socket over which the stage sends its terminal: the caller's (connect(2)), or one of our own (socketpair(2)).
    case connectConsole(path: HostPath?, into: Slot)
    /// Two named pipes in the state directory: one that `start` writes to, one by which it sees that the program runs
    /// (mknodat(2)). SPEC(runtime.md#start).
    case makeStartPipe(into: Slot, started: Slot)
    /// In the runtime's own mount namespace, for containers that have no other (move_mount(2)).
    case attachRoot(tree: Slot, at: HostPath)
    /// The page on which the stage notes how far it is (mmap(2), MAP_SHARED).
    case makeProgressPage
    /// The last before the gates: the stage begins, from a sealed file in memory (memfd_create(2), clone3(2), execveat(2)).
    /// `inControlGroup`: it is born in the group of version 2 (CLONE_INTO_CGROUP). SPEC(config-linux.md#namespaces).
    case cloneProcess(namespaces: [NamespaceKind], inControlGroup: Bool)

    // MARK: What is restored

    /// Root of the container's user namespace may search the directory of the images, as which CRIU opens them: its group, and
    /// the permission for that (fchownat(2), fchmodat(2)).
    case shareImages(HostPath, group: UInt32)
    /// A copy of the mounts at the root's path, attached below the state directory as long as CRIU works (open_tree(2),
    /// move_mount(2)).
    case bindRoot(HostPath, at: HostPath)
    /// What mounts are made on, in the root at a path, where it is not there. Sources of bind mounts are attached meanwhile, for
    /// what is made inside of them (openat2(2), mkdirat(2)).
    case makeMountPoints([MountPoint], in: HostPath)
    /// Nodes of devices in a file system of their own below the state directory, each by its place in the list.
    case attachDevices([DeviceNode], at: HostPath)
    /// CRIU, in the container's control groups: what it makes is in them (clone3(2), write(2) to `cgroup.procs`).
    case startRestorer(inControlGroup: Bool, legacy: Bool)
    /// CRIU makes the processes, and is met on the way (its RPC).
    case restoreProcesses(CriuOrder)
    /// What was attached below the state directory goes (umount2(2)).
    case detachRestorePlace

    // MARK: What is dumped

    /// The directories of CRIU's images and of its log, where they are not there (mkdir(2)).
    case makeImageDirectory(CheckpointOptions)
    /// What the standard streams are, in a file beside the images: a restore puts others in the place of pipes (write(2)).
    case noteStreams(CheckpointOptions)
    /// CRIU writes the processes to images, or to a page server, and lets them go on or ends them (its RPC).
    case dumpProcesses(CriuOrder)
    /// What `delete` does: the images are the container now. SPEC(runtime.md#delete).
    case deleteContainer

    // MARK: At a gate

    /// Which ids of the host those of the user namespace are: write(2) to `uid_map` and `gid_map`, or newuidmap(1) where that is
    /// refused. SPEC(config-linux.md#user-namespace-mappings).
    case writeMappings(uid: [IDMapping], gid: [IDMapping])
    /// How far a clock is ahead inside: write(2) to `timens_offsets`. SPEC(config-linux.md#offset-for-time-namespace).
    case writeTimeOffset(clock: String, seconds: Int64, nanoseconds: UInt32)
    /// A device of the host's goes into the container's network namespace, with its addresses (RTM_SETLINK, RTM_NEWADDR).
    /// SPEC(config-linux.md#network-devices).
    case moveNetworkDevice(String, newName: String)
    /// write(2) to `oom_score_adj`. SPEC(config.md#linux-process) `oomScoreAdj`.
    case setOOMScore(Int)
    /// A parameter of a network namespace that a restore made anew: write(2) below `/proc/sys/net`, as the namespace shows it.
    /// SPEC(config-linux.md#sysctl).
    case setNetworkControl(key: String, value: String)
    /// A hook of the runtime's namespaces: a process with the state on its standard input, ended when its time is over.
    /// SPEC(config.md#posix-platform-hooks) `prestart`, `createRuntime`, `poststart`.
    case runHook(HookKind, Hook)
    /// A function of the program that links this library, at the point of the `createRuntime` hooks and after them.
    case callHost
    /// The agent gets the seccomp listener and the process's state (pidfd_getfd(2), sendmsg(2) SCM_RIGHTS).
    /// SPEC(config-linux.md#containerprocessstate).
    case sendListener(path: HostPath)
    /// A user may not move a process out of the group of the session, but the user's systemd may (AttachProcessesToUnit over
    /// D-Bus). Nil: nobody may, and that is warned of.
    case moveIntoUnit(name: String?)
    /// Our side of the terminal, when nobody else gets it (recvmsg(2), SCM_RIGHTS). SPEC(config.md#process) `terminal`.
    case receiveTerminal
    /// The process that held the unit ends: the container's own is inside.
    case releaseUnit(name: String)
    /// systemd is told of limits that would have kept the process out (SetUnitProperties over D-Bus).
    case tellUnit(UnitChange)
    /// The process joins its class of service: write(2) to `tasks` of resctrl. SPEC(config-linux.md#intelrdt).
    case joinCacheGroup(closID: String?)
    /// A resource limit of the container's process, which may be above its own (prlimit(2)). SPEC(config.md#posix-process)
    /// `rlimits`.
    case setLimit(RlimitKind, soft: UInt64, hard: UInt64)
    /// The page tells that the program runs, for no stage does.
    case noteRunning
    /// The pid, from which on other commands find the container. SPEC(runtime.md#state).
    case recordProcess
    /// Whoever watches the container gets a pidfd of its process (connect(2), sendmsg(2) SCM_RIGHTS).
    case sendProcessDescriptor(path: HostPath)
    /// The pid in decimal, written beside and renamed over, so that nobody reads half of it (rename(2)).
    case writePidFile(HostPath)

    // MARK: Once the program runs

    /// Waits until the container says that it is ready, and tells the service manager (sd_notify(3)).
    case passOnReadiness(to: String)
}

/// What a mount is made on.
public struct MountPoint: Equatable, Sendable {
    /// Inside of the root.
    public var path: ContainerPath
    /// The source of a bind mount, which says whether it is a directory; nil for a file system of its own.
    public var source: HostPath?
}

/// Which ids an idmapped mount shows.
public enum TreeMappings: Equatable, Sendable {
    /// Those that the mount asks for. SPEC(config.md#mounts) `uidMappings`, `gidMappings`.
    case own(uid: [IDMapping], gid: [IDMapping], recursive: Bool)
    /// Those of the user namespace that the container joins.
    case namespace(path: HostPath, recursive: Bool)
}
