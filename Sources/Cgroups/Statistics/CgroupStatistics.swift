/// What a container used and how it is limited, in the terms of `runc events`.
public struct CgroupStatistics: Equatable, Sendable {
    public var cpu = CPUStatistics()
    public var cpuset = CPUSetStatistics()
    public var memory = MemoryStatistics()
    public var pids = PidsStatistics()
    public var blkio = BlockIOStatistics()
    /// By page size, such as `2MB`.
    public var hugetlb: [String: HugetlbStatistics] = [:]

    public init() {}
}

/// Time that was used and time that was withheld, in nanoseconds.
public struct CPUStatistics: Equatable, Sendable {
    public var total: UInt64 = 0
    public var kernel: UInt64 = 0
    public var user: UInt64 = 0
    /// For each CPU; cgroup v1 only.
    public var percpu: [UInt64] = []
    public var percpuKernel: [UInt64] = []
    public var percpuUser: [UInt64] = []
    /// Periods in which the group ran with a quota.
    public var periods: UInt64 = 0
    /// Periods in which it used the quota up.
    public var throttledPeriods: UInt64 = 0
    public var throttledTime: UInt64 = 0
    public var psi: PressureStatistics?

    public init() {}
}

/// Placement on CPUs and memory nodes; cgroup v1 only.
public struct CPUSetStatistics: Equatable, Sendable {
    public var cpus: [UInt16] = []
    public var mems: [UInt16] = []
    public var cpuExclusive: UInt64 = 0
    public var memHardwall: UInt64 = 0
    public var memExclusive: UInt64 = 0
    public var memoryMigrate: UInt64 = 0
    public var memorySpreadPage: UInt64 = 0
    public var memorySpreadSlab: UInt64 = 0
    public var memoryPressure: UInt64 = 0
    public var schedLoadBalance: UInt64 = 0
    public var schedRelaxDomainLevel: Int64 = 0

    public init() {}
}

/// Memory in bytes.
public struct MemoryStatistics: Equatable, Sendable {
    /// One kind of memory. No limit is the largest number that the kernel names.
    public struct Entry: Equatable, Sendable {
        public var limit: UInt64 = 0
        public var usage: UInt64 = 0
        /// The most that was ever used.
        public var max: UInt64 = 0
        /// How often the limit was in the way.
        public var failcnt: UInt64 = 0

        public init() {}
    }

    /// Page cache.
    public var cache: UInt64 = 0
    public var usage = Entry()
    /// Memory and swap together, also on cgroup v2.
    public var swap = Entry()
    public var kernel = Entry()
    public var kernelTCP = Entry()
    /// All of memory.stat.
    public var raw: [String: UInt64] = [:]
    public var psi: PressureStatistics?

    public init() {}
}

/// Processes and threads.
public struct PidsStatistics: Equatable, Sendable {
    public var current: UInt64 = 0
    /// 0 when there is none.
    public var limit: UInt64 = 0

    public init() {}
}

/// Block devices.
public struct BlockIOStatistics: Equatable, Sendable {
    /// A number for one device and one kind of operation.
    public struct Entry: Equatable, Sendable {
        public var major: UInt64
        public var minor: UInt64
        /// `Read`, `Write`, `Sync`, `Async`, `Discard`, `Total`, or empty.
        public var operation: String
        public var value: UInt64

        public init(major: UInt64, minor: UInt64, operation: String, value: UInt64) {
            self.major = major
            self.minor = minor
            self.operation = operation
            self.value = value
        }
    }

    public var serviceBytes: [Entry] = []
    public var serviced: [Entry] = []
    public var queued: [Entry] = []
    public var serviceTime: [Entry] = []
    public var waitTime: [Entry] = []
    public var merged: [Entry] = []
    public var time: [Entry] = []
    public var sectors: [Entry] = []
    public var psi: PressureStatistics?

    public init() {}
}

/// Huge pages of one size, in bytes.
public struct HugetlbStatistics: Equatable, Sendable {
    public var usage: UInt64 = 0
    public var max: UInt64 = 0
    /// How often the limit was in the way.
    public var failcnt: UInt64 = 0

    public init() {}
}

/// How much time was lost waiting for a resource (Documentation/accounting/psi.rst).
public struct PressureStatistics: Equatable, Sendable {
    public struct Share: Equatable, Sendable {
        /// Percent of the last 10, 60 and 300 seconds.
        public var avg10 = 0.0
        public var avg60 = 0.0
        public var avg300 = 0.0
        /// Microseconds.
        public var total: UInt64 = 0

        public init() {}
    }

    /// Some tasks waited.
    public var some = Share()
    /// All tasks waited.
    public var full = Share()

    public init() {}
}
