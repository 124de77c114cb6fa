/// What a container used and how it is limited, in the terms of `runc events`.
public struct CgroupStatistics: Equatable, Sendable {
    /// Time on processors.
    public var cpu = CPUStatistics()
    /// Where it may run.
    public var cpuset = CPUSetStatistics()
    /// Memory.
    public var memory = MemoryStatistics()
    /// Processes and threads.
    public var pids = PidsStatistics()
    /// Block devices.
    public var blkio = BlockIOStatistics()
    /// By page size, such as `2MB`.
    public var hugetlb: [String: HugetlbStatistics] = [:]

    /// Nothing was used yet.
    public init() {}
}

/// Time that was used and time that was withheld, in nanoseconds.
public struct CPUStatistics: Equatable, Sendable {
    /// All time.
    public var total: UInt64 = 0
    /// Time in the kernel.
    public var kernel: UInt64 = 0
    /// Time in programs.
    public var user: UInt64 = 0
    /// For each CPU; cgroup v1 only.
    public var percpu: [UInt64] = []
    /// Time in the kernel, for each CPU; cgroup v1 only.
    public var percpuKernel: [UInt64] = []
    /// Time in programs, for each CPU; cgroup v1 only.
    public var percpuUser: [UInt64] = []
    /// Periods in which the group ran with a quota.
    public var periods: UInt64 = 0
    /// Periods in which it used the quota up.
    public var throttledPeriods: UInt64 = 0
    /// How long it was withheld.
    public var throttledTime: UInt64 = 0
    /// How much time was lost waiting; nil where the kernel does not count it.
    public var psi: PressureStatistics?

    /// Nothing was used yet.
    public init() {}
}

/// Placement on CPUs and memory nodes; cgroup v1 only.
public struct CPUSetStatistics: Equatable, Sendable {
    /// The CPUs.
    public var cpus: [UInt16] = []
    /// The memory nodes.
    public var mems: [UInt16] = []
    /// `cpuset.cpu_exclusive`.
    public var cpuExclusive: UInt64 = 0
    /// `cpuset.mem_hardwall`.
    public var memHardwall: UInt64 = 0
    /// `cpuset.mem_exclusive`.
    public var memExclusive: UInt64 = 0
    /// `cpuset.memory_migrate`.
    public var memoryMigrate: UInt64 = 0
    /// `cpuset.memory_spread_page`.
    public var memorySpreadPage: UInt64 = 0
    /// `cpuset.memory_spread_slab`.
    public var memorySpreadSlab: UInt64 = 0
    /// `cpuset.memory_pressure`.
    public var memoryPressure: UInt64 = 0
    /// `cpuset.sched_load_balance`.
    public var schedLoadBalance: UInt64 = 0
    /// `cpuset.sched_relax_domain_level`.
    public var schedRelaxDomainLevel: Int64 = 0

    /// Nothing was used yet.
    public init() {}
}

/// Memory in bytes.
public struct MemoryStatistics: Equatable, Sendable {
    /// One kind of memory. No limit is the largest number that the kernel names.
    public struct Entry: Equatable, Sendable {
        /// The most that may be used.
        public var limit: UInt64 = 0
        /// What is used.
        public var usage: UInt64 = 0
        /// The most that was ever used.
        public var max: UInt64 = 0
        /// How often the limit was in the way.
        public var failcnt: UInt64 = 0

        /// Nothing was used yet.
        public init() {}
    }

    /// Page cache.
    public var cache: UInt64 = 0
    /// Memory with its page cache.
    public var usage = Entry()
    /// Memory and swap together, also on cgroup v2.
    public var swap = Entry()
    /// What the kernel has for it.
    public var kernel = Entry()
    /// Buffers of TCP; cgroup v1 only.
    public var kernelTCP = Entry()
    /// All of memory.stat.
    public var raw: [String: UInt64] = [:]
    /// How much time was lost waiting; nil where the kernel does not count it.
    public var psi: PressureStatistics?

    /// Nothing was used yet.
    public init() {}
}

/// Processes and threads.
public struct PidsStatistics: Equatable, Sendable {
    /// How many there are.
    public var current: UInt64 = 0
    /// 0 when there is none.
    public var limit: UInt64 = 0

    /// Nothing was used yet.
    public init() {}
}

/// Block devices.
public struct BlockIOStatistics: Equatable, Sendable {
    /// A number for one device and one kind of operation.
    public struct Entry: Equatable, Sendable {
        /// The device's major number.
        public var major: UInt64
        /// The device's minor number.
        public var minor: UInt64
        /// `Read`, `Write`, `Sync`, `Async`, `Discard`, `Total`, or empty.
        public var operation: String
        /// The number: bytes, operations, nanoseconds or milliseconds, as the list says.
        public var value: UInt64

        /// Makes an entry.
        public init(major: UInt64, minor: UInt64, operation: String, value: UInt64) {
            self.major = major
            self.minor = minor
            self.operation = operation
            self.value = value
        }
    }

    /// Bytes that were moved.
    public var serviceBytes: [Entry] = []
    /// Operations.
    public var serviced: [Entry] = []
    /// Operations that wait; cgroup v1 only.
    public var queued: [Entry] = []
    /// Nanoseconds that operations took; cgroup v1 only.
    public var serviceTime: [Entry] = []
    /// Nanoseconds that operations waited; cgroup v1 only.
    public var waitTime: [Entry] = []
    /// Operations that were joined with others; cgroup v1 only.
    public var merged: [Entry] = []
    /// Milliseconds of the device; cgroup v1 only.
    public var time: [Entry] = []
    /// Sectors that were moved; cgroup v1 only.
    public var sectors: [Entry] = []
    /// How much time was lost waiting; nil where the kernel does not count it.
    public var psi: PressureStatistics?

    /// Nothing was used yet.
    public init() {}
}

/// Huge pages of one size, in bytes.
public struct HugetlbStatistics: Equatable, Sendable {
    /// What is used.
    public var usage: UInt64 = 0
    /// The most that was ever used.
    public var max: UInt64 = 0
    /// How often the limit was in the way.
    public var failcnt: UInt64 = 0

    /// Nothing was used yet.
    public init() {}
}

/// How much time was lost waiting for a resource (Documentation/accounting/psi.rst).
public struct PressureStatistics: Equatable, Sendable {
    /// The time that was lost, as a share and as a sum.
    public struct Share: Equatable, Sendable {
        /// Percent of the last 10 seconds.
        public var avg10 = 0.0
        /// Percent of the last 60 seconds.
        public var avg60 = 0.0
        /// Percent of the last 300 seconds.
        public var avg300 = 0.0
        /// Microseconds.
        public var total: UInt64 = 0

        /// Nothing was used yet.
        public init() {}
    }

    /// Some tasks waited.
    public var some = Share()
    /// All tasks waited.
    public var full = Share()

    /// Nothing was used yet.
    public init() {}
}
