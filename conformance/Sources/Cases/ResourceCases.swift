import CHarness
import RuntimeSpec

/// A limit of linux.resources and the files of the kernel that must show it.
struct ResourceTest: Sendable {
    var id: String
    var rules: [String]
    var title: String
    var view: CgroupView
    /// The controller that it needs.
    var controller: String
    var resources: JSONValue
    /// The same with other values.
    var without: JSONValue = [:]
    /// Names of files with what they hold.
    var files: [(name: String, content: String)]
}

extension ResourceTest {
    static let group = "/conformance"

    /// The directory of the container's group as the harness sees it.
    static func directory(_ controller: String, _ view: CgroupView) -> String {
        "/sys/fs/cgroup" + (view == .version1 ? "/" + controller : "") + group
    }

    /// Throws a skip unless the controller is there in this view.
    static func need(_ controller: String, _ view: CgroupView) throws(Verdict) {
        let isThere =
            view == .version1
            ? Files.isDirectory("/sys/fs/cgroup/" + controller)
            : (Files.text("/sys/fs/cgroup/cgroup.controllers") ?? "").split(separator: " ").map { $0.trimmed }.contains(
                controller)
        if !isThere {
            throw Verdict.skipped("this machine has no \(controller) controller of version \(view == .version1 ? 1 : 2)")
        }
    }

    var test: Case {
        let (controller, view, files, resources, without) = (controller, view, files, resources, without)
        return .steps(id, rules, title, view: view, sabotage: .configuration { $0["linux.resources"] = without }) {
            trial throws(Verdict) in
            trial.bundle["linux.cgroupsPath"] = .string(ResourceTest.group)
            trial.bundle["linux.resources"] = resources
            trial.bundle.operations = ["sleep", "60000"]
            let directory = ResourceTest.directory(controller, view)
            try trial.succeed("create", try trial.create())
            for (name, content) in files {
                if name.hasPrefix("?"), !Files.exists(directory + "/" + name.dropFirst()) { continue }
                let path = directory + "/" + (name.hasPrefix("?") ? String(name.dropFirst()) : name)
                guard let text = Files.text(path) else {
                    throw Verdict.failed(expected: "a file \(path)", seen: "\(Files.list(directory))")
                }
                // The controllers stand on one line.
                let lines = text.split { $0 == "\n" || name == "cgroup.controllers" && $0 == " " }.map { $0.trimmed }
                try trial.expect(lines.contains(content), "\(path) tells \(content)", seen: text.trimmed)
            }
        }
        .needing { () throws(Verdict) in
            try ResourceTest.need(controller, view)
            // The root of the case's view is a group like others, so it has what the kernel was built with.
            let root = "/sys/fs/cgroup/" + (view == .version1 ? controller + "/" : "")
            for (name, _) in files where !name.hasPrefix("?") && !Files.exists(root + name) {
                throw Verdict.skipped("this kernel has no \(name)")
            }
        }
    }
}

/// config-linux.md#control-groups: memory, cpu, block I/O, huge pages, network, pids, RDMA.
enum ResourceCases {
    static let cases: [Case] = version1.map { $0.test } + version2.map { $0.test } + behaviour

    /// The number of a disk, `8:0`; nil without one.
    static var disk: (major: Int, minor: Int)? {
        for name in Files.list("/sys/block") where !name.hasPrefix("loop") && !name.hasPrefix("ram") && !name.hasPrefix("zram") {
            let numbers = (Files.line("/sys/block/\(name)/dev") ?? "").split(separator: ":").compactMap { Int($0) }
            if numbers.count == 2 { return (numbers[0], numbers[1]) }
        }
        return nil
    }

    private static func one(
        _ id: String, _ rule: String, _ view: CgroupView, _ controller: String, _ resources: JSONValue,
        _ files: [(String, String)],
        without: JSONValue = [:]
    ) -> ResourceTest {
        ResourceTest(
            id: "cgroup-\(view.rawValue)-\(id)", rules: [rule] + (view == .version2 ? ["unified.conversion"] : []),
            title: "\(rule) is applied",
            view: view, controller: controller, resources: resources, without: without,
            files: files.map { (name: $0.0, content: $0.1) })
    }

