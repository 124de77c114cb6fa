internal import ByteText
internal import RuntimeSpec

// The kernel's numbers as the words that config.json uses for them.

extension CapabilitySet: CustomStringConvertible {
    /// The names without `CAP_`, in lower case, as setpriv(1) takes them.
    public var description: String {
        let names = Capability.allCases.filter { bits & (1 << UInt64($0.rawValue)) != 0 }
            .map { ($0.name.after("CAP_") ?? $0.name).lowered }
        return names.isEmpty ? "none" : names.joined(separator: " ")
    }
}

extension SchedulerAttributes {
    /// `SCHED_FIFO, priority 3`: what the policy takes no notice of is left out.
    var words: String {
        var words = [policy.rawValue]
        if nice != 0 { words.append("nice \(nice)") }
        if priority != 0 { words.append("priority \(priority)") }
        for (value, name) in [(runtime, "runtime"), (deadline, "deadline"), (period, "period")] where value != 0 {
            words.append("\(name) \(value) ns")
        }
        words += flags.map { $0.rawValue }
        return words.joined(separator: ", ")
    }
}

extension CPUMask {
    /// The list that the mask was made from: `0-3,7`.
    var list: String {
        let members = (0..<64 * words.count).filter { words[$0 / 64] & (1 << UInt64($0 % 64)) != 0 }
        var ranges: [ClosedRange<Int>] = []
        for member in members {
            if let last = ranges.last, last.upperBound + 1 == member {
                ranges[ranges.count - 1] = last.lowerBound...member
            } else {
                ranges.append(member...member)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ",")
    }
}
