// The closed sets of the specification. Decoded types keep what was written, as text; these enumerations are what a
// validated text means. `rawValue` is the specification's spelling, `allCases` is in its order.

/// A kind of namespace.
public enum NamespaceKind: String, CaseIterable, Sendable {
    case pid, network, mount, ipc, uts, user, cgroup, time
}

/// The lists of hooks, in the order in which they run.
public enum HookKind: String, CaseIterable, Sendable {
    case prestart, createRuntime, createContainer, startContainer, poststart, poststop
}

/// The states of a container that the specification names.
public enum ContainerStatus: String, CaseIterable, Sendable {
    case creating, created, running, stopped
}

/// A resource that setrlimit(2) limits.
public enum RlimitKind: String, CaseIterable, Sendable {
    case addressSpace = "RLIMIT_AS"
    case core = "RLIMIT_CORE"
    case cpu = "RLIMIT_CPU"
    case data = "RLIMIT_DATA"
    case fileSize = "RLIMIT_FSIZE"
    case locks = "RLIMIT_LOCKS"
    case memoryLock = "RLIMIT_MEMLOCK"
    case messageQueue = "RLIMIT_MSGQUEUE"
    case nice = "RLIMIT_NICE"
    case openFiles = "RLIMIT_NOFILE"
    case processes = "RLIMIT_NPROC"
    case residentSet = "RLIMIT_RSS"
    case realtimePriority = "RLIMIT_RTPRIO"
    case realtimeTime = "RLIMIT_RTTIME"
    case pendingSignals = "RLIMIT_SIGPENDING"
    case stack = "RLIMIT_STACK"
}

/// A scheduling policy.
public enum SchedulerPolicy: String, CaseIterable, Sendable {
    case other = "SCHED_OTHER"
    case fifo = "SCHED_FIFO"
    case roundRobin = "SCHED_RR"
    case batch = "SCHED_BATCH"
    case iso = "SCHED_ISO"
    case idle = "SCHED_IDLE"
    case deadline = "SCHED_DEADLINE"
}

/// A flag of sched_setattr(2).
public enum SchedulerFlag: String, CaseIterable, Sendable {
    case resetOnFork = "SCHED_FLAG_RESET_ON_FORK"
    case reclaim = "SCHED_FLAG_RECLAIM"
    case deadlineOverrun = "SCHED_FLAG_DL_OVERRUN"
    case keepPolicy = "SCHED_FLAG_KEEP_POLICY"
    case keepParameters = "SCHED_FLAG_KEEP_PARAMS"
    case utilizationClampMinimum = "SCHED_FLAG_UTIL_CLAMP_MIN"
    case utilizationClampMaximum = "SCHED_FLAG_UTIL_CLAMP_MAX"
}

/// A class of I/O priority.
public enum IOPriorityClass: String, CaseIterable, Sendable {
    case realtime = "IOPRIO_CLASS_RT"
    case bestEffort = "IOPRIO_CLASS_BE"
    case idle = "IOPRIO_CLASS_IDLE"
}

/// A kind of device file.
public enum DeviceKind: String, CaseIterable, Sendable {
    case character = "c"
    case block = "b"
    case unbufferedCharacter = "u"
    case namedPipe = "p"
}

/// A mode of set_mempolicy(2).
public enum MemoryPolicyMode: String, CaseIterable, Sendable {
    case `default` = "MPOL_DEFAULT"
    case bind = "MPOL_BIND"
    case interleave = "MPOL_INTERLEAVE"
    case weightedInterleave = "MPOL_WEIGHTED_INTERLEAVE"
    case preferred = "MPOL_PREFERRED"
    case preferredMany = "MPOL_PREFERRED_MANY"
    case local = "MPOL_LOCAL"
}

/// A mode flag of set_mempolicy(2).
public enum MemoryPolicyFlag: String, CaseIterable, Sendable {
    case numaBalancing = "MPOL_F_NUMA_BALANCING"
    case relativeNodes = "MPOL_F_RELATIVE_NODES"
    case staticNodes = "MPOL_F_STATIC_NODES"
}

/// An execution domain.
public enum PersonalityDomain: String, CaseIterable, Sendable {
    case linux = "LINUX"
    case linux32 = "LINUX32"
}

/// A clock that a time namespace can shift.
public enum TimeNamespaceClock: String, CaseIterable, Sendable {
    case monotonic, boottime
}
