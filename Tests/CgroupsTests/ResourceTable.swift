import RuntimeSpec
import Testing

@testable import Cgroups

/// One property of `linux.resources`: a value for it, and what is written. An error is written as `kind: message`.
struct ResourceRow: Sendable, CustomTestStringConvertible {
    var property: String
    var resources: Resources
    var v1: [String]
    var v2: [String]

    init(_ property: String, _ resources: Resources, v1: [String], v2: [String]) {
        self.property = property
        self.resources = resources
        self.v1 = v1
        self.v2 = v2
    }

    var testDescription: String { property }

    /// What systemd 252 gets on a host with v1 hierarchies, and on one with v2. Rows that are not named get nothing.
    var systemdV1: [String] { Self.systemdRows[property]?.v1 ?? [] }
    var systemdV2: [String] { Self.systemdRows[property]?.v2 ?? [] }
}

extension ResourceRow {
    private static func memory(_ property: String, _ memory: Memory, v1: [String], v2: [String]) -> ResourceRow {
        ResourceRow("memory." + property, Resources(memory: memory), v1: v1, v2: v2)
    }
    private static func cpu(_ property: String, _ cpu: CPU, v1: [String], v2: [String]) -> ResourceRow {
        ResourceRow("cpu." + property, Resources(cpu: cpu), v1: v1, v2: v2)
    }
    private static func blockIO(_ property: String, _ blockIO: BlockIO, v1: [String], v2: [String]) -> ResourceRow {
        ResourceRow("blockIO." + property, Resources(blockIO: blockIO), v1: v1, v2: v2)
    }

    /// Every property of the specification, most with several values.
    static let all: [ResourceRow] = memoryRows + cpuRows + blockIORows + otherRows

