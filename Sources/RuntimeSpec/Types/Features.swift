/// What a runtime can do, as its `features` command prints it.
///
/// Specification: `features.md`.
public struct Features: Hashable, Sendable {
    /// The lowest version of the runtime specification that is recognized.
    public var ociVersionMin: String
    /// The highest version of the runtime specification that is recognized.
    public var ociVersionMax: String
    /// Names of the hook lists. Absent means unknown.
    public var hooks: [String]?
    /// Recognized mount options, without those that only a filesystem knows. Absent means unknown.
    public var mountOptions: [String]?
    /// What only Linux has.
    public var linux: Features.Linux?
    /// Facts about the runtime by reverse domain name.
    public var annotations: [String: String]?
    /// Annotations of config.json that change what the runtime does; a name that ends with a dot is a prefix.
    public var potentiallyUnsafeConfigAnnotations: [String]?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(
        ociVersionMin: String, ociVersionMax: String, hooks: [String]? = nil, mountOptions: [String]? = nil,
        linux: Features.Linux? = nil, annotations: [String: String]? = nil,
        potentiallyUnsafeConfigAnnotations: [String]? = nil
    ) {
        self.ociVersionMin = ociVersionMin
        self.ociVersionMax = ociVersionMax
        self.hooks = hooks
        self.mountOptions = mountOptions
        self.linux = linux
        self.annotations = annotations
        self.potentiallyUnsafeConfigAnnotations = potentiallyUnsafeConfigAnnotations
    }
}

extension Features {
    /// Features of a Linux runtime.
    ///
    /// Specification: `features-linux.md`.
    public struct Linux: Hashable, Sendable {
        /// Recognized kinds of namespaces.
        public var namespaces: [String]?
        /// Recognized capability names.
        public var capabilities: [String]?
        /// Control group support.
        public var cgroup: Features.Cgroup?
        /// Seccomp support.
        public var seccomp: Features.Seccomp?
        /// AppArmor support.
        public var apparmor: Features.Enabled?
        /// SELinux support.
        public var selinux: Features.Enabled?
        /// resctrl support.
        public var intelRdt: Features.IntelRdt?
        /// NUMA memory policy support.
        public var memoryPolicy: Features.MemoryPolicy?
        /// Support of mounts beyond mount(2).
        public var mountExtensions: Features.MountExtensions?
        /// Support of network devices.
        public var netDevices: Features.Enabled?
        /// Members that the specification does not know, as they were read.
        public var unknownMembers = UnknownMembers()

        /// Makes a value from its properties.
        public init(
            namespaces: [String]? = nil, capabilities: [String]? = nil, cgroup: Features.Cgroup? = nil,
            seccomp: Features.Seccomp? = nil, apparmor: Features.Enabled? = nil, selinux: Features.Enabled? = nil,
            intelRdt: Features.IntelRdt? = nil, memoryPolicy: Features.MemoryPolicy? = nil,
            mountExtensions: Features.MountExtensions? = nil, netDevices: Features.Enabled? = nil
        ) {
            self.namespaces = namespaces
            self.capabilities = capabilities
            self.cgroup = cgroup
            self.seccomp = seccomp
            self.apparmor = apparmor
            self.selinux = selinux
            self.intelRdt = intelRdt
            self.memoryPolicy = memoryPolicy
            self.mountExtensions = mountExtensions
            self.netDevices = netDevices
        }
    }
}

extension Features {
    /// Control group support that is built in, whatever this host uses.
    ///
    /// Specification: `features-linux.md#cgroup`.
    public struct Cgroup: Hashable, Sendable {
        /// Version 1.
        public var v1: Bool?
        /// Version 2.
        public var v2: Bool?
        /// Groups made by systemd.
        public var systemd: Bool?
        /// Groups made by a user's systemd.
        public var systemdUser: Bool?
        /// The rdma controller.
        public var rdma: Bool?
        /// Members that the specification does not know, as they were read.
        public var unknownMembers = UnknownMembers()