    private static let version1: [ResourceTest] = [
        one(
            "memory-limit", "memory.limit", .version1, "memory", ["memory": ["limit": 67_108_864]],
            [("memory.limit_in_bytes", "67108864")]),
        one(
            "memory-unlimited", "memory.limit", .version1, "memory", ["memory": ["limit": -1]],
            [("memory.limit_in_bytes", "9223372036854771712")], without: ["memory": ["limit": 67_108_864]]),
        one(
            "memory-reservation", "memory.reservation", .version1, "memory", ["memory": ["reservation": 33_554_432]],
            [("memory.soft_limit_in_bytes", "33554432")]),
        one(
            "memory-swap", "memory.swap", .version1, "memory", ["memory": ["limit": 67_108_864, "swap": 100_663_296]],
            [("memory.memsw.limit_in_bytes", "100663296")], without: ["memory": ["limit": 67_108_864]]),
        one(
            "memory-swappiness", "memory.swappiness", .version1, "memory", ["memory": ["swappiness": 41]],
            [("memory.swappiness", "41")]),
        one(
            "memory-oom-killer", "memory.disableOOMKiller", .version1, "memory", ["memory": ["disableOOMKiller": true]],
            [("memory.oom_control", "oom_kill_disable 1")]),
        one("cpu-shares", "cpu.shares", .version1, "cpu", ["cpu": ["shares": 512]], [("cpu.shares", "512")]),
        one(
            "cpu-quota", "cpu.quota", .version1, "cpu", ["cpu": ["quota": 20_000, "period": 50_000]],
            [("cpu.cfs_quota_us", "20000"), ("cpu.cfs_period_us", "50000")],
            without: ["cpu": ["quota": 10_000, "period": 50_000]]),
        one("cpu-period", "cpu.period", .version1, "cpu", ["cpu": ["period": 70_000]], [("cpu.cfs_period_us", "70000")]),
        one(
            "cpu-burst", "cpu.burst", .version1, "cpu", ["cpu": ["quota": 20_000, "period": 50_000, "burst": 10_000]],
            [("cpu.cfs_burst_us", "10000")], without: ["cpu": ["quota": 20_000, "period": 50_000]]),
        one(
            "cpu-realtime", "cpu.realtime", .version1, "cpu", ["cpu": ["realtimeRuntime": 500, "realtimePeriod": 900_000]],
            [("cpu.rt_runtime_us", "500"), ("cpu.rt_period_us", "900000")]),
        one("cpu-idle", "cpu.idle", .version1, "cpu", ["cpu": ["idle": 1]], [("cpu.idle", "1")]),
        one("cpu-cpus", "cpu.cpus", .version1, "cpuset", ["cpu": ["cpus": "0"]], [("cpuset.cpus", "0")]),
        one(
            "cpu-mems", "cpu.mems", .version1, "cpuset", ["cpu": ["mems": "0"]], [("cpuset.mems", "0")],
            without: ["cpu": ["mems": "63"]]),
        one("pids-limit", "pids.limit", .version1, "pids", ["pids": ["limit": 42]], [("pids.max", "42")]),
        one(
            "pids-unlimited", "pids.limit", .version1, "pids", ["pids": ["limit": -1]], [("pids.max", "max")],
            without: ["pids": ["limit": 42]]),
        one("block-weight", "blockIO.weight", .version1, "blkio", ["blockIO": ["weight": 300]], [("blkio.bfq.weight", "300")]),
        one(
            "network-class", "network.classID", .version1, "net_cls", ["network": ["classID": 1_048_577]],
            [("net_cls.classid", "1048577")]),
        one(
            "network-priority", "network.priorities", .version1, "net_prio",
            ["network": ["priorities": [["name": "lo", "priority": 5]]]],
            [("net_prio.ifpriomap", "lo 5")]),
        one(
            "hugetlb-limit", "hugetlb.limit", .version1, "hugetlb",
            ["hugepageLimits": [["pageSize": "2MB", "limit": 4_194_304]]],
            [("hugetlb.2MB.limit_in_bytes", "4194304"), ("?hugetlb.2MB.rsvd.limit_in_bytes", "4194304")]),
    ]