    static let memoryRows: [ResourceRow] = [
        memory("limit", Memory(limit: 1 << 20), v1: ["memory.limit_in_bytes ← 1048576"], v2: ["memory.max ← 1048576"]),
        memory(
            "limit −1", Memory(limit: -1),
            v1: ["memory.limit_in_bytes ← -1", "memory.memsw.limit_in_bytes ← -1 (if there is one)"],
            v2: ["memory.swap.max ← max (if there is one)", "memory.max ← max"]),
        memory("limit 0 (unset)", Memory(limit: 0, reservation: 0, swap: 0), v1: [], v2: []),
        memory(
            "limit −2", Memory(limit: -2), v1: ["invalidValue: -2 is no number of bytes"],
            v2: ["invalidValue: -2 is no number of bytes"]),
        memory("reservation", Memory(reservation: 4096), v1: ["memory.soft_limit_in_bytes ← 4096"], v2: ["memory.low ← 4096"]),
        memory("reservation −1", Memory(reservation: -1), v1: ["memory.soft_limit_in_bytes ← -1"], v2: ["memory.low ← max"]),
        memory(
            "swap", Memory(limit: 100, swap: 300), v1: ["memory.limit_in_bytes ← 100", "memory.memsw.limit_in_bytes ← 300"],
            v2: ["memory.swap.max ← 200", "memory.max ← 100"]),
        memory(
            "swap = limit", Memory(limit: 100, swap: 100),
            v1: ["memory.limit_in_bytes ← 100", "memory.memsw.limit_in_bytes ← 100"],
            v2: ["memory.swap.max ← 0 (if there is one)", "memory.max ← 100"]),
        memory(
            "swap −1", Memory(limit: 100, swap: -1), v1: ["memory.limit_in_bytes ← 100", "memory.memsw.limit_in_bytes ← -1"],
            v2: ["memory.swap.max ← max (if there is one)", "memory.max ← 100"]),
        memory(
            "swap, limit −1", Memory(limit: -1, swap: 300),
            v1: ["memory.limit_in_bytes ← -1", "memory.memsw.limit_in_bytes ← 300"],
            v2: ["memory.swap.max ← 300", "memory.max ← max"]),
        memory(
            "swap without limit", Memory(swap: 300), v1: ["memory.memsw.limit_in_bytes ← 300"],
            v2: ["invalidValue: a limit of swap needs a limit of memory on cgroup v2"]),
        memory(
            "swap < limit", Memory(limit: 300, swap: 100),
            v1: ["invalidValue: memory+swap limit 100 is below the memory limit 300"],
            v2: ["invalidValue: memory+swap limit 100 is below the memory limit 300"]),
        memory(
            "kernel", Memory(kernel: 100), v1: ["warning: linux.resources.memory.kernel"],
            v2: ["warning: linux.resources.memory.kernel"]),
        memory(
            "kernelTCP", Memory(kernelTCP: 100), v1: ["warning: linux.resources.memory.kernelTCP"],
            v2: ["warning: linux.resources.memory.kernelTCP"]),
        memory(
            "swappiness", Memory(swappiness: 60), v1: ["memory.swappiness ← 60"],
            v2: ["unsupported: cgroup v2 has no swappiness of a group"]),
        memory(
            "swappiness 0", Memory(swappiness: 0), v1: ["memory.swappiness ← 0"],
            v2: ["unsupported: cgroup v2 has no swappiness of a group"]),
        memory(
            "swappiness 101", Memory(swappiness: 101), v1: ["invalidValue: 101 is not in the range 0 to 100"],
            v2: ["invalidValue: 101 is not in the range 0 to 100"]),
        memory(
            "disableOOMKiller", Memory(disableOOMKiller: true), v1: ["memory.oom_control ← 1"],
            v2: ["unsupported: cgroup v2 has no way to disable the OOM killer"]),
        memory("disableOOMKiller false", Memory(disableOOMKiller: false), v1: [], v2: []),
        memory("useHierarchy", Memory(useHierarchy: true), v1: ["memory.use_hierarchy ← 1"], v2: []),
        memory(
            "useHierarchy false", Memory(useHierarchy: false), v1: ["memory.use_hierarchy ← 0"],
            v2: ["unsupported: cgroup v2 has no accounting without hierarchy"]),
        memory(
            "checkBeforeUpdate", Memory(limit: 100, swap: 300, checkBeforeUpdate: true),
            v1: ["memory.limit_in_bytes ← 100", "memory.memsw.limit_in_bytes ← 300"],
            v2: [
                "check memory.current + memory.swap.current < 300", "check memory.current < 100", "memory.swap.max ← 200",
                "memory.max ← 100",
            ]),
    ]

