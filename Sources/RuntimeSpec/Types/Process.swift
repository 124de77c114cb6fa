extension Spec {
    /// A process in the container: the first one, or one that `exec` adds.
    ///
    /// Specification: `config.md#process`.
    public struct Process: Hashable, Sendable {
        /// Whether the process gets a pseudoterminal as its standard streams. Absent means no.
        public var terminal: Bool?
        /// The size of the terminal. Ignored without `terminal`.
        public var consoleSize: ConsoleSize?
        /// Whom the process runs as. An absent object means user and group 0.
        public var user: User
        /// The argument vector; its first element names the program. At least one is required.
        public var args: [String]?
        /// The command line on Windows. Not used on Linux.
        public var commandLine: String?
        /// The environment, one `NAME=value` per element.
        public var env: [String]?
        /// The absolute working directory inside the container.
        public var cwd: String
        /// The five capability sets. Absent means that the process keeps those of whoever makes the container, which for root
        /// are all. An empty object leaves none: `Capabilities.none`. What `Spec.container` makes has three.
        public var capabilities: Capabilities?
        /// Resource limits; each type at most once.
        public var rlimits: [Rlimit]?
        /// Whether execve can no longer give privileges, as prctl's PR_SET_NO_NEW_PRIVS does.
        public var noNewPrivileges: Bool?
        /// The name of the AppArmor profile.
        public var apparmorProfile: String?
        /// What to write to `oom_score_adj`, -1000 to 1000. Absent leaves it as it is.
        public var oomScoreAdj: Int?
        /// Scheduling policy, as sched_setattr(2) takes it.
        public var scheduler: Scheduler?
        /// The SELinux context.
        public var selinuxLabel: String?
        /// The I/O priority, as ioprio_set(2) takes it.
        public var ioPriority: IOPriority?
        /// On which CPUs processes added by `exec` begin and go on.
        public var execCPUAffinity: CPUAffinity?
        /// Members that the specification does not know, as they were read.
        public var unknownMembers = UnknownMembers()

        /// Makes a value from its properties.
        public init(
            terminal: Bool? = nil, consoleSize: ConsoleSize? = nil, user: User = User(uid: 0), args: [String]? = nil,
            commandLine: String? = nil, env: [String]? = nil, cwd: String, capabilities: Capabilities? = nil,
            rlimits: [Rlimit]? = nil, noNewPrivileges: Bool? = nil, apparmorProfile: String? = nil, oomScoreAdj: Int? = nil,
            scheduler: Scheduler? = nil, selinuxLabel: String? = nil, ioPriority: IOPriority? = nil,
            execCPUAffinity: CPUAffinity? = nil
        ) {
            self.terminal = terminal
            self.consoleSize = consoleSize
            self.user = user
            self.args = args
            self.commandLine = commandLine
            self.env = env
            self.cwd = cwd
            self.capabilities = capabilities
            self.rlimits = rlimits
            self.noNewPrivileges = noNewPrivileges
            self.apparmorProfile = apparmorProfile
            self.oomScoreAdj = oomScoreAdj
            self.scheduler = scheduler
            self.selinuxLabel = selinuxLabel
            self.ioPriority = ioPriority
            self.execCPUAffinity = execCPUAffinity
        }
    }
}

/// The size of a terminal in characters.
///
/// Specification: `config.md#process`.
public struct ConsoleSize: Hashable, Sendable {
    /// Rows.
    public var height: UInt
    /// Columns.
    public var width: UInt
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(height: UInt, width: UInt) {
        self.height = height
        self.width = width
    }
}

/// Whom a process runs as; ids as seen inside the container.
///
/// Specification: `config.md#posix-platform-user`.
public struct User: Hashable, Sendable {
    /// The user id.
    public var uid: UInt32
    /// The group id.
    public var gid: UInt32
    /// The file mode creation mask, 0 to 0o777. Absent leaves it as it is.
    public var umask: UInt32?
    /// Supplementary group ids.
    public var additionalGids: [UInt32]?
    /// The user's name on Windows. Not used on Linux.
    public var username: String?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(
        uid: UInt32 = 0, gid: UInt32 = 0, umask: UInt32? = nil, additionalGids: [UInt32]? = nil, username: String? = nil
    ) {
        self.uid = uid
        self.gid = gid
        self.umask = umask
        self.additionalGids = additionalGids
        self.username = username
    }
}