    private static let version2: [ResourceTest] = [
        one("memory-limit", "memory.limit", .version2, "memory", ["memory": ["limit": 67_108_864]], [("memory.max", "67108864")]),
        one(
            "memory-unlimited", "memory.limit", .version2, "memory", ["memory": ["limit": -1]], [("memory.max", "max")],
            without: ["memory": ["limit": 67_108_864]]),
        one(
            "memory-reservation", "memory.reservation", .version2, "memory", ["memory": ["reservation": 33_554_432]],
            [("memory.low", "33554432")]),
        one(
            "memory-swap", "memory.swap", .version2, "memory", ["memory": ["limit": 67_108_864, "swap": 100_663_296]],
            [("memory.swap.max", "33554432")], without: ["memory": ["limit": 67_108_864]]),
        one(
            "cpu-quota", "cpu.quota", .version2, "cpu", ["cpu": ["quota": 20_000, "period": 50_000]],
            [("cpu.max", "20000 50000")],
            without: ["cpu": ["quota": 10_000, "period": 50_000]]),
        one(
            "cpu-burst", "cpu.burst", .version2, "cpu", ["cpu": ["quota": 20_000, "period": 50_000, "burst": 10_000]],
            [("cpu.max.burst", "10000")], without: ["cpu": ["quota": 20_000, "period": 50_000]]),
        one("cpu-idle", "cpu.idle", .version2, "cpu", ["cpu": ["idle": 1]], [("cpu.idle", "1")]),
        one("cpu-cpus", "cpu.cpus", .version2, "cpuset", ["cpu": ["cpus": "0"]], [("cpuset.cpus", "0")]),
        one("cpu-mems", "cpu.mems", .version2, "cpuset", ["cpu": ["mems": "0"]], [("cpuset.mems", "0")]),
        one("pids-limit", "pids.limit", .version2, "pids", ["pids": ["limit": 42]], [("pids.max", "42")]),
        one(
            "pids-unlimited", "pids.limit", .version2, "pids", ["pids": ["limit": -1]], [("pids.max", "max")],
            without: ["pids": ["limit": 42]]),
        one(
            "hugetlb-limit", "hugetlb.limit", .version2, "hugetlb",
            ["hugepageLimits": [["pageSize": "2MB", "limit": 4_194_304]]],
            [("hugetlb.2MB.max", "4194304")]),
        one(
            "hugetlb-reservation", "hugetlb.reservation", .version2, "hugetlb",
            ["hugepageLimits": [["pageSize": "2MB", "limit": 4_194_304]]], [("hugetlb.2MB.rsvd.max", "4194304")]),
        one(
            "hugetlb-gigabyte", "hugetlb.pageSize", .version2, "hugetlb",
            ["hugepageLimits": [["pageSize": "1GB", "limit": 1_073_741_824]]], [("hugetlb.1GB.max", "1073741824")]),
        one(
            "unified", "unified.written", .version2, "hugetlb", ["unified": ["hugetlb.2MB.max": "6291456"]],
            [("hugetlb.2MB.max", "6291456")]),
        one(
            "unified-controllers", "unified.controllers", .version2, "hugetlb", ["unified": ["hugetlb.1GB.rsvd.max": "0"]],
            [("cgroup.controllers", "hugetlb"), ("hugetlb.1GB.rsvd.max", "0")]),
    ]

    /// A container whose group has a limit of its own in each of the four lists, in the order in which both versions name them.
    private static func throttled(_ trial: Trial) throws(Verdict) -> (major: Int, minor: Int) {
        guard let disk else { throw Verdict.skipped("this machine has no disk") }
        trial.bundle["linux.cgroupsPath"] = .string(ResourceTest.group)
        let lists = ["throttleReadBpsDevice", "throttleWriteBpsDevice", "throttleReadIOPSDevice", "throttleWriteIOPSDevice"]
        for (index, list) in lists.enumerated() {
            trial.bundle["linux.resources.blockIO." + list] = [
                [
                    "major": .number(JSONNumber(disk.major)), "minor": .number(JSONNumber(disk.minor)),
                    "rate": .number(JSONNumber(100_000 + index)),
                ]
            ]
        }
        try trial.succeed("create", try trial.create())
        return disk
    }

