/// Limits by control groups.
///
/// Specification: `config-linux.md#control-groups`.
public struct Resources: Hashable, Sendable {
    /// Rules for device access, applied in order.
    public var devices: [DeviceCgroup]?
    /// Memory limits.
    public var memory: Memory?
    /// CPU time and placement.
    public var cpu: CPU?
    /// The number of processes.
    public var pids: Pids?
    /// Block device bandwidth.
    public var blockIO: BlockIO?
    /// Huge page limits, one for each page size.
    public var hugepageLimits: [HugepageLimit]?
    /// Classes and priorities of network traffic; cgroup v1 only.
    public var network: Network?
    /// RDMA limits by device name.
    public var rdma: [String: Rdma]?
    /// Files of cgroup v2 and what to write to them.
    public var unified: [String: String]?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(
        devices: [DeviceCgroup]? = nil, memory: Memory? = nil, cpu: CPU? = nil, pids: Pids? = nil, blockIO: BlockIO? = nil,
        hugepageLimits: [HugepageLimit]? = nil, network: Network? = nil, rdma: [String: Rdma]? = nil,
        unified: [String: String]? = nil
    ) {
        self.devices = devices
        self.memory = memory
        self.cpu = cpu
        self.pids = pids
        self.blockIO = blockIO
        self.hugepageLimits = hugepageLimits
        self.network = network
        self.rdma = rdma
        self.unified = unified
    }
}

/// A rule for device access.
///
/// Specification: `config-linux.md#allowed-device-list`.
public struct DeviceCgroup: Hashable, Sendable {
    /// Whether the rule allows or denies.
    public var allow: Bool
    /// `a` for all, `c` for character, `b` for block devices. Absent means all.
    public var type: String?
    /// The major number; absent or -1 means all.
    public var major: Int64?
    /// The minor number; absent or -1 means all.
    public var minor: Int64?
    /// Any of `r` (read), `w` (write) and `m` (make).
    public var access: String?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(allow: Bool, type: String? = nil, major: Int64? = nil, minor: Int64? = nil, access: String? = nil) {
        self.allow = allow
        self.type = type
        self.major = major
        self.minor = minor
        self.access = access
    }
}

/// Memory limits in bytes; -1 means no limit.
///
/// Specification: `config-linux.md#memory`.
public struct Memory: Hashable, Sendable {
    /// The hard limit.
    public var limit: Int64?
    /// The soft limit.
    public var reservation: Int64?
    /// The limit of memory and swap together.
    public var swap: Int64?
    /// Kernel memory; not recommended, kernels ignore it.
    public var kernel: Int64?
    /// Kernel memory for TCP buffers; not recommended.
    public var kernelTCP: Int64?
    /// How eagerly to swap, 0 to 100; cgroup v1 only.
    public var swappiness: UInt64?
    /// Whether processes over the limit wait instead of being killed; cgroup v1 only.
    public var disableOOMKiller: Bool?
    /// Whether child groups count; cgroup v1 only.
    public var useHierarchy: Bool?
    /// Whether an update below the current usage is refused.
    public var checkBeforeUpdate: Bool?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(
        limit: Int64? = nil, reservation: Int64? = nil, swap: Int64? = nil, kernel: Int64? = nil, kernelTCP: Int64? = nil,
        swappiness: UInt64? = nil, disableOOMKiller: Bool? = nil, useHierarchy: Bool? = nil, checkBeforeUpdate: Bool? = nil
    ) {
        self.limit = limit
        self.reservation = reservation
        self.swap = swap
        self.kernel = kernel
        self.kernelTCP = kernelTCP
        self.swappiness = swappiness
        self.disableOOMKiller = disableOOMKiller
        self.useHierarchy = useHierarchy
        self.checkBeforeUpdate = checkBeforeUpdate
    }
}

/// CPU time and placement. Times are in microseconds.
///
/// Specification: `config-linux.md#cpu`.
public struct CPU: Hashable, Sendable {
    /// The weight against other groups, in the range of cgroup v1: 2 to 262144.
    public var shares: UInt64?
    /// Time per period; -1 means no limit.
    public var quota: Int64?
    /// Unused time that may be saved up; at most the quota.
    public var burst: UInt64?
    /// The length of a period, 1,000 to 1,000,000.
    public var period: UInt64?
    /// Time for realtime tasks per realtime period.
    public var realtimeRuntime: Int64?
    /// The length of a realtime period.
    public var realtimePeriod: UInt64?
    /// CPUs, such as `0-3,7`.
    public var cpus: String?
    /// Memory nodes, such as `0-3,7`.
    public var mems: String?
    /// 1 makes the group SCHED_IDLE, 0 does not.
    public var idle: Int64?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(
        shares: UInt64? = nil, quota: Int64? = nil, burst: UInt64? = nil, period: UInt64? = nil,
        realtimeRuntime: Int64? = nil, realtimePeriod: UInt64? = nil, cpus: String? = nil, mems: String? = nil,
        idle: Int64? = nil
    ) {
        self.shares = shares
        self.quota = quota
        self.burst = burst
        self.period = period
        self.realtimeRuntime = realtimeRuntime
        self.realtimePeriod = realtimePeriod
        self.cpus = cpus
        self.mems = mems
        self.idle = idle
    }
}

