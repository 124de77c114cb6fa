/// What only Linux has.
///
/// Specification: `config-linux.md`.
public struct Linux: Hashable, Sendable {
    /// User ids of the user namespace.
    public var uidMappings: [IDMapping]?
    /// Group ids of the user namespace.
    public var gidMappings: [IDMapping]?
    /// Kernel parameters of the container's namespaces, such as `net.ipv4.ip_forward`.
    public var sysctl: [String: String]?
    /// Limits by control groups.
    public var resources: Resources? {
        _read { yield boxedResources.value }
        _modify { yield &boxedResources.value }
    }
    private var boxedResources: Boxed<Resources?>
    /// The container's control group: absolute from the hierarchy's mount, relative, or `slice:prefix:name` for systemd.
    public var cgroupsPath: String?
    /// The namespaces to make or to join; a kind that is not named is the runtime's own.
    public var namespaces: [Namespace]?
    /// Device files that must exist in the container, besides the default ones.
    public var devices: [Device]?
    /// Network devices of the host, by name, to move into the container's network namespace.
    public var netDevices: [String: NetDevice]?
    /// The filter of system calls.
    public var seccomp: SeccompProfile?
    /// Mount propagation of the root: shared, slave, private or unbindable, each also with an r before it.
    public var rootfsPropagation: String?
    /// Absolute paths inside the container that cannot be read.
    public var maskedPaths: [String]?
    /// Absolute paths inside the container that cannot be written.
    public var readonlyPaths: [String]?
    /// The SELinux context of the container's mounts.
    public var mountLabel: String?
    /// Cache and memory bandwidth allocation by resctrl.
    public var intelRdt: IntelRdt?
    /// The NUMA policy, as set_mempolicy(2) takes it.
    public var memoryPolicy: MemoryPolicy?
    /// The execution domain, as personality(2) takes it.
    public var personality: Personality?
    /// Offsets of the clocks `monotonic` and `boottime` in the time namespace.
    public var timeOffsets: [String: TimeOffset]?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(
        uidMappings: [IDMapping]? = nil, gidMappings: [IDMapping]? = nil, sysctl: [String: String]? = nil,
        resources: Resources? = nil, cgroupsPath: String? = nil, namespaces: [Namespace]? = nil, devices: [Device]? = nil,
        netDevices: [String: NetDevice]? = nil, seccomp: SeccompProfile? = nil, rootfsPropagation: String? = nil,
        maskedPaths: [String]? = nil, readonlyPaths: [String]? = nil, mountLabel: String? = nil, intelRdt: IntelRdt? = nil,
        memoryPolicy: MemoryPolicy? = nil, personality: Personality? = nil, timeOffsets: [String: TimeOffset]? = nil
    ) {
        self.uidMappings = uidMappings
        self.gidMappings = gidMappings
        self.sysctl = sysctl
        boxedResources = Boxed(resources)
        self.cgroupsPath = cgroupsPath
        self.namespaces = namespaces
        self.devices = devices
        self.netDevices = netDevices
        self.seccomp = seccomp
        self.rootfsPropagation = rootfsPropagation
        self.maskedPaths = maskedPaths
        self.readonlyPaths = readonlyPaths
        self.mountLabel = mountLabel
        self.intelRdt = intelRdt
        self.memoryPolicy = memoryPolicy
        self.personality = personality
        self.timeOffsets = timeOffsets
    }
}

/// A namespace to make, or with a path to join.
///
/// Specification: `config-linux.md#namespaces`.
public struct Namespace: Hashable, Sendable {
    /// `pid`, `network`, `mount`, `ipc`, `uts`, `user`, `cgroup` or `time`.
    public var type: String
    /// The absolute path of the namespace's file in the runtime's mount namespace. Absent means a new one.
    public var path: String?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(type: String, path: String? = nil) {
        self.type = type
        self.path = path
    }
}

/// How far a clock is ahead inside a time namespace.
///
/// Specification: `config-linux.md#offset-for-time-namespace`.
public struct TimeOffset: Hashable, Sendable {
    /// Seconds.
    public var secs: Int64?
    /// Nanoseconds on top of the seconds, below 1,000,000,000.
    public var nanosecs: UInt32?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(secs: Int64? = nil, nanosecs: UInt32? = nil) {
        self.secs = secs
        self.nanosecs = nanosecs
    }
}

/// A device file in the container.
///
/// Specification: `config-linux.md#devices`.
public struct Device: Hashable, Sendable {
    /// The absolute path inside the container.
    public var path: String
    /// `c` or `u` for a character device, `b` for a block device, `p` for a named pipe.
    public var type: String
    /// The major number. Required unless the type is `p`.
    public var major: Int64?
    /// The minor number. Required unless the type is `p`.
    public var minor: Int64?
    /// The permission bits.
    public var fileMode: UInt32?
    /// The owner's id inside the container.
    public var uid: UInt32?
    /// The group's id inside the container.
    public var gid: UInt32?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(
        path: String, type: String, major: Int64? = nil, minor: Int64? = nil, fileMode: UInt32? = nil, uid: UInt32? = nil,
        gid: UInt32? = nil
    ) {
        self.path = path
        self.type = type
        self.major = major
        self.minor = minor
        self.fileMode = fileMode
        self.uid = uid
        self.gid = gid
    }
}

/// A network device that moves into the container.
///
/// Specification: `config-linux.md#network-devices`.
public struct NetDevice: Hashable, Sendable {
    /// Its name inside the container; absent keeps the name it has. A trailing `%d` lets the kernel number it.
    public var name: String?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(name: String? = nil) {
        self.name = name
    }
}

/// Cache and memory bandwidth allocation by resctrl.
///
/// Specification: `config-linux.md#intelrdt`.
public struct IntelRdt: Hashable, Sendable {
    /// The class of service; absent means the container's id.
    public var closID: String?
    /// Lines for the schemata file, written after the two properties below.
    public var schemata: [String]?
    /// The L3 line, such as `L3:0=ffff0;1=3ff`.
    public var l3CacheSchema: String?
    /// The memory bandwidth line, such as `MB:0=20;1=70`.
    public var memBwSchema: String?
    /// Whether the container gets a monitoring group of its own.
    public var enableMonitoring: Bool?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(
        closID: String? = nil, schemata: [String]? = nil, l3CacheSchema: String? = nil, memBwSchema: String? = nil,
        enableMonitoring: Bool? = nil
    ) {
        self.closID = closID
        self.schemata = schemata
        self.l3CacheSchema = l3CacheSchema
        self.memBwSchema = memBwSchema
        self.enableMonitoring = enableMonitoring
    }
}

/// The NUMA policy, as set_mempolicy(2) takes it.
///
/// Specification: `config-linux.md#memory-policy`.
public struct MemoryPolicy: Hashable, Sendable {
    /// Such as `MPOL_BIND`.
    public var mode: String
    /// Memory nodes, such as `0-3,7`.
    public var nodes: String?
    /// Such as `MPOL_F_STATIC_NODES`.
    public var flags: [String]?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(mode: String, nodes: String? = nil, flags: [String]? = nil) {
        self.mode = mode
        self.nodes = nodes
        self.flags = flags
    }
}

/// The execution domain, as personality(2) takes it.
///
/// Specification: `config-linux.md#personality`.
public struct Personality: Hashable, Sendable {
    /// `LINUX` or `LINUX32`.
    public var domain: String
    /// Flags; none is defined.
    public var flags: [String]?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(domain: String, flags: [String]? = nil) {
        self.domain = domain
        self.flags = flags
    }
}
