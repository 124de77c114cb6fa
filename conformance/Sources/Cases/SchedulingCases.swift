import CHarness
import RuntimeSpec

/// config.md#linux-process: scheduler, ioPriority, execCPUAffinity; config-linux.md: memoryPolicy, personality, timeOffsets.
enum SchedulingCases {
    static let cases: [Case] = scheduler + priority + affinity + memory + personality + clocks

    private static func scheduled(
        _ id: String, _ rules: [String], _ title: String, _ value: JSONValue, without: JSONValue?,
        check: @escaping @Sendable (JSONMembers) throws(Verdict) -> Void
    ) -> Case {
        .inside(id, rules, title) {
            $0["process.scheduler"] = value
        } sabotage: {
            $0["process.scheduler"] = without
        } check: { inside throws(Verdict) in
            try check(try inside["scheduler"]?.object ?? [:])
        }
    }

    private static func deadline(_ flags: [JSONValue]) -> JSONValue {
        [
            "policy": "SCHED_DEADLINE", "runtime": 10_000_000, "deadline": 20_000_000, "period": 40_000_000,
            "flags": .array(flags),
        ]
    }

    private static let scheduler: [Case] = [
        scheduled("scheduler-batch", ["scheduler.policy"], "SCHED_BATCH is set", ["policy": "SCHED_BATCH"], without: nil) {
            found throws(Verdict) in
            try expect("policy", found["policy"]?.integer, is: 3)
        },
        scheduled("scheduler-idle", ["scheduler.policy"], "SCHED_IDLE is set", ["policy": "SCHED_IDLE"], without: nil) {
            found throws(Verdict) in
            try expect("policy", found["policy"]?.integer, is: 5)
        },
        scheduled(
            "scheduler-nice", ["scheduler.nice"], "nice is set with SCHED_OTHER", ["policy": "SCHED_OTHER", "nice": 7],
            without: ["policy": "SCHED_OTHER"]
        ) { found throws(Verdict) in
            try expect("nice", found["nice"]?.integer, is: 7)
        },
        .steps(
            "scheduler-nice-unset", ["scheduler.nice"], "Without nice the value is 0",
            sabotage: .configuration { $0["process.scheduler"] = ["policy": "SCHED_OTHER", "nice": 3] }
        ) { trial throws(Verdict) in
            setpriority(0, 0, 2)  // PRIO_PROCESS
            trial.bundle["process.scheduler"] = ["policy": "SCHED_OTHER"]
            try expect("nice", try trial.run()["scheduler"]?.object?["nice"]?.integer, is: 0)
        },
        scheduled(
            "scheduler-fifo", ["scheduler.policy", "scheduler.priority"], "SCHED_FIFO is set with its priority",
            ["policy": "SCHED_FIFO", "priority": 3], without: ["policy": "SCHED_FIFO", "priority": 2]
        ) { found throws(Verdict) in
            try expect("policy", found["policy"]?.integer, is: 1)
            try expect("priority", found["priority"]?.integer, is: 3)
        },
        scheduled(
            "scheduler-rr", ["scheduler.policy", "scheduler.priority"], "SCHED_RR is set with its priority",
            ["policy": "SCHED_RR", "priority": 4], without: nil
        ) { found throws(Verdict) in
            try expect("policy", found["policy"]?.integer, is: 2)
            try expect("priority", found["priority"]?.integer, is: 4)
        },
        scheduled(
            "scheduler-deadline", ["scheduler.policy", "scheduler.deadline"], "SCHED_DEADLINE is set with its times",
            ["policy": "SCHED_DEADLINE", "runtime": 10_000_000, "deadline": 20_000_000, "period": 40_000_000],
            without: nil
        ) { attributes throws(Verdict) in
            try expect("policy", attributes["policy"]?.integer, is: 6)
            let times = ["runtime", "deadline", "period"].compactMap { attributes[$0]?.integer }
            try expect("runtime, deadline, period", times, is: [10_000_000, 20_000_000, 40_000_000])
        },
        scheduled(
            "scheduler-flag", ["scheduler.flags"], "SCHED_FLAG_RESET_ON_FORK is set",
            ["policy": "SCHED_BATCH", "flags": ["SCHED_FLAG_RESET_ON_FORK"]], without: ["policy": "SCHED_BATCH"]
        ) { found throws(Verdict) in
            try expect("reset-on-fork bit", (found["flags"]?.integer ?? 0) & 1, is: 1)
        },
        scheduled(
            "scheduler-flag-reclaim", ["scheduler.flags"], "SCHED_FLAG_RECLAIM is set", deadline(["SCHED_FLAG_RECLAIM"]),
            without: deadline([])
        ) { found throws(Verdict) in
            try expect("reclaim bit", (found["flags"]?.integer ?? 0) & 2, is: 2)
        },
        scheduled(
            "scheduler-flag-overrun", ["scheduler.flags"], "SCHED_FLAG_DL_OVERRUN is set", deadline(["SCHED_FLAG_DL_OVERRUN"]),
            without: deadline([])
        ) { found throws(Verdict) in
            try expect("overrun bit", (found["flags"]?.integer ?? 0) & 4, is: 4)
        },
        scheduled(
            "scheduler-flag-keep-policy", ["scheduler.flags"], "SCHED_FLAG_KEEP_POLICY keeps the policy",
            ["policy": "SCHED_BATCH", "flags": ["SCHED_FLAG_KEEP_POLICY"]], without: ["policy": "SCHED_BATCH"]
        ) { found throws(Verdict) in
            try expect("policy (SCHED_OTHER is 0)", found["policy"]?.integer, is: 0)
        },
        scheduled(
            "scheduler-flag-keep-params", ["scheduler.flags"], "SCHED_FLAG_KEEP_PARAMS keeps the nice value",
            ["policy": "SCHED_OTHER", "nice": 7, "flags": ["SCHED_FLAG_KEEP_PARAMS"]],
            without: ["policy": "SCHED_OTHER", "nice": 7]
        ) { found throws(Verdict) in
            try expect("nice", found["nice"]?.integer, is: 0)
        },
        scheduled(
            "scheduler-flag-clamps", ["scheduler.flags"], "The flags of clamps are accepted",
            ["policy": "SCHED_BATCH", "flags": ["SCHED_FLAG_UTIL_CLAMP_MIN", "SCHED_FLAG_UTIL_CLAMP_MAX"]], without: nil
        ) { found throws(Verdict) in
            try expect("policy", found["policy"]?.integer, is: 3)
        }
        .blind(to: "the clamps: the specification has no property for their values"),
        refusedScheduler("scheduler-no-policy", ["scheduler.policy"], "A scheduler without policy is refused", ["nice": 1]),
        refusedScheduler(
            "scheduler-unknown-policy", ["scheduler.policy"], "An unknown policy is refused", ["policy": "SCHED_FAIR"]),
        refusedScheduler(
            "scheduler-unknown-flag", ["scheduler.flags"], "An unknown flag is refused",
            ["policy": "SCHED_BATCH", "flags": ["SCHED_FLAG_SOMETIMES"]]),
        refusedScheduler(
            "scheduler-nice-range", ["scheduler.nice", "values.invalid"], "A nice value of 100 is refused",
            ["policy": "SCHED_OTHER", "nice": 100]),
    ]

