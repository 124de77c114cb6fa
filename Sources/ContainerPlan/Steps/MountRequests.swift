public import RuntimeSpec

// What the steps are told that build the tree of mounts.

/// How the root changes.
public enum ChangeOfRoot: Equatable, Sendable {
    /// pivot_root(2), the old root is left for `detachOldRoot`.
    case pivot
    /// Move the mount over `/` and chroot(2): for hosts that run from an initial ramdisk.
    case move
    /// chroot(2) into the mount that covers `/` already.
    case enter
    /// chroot(2) alone: there is no mount namespace of our own.
    case change
}

/// What happens to what is there when a link is made.
public enum ExistingLink: Equatable, Sendable {
    /// It stays, whatever it is.
    case leave
    /// It is taken away first.
    case replace
    /// It must be the same link.
    case compare
}

/// A place inside the root on which something is mounted.
public struct MountTarget: Equatable, Sendable {
    /// The path below the root.
    public var path: ContainerPath
    /// What is made if nothing is there.
    public var kind: Kind
    /// No symbolic link is followed on the way (CVE-2019-19921).
    public var refusesLinks: Bool
    /// The target must not lie on a proc file system (CVE-2019-16884).
    public var refusesProcessFileSystem: Bool
    /// A symbolic link at the end of the path is the place itself.
    public var keepsLink = false
    /// What is mounted must be a proc file system: with anything else on /proc, masks and read-only paths mean nothing.
    public var wantsProcessFileSystem = false

    /// What a target is.
    public enum Kind: Equatable, Sendable {
        /// A directory, whatever is mounted.
        case directory
        /// A file, whatever is mounted.
        case file
        /// Whatever the tree that is mounted is.
        case likeSource
    }

    /// A target below the root.
    public init(_ path: ContainerPath, kind: Kind, refusesLinks: Bool = false, refusesProcessFileSystem: Bool = false) {
        self.path = path
        self.kind = kind
        self.refusesLinks = refusesLinks
        self.refusesProcessFileSystem = refusesProcessFileSystem
    }
}

/// A path that is covered or made read-only, and how to come to it.
///
/// Whoever shares the root may exchange directories while the container is made: what lies on a mount of the container's own is
/// looked for below the descriptor of that mount, wherever in the root it is by then.
public struct HiddenPath: Equatable, Sendable {
    /// Below the root.
    public var path: ContainerPath
    /// The mount of the container's list that it lies on; nil when that is the root.
    public var mount: Slot?
    /// Below the mount; empty for the mount itself.
    public var inside = ""
    /// Whether what the path leads to in the end is covered too, should that be something else: a hook may have mounted there.
    public var isLookedForAgain = false

    /// A path of the root.
    public init(_ path: ContainerPath) { self.path = path }
}

/// A new file system (fsopen(2), fsconfig(2), fsmount(2), move_mount(2)).
public struct FileSystemMount: Equatable, Sendable {
    /// The name of the file system, as in /proc/filesystems.
    public var type: String
    /// The device or name; empty for none.
    public var source: String
    /// `name` or `name=value`, one by one.
    public var options: [String]
    /// Options that old file systems may not know although mount(2) would take them.
    public var optionalOptions: [String] = []
    /// What the mount has from its first moment.
    public var attributes: MountAttributes
    /// Whether its root gets the mode of the directory that it covers, if there is one.
    public var copiesMode = false
    /// Whether it begins with a copy of what that directory has, made by the stage.
    public var copiesContent = false
    /// Where it is mounted.
    public var target: MountTarget
    /// The slot in which it stays open, for what is looked for on it later.
    public var kept: Slot?
    /// The host's mounts that take its place where the kernel refuses it (EPERM), as it does with sysfs in a user namespace that
    /// does not own the network.
    public var otherwise: HostPath?
}

/// The ids of a user namespace, as ids of the host.
public struct OwnerMappings: Equatable, Sendable {
    /// Of users.
    public var uid: [IDMapping]
    /// Of groups.
    public var gid: [IDMapping]

    /// Mappings of users and groups.
    public init(uid: [IDMapping], gid: [IDMapping]) {
        self.uid = uid
        self.gid = gid
    }

    /// Root of the namespace; where nobody is mapped to root, the first who is mapped.
    public var root: (user: UInt32, group: UInt32) {
        (Self.host(0, uid) ?? uid.first?.hostID ?? 0, Self.host(0, gid) ?? gid.first?.hostID ?? 0)
    }

