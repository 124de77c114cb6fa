extension Plan {
    /// By the index of a step, the descriptors that are closed after it because no later step needs them: whoever can look into
    /// the stage while it waits finds nothing but what it waits with.
    ///
    /// The pipes of `start` stay. By the end of one the host sees that the program runs, and a filter that is in force by then
    /// need not allow close(2).
    var closings: [Int: [Slot]] {
        // What the host opened and no step needs is closed as soon as that is possible.
        var last: [Slot: Int] = [:]
        for slot in preparation.flatMap({ $0.action.fills }) { last[slot] = 0 }
        for (index, planned) in steps.enumerated() {
            let effects = planned.action.effects
            for slot in effects.reads + effects.fills { last[slot] = index }
            for slot in effects.closes { last[slot] = nil }
        }
        for slot in startPipes { last[slot] = nil }
        var closings: [Int: [Slot]] = [:]
        for (slot, index) in last.sorted(by: { $0.key.index < $1.key.index }) { closings[index, default: []].append(slot) }
        return closings
    }

    /// What the stage waits at for `start`, and what tells the host of the program.
    var startPipes: [Slot] {
        for case .makeStartPipe(let start, let started) in preparation.lazy.map({ $0.action }) { return [start, started] }
        return []
    }
}
