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
        let names = ["SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_ISO", "SCHED_IDLE", "SCHED_DEADLINE"]
        var words = [Int(policy) < names.count ? names[Int(policy)] : "policy \(policy)"]
        if nice != 0 { words.append("nice \(nice)") }
        if priority != 0 { words.append("priority \(priority)") }
        for (value, name) in [(runtime, "runtime"), (deadline, "deadline"), (period, "period")] where value != 0 {
            words.append("\(name) \(value) ns")
        }
        for (bit, flag) in SchedulerFlag.allCases.enumerated() where flags & 1 << UInt64(bit) != 0 {
            words.append(flag.rawValue)
        }
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

/// The class that ioprio_set(2) takes in the upper bits.
func ioPriorityClass(_ number: UInt16) -> String {
    switch number {
    case 1: "IOPRIO_CLASS_RT"
    case 2: "IOPRIO_CLASS_BE"
    case 3: "IOPRIO_CLASS_IDLE"
    default: "class \(number)"
    }
}

/// The mode and the flags of set_mempolicy(2).
func memoryPolicy(_ number: UInt32) -> String {
    let modes = [
        "MPOL_DEFAULT", "MPOL_PREFERRED", "MPOL_BIND", "MPOL_INTERLEAVE", "MPOL_LOCAL", "MPOL_PREFERRED_MANY",
        "MPOL_WEIGHTED_INTERLEAVE",
    ]
    let flags: [(UInt32, String)] = [
        (1 << 13, "MPOL_F_NUMA_BALANCING"), (1 << 14, "MPOL_F_RELATIVE_NODES"), (1 << 15, "MPOL_F_STATIC_NODES"),
    ]
    let mode = Int(number & 0x1fff)
    return ([mode < modes.count ? modes[mode] : "mode \(mode)"] + flags.filter { number & $0.0 != 0 }.map({ $0.1 }))
        .joined(separator: ", ")
}
