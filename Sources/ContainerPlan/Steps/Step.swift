public import RuntimeSpec

/// One thing that the stage does to the machine, between the clone of its process and the execution of the user's program.
///
/// `Step+Text.swift` says each in words, `Encoding/Step+Records.swift` turns each into system calls. What is not here,
/// veloci does not do inside a container.
public enum Step: Equatable, Sendable {
    // The process itself
    case resetSignals
    case nameProcess(String)
    case refuseTracing
    case newSession
    case saveUmask
    case restoreUmask
    case setUmask(UInt32)
    case joinSessionKeyring(name: String)

    // Namespaces and control groups
    case joinControlGroup(hierarchy: String, tasks: Slot)
    case joinNamespace(NamespaceKind, Slot)
    case joinNamespaces([NamespaceKind], process: Slot)
    case newNamespaces([NamespaceKind])
    case fork(namespaces: [NamespaceKind])
    case becomeUserOfNamespace(uid: UInt32, gid: UInt32)
    case bringUpLoopback
    case setHostname(String)
    case setDomainname(String)

    // Host and stage meet
    case gate(Gate)
    /// A route socket of the network namespace, which the host takes at the gate.
    case offerRouteSocket(Slot, at: Gate)
    case waitForStart(Slot)

    // The root
    case changePropagation(MountPropagation, recursive: Bool, of: String)
    case attachRoot(tree: Slot, at: String)
    case openCurrentRoot(Slot)
    /// A copy of the host's mounts at a path, where the host side may not make one; only before the root changes.
    case openTree(path: String, recursive: Bool, attributes: MountAttributes, into: Slot)
    /// A copy of mounts inside the container's root, which earlier steps made.
    case openTreeInRoot(path: String, root: Slot, recursive: Bool, attributes: MountAttributes, into: Slot)
    case openHostFile(String, into: Slot, mustBeNullDevice: Bool)
    case openNullDevice(into: Slot, root: Slot)
    case changeRoot(to: Slot, ChangeOfRoot)
    case detachOldRoot(Slot)
    /// A mount of the host that must not stay reachable underneath, where the old root stays.
    case hideHostMount(String)
    case makeRootReadOnly(Slot)

    // Mounts
    case mountFileSystem(FileSystemMount, root: Slot)
    case attachTree(Slot, destination: MountTarget, root: Slot, keeping: Slot?)
    /// Changes a mount, and with options the file system behind it.
    case changeMount(MountAttributes, path: String, root: Slot, fileSystem: [String])
    /// A descriptor of what was just mounted at a path, for what has to be done to it later.
    case openMount(path: String, root: Slot, into: Slot)
    /// The end of writing to a mount, after all is made inside.
    case makeMountReadOnly(Slot, path: String)
    case openPrivateProcessFileSystem(into: Slot)
    case makeEmptyDirectory(into: Slot)

    // Files inside the root
    case makeDevice(DeviceNode, root: Slot)
    case bindDevice(hostFile: Slot, path: String, root: Slot)
    case makeLink(path: String, to: String, replacing: Bool, root: Slot)
    case mask(path: String, root: Slot, nullDevice: Slot, emptyDirectory: Slot)
    case makeReadOnly(path: String, root: Slot)
    /// The directory in which the program will start, and those above it, where they are missing.
    case makeWorkingDirectory(String, root: Slot)
    case writeSystemControl(key: String, value: String, processFileSystem: Slot)

    // The terminal and the standard streams
    case openTerminal(TerminalRequest, root: Slot)
    case sendTerminal(master: Slot, socket: Slot)
    case bindConsole(terminal: Slot, root: Slot)
    case useTerminal(Slot)
    case ownStandardStreams(user: UInt32, root: Slot)

    // What the user's program may do
    case setLimit(RlimitKind, soft: UInt64, hard: UInt64)
    case setScheduler(SchedulerAttributes)
    case setIOPriority(UInt16)
    case setCPUAffinity(CPUMask)
    /// All that the control group leaves: not those of the caller, who may be bound to some.
    case resetCPUAffinity
    case setMemoryPolicy(mode: UInt32, nodes: CPUMask)
    case setPersonality(UInt64)
    case setSecurityLabel(module: SecurityModule, label: String, processFileSystem: Slot)
    case setNoNewPrivileges
    case dropBoundingCapabilities(keeping: CapabilitySet, last: UInt8)
    case keepCapabilitiesAcrossUserChange
    case setUser(uid: UInt32, gid: UInt32, groups: [UInt32]?)
    case setCapabilities(effective: CapabilitySet, permitted: CapabilitySet, inheritable: CapabilitySet)
    case raiseAmbientCapabilities(CapabilitySet)
    case loadSeccompFilter(SeccompFilter, listener: Slot?)

    // The program
    case runHook(HookKind, Hook, state: HookState)
    case findHome(uid: UInt32, root: Slot)
    case enterDirectory(String, attempt: DirectoryAttempt)
    case findProgram(String)
    case closeDescriptors
    case keepDescriptors([Int32])
    case execute(arguments: [String], environment: [String], home: Bool)
}

/// A descriptor that the stage holds: given by the host, or opened by a step.
public struct Slot: Hashable, Sendable {
    /// The index into the stage's table.
    public let index: Int
}

/// Where host and stage meet. The stage reports, the host does its steps, the stage goes on.
public enum Gate: UInt32, CaseIterable, Sendable {
    /// The user namespace exists and waits for its mappings.
    case userNamespace = 1
    /// All namespaces but the pid namespace exist: time offsets.
    case timeNamespace
    /// The container's process is in all its namespaces: network devices, out-of-memory score.
    case namespaces
    /// The root is complete and not yet entered: prestart and createRuntime hooks.
    case mounts
    /// A seccomp listener is to be handed on.
    case listener
    /// Everything is done but waiting for `start`: limits.
    case ready
}