    private static func refusedScheduler(_ id: String, _ rules: [String], _ title: String, _ value: JSONValue) -> Case {
        .refused(id, rules, title, mayBeLate: true) {
            $0["process.scheduler"] = value
        } valid: {
            $0["process.scheduler"] = ["policy": "SCHED_BATCH"]
        }
    }

    private static func priority(_ id: String, _ name: String, _ level: Int, _ number: Int) -> Case {
        .inside(id, ["ioPriority.class", "ioPriority.priority"], "The I/O priority is \(name), \(level)") {
            $0["process.ioPriority"] = ["class": .string(name), "priority": .number(JSONNumber(level))]
        } sabotage: {
            $0["process.ioPriority"] = nil
        } check: { inside throws(Verdict) in
            try expect("I/O priority", try inside["ioPriority"]?.integer, is: number << 13 | level)
        }
    }

    private static func refusedPriority(_ id: String, _ rules: [String], _ title: String, _ value: JSONValue) -> Case {
        .refused(id, rules, title, mayBeLate: true) {
            $0["process.ioPriority"] = value
        } valid: {
            $0["process.ioPriority"] = ["class": "IOPRIO_CLASS_BE", "priority": 3]
        }
    }

    private static let priority: [Case] = [
        priority("io-priority-best-effort", "IOPRIO_CLASS_BE", 6, 2),
        priority("io-priority-realtime", "IOPRIO_CLASS_RT", 5, 1),
        priority("io-priority-idle", "IOPRIO_CLASS_IDLE", 0, 3),
        refusedPriority(
            "io-priority-range", ["ioPriority.priority"], "A priority of 8 is refused",
            ["class": "IOPRIO_CLASS_BE", "priority": 8]),
        refusedPriority(
            "io-priority-negative", ["ioPriority.priority"], "A priority of -1 is refused",
            ["class": "IOPRIO_CLASS_BE", "priority": -1]),
        refusedPriority(
            "io-priority-no-priority", ["ioPriority.priority"], "An I/O priority without priority is refused",
            ["class": "IOPRIO_CLASS_BE"]),
        refusedPriority(
            "io-priority-no-class", ["ioPriority.class"], "An I/O priority without class is refused", ["priority": 3]),
        refusedPriority(
            "io-priority-unknown-class", ["ioPriority.class"], "An unknown class is refused",
            ["class": "IOPRIO_CLASS_FAST", "priority": 3]),
    ]