        /// Makes a value from its properties.
        public init(
            v1: Bool? = nil, v2: Bool? = nil, systemd: Bool? = nil, systemdUser: Bool? = nil, rdma: Bool? = nil
        ) {
            self.v1 = v1
            self.v2 = v2
            self.systemd = systemd
            self.systemdUser = systemdUser
            self.rdma = rdma
        }
    }
}

extension Features {
    /// Seccomp support that is built in.
    ///
    /// Specification: `features-linux.md#seccomp`.
    public struct Seccomp: Hashable, Sendable {
        /// Whether there is any.
        public var enabled: Bool?
        /// Recognized actions.
        public var actions: [String]?
        /// Recognized comparison operators.
        public var operators: [String]?
        /// Recognized architectures.
        public var archs: [String]?
        /// Recognized filter flags.
        public var knownFlags: [String]?
        /// Those of the recognized flags that work here.
        public var supportedFlags: [String]?
        /// Members that the specification does not know, as they were read.
        public var unknownMembers = UnknownMembers()

        /// Makes a value from its properties.
        public init(
            enabled: Bool? = nil, actions: [String]? = nil, operators: [String]? = nil, archs: [String]? = nil,
            knownFlags: [String]? = nil, supportedFlags: [String]? = nil
        ) {
            self.enabled = enabled
            self.actions = actions
            self.operators = operators
            self.archs = archs
            self.knownFlags = knownFlags
            self.supportedFlags = supportedFlags
        }
    }
}

extension Features {
    /// Support that is built in, whatever this host has.
    ///
    /// Specification: `features-linux.md`.
    public struct Enabled: Hashable, Sendable {
        /// Whether there is any. Absent means unknown.
        public var enabled: Bool?
        /// Members that the specification does not know, as they were read.
        public var unknownMembers = UnknownMembers()

        /// Makes a value from its properties.
        public init(enabled: Bool? = nil) {
            self.enabled = enabled
        }
    }
}

extension Features {
    /// resctrl support that is built in.
    ///
    /// Specification: `features-linux.md#intel-rdt`.
    public struct IntelRdt: Hashable, Sendable {
        /// Whether there is any.
        public var enabled: Bool?
        /// Whether `linux.intelRdt.schemata` is.
        public var schemata: Bool?
        /// Whether `linux.intelRdt.enableMonitoring` is.
        public var monitoring: Bool?
        /// Members that the specification does not know, as they were read.
        public var unknownMembers = UnknownMembers()

        /// Makes a value from its properties.
        public init(enabled: Bool? = nil, schemata: Bool? = nil, monitoring: Bool? = nil) {
            self.enabled = enabled
            self.schemata = schemata
            self.monitoring = monitoring
        }
    }
}

extension Features {
    /// NUMA memory policy support that is built in.
    ///
    /// Specification: `features-linux.md#memorypolicy`.
    public struct MemoryPolicy: Hashable, Sendable {
        /// Recognized modes.
        public var modes: [String]?
        /// Recognized flags.
        public var flags: [String]?
        /// Members that the specification does not know, as they were read.
        public var unknownMembers = UnknownMembers()

        /// Makes a value from its properties.
        public init(modes: [String]? = nil, flags: [String]? = nil) {
            self.modes = modes
            self.flags = flags
        }
    }
}

extension Features {
    /// Support of mounts beyond mount(2).
    ///
    /// Specification: `features-linux.md#mountextensions`.
    public struct MountExtensions: Hashable, Sendable {
        /// Mounts with id mappings.
        public var idmap: Features.Enabled?
        /// Members that the specification does not know, as they were read.
        public var unknownMembers = UnknownMembers()

        /// Makes a value from its properties.
        public init(idmap: Features.Enabled? = nil) {
            self.idmap = idmap
        }
    }
}
