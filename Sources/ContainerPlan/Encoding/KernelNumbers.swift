internal import CLinux
public import RuntimeSpec

// The kernel's numbers for the specification's words.

extension NamespaceKind {
    /// The flag of clone(2), unshare(2) and setns(2).
    public var cloneFlag: UInt64 {
        switch self {
        case .pid: linux_clone_newpid
        case .network: linux_clone_newnet
        case .mount: linux_clone_newns
        case .ipc: linux_clone_newipc
        case .uts: linux_clone_newuts
        case .user: linux_clone_newuser
        case .cgroup: linux_clone_newcgroup
        case .time: linux_clone_newtime
        }
    }

    /// Its file below /proc/PID/ns.
    public var fileName: String {
        switch self {
        case .network: "net"
        case .mount: "mnt"
        case .pid, .ipc, .uts, .user, .cgroup, .time: rawValue
        }
    }
}

extension [NamespaceKind] {
    /// The flags of all of them.
    public var cloneFlags: UInt64 { reduce(0) { $0 | $1.cloneFlag } }
}

extension MountPropagation {
    /// The flag of mount(2), which mount_setattr(2) takes as its propagation.
    public var mountFlag: UInt64 {
        switch self {
        case .private: UInt64(MS_PRIVATE)
        case .shared: UInt64(MS_SHARED)
        case .slave: UInt64(MS_SLAVE)
        case .unbindable: UInt64(MS_UNBINDABLE)
        }
    }
}

extension DeviceKind {
    /// The file type bits of mknod(2).
    var modeBits: UInt64 {
        switch self {
        case .character, .unbufferedCharacter: 0o020000
        case .block: 0o060000
        case .namedPipe: 0o010000
        }
    }
}

extension RlimitKind {
    /// The number that prlimit(2) takes.
    public var number: UInt32 {
        switch self {
        case .cpu: 0
        case .fileSize: 1
        case .data: 2
        case .stack: 3
        case .core: 4
        case .residentSet: 5
        case .processes: 6
        case .openFiles: 7
        case .memoryLock: 8
        case .addressSpace: 9
        case .locks: 10
        case .pendingSignals: 11
        case .messageQueue: 12
        case .nice: 13
        case .realtimePriority: 14
        case .realtimeTime: 15
        }
    }
}

extension SchedulerPolicy {
    /// `SCHED_*` of sched_setattr(2).
    var number: UInt32 {
        switch self {
        case .other: 0
        case .fifo: 1
        case .roundRobin: 2
        case .batch: 3
        case .iso: 4
        case .idle: 5
        case .deadline: 6
        }
    }
}

extension SchedulerFlag {
    /// `SCHED_FLAG_*` of sched_setattr(2).
    var bit: UInt64 {
        switch self {
        case .resetOnFork: 1 << 0
        case .reclaim: 1 << 1
        case .deadlineOverrun: 1 << 2
        case .keepPolicy: 1 << 3
        case .keepParameters: 1 << 4
        case .utilizationClampMinimum: 1 << 5
        case .utilizationClampMaximum: 1 << 6
        }
    }
}

extension IOPriorityClass {
    /// `IOPRIO_CLASS_*` of ioprio_set(2), which stands above 13 bits of level.
    var number: UInt64 {
        switch self {
        case .realtime: 1
        case .bestEffort: 2
        case .idle: 3
        }
    }
}

extension MemoryPolicyMode {
    /// `MPOL_*` of set_mempolicy(2).
    var number: UInt64 {
        switch self {
        case .default: 0
        case .preferred: 1
        case .bind: 2
        case .interleave: 3
        case .local: 4
        case .preferredMany: 5
        case .weightedInterleave: 6
        }
    }
}

extension MemoryPolicyFlag {
    /// `MPOL_F_*` of set_mempolicy(2), which stand beside the mode.
    var bit: UInt64 {
        switch self {
        case .numaBalancing: 1 << 13
        case .relativeNodes: 1 << 14
        case .staticNodes: 1 << 15
        }
    }
}

extension PersonalityDomain {
    /// `PER_*` of personality(2).
    var number: UInt64 {
        switch self {
        case .linux: 0
        case .linux32: 8
        }
    }
}

/// What a flag becomes in the calls that mount. There is no flag without a line here.
enum MountFlagEffect {
    /// An attribute of the mount (mount_setattr(2)).
    case attribute(UInt64)
    /// An attribute of the mount, and a parameter of the file system with its opposite (fsconfig(2)).
    case both(UInt64, parameter: String, opposite: String)
    /// A parameter of the file system, with its opposite where there is one.
    case parameter(String, opposite: String?)
    /// A parameter that the kernel takes from mount(2) for all file systems, but some refuse by name.
    case optionalParameter(String)
    /// It quiets messages of mount(2), which the calls with descriptors do not write.
    case quietness
}

extension MountFlag {
    var effect: MountFlagEffect {
        switch self {
        case .readOnly: .both(UInt64(MOUNT_ATTR_RDONLY), parameter: "ro", opposite: "rw")
        case .noSetUserID: .attribute(UInt64(MOUNT_ATTR_NOSUID))
        case .noDevices: .attribute(UInt64(MOUNT_ATTR_NODEV))
        case .noExecute: .attribute(UInt64(MOUNT_ATTR_NOEXEC))
        case .noSymlinkFollow: .attribute(UInt64(MOUNT_ATTR_NOSYMFOLLOW))
        case .noAccessTime: .attribute(UInt64(MOUNT_ATTR_NOATIME))
        case .noDirectoryAccessTime: .attribute(UInt64(MOUNT_ATTR_NODIRATIME))
        case .relativeAccessTime: .attribute(UInt64(MOUNT_ATTR_RELATIME))
        case .strictAccessTime: .attribute(UInt64(MOUNT_ATTR_STRICTATIME))
        case .synchronous: .parameter("sync", opposite: "async")
        case .directorySynchronous: .parameter("dirsync", opposite: nil)
        case .mandatoryLocks: .optionalParameter("mand")
        case .inodeVersion: .optionalParameter("iversion")
        case .lazyTime: .parameter("lazytime", opposite: "nolazytime")
        case .silent: .quietness
        }
    }

    /// The attribute of a mount, or nil for what belongs to the file system alone. Kinds of access time share bits.
    var attribute: UInt64? {
        switch effect {
        case .attribute(let attribute), .both(let attribute, _, _): attribute
        case .parameter, .optionalParameter, .quietness: nil
        }
    }

    /// Whether it is one of the three that exclude each other.
    var isAccessTimeKind: Bool {
        self == .noAccessTime || self == .relativeAccessTime || self == .strictAccessTime
    }
}

/// Names of kernel parameters.
package enum SystemControl {
    /// The path below /proc/sys, by the same rule that validation follows. A key that is none stays as it is.
    package static func path(of key: String) -> String {
        SysctlName.parts(key)?.joined(separator: "/") ?? key
    }
}
