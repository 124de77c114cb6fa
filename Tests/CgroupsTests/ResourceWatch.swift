/// Which test watches which property of `linux.resources`, for each way in which limits are set. Planned are all of them in the
/// same three tests; the others write on a kernel or speak to systemd, on this host or in the lab.
struct ResourceWatch: Sendable {
    /// As in config.json, below `linux.resources`; `*` stands for any name.
    let property: String
    let v1: [String]
    let v2: [String]
    let systemd: [String]

    /// - Parameters:
    ///   - v1, v2: cases of the conformance suite, or `kernel`.
    ///   - systemd: `taken` where systemd has a property for it; otherwise the files alone are written, as with the other driver.
    init(_ property: String, v1: String = "", v2: String = "", systemd: String = "") {
        func names(_ planned: String, _ others: String) -> [String] {
            [planned] + others.split(separator: " ").map { Self.words[String($0)] ?? "conformance \($0)" }
        }
        let isDevice = property.hasPrefix("devices")
        self.property = property
        self.v1 = names(isDevice ? "DeviceListTests.rulesKeepTheirOrder" : "ResourceTests.legacy", v1)
        self.v2 = names(isDevice ? "DeviceProgramTests.programsDecideAsTheRulesSay" : "ResourceTests.unified", v2)
        self.systemd = names(isDevice ? "SystemdPropertyTests.deviceLists" : "SystemdPropertyTests.everyRow", systemd)
    }

    private static let words = [
        "kernel": "KernelTests.writtenAndReadBack", "disk": "KernelTests.throttlesOfARealDisk",
        "bfq": "KernelTests.weightsOfARealDisk", "weight": "lab systemd driver: a weight of I/O outlives those of other units",
        "devices": "KernelDeviceTests.rulesOfAContainer", "taken": "SystemdHostTests.everyPropertyIsTaken",
        "scope": "SystemdHostTests.aContainerIsAScope", "reload": "lab systemd driver: nothing changes by a reload",
        "tree": "ResourceTests.rdmaReachesItsFile", "nofile": "KernelTests.whatTheKernelHasNoFileFor", "netcls": "lab files: limits",
    ]

