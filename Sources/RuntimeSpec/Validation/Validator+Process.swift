internal import ByteText

// The process: what is executed, as whom, with what limits.

extension Validator {
    mutating func process(_ process: Spec.Process, linux: Linux?) {
        section = "config.md#process"
        member("args") {
            guard let args = process.args, let program = args.first else {
                return $0.must("is missing or empty; at least one argument is required")
            }
            if program.isEmpty {
                // RUNC: callers tell by its words that there is no such program.
                $0.must("exec: \"\": executable file not found in $PATH; the first argument names the program")
            }
        }
        elements("args", process.args) { $0.longArgument($1) }
        environment(process.env)
        member("cwd") { $0.absolutePath(process.cwd) }
        if process.terminal == true {
            member("consoleSize", process.consoleSize) { validator, size in
                validator.member("height") { $0.range(size.height, 0...UInt(UInt16.max)) }
                validator.member("width") { $0.range(size.width, 0...UInt(UInt16.max)) }
            }
        }
        user(process.user, linux: linux)
        rlimits(process.rlimits)
        section = "config.md#linux-process"
        member("capabilities", process.capabilities) { $0.capabilities($1) }
        member("apparmorProfile", process.apparmorProfile) { $0.oneLine($1) }
        member("selinuxLabel", process.selinuxLabel) { $0.oneLine($1) }
        member("oomScoreAdj", process.oomScoreAdj) { $0.range($1, -1000...1000) }
        member("scheduler", process.scheduler) { $0.scheduler($1) }
        member("ioPriority", process.ioPriority) { validator, priority in
            validator.member("class") { $0.word(priority.class, of: IOPriorityClass.self, "class of I/O priority") }
            validator.member("priority") { $0.range(priority.priority, 0...7) }
        }
        member("execCPUAffinity", process.execCPUAffinity) { validator, affinity in
            validator.member("initial", affinity.initial) { $0.numberList($1) }
            validator.member("final", affinity.final) { $0.numberList($1) }
        }
    }

    private mutating func user(_ user: User, linux: Linux?) {
        section = "config.md#posix-platform-user"
        let isMapped = namespaces.makes(.user) && !couldNotRead("uidMappings") && !couldNotRead("gidMappings")
        let mapped = isMapped ? linux : nil
        member("user") {
            $0.member("uid") { $0.mappedID(user.uid, mapped?.uidMappings) }
            $0.member("gid") { $0.mappedID(user.gid, mapped?.gidMappings) }
            $0.member("umask", user.umask) {
                if $1 > 0o777 { $0.must("\($1) has bits beyond the permissions; 0 to 511 (octal 777) is allowed") }
            }
            // KERNEL: NGROUPS_MAX
            if let groups = user.additionalGids, groups.count > 65536 {
                $0.member("additionalGids") { $0.must("has \(groups.count) groups; the kernel takes at most 65536") }
            } else {
                $0.elements("additionalGids", user.additionalGids) { $0.mappedID($1, mapped?.gidMappings) }
            }
        }
    }

    /// An id that the container's new user namespace must map.
    private mutating func mappedID(_ value: UInt32, _ mappings: [IDMapping]?) {
        id(value)
        guard let mappings, !mappings.isEmpty, value != .max else { return }
        if !mappings.contains(where: { value >= $0.containerID && value - $0.containerID < $0.size }) {
            must("\(value) is not mapped into the user namespace; an id inside the mappings is required")
        }
    }

    private mutating func rlimits(_ rlimits: [Rlimit]?) {
        section = "config.md#posix-process"
        var seen: [RlimitKind] = []
        elements("rlimits", rlimits) { validator, limit in
            validator.member("type") {
                $0.word(limit.type, of: RlimitKind.self, "resource limit")
                guard let kind = limit.kind else { return }
                if seen.contains(kind) { $0.must("\($0.quoted(limit.type)) is limited twice; each type is allowed once") }
                seen.append(kind)
            }
            if limit.soft > limit.hard {
                validator.member("soft") {
                    $0.must("\(limit.soft) is above the hard limit \(limit.hard); at most the hard limit is allowed")
                }
            }
        }
    }

