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
    /// The control group hierarchies.
    public var controlGroups: ControlGroupFacts
    /// Whether the kernel shows its memory as /proc/kcore.
    public var hasKernelCore = false
    /// Where proc and sysfs are mounted on the host; looked for only where the old root stays (`--no-pivot`).
    public var kernelViews: [String] = []
    /// Whether veloci has CAP_SYS_RESOURCE over the host.
    public var canRaiseLimits = true
    /// The capabilities that veloci has and so can give, a bit for each; in a user namespace all can be given.
    public var permittedCapabilities = UInt64.max

    /// Whether nodes of devices can be made.
    ///
    /// KERNEL: mknod(2) needs CAP_MKNOD over the first user namespace, and on what a later one mounts a node would not open.
    var canMakeDevices: Bool { !isInUserNamespace && permittedCapabilities >> 27 & 1 == 1 }

    /// A privileged host with version 2 alone and no security module, unless told otherwise.
    public init(
        isPrivileged: Bool = true, lastCapability: UInt8 = 40, appArmorIsEnabled: Bool = false,
        selinuxIsEnabled: Bool = false, controlGroups: ControlGroupFacts = ControlGroupFacts()
    ) {
        self.isPrivileged = isPrivileged
        self.lastCapability = lastCapability
        self.appArmorIsEnabled = appArmorIsEnabled
        self.selinuxIsEnabled = selinuxIsEnabled
        self.controlGroups = controlGroups
    }
}

/// The control group hierarchies of the host, as a plan sees them.
public struct ControlGroupFacts: Equatable, Sendable {
    /// One mounted version 1 hierarchy.
    public struct Hierarchy: Equatable, Sendable {
        /// The name of its directory below the mount point, such as `cpu,cpuacct` or `systemd`.
        public var name: String
        /// The options that mount it: controllers, or `name=…` for one without.
        public var options: [String]
        /// Whether the container has a group of its own there.
        public var isJoined = true
        /// The directory on the host that the container may see: its own group's, or else that of veloci's group.
        public var directory: String

        /// A hierarchy from the name of its directory and the options that mount it.
        public init(name: String, options: [String], directory: String = "") {
            self.name = name
            self.options = options
            self.directory = directory
        }

        /// Version 2 where there is none; a namespace may have it all the same.
        static let notMounted: Hierarchy = {
            var hierarchy = Hierarchy(name: "", options: [])
            hierarchy.isJoined = false
            return hierarchy
        }()
    }

    /// Version 1 hierarchies in the order of their mounts; empty on a host with version 2 alone.
    public var hierarchies: [Hierarchy]
    /// Version 2, alone or beside version 1 as `unified`; nil where it is not mounted.
    public var version2: Hierarchy?
    /// Whether version 2 is mounted.
    public var hasVersion2: Bool { version2 != nil }

    /// By default a host with version 2 alone.
    public init(hierarchies: [Hierarchy] = [], hasVersion2: Bool = true) {
        self.hierarchies = hierarchies
        version2 = hasVersion2 ? Hierarchy(name: hierarchies.isEmpty ? "" : "unified", options: []) : nil
    }
}

/// What the caller asks for besides the bundle.
public struct PlanRequest: Sendable {
    /// The container's id.
    public var id: String
    /// The bundle's absolute path.
    public var bundle: String
    /// `create` waits for `start`; `run` does not.
    public var waitsForStart: Bool
    /// Where the terminal is sent; nil with a terminal means that veloci itself relays it.
    public var consoleSocket: String?
    /// Whether the root changes by pivot_root(2); otherwise the root mount is moved.
    public var usesPivotRoot = true
    /// Whether the process gets a session keyring of its own.
    public var makesSessionKeyring = true
    /// Open descriptors above 2 that the container keeps.
    public var keptDescriptors: [Int32] = []
    /// Environment that the runtime adds, such as LISTEN_FDS.
    public var addedEnvironment: [String] = []
    /// The file on the host that gets the pid.
    public var pidFile: String?
    /// The container's control group as it is shown; empty for none.
    public var controlGroup = ""
    /// The limits that will be written, as text, each with the place that asked for it.
    public var limits: [(text: String, origin: JSONPath)] = []
    /// The compiled filter of `linux.seccomp`.
    public var seccomp: SeccompFilter?
    /// Whether the stage moves itself into the version 1 hierarchies.
    public var joinsControlGroups = true
    /// Whether the stage moves itself into the version 2 group too; otherwise it is born there.
    public var entersUnified = false

    /// A request for the container `id` from a bundle, with everything else as `create` has it.
    public init(id: String, bundle: String, waitsForStart: Bool = true) {
        self.id = id
        self.bundle = bundle
        self.waitsForStart = waitsForStart
    }
}
