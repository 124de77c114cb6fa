public import RuntimeSpec

/// One thing that the stage does to the machine, between the clone of its process and the execution of the user's program.
///
/// `Step+Text.swift` says each in words, `Encoding/Step+Records.swift` turns each into system calls. What is not here,
/// veloci does not do inside a container.
public indirect enum Step: Equatable, Sendable {
    // MARK: The process itself

    /// No signal is ignored or blocked, whatever the caller had done (rt_sigaction(2), rt_sigprocmask(2)).
    case resetSignals
    /// SIGHUP, SIGINT, SIGQUIT and SIGTERM end the process until it executes the program, also where it is the first of a pid
    /// namespace, which the kernel would spare (rt_sigaction(2)).
    case endOnSignals
    /// What ps(1) shows until the program runs (prctl(2), PR_SET_NAME).
    case nameProcess(String)
    /// Nobody inside may trace the process or open what it has in /proc until it executes the program (prctl(2),
    /// PR_SET_DUMPABLE).
    case refuseTracing
    /// The kernel ends the process when its caller has ended, by whatever (prctl(2), PR_SET_PDEATHSIG with SIGKILL). A change
    /// of the user takes it back, so it comes after that.
    case endWithCaller
    /// The process leads a session, apart from the caller's terminal (setsid(2)).
    case newSession
    /// The caller's file mode mask is kept and none is in force: what is made gets the modes that are asked for (umask(2)).
    case saveUmask
    /// The mask that `saveUmask` kept is in force again (umask(2)).
    case restoreUmask
    /// The program's file mode mask (umask(2)). SPEC(config.md#posix-process) `user.umask`.
    case setUmask(UInt32)
    /// The program sees no keys of the caller's (keyctl(2), KEYCTL_JOIN_SESSION_KEYRING). The keyring has no name: one with a
    /// name may have been made by another user before, who would read and plant keys.
    case joinSessionKeyring

    // MARK: Namespaces and control groups

    /// Into the group of a version 1 hierarchy, or of version 2 where the process was not born there: one write(2) to a file
    /// that the host opened. SPEC(config-linux.md#control-groups).
    case joinControlGroup(hierarchy: String, tasks: Slot)
    /// Into a namespace that exists (setns(2)). SPEC(config-linux.md#namespaces) `path`.
    case joinNamespace(NamespaceKind, Slot)
    /// Into several namespaces of a process at once (setns(2) with a pidfd): `exec`.
    case joinNamespaces([NamespaceKind], process: Slot)
    /// Into new namespaces (unshare(2)), where the order allows no clone into them. SPEC(config-linux.md#namespaces).
    case newNamespaces([NamespaceKind])
    /// A child takes over and the process ends (clone3(2)): pid and time namespaces hold only what is born after.
    case fork(namespaces: [NamespaceKind])
    /// A user and group that the namespace maps, no other groups (setgroups(2), setresgid(2), setresuid(2)).
    /// SPEC(config-linux.md#user-namespace-mappings).
    case becomeUserOfNamespace(uid: UInt32, gid: UInt32, keepsGroups: Bool)
    /// The loopback device of a new network namespace works (ioctl(2), SIOCSIFFLAGS).
    case bringUpLoopback
    /// sethostname(2). SPEC(config.md#hostname).
    case setHostname(String)
    /// setdomainname(2). SPEC(config.md#domainname).
    case setDomainname(String)

    // MARK: Host and stage meet

    /// The stage reports over its socket and waits until the host has done its steps of this gate (write(2), read(2)).
    case gate(Gate)
    /// A route socket of the network namespace (socket(2), AF_NETLINK), which the host takes at the gate.
    case offerRouteSocket(Slot, at: Gate)
    /// Waits in a created container for the byte that `start` writes to the pipe (read(2)). SPEC(runtime.md#start).
    case waitForStart(Slot)

    // MARK: The root

    /// What is mounted on the host reaches the container no more, or only in one direction (mount(2), MS_SLAVE and its kin).
    /// SPEC(config-linux.md#rootfs-mount-propagation).
    case changePropagation(MountPropagation, recursive: Bool)
    /// Mounts the opened root at its own path, where hooks look for it, and enters it (move_mount(2), fchdir(2)).
    case attachRoot(tree: Slot, at: HostPath)
    /// Opens `/` as it is now (openat(2), O_PATH).
    case openCurrentRoot(Slot)
    /// A copy of the host's mounts at a path, where the host side may not make one (open_tree(2), mount_setattr(2)); only
    /// before the root changes.
    case openTree(path: HostPath, recursive: Bool, followsLink: Bool = true, attributes: MountAttributes, into: Slot)
    /// A copy of mounts inside the container's root, which earlier steps made (openat2(2), open_tree(2), mount_setattr(2)).
    case openTreeInRoot(
        path: ContainerPath, root: Slot, recursive: Bool, followsLink: Bool = true, attributes: MountAttributes, into: Slot)
    /// Opens a file of the host, such as a device that will be bound (openat(2), O_PATH); with `mustBeNullDevice` nothing but
    /// device 1:3 will do. Only before the root changes.
    case openHostFile(HostPath, into: Slot, mustBeNullDevice: Bool)
    /// Opens the container's own /dev/null without leaving the root (openat2(2), RESOLVE_IN_ROOT), if it is device 1:3:
    /// masks will be made of it (CVE-2025-31133).
    case openNullDevice(into: Slot, root: Slot)
    /// The opened tree becomes `/` (pivot_root(2), or mount(2) with MS_MOVE and chroot(2)). SPEC(config.md#root) `path`.
    case changeRoot(to: Slot, ChangeOfRoot)
    /// The host's mounts vanish from the container, and from it alone (umount2(2), MNT_DETACH).
    case detachOldRoot(Slot)
    /// A mount of the host that must not stay reachable underneath, where the old root stays (umount2(2) with MNT_DETACH, or a
    /// cover).
    case hideHostMount(HostPath)
    /// mount_setattr(2) with MOUNT_ATTR_RDONLY. SPEC(config.md#root) `readonly`.
    case makeRootReadOnly(Slot)

    // MARK: Mounts

    /// A new file system on a place below the root, complete before it can be seen there (fsopen(2), fsconfig(2), fsmount(2),
    /// mount_setattr(2), openat2(2), move_mount(2)). For a caller without privileges it gets the copy of what it covers here
    /// (getdents64(2), sendfile(2)). SPEC(config.md#mounts) `tmpcopyup`.
    case mountFileSystem(FileSystemMount, root: Slot)
    /// A tree that was opened or made before, such as that of a bind mount, on a place below the root (openat2(2),
    /// move_mount(2)). `keeping`: it stays open in this slot. SPEC(config.md#mounts).
    case attachTree(Slot, destination: MountTarget, root: Slot, keeping: Slot?)
    /// Changes a mount below the root (mount_setattr(2)), and with options the file system behind it (fspick(2), fsconfig(2)).
    /// SPEC(config.md#mounts) `remount`.
    case changeMount(MountAttributes, path: ContainerPath, root: Slot, fileSystem: [String])
    /// A descriptor of what was just mounted at a path (openat2(2), O_PATH), for what has to be done to it later.
    case openMount(path: ContainerPath, root: Slot, into: Slot)
    /// The end of writing to a mount, after all is made inside (mount_setattr(2), MOUNT_ATTR_RDONLY).
    case makeMountReadOnly(Slot, path: ContainerPath)
    /// A proc file system of our own that is attached nowhere, so that no image decides what is written to (fsopen(2),
    /// fsmount(2); CVE-2025-52881). Where the kernel refuses one, as in a user namespace without a pid namespace of its own, the
    /// one at /proc, if that is the root of one: nothing that is mounted inside is ever passed.
    case openPrivateProcessFileSystem(into: Slot)
    /// Takes the mount that is on top at a path away, and what is mounted inside (openat2(2), umount2(2) with MNT_DETACH): by the
    /// descriptor of what was found there, through the proc file system.
    case removeMount(path: ContainerPath, root: Slot, processFileSystem: Slot)
    /// An empty tmpfs that is read-only and attached nowhere, to cover directories with (fsopen(2), fsmount(2)).
    case makeEmptyDirectory(into: Slot)

    // MARK: Files inside the root

    /// A device node or named pipe (mknodat(2), fchownat(2)). SPEC(config-linux.md#devices),
    /// SPEC(config-linux.md#default-devices).
    case makeDevice(DeviceNode, root: Slot)
    /// The host's device on a file, where no nodes may be made (open_tree(2), move_mount(2)). `protected`: on a read-only mount
    /// it can be read and written as before, but nobody changes its mode or owner (mount_setattr(2)).
    case bindDevice(hostFile: Slot, path: ContainerPath, root: Slot, protected: Bool)
    /// Of each node that the host made a mount that is attached nowhere: their file system is mounted on the root for the moment,
    /// where nobody looks (move_mount(2), open_tree(2), umount2(2)). KERNEL: before 6.15 what is attached nowhere cannot be
    /// copied.
    case openDeviceNodes(tree: Slot, root: Slot, into: [Slot])
    /// A symbolic link (symlinkat(2)). SPEC(runtime-linux.md#dev-symbolic-links).
    case makeLink(path: ContainerPath, to: String, existing: ExistingLink, root: Slot)
    /// Covers a file with the null device and a directory with the empty one, if it is there (openat2(2), open_tree(2),
    /// move_mount(2)). SPEC(config-linux.md#masked-paths).
    ///
    /// With `protectingDevice` nobody changes the mode or the owner of the null device through the cover (mount_setattr(2)).
    case mask(HiddenPath, root: Slot, nullDevice: Slot, emptyDirectory: Slot, protectingDevice: Bool)
    /// Makes what lies at a path, and all below it, read-only, if it is there (open_tree(2), mount_setattr(2), move_mount(2)).
    /// SPEC(config-linux.md#readonly-paths).
    case makeReadOnly(HiddenPath, root: Slot)
    /// The directory in which the program will start, and those above it, where they are missing (openat2(2),
    /// mkdirat(2)). SPEC(config.md#process) `cwd`.
    case makeWorkingDirectory(ContainerPath, root: Slot)
    /// Writes a kernel parameter below `sys` of the proc file system of our own (openat2(2), write(2)).
    /// SPEC(config-linux.md#sysctl).
    case writeSystemControl(key: String, value: String, processFileSystem: Slot)

    // MARK: The terminal and the standard streams

    /// A pseudo-terminal of the container's own devpts, unlocked, with its size and owner (openat2(2), ioctl(2) TIOCGPTPEER,
    /// fchown(2)). SPEC(config.md#process) `terminal`, `consoleSize`.
    case openTerminal(TerminalRequest, root: Slot)
    /// The host gets its side of the terminal, or the console socket does (sendmsg(2), SCM_RIGHTS).
    case sendTerminal(master: Slot, socket: Slot)
    /// The terminal on /dev/console (open_tree(2), move_mount(2)). SPEC(config-linux.md#default-devices).
    case bindConsole(terminal: Slot, root: Slot)
    /// The terminal becomes standard input, output and error, and controls the session (dup3(2), ioctl(2) TIOCSCTTY).
    case useTerminal(Slot)
    /// The program's user may open its standard streams again (fchown(2)); null devices of the host become the container's.
    case ownStandardStreams(user: UInt32, root: Slot)

    // MARK: What the user's program may do

    /// A resource limit, where the host side does not set it (prlimit(2)). SPEC(config.md#posix-process) `rlimits`.
    case setLimit(RlimitKind, soft: UInt64, hard: UInt64)
    /// sched_setattr(2). SPEC(config.md#linux-process) `scheduler`.
    case setScheduler(SchedulerAttributes)
    /// ioprio_set(2); `level`: 0, the highest, to 7. SPEC(config.md#linux-process) `ioPriority`.
    case setIOPriority(IOPriorityClass, level: UInt8)
    /// sched_setaffinity(2). SPEC(config.md#linux-process) `execCPUAffinity`.
    case setCPUAffinity(CPUMask)
    /// All processors that the control group leaves (sched_setaffinity(2)): not those of the caller, who may be bound to some.
    case resetCPUAffinity
    /// Where memory comes from (set_mempolicy(2)). SPEC(config-linux.md#memory-policy).
    case setMemoryPolicy(MemoryPolicyMode, flags: [MemoryPolicyFlag], nodes: CPUMask)
    /// The execution domain (personality(2)). SPEC(config-linux.md#personality).
    case setPersonality(PersonalityDomain)
    /// The label that the program gets when it is executed: write(2) to `attr/exec` of the proc file system of our own.
    /// SPEC(config.md#linux-process) `apparmorProfile`, `selinuxLabel`.
    case setSecurityLabel(module: SecurityModule, label: String, processFileSystem: Slot)
    /// No execution gives privileges (prctl(2), PR_SET_NO_NEW_PRIVS). SPEC(config.md#linux-process) `noNewPrivileges`.
    case setNoNewPrivileges
    /// Takes all but these from the bounding set, up to the last that the kernel knows (prctl(2), PR_CAPBSET_DROP).
    /// SPEC(config.md#linux-process) `capabilities.bounding`.
    case dropBoundingCapabilities(keeping: CapabilitySet, last: UInt8)
    /// The permitted set outlives the change to another user than root (prctl(2), PR_SET_KEEPCAPS).
    case keepCapabilitiesAcrossUserChange
    /// The program's user, group, and other groups; nil leaves those (setgroups(2), setresgid(2), setresuid(2)).
    /// SPEC(config.md#posix-platform-user).
    case setUser(uid: UInt32, gid: UInt32, groups: [UInt32]?)
    /// capset(2). SPEC(config.md#linux-process) `capabilities`.
    case setCapabilities(effective: CapabilitySet, permitted: CapabilitySet, inheritable: CapabilitySet)
    /// Capabilities that a program gets without its file having them (prctl(2), PR_CAP_AMBIENT_RAISE).
    /// SPEC(config.md#linux-process) `capabilities.ambient`.
    case raiseAmbientCapabilities(CapabilitySet)
    /// seccomp(2), SECCOMP_SET_MODE_FILTER: what is called from here on passes the filter. `listener`: the descriptor that
    /// the kernel gives for its notifications, which the host takes at a gate. SPEC(config-linux.md#seccomp).
    case loadSeccompFilter(SeccompFilter, listener: Slot?)

    // MARK: The program

    /// A hook of the container's namespaces: a process with the state on its standard input, ended when its time is over
    /// (clone3(2), execve(2), waitid(2)). SPEC(config.md#posix-platform-hooks) `createContainer`, `startContainer`.
    case runHook(HookKind, Hook, state: HookState)
    /// HOME for an environment without one, from the container's /etc/passwd; `/` if that does not know the user (openat2(2),
    /// read(2)).
    case findHome(uid: UInt32, root: Slot)
    /// The working directory, which must lie inside the root (chdir(2), getcwd(2); CVE-2024-21626).
    /// SPEC(config.md#process) `cwd`.
    case enterDirectory(ContainerPath, attempt: DirectoryAttempt)
    /// Looks for `args[0]` in the PATH of the program's environment (openat(2), faccessat(2)), so that a missing program is
    /// known before `start`. SPEC(config.md#process) `args`.
    case findProgram(String)
    /// No descriptor above 2 outlives an execution, be it that of a hook or of the program (close_range(2),
    /// CLOSE_RANGE_CLOEXEC). What is opened later closes by itself.
    case closeDescriptors
    /// But for these, which the caller passes on (fcntl(2), F_SETFD).
    case keepDescriptors([Int32])
    /// The stage ends, for there is no program.
    case end
    /// The program takes over the process (execve(2)). `home`: HOME is what `findHome` found. SPEC(config.md#process) `args`,
    /// `env`.
    case execute(arguments: [String], environment: [String], home: Bool)
}