    private mutating func capabilities(_ sets: Capabilities) {
        _ = capabilitySet("bounding", sets.bounding)
        let permitted = capabilitySet("permitted", sets.permitted)
        let inheritable = capabilitySet("inheritable", sets.inheritable)
        let effective = capabilitySet("effective", sets.effective)
        let ambient = capabilitySet("ambient", sets.ambient)
        if effective & ~permitted != 0 {
            elements("effective", sets.effective) { validator, name in
                if Validator.capabilityBit(name) & ~permitted != 0 {
                    validator.should("\(name) cannot be effective; only what is permitted can")
                }
            }
        }
        if ambient & ~(permitted & inheritable) != 0 {
            elements("ambient", sets.ambient) { validator, name in
                if Validator.capabilityBit(name) & ~(permitted & inheritable) != 0 {
                    validator.should("\(name) cannot be ambient; only what is permitted and inheritable can")
                }
            }
        }
    }

    /// A bit for a known capability, 0 for others.
    private static func capabilityBit(_ name: String) -> UInt64 {
        Capability(name: name).map { 1 << UInt64($0.rawValue) } ?? 0
    }

    /// The known capabilities of a list. The others are ignored, as SPEC(config.md#linux-process) wants it, with a warning.
    private mutating func capabilitySet(_ set: String, _ list: [String]?) -> UInt64 {
        var bits: UInt64 = 0
        elements(set, list) { validator, name in
            let bit = Validator.capabilityBit(name)
            bits |= bit
            if bit != 0 { return }
            let capitals = name.raised
            let known = [capitals, "CAP_" + capitals].first { Capability(name: $0) != nil }
            validator.should(
                "\(validator.quoted(name)) is no known capability and is ignored"
                    + (known.map { "; perhaps \($0) is meant" } ?? "; names such as CAP_KILL are expected"))
        }
        return bits
    }

    private mutating func scheduler(_ scheduler: Scheduler) {
        let policy = scheduler.schedulerPolicy
        member("policy") {
            $0.word(scheduler.policy, of: SchedulerPolicy.self, "scheduling policy")
            if policy == .iso { $0.should("SCHED_ISO is not implemented by Linux; another policy is expected") }
        }
        elements("flags", scheduler.flags) { $0.word($1, of: SchedulerFlag.self, "scheduling flag") }
        member("nice", scheduler.nice) { $0.range($1, -20...19) }
        let realtime = policy == .fifo || policy == .roundRobin
        member("priority") {
            if realtime {
                $0.range(scheduler.priority ?? 0, 1...99)
            } else if let priority = scheduler.priority, priority != 0 {
                $0.must("\(priority) is given with \(scheduler.policy); only SCHED_FIFO and SCHED_RR have a priority")
            }
        }
        if policy == .deadline { return deadline(scheduler) }
        notDeadline("runtime", scheduler.runtime, scheduler.policy)
        notDeadline("deadline", scheduler.deadline, scheduler.policy)
        notDeadline("period", scheduler.period, scheduler.policy)
    }

    private mutating func notDeadline(_ name: String, _ value: UInt64?, _ policy: String) {
        guard let value, value != 0 else { return }
        member(name) { $0.must("\(value) is given with \(policy); only SCHED_DEADLINE has one") }
    }

    /// KERNEL: __checkparam_dl
    private mutating func deadline(_ scheduler: Scheduler) {
        let runtime = scheduler.runtime ?? 0
        let deadline = scheduler.deadline ?? 0
        let period = scheduler.period ?? 0
        member("runtime") {
            if runtime < 1024 { $0.must("\(runtime) is too short; at least 1024 ns are required") }
            if runtime > deadline { $0.must("\(runtime) is above the deadline \(deadline); at most the deadline is allowed") }
        }
        if period != 0, deadline > period {
            member("deadline") { $0.must("\(deadline) is above the period \(period); at most the period is allowed") }
        }
    }
}
