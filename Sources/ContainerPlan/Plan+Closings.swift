extension Plan {
    /// For each step, the descriptors that are closed after it because no later step needs them: whoever can look into the
    /// stage while it waits finds nothing but what it waits with.
    ///
    /// The pipes of `start` stay. By the end of one the host sees that the program runs, and a filter that is in force by then
    /// need not allow close(2).
    var closings: [[Slot]] {
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
        var closings = [[Slot]](repeating: [], count: steps.count)
        for (index, step) in uses.steps.enumerated() {
            if let step, step < steps.count { closings[step].append(Slot(index: index)) }
        }
        return closings
    }

    /// By slot, the last step that has to do with it.
    private struct LastUses {
        private(set) var steps: [Int?]

        init(slotCount: Int) { steps = [Int?](repeating: nil, count: slotCount) }

        mutating func note(_ slots: SlotList, _ step: Int?) {
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
