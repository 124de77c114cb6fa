// The closed sets of the specification. Decoded types keep what was written, as text; these enumerations are what a
// validated text means. `rawValue` is the specification's spelling, `allCases` is in its order.

/// A kind of namespace.
public enum NamespaceKind: String, CaseIterable, Sendable {
    /// Process ids (pid_namespaces(7)).
    case pid
    /// Network devices, addresses, ports (network_namespaces(7)).
    case network
    /// Mounts (mount_namespaces(7)).
    case mount
    /// System V IPC and POSIX message queues (ipc_namespaces(7)).
    case ipc
    /// The host name and the domain name (uts_namespaces(7)).
    case uts
    /// Users, groups and capabilities (user_namespaces(7)).
    case user
    /// The root of control groups (cgroup_namespaces(7)).
    case cgroup
    /// The clocks `monotonic` and `boottime` (time_namespaces(7)).
    case time
}

/// The lists of hooks, in the order in which they run.
public enum HookKind: String, CaseIterable, Sendable {
    /// Deprecated: as `createRuntime`, and before it.
    case prestart
    /// In the runtime's namespaces, before the root changes.
    case createRuntime
    /// In the container's namespaces, before the root changes.
    case createContainer
    /// In the container, right before its program.
    case startContainer
    /// In the runtime's namespaces, once the program runs.
    case poststart
    /// In the runtime's namespaces, once the container is deleted.
    case poststop
}

/// The states of a container that the specification names.
public enum ContainerStatus: String, CaseIterable, Sendable {
    /// It is being made.
    case creating
    /// It waits for `start`.
    case created
    /// Its program runs.
    case running
    /// Its program has ended.
    case stopped
}

/// A resource that setrlimit(2) limits.
public enum RlimitKind: String, CaseIterable, Sendable {
    /// `RLIMIT_AS`.
    case addressSpace = "RLIMIT_AS"
    /// `RLIMIT_CORE`.
    case core = "RLIMIT_CORE"
    /// `RLIMIT_CPU`.
    case cpu = "RLIMIT_CPU"
    /// `RLIMIT_DATA`.
    case data = "RLIMIT_DATA"
    /// `RLIMIT_FSIZE`.
    case fileSize = "RLIMIT_FSIZE"
    /// `RLIMIT_LOCKS`.
    case locks = "RLIMIT_LOCKS"
    /// `RLIMIT_MEMLOCK`.
    case memoryLock = "RLIMIT_MEMLOCK"
    /// `RLIMIT_MSGQUEUE`.
    case messageQueue = "RLIMIT_MSGQUEUE"
    /// `RLIMIT_NICE`.
    case nice = "RLIMIT_NICE"
    /// `RLIMIT_NOFILE`.
    case openFiles = "RLIMIT_NOFILE"
    /// `RLIMIT_NPROC`.
    case processes = "RLIMIT_NPROC"
    /// `RLIMIT_RSS`.
    case residentSet = "RLIMIT_RSS"
    /// `RLIMIT_RTPRIO`.
    case realtimePriority = "RLIMIT_RTPRIO"
    /// `RLIMIT_RTTIME`.
    case realtimeTime = "RLIMIT_RTTIME"
    /// `RLIMIT_SIGPENDING`.
    case pendingSignals = "RLIMIT_SIGPENDING"
    /// `RLIMIT_STACK`.
    case stack = "RLIMIT_STACK"
}

/// A scheduling policy.
public enum SchedulerPolicy: String, CaseIterable, Sendable {
    /// `SCHED_OTHER`.
    case other = "SCHED_OTHER"
    /// `SCHED_FIFO`.
    case fifo = "SCHED_FIFO"
    /// `SCHED_RR`.
    case roundRobin = "SCHED_RR"
    /// `SCHED_BATCH`.
    case batch = "SCHED_BATCH"
    /// `SCHED_ISO`.
    case iso = "SCHED_ISO"
    /// `SCHED_IDLE`.
    case idle = "SCHED_IDLE"
    /// `SCHED_DEADLINE`.
    case deadline = "SCHED_DEADLINE"
}