/// The five capability sets, by names such as `CAP_KILL`.
///
/// Specification: `config.md#linux-process`.
public struct Capabilities: Hashable, Sendable {
    /// The set that the kernel checks.
    public var effective: [String]?
    /// The limit of what execve can give.
    public var bounding: [String]?
    /// The set kept across execve of a file with inheritable capabilities.
    public var inheritable: [String]?
    /// The limit of the effective set.
    public var permitted: [String]?
    /// The set kept across execve of a file without capabilities.
    public var ambient: [String]?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(
        effective: [String]? = nil, bounding: [String]? = nil, inheritable: [String]? = nil, permitted: [String]? = nil,
        ambient: [String]? = nil
    ) {
        self.effective = effective
        self.bounding = bounding
        self.inheritable = inheritable
        self.permitted = permitted
        self.ambient = ambient
    }
}

/// A resource limit, as setrlimit(2) takes it.
///
/// Specification: `config.md#posix-process`.
public struct Rlimit: Hashable, Sendable {
    /// The resource, such as `RLIMIT_NOFILE`.
    public var type: String
    /// The limit that is enforced; the largest value means no limit.
    public var soft: UInt64
    /// The ceiling of the soft limit; the largest value means no limit.
    public var hard: UInt64
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(type: String, soft: UInt64, hard: UInt64) {
        self.type = type
        self.soft = soft
        self.hard = hard
    }
}

/// Scheduling policy, as sched_setattr(2) takes it.
///
/// Specification: `config.md#linux-process`.
public struct Scheduler: Hashable, Sendable {
    /// Such as `SCHED_OTHER`.
    public var policy: String
    /// -20 to 19, for `SCHED_OTHER` and `SCHED_BATCH`.
    public var nice: Int32?
    /// The static priority, 1 to 99, for `SCHED_FIFO` and `SCHED_RR`.
    public var priority: Int32?
    /// Such as `SCHED_FLAG_RESET_ON_FORK`.
    public var flags: [String]?
    /// Nanoseconds of CPU time per period, for `SCHED_DEADLINE`.
    public var runtime: UInt64?
    /// Nanoseconds in which the runtime must be given, for `SCHED_DEADLINE`.
    public var deadline: UInt64?
    /// Nanoseconds between two activations, for `SCHED_DEADLINE`.
    public var period: UInt64?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(
        policy: String, nice: Int32? = nil, priority: Int32? = nil, flags: [String]? = nil, runtime: UInt64? = nil,
        deadline: UInt64? = nil, period: UInt64? = nil
    ) {
        self.policy = policy
        self.nice = nice
        self.priority = priority
        self.flags = flags
        self.runtime = runtime
        self.deadline = deadline
        self.period = period
    }
}

/// The I/O priority, as ioprio_set(2) takes it.
///
/// Specification: `config.md#linux-process`.
public struct IOPriority: Hashable, Sendable {
    /// `IOPRIO_CLASS_RT`, `IOPRIO_CLASS_BE` or `IOPRIO_CLASS_IDLE`.
    public var `class`: String
    /// 0, the highest, to 7.
    public var priority: Int
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(class: String, priority: Int) {
        self.class = `class`
        self.priority = priority
    }
}

/// On which CPUs processes added by `exec` begin and go on.
///
/// Specification: `config.md#linux-process`.
public struct CPUAffinity: Hashable, Sendable {
    /// A list such as `0-3,7`, set before the process joins the container's cgroup.
    public var initial: String?
    /// A list such as `0-3,7`, set once the process is in the container's cgroup.
    public var final: String?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(initial: String? = nil, final: String? = nil) {
        self.initial = initial
        self.final = final
    }
}
