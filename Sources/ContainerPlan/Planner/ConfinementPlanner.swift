internal import CLinux
internal import RuntimeSpec

/// What the user's program may do: labels, scheduling, capabilities, system calls. The same for create and exec.
struct ConfinementPlanner {
    let process: ValidatedProcess
    let seccomp: SeccompFilter?
    /// Where the listener of the filter goes, if it has one.
    let listenerPath: HostPath
    let facts: HostFacts
    let hasUserNamespace: Bool
    /// Whether the program's other groups stay those of the caller.
    let keepsGroups: Bool
    /// Nil where the program keeps the capabilities that it would have.
    private let capabilities: GrantableCapabilities?
    /// A proc file system of our own, if one was needed.
    var processFileSystem: Slot?
    var warnings: [String] = []

    init(process: ValidatedProcess, seccomp: SeccompFilter?, facts: HostFacts, linux: Linux, keepsGroups: Bool = false) {
        self.keepsGroups = keepsGroups
        self.process = process
        self.seccomp = seccomp
        listenerPath = HostPath(linux.seccomp?.listenerPath ?? "")
        self.facts = facts
        let hasUserNamespace = linux.hasNamespace(.user)
        self.hasUserNamespace = hasUserNamespace
        capabilities = process.document.capabilities.map {
            GrantableCapabilities($0, facts, hasUserNamespace: hasUserNamespace)
        }
    }

    func labels() throws(PlanError) -> [(module: SecurityModule, label: String, origin: JSONPath)] {
        var labels: [(module: SecurityModule, label: String, origin: JSONPath)] = []
        if let profile = process.document.apparmorProfile, !profile.isEmpty {
            let path = JSONPath.of("process", "apparmorProfile")
            guard facts.appArmorIsEnabled else {
                throw PlanError("apparmor is not enabled on this host; remove the profile \"\(profile)\" or enable it", at: path)
            }
            labels.append((.appArmor, profile, path))
        }
        if let label = process.document.selinuxLabel, !label.isEmpty {
            let path = JSONPath.of("process", "selinuxLabel")
            guard facts.selinuxIsEnabled else {
                throw PlanError("selinux is not enabled on this host; remove the label \"\(label)\" or enable it", at: path)
            }
            labels.append((.selinux, label, path))
        }
        return labels
    }

    /// What needs power over the host or the namespaces, so it comes before capabilities go.
    func planAttributes(_ builder: inout PlanBuilder, linux: Linux) throws(PlanError) {
        if let processFileSystem {
            for (module, label, path) in try labels() {
                builder.add(.setSecurityLabel(module: module, label: label, processFileSystem: processFileSystem), for: path)
            }
        }
        // Validation knows the words of all these: none is there without a meaning.
        if let scheduler = process.document.scheduler, let policy = scheduler.schedulerPolicy {
            builder.add(.setScheduler(attributes(policy, of: scheduler)), for: JSONPath.of("process", "scheduler"))
        }
        if let priority = process.document.ioPriority, let kind = priority.priorityClass {
            let level = UInt8(truncatingIfNeeded: priority.priority)
            builder.add(.setIOPriority(kind, level: level), for: JSONPath.of("process", "ioPriority"))
        }
        if let policy = linux.memoryPolicy, let mode = policy.policyMode { try plan(policy, mode, &builder) }
        if let personality = linux.personality, let domain = personality.personalityDomain {
            builder.add(.setPersonality(domain), for: JSONPath.of("linux", "personality"))
        }
    }

    private func attributes(_ policy: SchedulerPolicy, of scheduler: Scheduler) -> SchedulerAttributes {
        SchedulerAttributes(
            policy: policy, flags: (scheduler.flags ?? []).compactMap { SchedulerFlag(rawValue: $0) }, nice: scheduler.nice ?? 0,
            priority: UInt32(bitPattern: scheduler.priority ?? 0), runtime: scheduler.runtime ?? 0,
            deadline: scheduler.deadline ?? 0, period: scheduler.period ?? 0)
    }

    private func plan(_ policy: MemoryPolicy, _ mode: MemoryPolicyMode, _ builder: inout PlanBuilder) throws(PlanError) {
        let path = JSONPath.of("linux", "memoryPolicy")
        let flags = (policy.flags ?? []).compactMap { MemoryPolicyFlag(rawValue: $0) }
        var nodes = CPUMask()
        if let list = policy.nodes, !list.isEmpty {
            guard let mask = CPUMask(list: list) else {
                throw PlanError("\"\(list)\" has a node beyond 8191, the last that there can be", at: path.member("nodes"))
            }
            nodes = mask
        }
        builder.add(.setMemoryPolicy(mode, flags: flags, nodes: nodes), for: path)
    }

    // MARK: Capabilities and the user

    /// The end of all power, in the only order that works: the bounding set while CAP_SETPCAP is there, the user while
    /// CAP_SETUID is there, the sets while they are still permitted, ambient ones once they are inheritable.
    func planUserAndCapabilities(_ builder: inout PlanBuilder) {
        let path = JSONPath.of("process", "capabilities")
        let user = process.document.user
        if let capabilities {
            builder.add(
                .dropBoundingCapabilities(keeping: capabilities.bounding, last: facts.lastCapability),
                for: path.member("bounding"))
            builder.add(.keepCapabilitiesAcrossUserChange, for: path)
        }
        builder.add(
            .setUser(uid: user.uid, gid: user.gid, groups: keepsGroups ? nil : user.additionalGids ?? []),
            for: JSONPath.of("process", "user"))
        guard let capabilities else { return }
        builder.add(
            .setCapabilities(
                effective: capabilities.takenEffective, permitted: capabilities.permitted,
                inheritable: capabilities.takenInheritable), for: path)
        if capabilities.ambient.bits != 0 {
            builder.add(.raiseAmbientCapabilities(capabilities.ambient), for: path.member("ambient"))
        }
    }

    /// SPEC(config.md#linux-process): names that are unknown or cannot be granted are logged and left out.
    mutating func warnOfCapabilities() {
        guard let capabilities else { return }
        if !capabilities.leftOut.isEmpty {
            warnings.append("ignoring unknown or unavailable capabilities: [\(capabilities.leftOut.joined(separator: " "))]")
        }
        let inheritable = capabilities.takenInheritable
        warn(
            of: capabilities.effective.bits & ~capabilities.permitted.bits,
            "effective capabilities that are not permitted cannot be given")
        warn(
            of: capabilities.inheritable.bits & ~inheritable.bits,
            "inheritable capabilities outside of the bounding set cannot be given")
        warn(
            of: capabilities.ambient.bits & ~(inheritable.bits & capabilities.permitted.bits),
            "ambient capabilities that are not permitted and inheritable cannot be raised")
    }

    private mutating func warn(of lost: UInt64, _ what: String) {
        if lost == 0 { return }
        let names = Capability.allCases.filter { lost & (1 << UInt64($0.rawValue)) != 0 }.map { $0.name }
        warnings.append("\(what): [\(names.joined(separator: " "))]")
    }

    func planSeccomp(_ builder: inout PlanBuilder) {
        guard let seccomp else { return }
        let path = JSONPath.of("linux", "seccomp")
        let listener = seccomp.needsListener ? builder.slot() : nil
        if listener != nil { builder.at(.listener, .sendListener(path: listenerPath), for: path.member("listenerPath")) }
        builder.add(.loadSeccompFilter(seccomp, listener: listener), for: path)
    }
}