    /// A user who is somebody in the namespace: the same if possible, or as whom others are shown there (nobody), or root.
    public func user(_ id: UInt32) -> UInt32 { Self.owner(id, uid) ?? root.user }

    /// A group that is one in the namespace.
    public func group(_ id: UInt32) -> UInt32 { Self.owner(id, gid) ?? root.group }

    private static func owner(_ id: UInt32, _ mappings: [IDMapping]) -> UInt32? {
        mappings.contains { id >= $0.hostID && id - $0.hostID < $0.size } ? id : host(65534, mappings)
    }

    /// The host's number for one of the namespace.
    static func host(_ id: UInt32, _ mappings: [IDMapping]) -> UInt32? {
        mappings.first { id >= $0.containerID && id - $0.containerID < $0.size }.map { $0.hostID &+ (id - $0.containerID) }
    }

    /// The same in the order of the namespace's ids, without joints: the kernel orders long lists, and callers split them.
    var normalized: OwnerMappings {
        func normalize(_ mappings: [IDMapping]) -> [IDMapping] {
            var result: [IDMapping] = []
            for mapping in mappings.sorted(by: { $0.containerID < $1.containerID }) {
                if let last = result.last, last.containerID &+ last.size == mapping.containerID,
                    last.hostID &+ last.size == mapping.hostID
                {
                    result[result.count - 1].size &+= mapping.size
                } else {
                    result.append(mapping)
                }
            }
            return result
        }
        return OwnerMappings(uid: normalize(uid), gid: normalize(gid))
    }
}

/// A new file system begins with a copy of what it covers.
public struct CopyOfCovered: Equatable, Sendable {
    /// How many bytes it has at most; nil when nothing limits it.
    public var limit: UInt64?

    /// A copy.
    public init(limit: UInt64?) {
        self.limit = limit
    }
}

/// What mount_setattr(2) sets and clears, and propagation.
public struct MountAttributes: Equatable, Sendable {
    /// `MOUNT_ATTR_*` of the mount itself.
    public var set: UInt64 = 0
    /// What is taken away from the mount itself.
    public var clear: UInt64 = 0
    /// `MOUNT_ATTR_*` of the mount and all below it.
    public var recursiveSet: UInt64 = 0
    /// What is taken away from the mount and all below it.
    public var recursiveClear: UInt64 = 0
    /// Changes of propagation, in their order.
    public var propagation: [Propagation] = []

    /// One change of propagation.
    public struct Propagation: Equatable, Sendable {
        /// What it becomes.
        public var kind: MountPropagation
        /// Whether all mounts below change as well.
        public var recursive: Bool

        /// A change of propagation.
        public init(_ kind: MountPropagation, recursive: Bool) {
            self.kind = kind
            self.recursive = recursive
        }
    }

    /// One call of mount_setattr(2).
    package struct Call {
        package var set: UInt64 = 0
        package var clear: UInt64 = 0
        package var propagation: MountPropagation?
        package var recursive: Bool
    }

    /// The calls that change all of it: one for each group that differs in what it covers, in the order of the changes of
    /// propagation, of which the first comes with the attributes that cover as much.
    package var calls: [Call] {
        var calls: [Call] = []
        if self.set | clear != 0 { calls.append(Call(set: self.set, clear: clear, recursive: false)) }
        if recursiveSet | recursiveClear != 0 {
            calls.append(Call(set: recursiveSet, clear: recursiveClear, recursive: true))
        }
        var changes = propagation[...]
        if let first = changes.first, let last = calls.indices.last, calls[last].recursive == first.recursive {
            calls[last].propagation = first.kind
            changes = changes.dropFirst()
        }
        return calls + changes.map { Call(propagation: $0.kind, recursive: $0.recursive) }
    }

    /// Whether nothing is changed.
    public var isEmpty: Bool {
        self.set | clear | recursiveSet | recursiveClear == 0 && propagation.isEmpty
    }
}

/// A node that is made (mknodat(2)).
public struct DeviceNode: Equatable, Sendable {
    /// Below the root.
    public var path: ContainerPath
    /// Character or block device, or fifo.
    public var kind: DeviceKind
    /// The major number; 0 for a fifo.
    public var major: UInt32
    /// The minor number; 0 for a fifo.
    public var minor: UInt32
    /// Permission bits.
    public var mode: UInt32
    /// The owner, inside the container or as the host knows it.
    public var uid: UInt32
    /// The group, inside the container or as the host knows it.
    public var gid: UInt32

    /// The mode as mknodat(2) takes it.
    public var modeWithKind: UInt32 { UInt32(truncatingIfNeeded: kind.modeBits) | mode }
}
