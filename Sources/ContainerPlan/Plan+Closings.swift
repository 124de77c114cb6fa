extension Plan {
    /// For each step, the descriptors that are closed after it because no later step needs them: whoever can look into the
    /// stage while it waits finds nothing but what it waits with.
    ///
    /// The pipes of `start` stay. By the end of one the host sees that the program runs, and a filter that is in force by then
    /// need not allow close(2).
    var closings: [[Slot]] {
        // By slot, the last step that has to do with it. What the host opened and no step needs is closed as soon as possible.
        var last = [Int?](repeating: nil, count: slotCount)
        func note(_ slots: SlotList, _ step: Int?) {
            // One that the plan does not have is the checker's matter.
            slots.forEach { if $0.index < slotCount { last[$0.index] = step } }
        }
        for planned in preparation { note(.many(planned.action.fills), 0) }
        for index in steps.indices {
            let effects = steps[index].action.effects
            note(effects.reads, index)
            note(effects.fills, index)
            note(effects.closes, nil)
        }
        note(.many(startPipes), nil)
        var closings = [[Slot]](repeating: [], count: steps.count)
        for (index, step) in last.enumerated() {
            if let step, step < steps.count { closings[step].append(Slot(index: index)) }
        }
        return closings
    }

    /// What the stage waits at for `start`, and what tells the host of the program.
    var startPipes: [Slot] {
        for case .makeStartPipe(let start, let started) in preparation.lazy.map({ $0.action }) { return [start, started] }
        return []
    }
}