    static let all: [ResourceWatch] = [
        .init("devices[].allow", v1: "devices device-rule-v1-allow", v2: "devices device-rule-v2-allow", systemd: "scope reload"),
        .init("devices[].type", v1: "device-rule-v1-any-type", v2: "device-rule-v2-any-type", systemd: "scope reload"),
        .init("devices[].major", v1: "device-rule-v1-any-minor", v2: "device-rule-v2-any-minor", systemd: "scope reload"),
        .init("devices[].minor", v1: "device-rule-v1-any-minor", v2: "device-rule-v2-any-minor", systemd: "scope reload"),
        .init("devices[].access", v1: "device-rule-v1-read-only", v2: "device-rule-v2-read-only", systemd: "scope reload"),
        .init("memory.limit", v1: "kernel cgroup-v1-memory-limit", v2: "kernel cgroup-v2-memory-limit", systemd: "taken scope"),
        .init(
            "memory.reservation", v1: "kernel cgroup-v1-memory-reservation", v2: "kernel cgroup-v2-memory-reservation",
            systemd: "taken"),
        .init("memory.swap", v1: "kernel cgroup-v1-memory-swap", v2: "kernel cgroup-v2-memory-swap", systemd: "taken"),
        .init("memory.kernel", v1: "cgroup-memory-kernel", v2: "cgroup-memory-kernel"),
        .init("memory.kernelTCP"),
        .init("memory.swappiness", v1: "kernel cgroup-v1-memory-swappiness"),
        .init("memory.disableOOMKiller", v1: "kernel cgroup-v1-memory-oom-killer", v2: "cgroup-v2-oom-killer"),
        .init("memory.useHierarchy", v1: "kernel cgroup-memory-hierarchy", v2: "cgroup-memory-hierarchy"),
        .init("memory.checkBeforeUpdate", v1: "cgroup-v1-check-before-update", v2: "cgroup-v2-check-before-update"),
        .init("cpu.shares", v1: "kernel cgroup-v1-cpu-shares", v2: "kernel", systemd: "taken scope"),
        .init("cpu.quota", v1: "kernel cgroup-v1-cpu-quota", v2: "kernel cgroup-v2-cpu-quota", systemd: "taken scope"),
        .init("cpu.burst", v1: "kernel cgroup-v1-cpu-burst", v2: "kernel cgroup-v2-cpu-burst"),
        .init("cpu.period", v1: "kernel cgroup-v1-cpu-period", v2: "kernel", systemd: "taken scope"),
        .init("cpu.realtimeRuntime", v1: "cgroup-v1-cpu-realtime", v2: "cgroup-v2-realtime"),
        .init("cpu.realtimePeriod", v1: "cgroup-v1-cpu-realtime", v2: "cgroup-v2-realtime"),
        .init("cpu.cpus", v1: "kernel cgroup-v1-cpu-cpus", v2: "kernel cgroup-v2-cpu-cpus", systemd: "taken"),
        .init("cpu.mems", v1: "kernel cgroup-v1-cpu-mems", v2: "kernel cgroup-v2-cpu-mems", systemd: "taken"),
        .init("cpu.idle", v1: "kernel cgroup-v1-cpu-idle", v2: "kernel cgroup-v2-cpu-idle", systemd: "taken"),
        .init("pids.limit", v1: "kernel cgroup-v1-pids-limit", v2: "kernel cgroup-v2-pids-limit", systemd: "taken scope"),
        .init("blockIO.weight", v1: "kernel cgroup-v1-block-weight", v2: "kernel bfq", systemd: "taken weight"),
        .init("blockIO.leafWeight", v1: "nofile cgroup-leaf-weight"),
        .init("blockIO.weightDevice[].major", v1: "bfq", v2: "bfq"), .init("blockIO.weightDevice[].minor", v1: "bfq", v2: "bfq"),
        .init("blockIO.weightDevice[].weight", v1: "bfq cgroup-weight-device-empty", v2: "bfq cgroup-weight-device-empty"),
        .init("blockIO.weightDevice[].leafWeight", v1: "cgroup-weight-device-missing"),
    ]
        + ["ReadBps", "WriteBps", "ReadIOPS", "WriteIOPS"].flatMap { kind in
            ["major", "minor", "rate"].map { member in
                ResourceWatch(
                    "blockIO.throttle\(kind)Device[].\(member)", v1: "disk cgroup-v1-block-throttle",
                    v2: "disk cgroup-v2-block-throttle")
            }
        } + [
            .init("hugepageLimits[].pageSize", v1: "kernel cgroup-v1-hugetlb-limit", v2: "kernel cgroup-v2-hugetlb-gigabyte"),
            .init("hugepageLimits[].limit", v1: "kernel cgroup-v1-hugetlb-limit", v2: "kernel cgroup-v2-hugetlb-limit"),
            .init("network.classID", v1: "cgroup-v1-network-class netcls", v2: "cgroup-v2-network"),
            .init("network.priorities[].name", v1: "cgroup-v1-network-priority"),
            .init("network.priorities[].priority", v1: "cgroup-v1-network-priority"),
            .init("rdma.*.hcaHandles", v1: "tree cgroup-rdma-device", v2: "tree cgroup-rdma-device"),
            .init("rdma.*.hcaObjects", v1: "tree cgroup-rdma-device", v2: "tree cgroup-rdma-device"),
            .init("unified", v1: "cgroup-unified-v1", v2: "kernel cgroup-v2-unified cgroup-v2-unified-unknown", systemd: "taken"),
        ]

    /// The table as it stands on the page.
    static var text: String {
        var text = """

            ## The tests of every property

            `RuntimeSpecTests` compares this list with the types of the specification, and looks for every test that it names. The lab runs
            `CgroupsTests` on version 1 with systemd 252 and on version 2 alone, `SystemdHostTests` on both, and the conformance suite on version 2.

            | property | cgroup v1 | cgroup v2 | systemd |
            | --- | --- | --- | --- |

            """
        for row in all {
            let cells = [row.v1, row.v2, row.systemd].map { $0.map { "`\($0)`" }.joined(separator: "<br>") }
            text += "| `\(row.property)` | \(cells.joined(separator: " | ")) |\n"
        }
        return text
    }
}