    private static let affinity: [Case] = [
        .steps(
            "affinity-not-init", ["execCPUAffinity.not-init"], "execCPUAffinity does not concern the first process",
            sabotage: .wrapper(
                // What a runtime does that applies the affinity to the first process.
                .arguments("start") { arguments in
                    if let id = arguments.last { Raw.runOnFirstCPU(processesOf: id) }
                    return arguments
                })
        ) { trial throws(Verdict) in
            if sysconf(Int32(_SC_NPROCESSORS_ONLN)) < 2 { throw Verdict.skipped("this machine has one CPU") }
            trial.bundle["process.execCPUAffinity"] = ["initial": "0", "final": "0"]
            let seen = try trial.run().integers("affinity")
            try expect(seen.count > 1, "more than CPU 0", seen: "\(seen)")
        },
        .steps(
            "affinity-final", ["execCPUAffinity.final"], "A process that joins the container runs on the CPUs of final",
            sabotage: .wrapper(.arguments("exec") { $0.map { $0.replaced("process.json", by: "other.json") } })
        ) { trial throws(Verdict) in
            if sysconf(Int32(_SC_NPROCESSORS_ONLN)) < 2 { throw Verdict.skipped("this machine has one CPU") }
            trial.bundle.operations = ["sleep", "60000"]
            try trial.succeed("create", try trial.create())
            try trial.succeed("start", try trial.start())
            var process = trial.bundle["process"] ?? [:]
            process[JSONPath([.member("args")])] = ["/probe", "to", "/seen", "report"]
            try Files.write(trial.directory + "/other.json", process.encoded())
            process[JSONPath([.member("execCPUAffinity")])] = ["initial": "0", "final": "1"]
            try Files.write(trial.directory + "/process.json", process.encoded())
            try trial.succeed("exec", try trial.operate("exec", ["--process", trial.directory + "/process.json", trial.id]))
            let inside = Inside(lines: trial.lines(of: trial.rootfs + "/seen"), exitStatus: 0)
            try expect("CPUs", try inside.integers("affinity"), is: [1])
        },
        .steps(
            "affinity-initial", ["execCPUAffinity.final"],
            "A process that joins may begin on CPUs that the container does not have", sabotage: .wrapper(.refuse("exec"))
        ) { trial throws(Verdict) in
            if sysconf(Int32(_SC_NPROCESSORS_ONLN)) < 2 { throw Verdict.skipped("this machine has one CPU") }
            trial.bundle["linux.resources.cpu.cpus"] = "0"
            trial.bundle.operations = ["sleep", "60000"]
            if !(try trial.create()).succeeded {
                throw Verdict.skipped("this view of the control groups has no cpuset controller")
            }
            try trial.succeed("start", try trial.start())
            var process = trial.bundle["process"] ?? [:]
            process[JSONPath([.member("args")])] = ["/probe", "to", "/seen", "report"]
            process[JSONPath([.member("execCPUAffinity")])] = ["initial": "1", "final": "0"]
            try Files.write(trial.directory + "/process.json", process.encoded())
            try trial.succeed("exec", try trial.operate("exec", ["--process", trial.directory + "/process.json", trial.id]))
            let inside = Inside(lines: trial.lines(of: trial.rootfs + "/seen"), exitStatus: 0)
            try expect("CPUs", try inside.integers("affinity"), is: [0])
        },
        .refused(
            "affinity-invalid", ["execCPUAffinity.values", "values.invalid"], "A list of CPUs that is none is refused",
            mayBeLate: true
        ) {
            $0["process.execCPUAffinity"] = ["initial": "zero"]
        } valid: {
            $0["process.execCPUAffinity"] = ["initial": "0"]
        },
    ]