    static let cpuRows: [ResourceRow] = [
        cpu("shares", CPU(shares: 1024), v1: ["cpu.shares ← 1024"], v2: ["cpu.weight ← 100"]),
        cpu("shares 2", CPU(shares: 2), v1: ["cpu.shares ← 2"], v2: ["cpu.weight ← 1"]),
        cpu("shares 262144", CPU(shares: 262_144), v1: ["cpu.shares ← 262144"], v2: ["cpu.weight ← 10000"]),
        cpu("shares 512", CPU(shares: 512), v1: ["cpu.shares ← 512"], v2: ["cpu.weight ← 59"]),
        cpu("shares 1", CPU(shares: 1), v1: ["invalidValue: 1: the minimum allowed cpu-shares is 2"], v2: ["cpu.weight ← 1"]),
        cpu(
            "shares 0 (unset)", CPU(shares: 0, quota: 0, period: 0, realtimeRuntime: 0, realtimePeriod: 0, cpus: "", mems: ""),
            v1: [], v2: []),
        cpu("quota", CPU(quota: 50_000), v1: ["cpu.cfs_quota_us ← 50000"], v2: ["cpu.max ← 50000"]),
        cpu("quota −1", CPU(quota: -1), v1: ["cpu.cfs_quota_us ← -1"], v2: ["cpu.max ← max"]),
        cpu("period", CPU(period: 20_000), v1: ["cpu.cfs_period_us ← 20000"], v2: ["cpu.max ← max 20000"]),
        cpu(
            "quota and period", CPU(quota: 5000, period: 20_000), v1: ["cpu.cfs_period_us ← 20000", "cpu.cfs_quota_us ← 5000"],
            v2: ["cpu.max ← 5000 20000"]),
        cpu(
            "burst", CPU(quota: 5000, burst: 4000), v1: ["cpu.cfs_quota_us ← 5000", "cpu.cfs_burst_us ← 4000"],
            v2: ["cpu.max ← 5000", "cpu.max.burst ← 4000"]),
        cpu(
            "burst 0", CPU(burst: 0), v1: ["cpu.cfs_burst_us ← 0 (if there is one)"], v2: ["cpu.max.burst ← 0 (if there is one)"]),
        cpu(
            "burst > quota", CPU(quota: 5000, burst: 5001), v1: ["invalidValue: a burst of 5001 is above the quota of 5000"],
            v2: ["invalidValue: a burst of 5001 is above the quota of 5000"]),
        cpu(
            "realtimeRuntime", CPU(realtimeRuntime: 950, realtimePeriod: 1000),
            v1: ["cpu.rt_period_us ← 1000", "cpu.rt_runtime_us ← 950"],
            v2: ["unsupported: cgroup v2 has no time for realtime tasks"]),
        cpu(
            "realtimePeriod", CPU(realtimePeriod: 1000), v1: ["cpu.rt_period_us ← 1000"],
            v2: ["unsupported: cgroup v2 has no time for realtime tasks"]),
        cpu("cpus", CPU(cpus: "0-1,3"), v1: ["cpuset.cpus ← 0-1,3"], v2: ["cpuset.cpus ← 0-1,3"]),
        cpu("mems", CPU(mems: "0"), v1: ["cpuset.mems ← 0"], v2: ["cpuset.mems ← 0"]),
        cpu(
            "cpus backwards", CPU(cpus: "3-1"), v1: ["invalidValue: \"3-1\" is no list of numbers"],
            v2: ["invalidValue: \"3-1\" is no list of numbers"]),
        cpu(
            "cpus letters", CPU(cpus: "a-b"), v1: ["invalidValue: \"a-b\" is no list of numbers"],
            v2: ["invalidValue: \"a-b\" is no list of numbers"]),
        cpu("idle", CPU(idle: 1), v1: ["cpu.idle ← 1"], v2: ["cpu.idle ← 1"]),
        cpu("idle 0", CPU(idle: 0), v1: ["cpu.idle ← 0 (if there is one)"], v2: ["cpu.idle ← 0 (if there is one)"]),
        cpu("idle 2", CPU(idle: 2), v1: ["invalidValue: 2 is neither 0 nor 1"], v2: ["invalidValue: 2 is neither 0 nor 1"]),
    ]

