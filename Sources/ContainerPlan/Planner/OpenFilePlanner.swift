internal import RuntimeSpec

/// How many descriptors a plan has open at once.
///
/// What is mounted is opened on the host, by paths and with ids that a user namespace may not have any more, and waits in
/// descriptors for the stage. So many mounts need more of them than the caller may have, whose limit the program gets back.
struct OpenFilePlanner {
    let process: ValidatedProcess
    let facts: HostFacts

    /// What the caller, the library and the stage have open besides.
    private static let others: UInt64 = 64

    func plan(_ builder: inout PlanBuilder) {
        let needed = UInt64(builder.plan.slotCount) + Self.others
        guard let limit = facts.openFileLimit, limit.soft < needed else { return }
        // Where even that is too little, the kernel says so.
        let hard = facts.canRaiseLimits ? max(limit.hard, needed) : limit.hard
        let soft = min(needed, hard)
        guard soft > limit.soft else { return }
        let place = builder.plan.preparation.firstIndex { !$0.action.fills.isEmpty } ?? 0
        builder.plan.preparation.insert(Planned(.raiseOpenFileLimit(soft: soft, hard: hard), JSONPath()), at: place)
        if (process.document.rlimits ?? []).contains(where: { $0.kind == .openFiles }) { return }
        // Where the program's own limits are set: all is mounted by then, and no filter is in force yet.
        let last = builder.plan.steps.firstIndex {
            if case .enterDirectory(_, .first) = $0.action { true } else { false }
        }
        guard let last else { return }
        builder.plan.steps.insert(
            Planned(.setLimit(.openFiles, soft: limit.soft, hard: limit.hard), JSONPath()), at: last + 1)
    }
}