/// A flag of sched_setattr(2).
public enum SchedulerFlag: String, CaseIterable, Sendable {
    /// `SCHED_FLAG_RESET_ON_FORK`.
    case resetOnFork = "SCHED_FLAG_RESET_ON_FORK"
    /// `SCHED_FLAG_RECLAIM`.
    case reclaim = "SCHED_FLAG_RECLAIM"
    /// `SCHED_FLAG_DL_OVERRUN`.
    case deadlineOverrun = "SCHED_FLAG_DL_OVERRUN"
    /// `SCHED_FLAG_KEEP_POLICY`.
    case keepPolicy = "SCHED_FLAG_KEEP_POLICY"
    /// `SCHED_FLAG_KEEP_PARAMS`.
    case keepParameters = "SCHED_FLAG_KEEP_PARAMS"
    /// `SCHED_FLAG_UTIL_CLAMP_MIN`.
    case utilizationClampMinimum = "SCHED_FLAG_UTIL_CLAMP_MIN"
    /// `SCHED_FLAG_UTIL_CLAMP_MAX`.
    case utilizationClampMaximum = "SCHED_FLAG_UTIL_CLAMP_MAX"
}

/// A class of I/O priority.
public enum IOPriorityClass: String, CaseIterable, Sendable {
    /// `IOPRIO_CLASS_RT`.
    case realtime = "IOPRIO_CLASS_RT"
    /// `IOPRIO_CLASS_BE`.
    case bestEffort = "IOPRIO_CLASS_BE"
    /// `IOPRIO_CLASS_IDLE`.
    case idle = "IOPRIO_CLASS_IDLE"
}

/// A kind of device file.
public enum DeviceKind: String, CaseIterable, Sendable {
    /// `c`.
    case character = "c"
    /// `b`.
    case block = "b"
    /// `u`.
    case unbufferedCharacter = "u"
    /// `p`.
    case namedPipe = "p"
}

/// A mode of set_mempolicy(2).
public enum MemoryPolicyMode: String, CaseIterable, Sendable {
    /// `MPOL_DEFAULT`.
    case `default` = "MPOL_DEFAULT"
    /// `MPOL_BIND`.
    case bind = "MPOL_BIND"
    /// `MPOL_INTERLEAVE`.
    case interleave = "MPOL_INTERLEAVE"
    /// `MPOL_WEIGHTED_INTERLEAVE`.
    case weightedInterleave = "MPOL_WEIGHTED_INTERLEAVE"
    /// `MPOL_PREFERRED`.
    case preferred = "MPOL_PREFERRED"
    /// `MPOL_PREFERRED_MANY`.
    case preferredMany = "MPOL_PREFERRED_MANY"
    /// `MPOL_LOCAL`.
    case local = "MPOL_LOCAL"
}

/// A mode flag of set_mempolicy(2).
public enum MemoryPolicyFlag: String, CaseIterable, Sendable {
    /// `MPOL_F_NUMA_BALANCING`.
    case numaBalancing = "MPOL_F_NUMA_BALANCING"
    /// `MPOL_F_RELATIVE_NODES`.
    case relativeNodes = "MPOL_F_RELATIVE_NODES"
    /// `MPOL_F_STATIC_NODES`.
    case staticNodes = "MPOL_F_STATIC_NODES"
}

/// An execution domain.
public enum PersonalityDomain: String, CaseIterable, Sendable {
    /// `LINUX`.
    case linux = "LINUX"
    /// `LINUX32`.
    case linux32 = "LINUX32"
}

/// A clock that a time namespace can shift.
public enum TimeNamespaceClock: String, CaseIterable, Sendable {
    /// `CLOCK_MONOTONIC`.
    case monotonic
    /// `CLOCK_BOOTTIME`.
    case boottime
}