    static let blockIORows: [ResourceRow] = [
        blockIO(
            "weight", BlockIO(weight: 500), v1: ["blkio.weight ← 500 (or blkio.bfq.weight ← 500)"],
            v2: ["io.bfq.weight ← 500 (or io.weight ← 4950)"]),
        blockIO(
            "weight 10", BlockIO(weight: 10), v1: ["blkio.weight ← 10 (or blkio.bfq.weight ← 10)"],
            v2: ["io.bfq.weight ← 10 (or io.weight ← 1)"]),
        blockIO(
            "weight 1000", BlockIO(weight: 1000), v1: ["blkio.weight ← 1000 (or blkio.bfq.weight ← 1000)"],
            v2: ["io.bfq.weight ← 1000 (or io.weight ← 10000)"]),
        blockIO("weight 0 (unset)", BlockIO(weight: 0, leafWeight: 0), v1: [], v2: []),
        blockIO(
            "weight 9", BlockIO(weight: 9), v1: ["blkio.weight ← 9 (or blkio.bfq.weight ← 9)"],
            v2: ["io.bfq.weight ← 9 (or io.weight ← 1)"]),
        blockIO(
            "leafWeight", BlockIO(leafWeight: 20), v1: ["blkio.leaf_weight ← 20"],
            v2: ["unsupported: cgroup v2 has no leaf weight"]),
        blockIO(
            "weightDevice[].weight", BlockIO(weightDevice: [WeightDevice(major: 8, minor: 16, weight: 30)]),
            v1: ["blkio.weight_device ← 8:16 30 (or blkio.bfq.weight_device ← 8:16 30)"],
            v2: ["io.bfq.weight ← 8:16 30 (or io.weight ← 8:16 203)"]),
        blockIO(
            "weightDevice[].leafWeight", BlockIO(weightDevice: [WeightDevice(major: 8, minor: 16, leafWeight: 30)]),
            v1: ["blkio.leaf_weight_device ← 8:16 30"], v2: ["unsupported: cgroup v2 has no leaf weight"]),
        blockIO(
            "weightDevice[] empty", BlockIO(weightDevice: [WeightDevice(major: 8, minor: 16)]),
            v1: ["invalidValue: has neither weight nor leafWeight"], v2: ["invalidValue: has neither weight nor leafWeight"]),
        blockIO(
            "throttleReadBpsDevice", BlockIO(throttleReadBpsDevice: [ThrottleDevice(major: 8, minor: 0, rate: 600)]),
            v1: ["blkio.throttle.read_bps_device ← 8:0 600"], v2: ["io.max ← 8:0 rbps=600"]),
        blockIO(
            "throttleWriteBpsDevice", BlockIO(throttleWriteBpsDevice: [ThrottleDevice(major: 8, minor: 0, rate: 600)]),
            v1: ["blkio.throttle.write_bps_device ← 8:0 600"], v2: ["io.max ← 8:0 wbps=600"]),
        blockIO(
            "throttleReadIOPSDevice", BlockIO(throttleReadIOPSDevice: [ThrottleDevice(major: 8, minor: 0, rate: 600)]),
            v1: ["blkio.throttle.read_iops_device ← 8:0 600"], v2: ["io.max ← 8:0 riops=600"]),
        blockIO(
            "throttleWriteIOPSDevice", BlockIO(throttleWriteIOPSDevice: [ThrottleDevice(major: 8, minor: 0, rate: 600)]),
            v1: ["blkio.throttle.write_iops_device ← 8:0 600"], v2: ["io.max ← 8:0 wiops=600"]),
        blockIO(
            "throttle… rate 0", BlockIO(throttleReadBpsDevice: [ThrottleDevice(major: 8, minor: 0, rate: 0)]),
            v1: ["blkio.throttle.read_bps_device ← 8:0 0"], v2: ["io.max ← 8:0 rbps=max"]),
        blockIO(
            "throttle… major −1", BlockIO(throttleReadBpsDevice: [ThrottleDevice(major: -1, minor: 0, rate: 1)]),
            v1: ["invalidValue: -1:0 is no device number"], v2: ["invalidValue: -1:0 is no device number"]),
    ]