    private static let behaviour: [Case] =
        [
            .steps(
                "cgroup-v1-block-throttle", ["blockIO.throttle"], "The four throttle lists are applied", view: .version1,
                sabotage: .configuration { $0["linux.resources"] = [:] }
            ) { trial throws(Verdict) in
                try ResourceTest.need("blkio", .version1)
                let disk = try throttled(trial)
                for (index, name) in ["read_bps", "write_bps", "read_iops", "write_iops"].enumerated() {
                    let file = ResourceTest.directory("blkio", .version1) + "/blkio.throttle.\(name)_device"
                    let line = "\(disk.major):\(disk.minor) \(100_000 + index)"
                    let text = Files.text(file) ?? "no file"
                    try trial.expect(text.holds(line), "\(file) tells \(line)", seen: text)
                }
            },
            .steps(
                "cgroup-v2-block-throttle", ["blockIO.throttle", "unified.conversion"],
                "The four throttle lists are converted for version 2",
                view: .version2, sabotage: .configuration { $0["linux.resources"] = [:] }
            ) { trial throws(Verdict) in
                try ResourceTest.need("io", .version2)
                let disk = try throttled(trial)
                let text = Files.text(ResourceTest.directory("io", .version2) + "/io.max") ?? "no file"
                for (index, name) in ["rbps", "wbps", "riops", "wiops"].enumerated() {
                    try trial.expect(
                        text.holds("\(name)=\(100_000 + index)"), "io.max tells \(name)=\(100_000 + index)", seen: text)
                }
            },
            .steps(
                "cgroup-v1-check-before-update", ["memory.checkBeforeUpdate"],
                "With checkBeforeUpdate a limit below the usage is rejected",
                view: .version1, sabotage: .wrapper(.hideFailure("update")), checkBeforeUpdate(.version1)),
            .steps(
                "cgroup-v2-check-before-update", ["memory.checkBeforeUpdate"],
                "With checkBeforeUpdate a limit below the usage is rejected",
                view: .version2, sabotage: .wrapper(.hideFailure("update")), checkBeforeUpdate(.version2)),
            .accepted(
                "cgroup-memory-kernel", ["memory.kernel"],
                "The limits of kernel memory, which are not recommended, do not end in a crash", view: .version1
            ) {
                $0["linux.resources.memory"] = ["kernel": -1, "kernelTCP": -1]
            },
            .accepted("cgroup-memory-hierarchy", ["memory.useHierarchy"], "useHierarchy true is accepted", view: .version1) {
                $0["linux.resources.memory"] = ["useHierarchy": true]
            },
            .inside(
                "cgroup-pids-enforced", ["pids.limit"], "The limit of tasks is enforced", operations: ["children", "20"],
                view: .version1
            ) {
                $0["linux.resources.pids"] = ["limit": 10]
            } sabotage: {
                $0["linux.resources.pids"] = ["limit": 100]
            } check: { inside throws(Verdict) in
                try expect("children that the kernel granted", try inside.operation("children")["started"]?.integer, is: 9)
            }
            .needing { () throws(Verdict) in try ResourceTest.need("pids", .version1) },
        ]
        + [CgroupView.version1, .version2].map { view in
            .inside(
                "cgroup-\(view.rawValue)-pids-zero", ["pids.zero"], "With a limit of 0 no further task is made",
                operations: ["children", "1"], view: view
            ) {
                $0["linux.resources.pids"] = ["limit": 0]
            } sabotage: {
                $0["linux.resources.pids"] = ["limit": 100]
            } check: { inside throws(Verdict) in
                try expect("children that the kernel granted", try inside.operation("children")["started"]?.integer, is: 0)
            }
            .needing { () throws(Verdict) in try ResourceTest.need("pids", view) }
        } + [
            .steps(
                "cgroup-v2-cpu-shares", ["unified.conversion", "cpu.shares"], "More shares become more weight", view: .version2,
                sabotage: .configuration { $0["linux.resources"] = [:] }
            ) { trial throws(Verdict) in
                try ResourceTest.need("cpu", .version2)
                trial.bundle["linux.cgroupsPath"] = .string(ResourceTest.group)
                let file = ResourceTest.directory("cpu", .version2) + "/cpu.weight"
                func weight(of shares: Int) throws(Verdict) -> Int {
                    trial.bundle["linux.resources"] = ["cpu": ["shares": .number(JSONNumber(shares))]]
                    try trial.succeed("create", try trial.create())
                    let weight = Int(Files.line(file) ?? "") ?? 0
                    try trial.succeed("delete --force", try trial.delete(force: true))
                    try trial.resetForNextCreate()
                    return weight
                }
                let (less, more) = (try weight(of: 512), try weight(of: 4096))
                try trial.expect(
                    less > 0 && less < more, "a lower cpu.weight for 512 shares than for 4096", seen: "\(less), \(more)")
            },
            .steps(
                "cgroup-v1-block-weight-device", ["blockIO.weightDevice"], "The weight of a device is applied", view: .version1,
                sabotage: .configuration { $0["linux.resources"] = [:] }, deviceWeight(.version1)),
            .steps(
                "cgroup-v2-block-weight-device", ["blockIO.weightDevice", "unified.conversion"],
                "The weight of a device is converted for version 2", view: .version2,
                sabotage: .configuration { $0["linux.resources"] = [:] }, deviceWeight(.version2)),
            .steps(
                "cgroup-v2-unified-unknown", ["unified.written"], "A file that no runtime knows is written", view: .version2,
                sabotage: .configuration { $0["linux.resources.unified"] = nil }
            ) { trial throws(Verdict) in
                trial.bundle["linux.cgroupsPath"] = .string(ResourceTest.group)
                trial.bundle["linux.resources"] = ["unified": ["cgroup.max.descendants": "17"]]
                try trial.succeed("create", try trial.create())
                try expect(
                    "cgroup.max.descendants", Files.line(ResourceTest.directory("", .version2) + "/cgroup.max.descendants"),
                    is: "17")
            },
        ]