extension Gate: CustomStringConvertible {
    public var description: String {
        switch self {
        case .userNamespace: "userNamespace"
        case .timeNamespace: "timeNamespace"
        case .namespaces: "namespaces"
        case .mounts: "mounts"
        case .listener: "listener"
        case .ready: "ready"
        }
    }
}

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

/// When the working directory is entered.
public enum DirectoryAttempt: UInt64, Equatable, Sendable {
    /// Before the user changes; a refusal may still be mended by the change.
    case first = 1
    /// After the user changed.
    case second = 2
}

/// A place inside the root on which something is mounted.
public struct MountTarget: Equatable, Sendable {
    /// The path below the root.
    public var path: String
    /// What is made if nothing is there.
    public var kind: Kind
    /// No symbolic link is followed on the way (CVE-2019-19921).
    public var refusesLinks: Bool
    /// The target must not lie on a proc file system (CVE-2019-16884).
    public var refusesProcessFileSystem: Bool
    /// What is mounted must be a proc file system: with anything else on /proc, masks and read-only paths mean nothing.
    public var wantsProcessFileSystem = false

    /// What a target is.
    public enum Kind: Equatable, Sendable {
        case directory
        case file
        /// Whatever the tree that is mounted is.
        case likeSource
    }

    /// A target below the root.
    public init(_ path: String, kind: Kind, refusesLinks: Bool = false, refusesProcessFileSystem: Bool = false) {
        self.path = path
        self.kind = kind
        self.refusesLinks = refusesLinks
        self.refusesProcessFileSystem = refusesProcessFileSystem
    }
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
    /// Where it is mounted.
    public var target: MountTarget
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

    /// Whether nothing is changed.
    public var isEmpty: Bool {
        self.set | clear | recursiveSet | recursiveClear == 0 && propagation.isEmpty
    }
}

/// A node that is made (mknodat(2)).
public struct DeviceNode: Equatable, Sendable {
    /// Below the root.
    public var path: String
    /// Character or block device, or fifo.
    public var kind: DeviceKind
    /// The major number; 0 for a fifo.
    public var major: UInt32
    /// The minor number; 0 for a fifo.
    public var minor: UInt32
    /// Permission bits.
    public var mode: UInt32
    /// The owner inside the container.
    public var uid: UInt32
    /// The group inside the container.
    public var gid: UInt32
}

/// A pseudo-terminal of the container's own devpts.
public struct TerminalRequest: Equatable, Sendable {
    /// The side that the host gets.
    public var master: Slot
    /// The side that the container gets.
    public var terminal: Slot
    /// Characters; nil leaves the kernel's choice.
    public var size: ConsoleSize?
    /// Who owns the terminal, inside the container.
    public var owner: UInt32
}

/// The argument of sched_setattr(2).
public struct SchedulerAttributes: Equatable, Sendable {
    /// `SCHED_*`.
    public var policy: UInt32
    /// `SCHED_FLAG_*`.
    public var flags: UInt64
    /// -20 to 19, for the policies that share time.
    public var nice: Int32
    /// 1 to 99, for the policies of real time.
    public var priority: UInt32
    /// Nanoseconds.
    public var runtime: UInt64
    /// Nanoseconds.
    public var deadline: UInt64
    /// Nanoseconds.
    public var period: UInt64
}

/// A set of processors or NUMA nodes, lowest in bit 0 of the first word.
public struct CPUMask: Equatable, Sendable {
    /// Member n is bit n mod 64 of word n / 64.
    public var words: [UInt64]

    /// Reads a list such as `0-3,7`. Nil if it is none.
    public init?(list: String) {
        words = []
        for part in list.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0.drop { $0 == " " }) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last, last < 8192
            else { return nil }
            for number in first...last {
                while words.count <= Int(number / 64) { words.append(0) }
                words[Int(number / 64)] |= 1 << (number % 64)
            }
        }
        if words.isEmpty { return nil }
    }

    /// No processor or node at all.
    public init() { words = [] }
}

/// A security module that labels processes.
public enum SecurityModule: String, Equatable, Sendable {
    case appArmor, selinux
}

/// Capabilities as the kernel counts them.
public struct CapabilitySet: Equatable, Sendable {
    /// Bit n is capability n.
    public var bits: UInt64 = 0

    /// A set from its bits; without any it is empty.
    public init(bits: UInt64 = 0) { self.bits = bits }
}

/// A compiled seccomp filter.
public struct SeccompFilter: Equatable, Sendable {
    /// `struct sock_filter`s, 8 bytes each.
    public var program: [UInt8]
    /// Flags of seccomp(2).
    public var flags: UInt64
    /// Whether a listener is to be made.
    public var needsListener: Bool

    /// A filter that was compiled elsewhere.
    public init(program: [UInt8], flags: UInt64, needsListener: Bool) {
        self.program = program
        self.flags = flags
        self.needsListener = needsListener
    }
}

/// The state that a hook reads from its standard input.
public struct HookState: Equatable, Sendable {
    /// The JSON text with room for the pid.
    public var text: String
    /// Where in the text ten bytes are kept for the pid, which is not known when the plan is made.
    public var pidOffset: Int

    /// A state with ten places for the pid at `pidOffset` bytes.
    public init(text: String, pidOffset: Int) {
        self.text = text
        self.pidOffset = pidOffset
    }
}