    static let otherRows: [ResourceRow] = [
        ResourceRow("pids.limit", Resources(pids: Pids(limit: 64)), v1: ["pids.max ← 64"], v2: ["pids.max ← 64"]),
        ResourceRow("pids.limit −1", Resources(pids: Pids(limit: -1)), v1: ["pids.max ← max"], v2: ["pids.max ← max"]),
        ResourceRow(
            "pids.limit 0", Resources(pids: Pids(limit: 0)), v1: ["pids.max ← 0 (after joining)"],
            v2: ["pids.max ← 0 (after joining)"]),
        ResourceRow("pids.limit absent", Resources(pids: Pids()), v1: [], v2: []),
        ResourceRow(
            "pids.limit −2", Resources(pids: Pids(limit: -2)), v1: ["invalidValue: -2 is no number of processes"],
            v2: ["invalidValue: -2 is no number of processes"]),
        ResourceRow(
            "hugepageLimits[]", Resources(hugepageLimits: [HugepageLimit(pageSize: "2MB", limit: 4 << 20)]),
            v1: ["hugetlb.2MB.limit_in_bytes ← 4194304", "hugetlb.2MB.rsvd.limit_in_bytes ← 4194304 (if there is one)"],
            v2: ["hugetlb.2MB.max ← 4194304", "hugetlb.2MB.rsvd.max ← 4194304 (if there is one)"]),
        ResourceRow(
            "hugepageLimits[].pageSize", Resources(hugepageLimits: [HugepageLimit(pageSize: "../2MB", limit: 1)]),
            v1: ["invalidValue: \"../2MB\" is no page size"], v2: ["invalidValue: \"../2MB\" is no page size"]),
        ResourceRow(
            "network.classID", Resources(network: Network(classID: 1_048_577)), v1: ["net_cls.classid ← 1048577"],
            v2: ["unsupported: cgroup v2 has no controller net_cls"]),
        ResourceRow(
            "network.priorities[]", Resources(network: Network(priorities: [InterfacePriority(name: "eth0", priority: 5)])),
            v1: ["net_prio.ifpriomap ← eth0 5"], v2: ["unsupported: cgroup v2 has no controller net_prio"]),
        ResourceRow(
            "network.priorities[].name", Resources(network: Network(priorities: [InterfacePriority(name: "a b", priority: 5)])),
            v1: ["invalidValue: \"a b\" is no interface name"], v2: ["invalidValue: \"a b\" is no interface name"]),
        ResourceRow(
            "rdma{}", Resources(rdma: ["mlx5_1": Rdma(hcaHandles: 3, hcaObjects: 10_000), "mlx4_0": Rdma(hcaObjects: 1000)]),
            v1: ["rdma.max ← mlx4_0 hca_object=1000", "rdma.max ← mlx5_1 hca_handle=3 hca_object=10000"],
            v2: ["rdma.max ← mlx4_0 hca_object=1000", "rdma.max ← mlx5_1 hca_handle=3 hca_object=10000"]),
        ResourceRow(
            "rdma{} empty", Resources(rdma: ["a": Rdma()]), v1: ["invalidValue: has neither hcaHandles nor hcaObjects"],
            v2: ["invalidValue: has neither hcaHandles nor hcaObjects"]),
        ResourceRow(
            "unified{}", Resources(unified: ["memory.high": "1000", "io.max": "8:0 rbps=1\n8:16 wbps=2\n"]),
            v1: ["unsupported: invalid configuration: this host has no cgroup v2"],
            v2: ["io.max ← 8:0 rbps=1", "io.max ← 8:16 wbps=2", "memory.high ← 1000"]),
        ResourceRow(
            "unified{} unknown file", Resources(unified: ["memory.invented": "x"]),
            v1: ["unsupported: invalid configuration: this host has no cgroup v2"],
            v2: ["memory.invented ← x"]),
        ResourceRow(
            "unified{} of the group", Resources(unified: ["cgroup.max.depth": "3"]),
            v1: ["unsupported: invalid configuration: this host has no cgroup v2"],
            v2: ["cgroup.max.depth ← 3"]),
        ResourceRow(
            "unified{} with a slash", Resources(unified: ["../memory.max": "1"]), v1: ["unsupported: invalid configuration: this host has no cgroup v2"],
            v2: ["invalidValue: unified resource \"../memory.max\" must be a file name (no slashes)"]),
        ResourceRow(
            "unified{} without a dot", Resources(unified: ["memory": "1"]), v1: ["unsupported: invalid configuration: this host has no cgroup v2"],
            v2: ["invalidValue: unified resource \"memory\" must be in the form CONTROLLER.PARAMETER"]),
        ResourceRow(
            "unified{} missing controller", Resources(unified: ["dmem.max": "1"]),
            v1: ["unsupported: invalid configuration: this host has no cgroup v2"],
            v2: ["missingController: unified resource \"dmem.max\" can't be set: controller \"dmem\" not available"]),
        ResourceRow(
            "unified{} cgroup.procs", Resources(unified: ["cgroup.procs": "1"]), v1: ["unsupported: invalid configuration: this host has no cgroup v2"],
            v2: ["invalidValue: cgroup.procs is no setting"]),
        ResourceRow("(empty)", Resources(), v1: [], v2: []),
    ]
}
