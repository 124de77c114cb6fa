extension Plan {
    /// For each step, the descriptors that are closed after it because no later step needs them: whoever can look into the
    /// stage while it waits finds nothing but what it waits with.
    ///
    /// The pipes of `start` stay. By the end of one the host sees that the program runs, and a filter that is in force by then
    /// need not allow close(2).
    var closings: Closings {
        // What the host opened and no step needs is closed as soon as possible.
        var uses = LastUses(slotCount: slotCount)
        for planned in preparation { uses.note(.many(planned.action.fills), 0) }
        for index in steps.indices {
            let effects = steps[index].action.effects
            uses.note(effects.reads, index)
            uses.note(effects.fills, index)
            uses.note(effects.closes, nil)
        }
        uses.note(.many(startPipes), nil)
        return Closings(uses.steps, stepCount: steps.count)
    }

    /// The slots that are closed after each step. Most steps have none: a list for each would be memory for nothing.
    struct Closings {
        /// The first slot that is closed after a step, and for each slot the next one after the same step.
        private var first: [Slot?]
        private var next: [Slot?]

        /// - Parameter lastUses: for each slot the step after which it is closed, if there is one.
        fileprivate init(_ lastUses: [Int?], stepCount: Int) {
            first = [Slot?](repeating: nil, count: stepCount)
            next = [Slot?](repeating: nil, count: lastUses.count)
            // Each comes before those that are there: from the last on, so that they are in their order.
            for index in lastUses.indices.reversed() {
                guard let step = lastUses[index], step < stepCount else { continue }
                next[index] = first[step]
                first[step] = Slot(index: index)
            }
        }

        func forEach(after step: Int, _ body: (Slot) -> Void) {
            var slot = first[step]
            while let closed = slot {
                body(closed)
                slot = next[closed.index]
            }
        }
    }

    /// By slot, the last step that has to do with it.
    private struct LastUses {
        private(set) var steps: [Int?]

        init(slotCount: Int) { steps = [Int?](repeating: nil, count: slotCount) }

        @inline(__always) mutating func note(_ slots: SlotList, _ step: Int?) {
            switch slots {
            case .none: break
            case .one(let slot): note(slot, step)
            case .two(let first, let second):
                note(first, step)
                note(second, step)
            case .few, .many: for slot in slots { note(slot, step) }
            }
        }

        /// One that the plan does not have is the checker's matter.
        private mutating func note(_ slot: Slot, _ step: Int?) {
            if slot.index < steps.count { steps[slot.index] = step }
        }
    }

    /// What the stage waits at for `start`, and what tells the host of the program.
    var startPipes: [Slot] {
        for case .makeStartPipe(let start, let started) in preparation.lazy.map({ $0.action }) { return [start, started] }
        return []
    }
}