    private static func deviceWeight(_ view: CgroupView) -> @Sendable (Trial) throws(Verdict) -> Void {
        { trial throws(Verdict) in
            let controller = view == .version1 ? "blkio" : "io"
            try ResourceTest.need(controller, view)
            guard let disk else { throw Verdict.skipped("this machine has no disk") }
            trial.bundle["linux.cgroupsPath"] = .string(ResourceTest.group)
            let directory = ResourceTest.directory(controller, view)
            let files =
                (view == .version1 ? ["blkio.bfq.weight_device", "blkio.weight_device"] : ["io.bfq.weight", "io.weight"])
                .filter { Files.exists("/sys/fs/cgroup/" + (view == .version1 ? "blkio/" : "") + $0) || view == .version2 }
            let scheduler = Files.text("/sys/dev/block/\(disk.major):\(disk.minor)/queue/scheduler") ?? ""
            if files.isEmpty || !scheduler.holds("[bfq]") { throw Verdict.skipped("no disk here has a scheduler with weights") }
            trial.bundle["linux.resources"] = [
                "blockIO": [
                    "weightDevice": [
                        [
                            "major": .number(JSONNumber(disk.major)), "minor": .number(JSONNumber(disk.minor)), "weight": 300,
                        ]
                    ]
                ]
            ]
            try trial.succeed("create", try trial.create())
            let text = files.compactMap { Files.text(directory + "/" + $0) }.joined()
            try trial.expect(text.holds("\(disk.major):\(disk.minor) "), "a weight of the disk", seen: text)
        }
    }

    private static func checkBeforeUpdate(_ view: CgroupView) -> @Sendable (Trial) throws(Verdict) -> Void {
        { trial throws(Verdict) in
            try ResourceTest.need("memory", view)
            trial.bundle["linux.resources"] = ["memory": ["limit": 134_217_728]]
            trial.bundle.operations = ["memory", "50000000", "signals", "15"]
            try trial.succeed("create", try trial.create())
            try trial.succeed("start", try trial.start())
            _ = try trial.waitForLine("the program runs") { $0.object?["ready"] != nil }
            let resources: JSONValue = ["memory": ["limit": 8_388_608, "checkBeforeUpdate": true]]
            try Files.write(trial.directory + "/resources.json", resources.encoded())
            let updated = try trial.operate("update", ["--resources", trial.directory + "/resources.json", trial.id])
            try trial.refuse("update to a limit below the usage", updated)
            try expect("status", try trial.status(), is: "running")
        }
    }
}