/// The number of processes.
///
/// Specification: `config-linux.md#pids`.
public struct Pids: Hashable, Sendable {
    /// How many processes and threads at most; -1 means no limit.
    public var limit: Int64?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(limit: Int64? = nil) {
        self.limit = limit
    }
}

/// Block device bandwidth.
///
/// Specification: `config-linux.md#block-io`.
public struct BlockIO: Hashable, Sendable {
    /// The group's weight; the kernel's scheduler has a range, such as 1 to 1000.
    public var weight: UInt16?
    /// The weight of the group's own tasks against its child groups.
    public var leafWeight: UInt16?
    /// Weights for single devices.
    public var weightDevice: [WeightDevice]?
    /// Bytes read per second.
    public var throttleReadBpsDevice: [ThrottleDevice]?
    /// Bytes written per second.
    public var throttleWriteBpsDevice: [ThrottleDevice]?
    /// Read operations per second.
    public var throttleReadIOPSDevice: [ThrottleDevice]?
    /// Write operations per second.
    public var throttleWriteIOPSDevice: [ThrottleDevice]?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(
        weight: UInt16? = nil, leafWeight: UInt16? = nil, weightDevice: [WeightDevice]? = nil,
        throttleReadBpsDevice: [ThrottleDevice]? = nil, throttleWriteBpsDevice: [ThrottleDevice]? = nil,
        throttleReadIOPSDevice: [ThrottleDevice]? = nil, throttleWriteIOPSDevice: [ThrottleDevice]? = nil
    ) {
        self.weight = weight
        self.leafWeight = leafWeight
        self.weightDevice = weightDevice
        self.throttleReadBpsDevice = throttleReadBpsDevice
        self.throttleWriteBpsDevice = throttleWriteBpsDevice
        self.throttleReadIOPSDevice = throttleReadIOPSDevice
        self.throttleWriteIOPSDevice = throttleWriteIOPSDevice
    }
}

/// A weight for one block device.
///
/// Specification: `config-linux.md#block-io`.
public struct WeightDevice: Hashable, Sendable {
    /// The major number.
    public var major: Int64
    /// The minor number.
    public var minor: Int64
    /// The weight on this device.
    public var weight: UInt16?
    /// The weight against child groups.
    public var leafWeight: UInt16?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(major: Int64, minor: Int64, weight: UInt16? = nil, leafWeight: UInt16? = nil) {
        self.major = major
        self.minor = minor
        self.weight = weight
        self.leafWeight = leafWeight
    }
}

/// A rate limit for one block device.
///
/// Specification: `config-linux.md#block-io`.
public struct ThrottleDevice: Hashable, Sendable {
    /// The major number.
    public var major: Int64
    /// The minor number.
    public var minor: Int64
    /// Bytes or operations per second.
    public var rate: UInt64
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(major: Int64, minor: Int64, rate: UInt64) {
        self.major = major
        self.minor = minor
        self.rate = rate
    }
}

/// A limit for huge pages of one size.
///
/// Specification: `config-linux.md#huge-page-limits`.
public struct HugepageLimit: Hashable, Sendable {
    /// The size, such as `2MB` or `1GB`.
    public var pageSize: String
    /// Bytes.
    public var limit: UInt64
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(pageSize: String, limit: UInt64) {
        self.pageSize = pageSize
        self.limit = limit
    }
}

/// Classes and priorities of network traffic.
///
/// Specification: `config-linux.md#network`.
public struct Network: Hashable, Sendable {
    /// The class that packets are tagged with.
    public var classID: UInt32?
    /// Priorities by interface.
    public var priorities: [InterfacePriority]?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(classID: UInt32? = nil, priorities: [InterfacePriority]? = nil) {
        self.classID = classID
        self.priorities = priorities
    }
}

/// The priority of traffic on one interface.
///
/// Specification: `config-linux.md#network`.
public struct InterfacePriority: Hashable, Sendable {
    /// The interface's name in the runtime's network namespace.
    public var name: String
    /// The priority.
    public var priority: UInt32
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(name: String, priority: UInt32) {
        self.name = name
        self.priority = priority
    }
}

/// RDMA limits of one device; at least one of the two is given.
///
/// Specification: `config-linux.md#rdma`.
public struct Rdma: Hashable, Sendable {
    /// How many handles may be open.
    public var hcaHandles: UInt32?
    /// How many objects may exist.
    public var hcaObjects: UInt32?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(hcaHandles: UInt32? = nil, hcaObjects: UInt32? = nil) {
        self.hcaHandles = hcaHandles
        self.hcaObjects = hcaObjects
    }
}
