internal import RuntimeSpec

/// Who sets the resource limits, and when.
///
/// Raising a hard limit needs CAP_SYS_RESOURCE over the host. The process has it until it changes its user, unless it is in
/// a user namespace: then the host sets them from outside, or, where it lacks the capability too, the process itself before it
/// enters the namespace, when all it can do is lower them; that of descriptors at the end.
struct LimitPlanner {
    let process: ValidatedProcess
    let facts: HostFacts
    let path: JSONPath

    private var limits: [(kind: RlimitKind, soft: UInt64, hard: UInt64, origin: JSONPath)] {
        var limits: [(kind: RlimitKind, soft: UInt64, hard: UInt64, origin: JSONPath)] = []
        for (index, limit) in (process.document.rlimits ?? []).enumerated() {
            guard let kind = limit.kind else { continue }
            limits.append((kind, limit.soft, limit.hard, path.index(index)))
        }
        return limits
    }

    /// Before any namespace is entered.
    func planEarly(_ builder: inout PlanBuilder, hasUserNamespace: Bool) {
        guard hasUserNamespace && !facts.canRaiseLimits else { return }
        // The stage needs descriptors yet.
        addSteps(&builder) { $0 != .openFiles }
    }

    /// At the last gate, from outside.
    func planFromOutside(_ builder: inout PlanBuilder, hasUserNamespace: Bool) {
        guard hasUserNamespace && facts.canRaiseLimits else { return }
        for (kind, soft, hard, origin) in limits {
            builder.at(.ready, .setLimit(kind, soft: soft, hard: hard), for: origin)
        }
    }

    /// Before the user changes.
    func planOwn(_ builder: inout PlanBuilder, hasUserNamespace: Bool) {
        if hasUserNamespace && facts.canRaiseLimits { return }
        addSteps(&builder) { !hasUserNamespace || $0 == .openFiles }
    }

    private func addSteps(_ builder: inout PlanBuilder, _ isDue: (RlimitKind) -> Bool) {
        for (kind, soft, hard, origin) in limits where isDue(kind) {
            builder.add(.setLimit(kind, soft: soft, hard: hard), for: origin)
        }
    }
}
