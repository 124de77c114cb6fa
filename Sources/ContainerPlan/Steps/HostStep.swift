public import RuntimeSpec

/// One thing that veloci does on the host side to make a container, or to run a program in one.
///
/// `HostStep+Text.swift` says each in words, `HostStep+Undo.swift` what takes it back, and the library's `Performer` does each in
/// one exhaustive switch: what is not here, veloci does not do to the host.
public enum HostStep: Equatable, Sendable {
    // MARK: What the container is known by

    /// The directory of the container below the state root, locked.
    case makeStateDirectory
    /// The list of what takes all later steps back, before the first of them.
    case writeRecord
    /// A copy of config.json, which later changes of the bundle do not reach.
    case keepConfiguration
    /// The directory that the container sees as `/run/notify`.
    case makeNotifyDirectory
    /// The socket in that directory, which hears that the container is ready.
    case listenForReadiness

    // MARK: Control groups

    /// A process that does nothing: systemd makes a scope around a process alone, and removes it when it is empty.
    case holdUnit(name: String)
    /// systemd makes the unit, and the control group with it.
    case startUnit(UnitRequest)
    case makeControlGroup(ControlGroupRequest)
    case limit(ControlGroupLimit)
    /// SPEC(config-linux.md#cgroup-ownership)
    case giveControlGroup(user: UInt32)
    /// A class of service of resctrl, and a monitoring group.
    case makeCacheGroup(IntelRdt)

    // MARK: What the stage will be given

    case openRoot(path: String, attributes: MountAttributes, into: Slot)
    case openTree(path: String, recursive: Bool, attributes: MountAttributes, mappings: TreeMappings?, into: Slot)
    /// A new file system for a place below the root: with a copy of what it covers there, with mapped ids, or both.
    case makeTree(FileSystemMount, covering: String, copies: Bool, mappings: TreeMappings?, into: Slot)
    case openControlGroupTree(hierarchy: String, attributes: MountAttributes, into: Slot)
    case openControlGroupTasks(hierarchy: String, into: Slot)
    case openNamespace(NamespaceKind, path: String, into: Slot)
    case openContainerProcess(into: Slot, root: Slot)
    case connectConsole(path: String?, into: Slot)
    case makeStartPipe(into: Slot, started: Slot)
    /// In the runtime's own mount namespace, for containers that have no other.
    case attachRoot(tree: Slot, at: String)
    /// The page on which the stage notes how far it is.
    case makeProgressPage
    /// The last before the gates. `inControlGroup`: it is born in the group of version 2 (CLONE_INTO_CGROUP).
    case cloneProcess(namespaces: [NamespaceKind], inControlGroup: Bool)

    // MARK: At a gate

    case writeMappings(uid: [IDMapping], gid: [IDMapping])
    case writeTimeOffset(clock: String, seconds: Int64, nanoseconds: UInt32)
    case moveNetworkDevice(String, newName: String)
    case setOOMScore(Int)
    case runHook(HookKind, Hook)
    case sendListener(path: String)
    /// A user may not move a process out of the group of the session, but the user's systemd may.
    case moveIntoUnit(name: String?)
    case receiveTerminal
    /// The process that held the unit ends: the container's own is inside.
    case releaseUnit(name: String)
    /// systemd is told of limits that would have kept the process out.
    case tellUnit(UnitChange)
    case joinCacheGroup(closID: String?)
    case setLimit(RlimitKind, soft: UInt64, hard: UInt64)
    /// The pid, from which on other commands find the container.
    case recordProcess
    case sendProcessDescriptor(path: String)
    case writePidFile(String)

    // MARK: Once the program runs

    /// Waits until the container says that it is ready, and tells the service manager.
    case passOnReadiness(to: String)
}

/// Which ids an idmapped mount shows.
public enum TreeMappings: Equatable, Sendable {
    case own(uid: [IDMapping], gid: [IDMapping], recursive: Bool)
    /// Those of the user namespace that the container joins.
    case namespace(path: String, recursive: Bool)
}
