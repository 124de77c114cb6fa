public import RuntimeSpec

/// One thing that veloci does on the host side to make a container. Each has its counterpart that takes it back.
public enum HostStep: Equatable, Sendable {
    // Before the container's process exists
    case makeStateDirectory
    case makeControlGroup(String)
    case limit(String)
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
    case cloneProcess(namespaces: [NamespaceKind])

    // At a gate
    case writeMappings(uid: [IDMapping], gid: [IDMapping])
    case writeTimeOffset(clock: String, seconds: Int64, nanoseconds: UInt32)
    case moveNetworkDevice(String, newName: String)
    case setOOMScore(Int)
    case runHook(HookKind, Hook)
    case sendListener(path: String)
    case setLimit(RlimitKind, soft: UInt64, hard: UInt64)
    case writeState
    case writePidFile(String)

    // Other owners of a process
    case joinCacheControl(closID: String?)
}

/// Which ids an idmapped mount shows.
public enum TreeMappings: Equatable, Sendable {
    case own(uid: [IDMapping], gid: [IDMapping], recursive: Bool)
    /// Those of the user namespace that the container joins.
    case namespace(path: String, recursive: Bool)
}