    private static func policy(_ id: String, _ value: JSONValue, mode: Int, flags: Int = 0, without: JSONValue? = nil) -> Case {
        .inside(id, ["memoryPolicy.mode", flags == 0 ? "memoryPolicy.nodes" : "memoryPolicy.flags"], "The memory policy is set") {
            $0["linux.memoryPolicy"] = value
        } sabotage: {
            $0["linux.memoryPolicy"] = without
        } check: { inside throws(Verdict) in
            let seen = try inside["memoryPolicy"]?.object
            try expect("mode and flags of get_mempolicy", seen?["mode"]?.integer, is: mode | flags)
            let nodes = value[JSONPath([.member("nodes")])]?.string == "0" ? 1 : 0
            try expect("mask of nodes of get_mempolicy", seen?["nodes"]?.integer, is: nodes)
        }
        .needing { () throws(Verdict) in
            if !Files.isDirectory("/sys/devices/system/node") { throw Verdict.skipped("this kernel has no NUMA policies") }
        }
    }

    private static let memory: [Case] = [
        policy("memory-policy-bind", ["mode": "MPOL_BIND", "nodes": "0"], mode: 2),
        policy("memory-policy-interleave", ["mode": "MPOL_INTERLEAVE", "nodes": "0"], mode: 3),
        policy("memory-policy-preferred", ["mode": "MPOL_PREFERRED", "nodes": "0"], mode: 1),
        policy("memory-policy-local", ["mode": "MPOL_LOCAL"], mode: 4),
        policy("memory-policy-empty-nodes", ["mode": "MPOL_LOCAL", "nodes": ""], mode: 4),
        policy("memory-policy-default", ["mode": "MPOL_DEFAULT"], mode: 0, without: ["mode": "MPOL_BIND", "nodes": "0"]),
        policy("memory-policy-preferred-many", ["mode": "MPOL_PREFERRED_MANY", "nodes": "0"], mode: 5),
        policy("memory-policy-weighted", ["mode": "MPOL_WEIGHTED_INTERLEAVE", "nodes": "0"], mode: 6),
        policy(
            "memory-policy-flag", ["mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES"]], mode: 2,
            flags: 1 << 15),
        policy(
            "memory-policy-relative", ["mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_RELATIVE_NODES"]], mode: 2,
            flags: 1 << 14),
        policy(
            "memory-policy-balancing", ["mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_NUMA_BALANCING"]], mode: 2,
            flags: 1 << 13),
        refusedPolicy("memory-policy-no-mode", ["memoryPolicy.mode"], "A memory policy without mode is refused", ["nodes": "0"]),
        refusedPolicy(
            "memory-policy-unknown-mode", ["memoryPolicy.mode"], "An unknown mode is refused",
            ["mode": "MPOL_NEAR", "nodes": "0"]),
        refusedPolicy(
            "memory-policy-unknown-flag", ["memoryPolicy.flags"], "An unknown flag is refused",
            ["mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_SOMETIMES"]]),
        refusedPolicy(
            "memory-policy-nodes-missing", ["memoryPolicy.nodes"], "MPOL_BIND without nodes is refused", ["mode": "MPOL_BIND"]),
        refusedPolicy(
            "memory-policy-nodes-invalid", ["memoryPolicy.nodes"], "A list of nodes that is none is refused",
            ["mode": "MPOL_BIND", "nodes": "zero"]),
    ]

    private static func refusedPolicy(_ id: String, _ rules: [String], _ title: String, _ value: JSONValue) -> Case {
        .refused(id, rules, title) {
            $0["linux.memoryPolicy"] = value
        } valid: {
            $0["linux.memoryPolicy"] = nil
        }
    }

    private static let personality: [Case] = [
        .inside("personality-32", ["personality.domain"], "LINUX32 shows a 32-bit machine") {
            $0["linux.personality"] = ["domain": "LINUX32"]
        } sabotage: {
            $0["linux.personality"] = ["domain": "LINUX"]
        } check: { inside throws(Verdict) in
            try expect("personality", (try inside["personality"]?.integer ?? 0) & 0xff, is: 8)
        },
        .inside("personality-linux", ["personality.domain"], "LINUX is the plain personality") {
            $0["linux.personality"] = ["domain": "LINUX"]
        } sabotage: {
            $0["linux.personality"] = ["domain": "LINUX32"]
        } check: { inside throws(Verdict) in
            try expect("personality", (try inside["personality"]?.integer ?? 0) & 0xff, is: 0)
        },
        .refused("personality-unknown", ["personality.domain"], "An unknown domain is refused") {
            $0["linux.personality"] = ["domain": "SOLARIS"]
        } valid: {
            $0["linux.personality"] = ["domain": "LINUX"]
        },
        .refused("personality-no-domain", ["personality.domain"], "A personality without domain is refused") {
            $0["linux.personality"] = [:]
        } valid: {
            $0["linux.personality"] = ["domain": "LINUX"]
        },
        .refused("personality-flag", ["personality.flags"], "A flag is refused") {
            $0["linux.personality"] = ["domain": "LINUX", "flags": ["ADDR_NO_RANDOMIZE"]]
        } valid: {
            $0["linux.personality"] = ["domain": "LINUX"]
        },
    ]

    private static func offsets(_ inside: Inside) throws(Verdict) -> [String: [Int]] {
        var found: [String: [Int]] = [:]
        for line in try inside.text("timeOffsets").split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if words.count == 3 { found[words[0]] = words.dropFirst().compactMap { Int($0) } }
        }
        return found
    }

    private static let clocks: [Case] = [
        .inside("time-offsets", ["time.offsets", "time.clock"], "timeOffsets set the offsets of both clocks") {
            $0.setNamespace("time")
            $0["linux.timeOffsets"] = ["monotonic": ["secs": 1000, "nanosecs": 5], "boottime": ["secs": -7]]
        } sabotage: {
            $0["linux.timeOffsets"] = ["monotonic": ["secs": 1000]]
        } check: { inside throws(Verdict) in
            let seen = try offsets(inside)
            try expect("monotonic", seen["monotonic"], is: [1000, 5])
            try expect("boottime", seen["boottime"], is: [-7, 0])
        },
        .refused("time-unknown-clock", ["time.clock", "values.invalid"], "An unknown clock is refused") {
            $0.setNamespace("time")
            $0["linux.timeOffsets"] = ["sundial": ["secs": 1]]
        } valid: {
            $0.setNamespace("time")
            $0["linux.timeOffsets"] = ["monotonic": ["secs": 1]]
        },
        .refused(
            "time-no-namespace", ["time.offsets", "create.cannot-apply"], "timeOffsets without a time namespace are refused"
        ) {
            $0.removeNamespace("time")
            $0["linux.timeOffsets"] = ["monotonic": ["secs": 1]]
        } valid: {
            $0.setNamespace("time")
            $0["linux.timeOffsets"] = ["monotonic": ["secs": 1]]
        },
    ]
}
