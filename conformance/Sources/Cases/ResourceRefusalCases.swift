import RuntimeSpec

/// config-linux.md#control-groups: limits that cannot be applied.
enum ResourceRefusalCases {
    static let cases: [Case] = refused

    private static func refusal(
        _ id: String, _ rules: [String], _ title: String, _ view: CgroupView, _ controller: String?, _ resources: JSONValue,
        valid: JSONValue? = nil
    ) -> Case {
        .refused(id, rules, title, view: view) {
            $0["linux.resources"] = resources
        } valid: {
            $0["linux.resources"] = valid
        }
        .needing { () throws(Verdict) in if let controller { try ResourceTest.need(controller, view) } }
    }

    private static func absent(
        _ id: String, _ rules: [String], _ title: String, _ view: CgroupView, _ controller: String, _ resources: JSONValue
    ) -> Case {
        refusal(id, rules, title, view, nil, resources).needing { () throws(Verdict) in
            do throws(Verdict) { try ResourceTest.need(controller, view) } catch { return }
            throw Verdict.skipped("this machine has the \(controller) controller")
        }
    }

    private static let refused: [Case] = [
        refusal(
            "cgroup-swappiness-range", ["memory.swappiness", "values.invalid"], "A swappiness of 200 is refused", .version1,
            "memory", ["memory": ["swappiness": 200]], valid: ["memory": ["swappiness": 60]]),
        refusal(
            "cgroup-cpus-invalid", ["cpu.cpus", "values.invalid"], "A list of CPUs that is none is refused", .version1, "cpuset",
            ["cpu": ["cpus": "first"]], valid: ["cpu": ["cpus": "0"]]),
        refusal(
            "cgroup-cpus-missing", ["cpu.cpus", "create.cannot-apply"], "CPUs that are not there are refused", .version1,
            "cpuset", ["cpu": ["cpus": "1000"]], valid: ["cpu": ["cpus": "0"]]),
        refusal(
            "cgroup-weight-device-empty", ["blockIO.weightDevice.one"], "An entry of weightDevice without any weight is refused",
            .version1, "blkio", ["blockIO": ["weightDevice": [["major": 8, "minor": 0]]]]),
        refusal(
            "cgroup-throttle-no-rate", ["blockIO.members"], "A throttle without rate is refused", .version1, "blkio",
            ["blockIO": ["throttleReadBpsDevice": [["major": 254, "minor": 0]]]]),
        refusal(
            "cgroup-leaf-weight", ["blockIO.leafWeight", "create.cannot-apply"],
            "A leafWeight, which this kernel does not have, is refused", .version1, "blkio", ["blockIO": ["leafWeight": 300]]
        ).needing { () throws(Verdict) in
            if Files.exists("/sys/fs/cgroup/blkio/blkio.leaf_weight") { throw Verdict.skipped("this kernel has leaf weights") }
        },
        refusal(
            "cgroup-weight-device-missing", ["blockIO.weightDevice", "create.cannot-apply"],
            "A weight for a device that is not there is refused", .version1, "blkio",
            ["blockIO": ["weightDevice": [["major": 4095, "minor": 77, "weight": 300]]]]),
        refusal(
            "cgroup-page-size", ["hugetlb.pageSize"], "A page size that the kernel does not have is refused", .version2,
            "hugetlb", ["hugepageLimits": [["pageSize": "3MB", "limit": 1]]],
            valid: ["hugepageLimits": [["pageSize": "2MB", "limit": 0]]]),
        refusal(
            "cgroup-page-limit-missing", ["hugetlb.members"], "A limit of huge pages without limit is refused", .version2,
            "hugetlb", ["hugepageLimits": [["pageSize": "2MB"]]], valid: ["hugepageLimits": [["pageSize": "2MB", "limit": 0]]]),
        refusal(
            "cgroup-unified-missing", ["unified.missing"], "A file of a controller that is not there is refused", .version2, nil,
            ["unified": ["antimatter.max": "1"]]),
        refusal(
            "cgroup-unified-path", ["values.invalid", "unified.written"], "A key that leaves the group is refused", .version2,
            nil, ["unified": ["../cgroup.max.descendants": "1"]]),
        refusal(
            "cgroup-unified-v1", ["unified.missing", "create.cannot-apply"], "unified without version 2 is refused", .version1,
            nil, ["unified": ["memory.max": "1000000"]]),
        refusal(
            "cgroup-v2-network", ["unified.conversion.impossible", "network.classID"],
            "classID cannot be converted for version 2 and is refused", .version2, nil, ["network": ["classID": 1_048_577]]),
        refusal(
            "cgroup-v2-swappiness", ["unified.conversion.impossible", "memory.swappiness"],
            "swappiness cannot be converted for version 2 and is refused", .version2, nil, ["memory": ["swappiness": 60]]),
        refusal(
            "cgroup-v2-oom-killer", ["unified.conversion.impossible", "memory.disableOOMKiller"],
            "disableOOMKiller cannot be converted for version 2 and is refused", .version2, nil,
            ["memory": ["disableOOMKiller": true]]),
        refusal(
            "cgroup-v2-realtime", ["unified.conversion.impossible", "cpu.realtime"],
            "realtimeRuntime cannot be converted for version 2 and is refused", .version2, nil,
            ["cpu": ["realtimeRuntime": 500]]),
        absent(
            "cgroup-absent-network", ["network.classID", "create.cannot-apply"], "classID without the controller is refused",
            .version1, "net_cls", ["network": ["classID": 1_048_577]]),
        absent(
            "cgroup-absent-rdma", ["rdma.limits", "create.cannot-apply"], "rdma without the controller is refused", .version2,
            "rdma", ["rdma": ["mlx5_0": ["hcaHandles": 3]]]),
        absent(
            "cgroup-absent-memory", ["memory.limit", "create.cannot-apply"], "A memory limit without the controller is refused",
            .version2, "memory", ["memory": ["limit": 67_108_864]]),
        refusal(
            "cgroup-rdma-empty", ["rdma.one"], "An entry of rdma without any limit is refused", .version2, nil,
            ["rdma": ["mlx5_0": [:]]]),
        refusal(
            "cgroup-rdma-device", ["rdma.limits", "create.cannot-apply"], "rdma of a device that is not there is refused",
            .version2, nil, ["rdma": ["no_such_device": ["hcaObjects": 3]]]),
        refusal(
            "cgroup-network-priority-name", ["network.priorities"], "A priority without a name is refused", .version1, nil,
            ["network": ["priorities": [["priority": 5]]]]),
    ]
}
