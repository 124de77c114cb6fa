package import Cgroups
public import RuntimeSpec

/// What a plan depends on besides the bundle. Collected once by the host side; a test writes them down.
public struct HostFacts: Equatable, Sendable {
    /// Whether veloci has CAP_SYS_ADMIN over the mount namespace that it is in.
    public var isPrivileged: Bool
    /// Whether veloci is in a user namespace itself, as in rootless engines, whatever the container has.
    public var isInUserNamespace = false
    /// The highest capability that the kernel knows (/proc/sys/kernel/cap_last_cap).
    public var lastCapability: UInt8
    /// Whether AppArmor is active; profiles are refused otherwise.
    public var appArmorIsEnabled: Bool
    /// Whether SELinux is active; labels are refused otherwise.
    public var selinuxIsEnabled: Bool
    /// Whether the kernel shows its memory as /proc/kcore.
    public var hasKernelCore = false
    /// Where proc and sysfs are mounted on the host; looked for only where the old root stays (`--no-pivot`).
    public var kernelViews: [HostPath] = []
    /// The kinds of namespaces that the configuration names by path and that are those of veloci itself.
    public var ownNamespaces: Set<NamespaceKind> = []
    /// The names of the host, known where the configuration joins veloci's own uts namespace.
    public var hostname = ""
    /// The NIS domain name beside it.
    public var domainname = ""
    /// Whether veloci has CAP_SYS_RESOURCE over the host.
    public var canRaiseLimits = true
    /// The capabilities that veloci has and so can give, a bit for each; in a user namespace all can be given.
    public var permittedCapabilities = UInt64.max
    /// Whether refusals of control groups are passed over where no limit depends on them, and systemd is the user's own: for
    /// callers who are not the host's root.
    public var isRootless = false
    /// The ids of the user namespace that `linux.namespaces` names by a path; for `exec`, those of the container's. Nil where
    /// they are not known.
    public var joinedMappings: OwnerMappings?
    /// For `exec`: whether the container's first process has clocks of its own that `linux.namespaces` does not ask for. CRIU
    /// puts what it restores into a time namespace, so that its clocks go on where they were.
    public var hasRestoredClock = false
    /// How many descriptors may be open, now and at most; nil for enough.
    public var openFileLimit: OpenFileLimit?
    /// What symbolic links say that are sources of bind mounts and are to be copied.
    public var sourceLinks: [String: String] = [:]
    /// What the mounts withhold (MOUNT_ATTR_RDONLY, NOSUID, NODEV, NOEXEC) that sources of bind mounts are on, where a
    /// container in a user namespace is to have it.
    package var withheld: [String: UInt64] = [:]
    /// The control group hierarchies.
    package var layout = CgroupLayout(hierarchies: [
        CgroupHierarchy(version: .v2, controllers: [], mountPoint: CgroupLayout.customaryMountPoint)
    ])
    /// systemd, where it makes the control groups.
    package var systemd: SystemdFacts?
    /// Directories for control groups that the caller may not make, each with what the kernel would say.
    package var refusedGroups: [String: String] = [:]

    /// Whether nodes of devices can be made.
    ///
    /// KERNEL: mknod(2) needs CAP_MKNOD over the first user namespace, and on what a later one mounts a node would not open.
    var canMakeDevices: Bool { !isInUserNamespace && permittedCapabilities >> 27 & 1 == 1 }

    /// A privileged host with version 2 alone and no security module, unless told otherwise.
    public init(
        isPrivileged: Bool = true, lastCapability: UInt8 = 40, appArmorIsEnabled: Bool = false,
        selinuxIsEnabled: Bool = false
    ) {
        self.isPrivileged = isPrivileged
        self.lastCapability = lastCapability
        self.appArmorIsEnabled = appArmorIsEnabled
        self.selinuxIsEnabled = selinuxIsEnabled
    }
}

/// RLIMIT_NOFILE of the process that veloci is.
public struct OpenFileLimit: Equatable, Sendable {
    /// What is in force.
    public var soft: UInt64
    /// Up to which everybody may raise it.
    public var hard: UInt64

    /// A limit.
    public init(soft: UInt64, hard: UInt64) {
        self.soft = soft
        self.hard = hard
    }
}

/// The systemd that makes a container's unit.
package struct SystemdFacts: Equatable, Sendable {
    /// Such as 252.
    package var version: Int
    /// Whether it is a user's.
    package var isUser: Bool
    /// Its own group, such as `/user.slice/user-1000.slice/user@1000.service`; empty for the machine's.
    package var controlGroup: String
    /// Whether weights of block I/O are those of BFQ.
    package var hasBFQ: Bool

    package init(version: Int, isUser: Bool = false, controlGroup: String = "", hasBFQ: Bool = false) {
        self.version = version
        self.isUser = isUser
        self.controlGroup = controlGroup
        self.hasBFQ = hasBFQ
    }
}

/// What the caller asks for besides the bundle.
public struct PlanRequest: Sendable {
    /// The container's id.
    public var id: String
    /// The bundle's absolute path.
    public var bundle: HostPath
    /// `create` waits for `start`; `run` does not.
    public var waitsForStart: Bool
    /// Where the terminal is sent; nil with a terminal means that veloci itself relays it.
    public var consoleSocket: HostPath?
    /// Whether the root changes by pivot_root(2); otherwise the root mount is moved.
    public var usesPivotRoot = true
    /// Whether the process gets a session keyring of its own.
    public var makesSessionKeyring = true
    /// Open descriptors above 2 that the container keeps.
    public var keptDescriptors: [Int32] = []
    /// Environment that the runtime adds, such as LISTEN_FDS.
    public var addedEnvironment: [String] = []
    /// The file on the host that gets the pid.
    public var pidFile: HostPath?
    /// Who makes the control group.
    public var controlGroupManager = ControlGroupManager.files
    /// The compiled filter of `linux.seccomp`.
    public var seccomp: SeccompFilter?
    /// Whether nobody stays with the program of `run`.
    public var detaches = false
    /// Whether the program is ended with the process that runs it: whoever reads its streams need not wait for one that nobody
    /// looks after any more.
    public var endsWithCaller = false
    /// The socket to which a descriptor of the container's process is sent.
    public var processSocket: HostPath?
    /// The socket of a service manager that waits for the container to be ready (NOTIFY_SOCKET of sd_notify(3)).
    public var notifySocket: String?
    /// Whether a function of the host program is to be called where `createRuntime` hooks run.
    public var callsHost = false
    /// For `exec`: the control groups that the container has.
    package var containerGroups = CgroupPaths(locations: [])
    /// For `exec`: the container's unit of the user's systemd.
    package var unitOfUser: String?

    /// A request for the container `id` from a bundle, with everything else as `create` has it.
    public init(id: String, bundle: HostPath, waitsForStart: Bool = true) {
        self.id = id
        self.bundle = bundle
        self.waitsForStart = waitsForStart
    }
}
