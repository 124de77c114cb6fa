internal import CLinux
internal import CSeccomp

/// Generates the program of one architecture: a binary search for the call's number, in tens of microseconds where
/// libseccomp's list of comparisons takes milliseconds, and short paths for the kernel to walk.
///
/// What a rule means is libseccomp's: names and numbers come from it, and the tests run both programs against each other.
/// Profiles and architectures whose reading depends on libseccomp's order are left to it.
struct FilterGenerator {
    private let defaultAction: UInt32
    private let isWide: Bool
    private var calls: [UInt32: CallRules] = [:]

    /// What the rules say of one call number.
    private struct CallRules {
        var unconditional: UInt32?
        var conditional: UInt32?
        /// Conditions of which all must hold, for each alternative.
        var alternatives: [[scmp_arg_cmp]] = []
    }

    /// The program; nil when libseccomp has to write it.
    ///
    /// - Parameter numbers: of the rules' names on this architecture, in their order; negative where it has no such call.
    static func program(_ rules: SeccompRules, _ numbers: [Int32], architecture: UInt32) -> [SockFilter]? {
        guard rules.defaultAction != FilterResult.notify, var generator = FilterGenerator(rules, architecture) else { return nil }
        for (rule, number) in zip(rules.rules, numbers) where rule.action != rules.defaultAction {
            guard generator.add(rule, number, architecture) else { return nil }
        }
        return generator.program(architecture)
    }

    private init?(_ rules: SeccompRules, _ architecture: UInt32) {
        switch architecture {
        case ArchitectureToken.x86_64, ArchitectureToken.aarch64: isWide = true
        case ArchitectureToken.x86, ArchitectureToken.x32: isWide = false
        default: return nil
        }
        defaultAction = rules.defaultAction
    }

    // MARK: Rules

    private mutating func add(_ rule: SeccompRules.Rule, _ number: Int32, _ architecture: UInt32) -> Bool {
        if number >= 0 { return add(rule.action, rule.alternatives, to: UInt32(number)) }
        guard architecture == ArchitectureToken.x86, let call = MultiplexedCall(number) else { return true }
        // The call's own number, and the one call through which the 32-bit table reached it first.
        if let direct = call.direct, !add(rule.action, rule.alternatives, to: direct) { return false }
        let through = rule.alternatives.map { conditions in
            [scmp_arg_cmp(arg: 0, op: SCMP_CMP_EQ, datum_a: call.selector, datum_b: 0)] + conditions.filter { $0.arg != 0 }
        }
        return add(rule.action, through, to: call.multiplexer)
    }

    /// - Returns: whether the result does not depend on the order of rules.
    private mutating func add(_ action: UInt32, _ alternatives: [[scmp_arg_cmp]], to number: UInt32) -> Bool {
        var rules = calls[number] ?? CallRules()
        defer { calls[number] = rules }
        if alternatives.contains(where: { $0.isEmpty }) {
            rules.unconditional = rules.unconditional ?? action
            return true
        }
        if let other = rules.conditional, other != action { return false }
        rules.conditional = action
        rules.alternatives += alternatives
        return true
    }

    // MARK: The search

    /// Calls from a number on, to the next leaf's, and what is done with them.
    private struct Leaf {
        var start: UInt32
        var code: [SockFilter]
    }

    private func program(_ architecture: UInt32) -> [SockFilter] {
        var leaves: [Leaf] = []
        func append(_ start: UInt32, _ code: [SockFilter]) {
            if leaves.last?.code != code { leaves.append(Leaf(start: start, code: code)) }
        }
        let otherwise = [SockFilter(BPF.returnValue, defaultAction)]
        var next: UInt32 = 0
        for (number, rules) in calls.sorted(by: { $0.key < $1.key }) {
            if number > next || leaves.isEmpty && number > 0 { append(next, otherwise) }
            append(number, code(rules))
            next = number + 1
        }
        append(next, otherwise)
        if architecture == ArchitectureToken.x86_64 {
            // Calls of x32 come here only when the profile does not name x32. -1 is how a tracer skips a call.
            append(ArchitectureToken.x32Bit, [SockFilter(BPF.returnValue, FilterResult.killThread)])
            append(.max, otherwise)
        }
        return [SockFilter(BPF.loadWord, BPF.numberOffset)] + search(leaves[...])
    }

    private func search(_ leaves: ArraySlice<Leaf>) -> [SockFilter] {
        if leaves.count == 1 { return leaves[leaves.startIndex].code }
        let middle = leaves.startIndex + leaves.count / 2
        let below = search(leaves[..<middle])
        let above = search(leaves[middle...])
        let start = leaves[middle].start
        guard below.count > Int(UInt8.max) else {
            return [SockFilter(BPF.jumpGreaterOrEqual, start, jumpTrue: UInt8(below.count))] + below + above
        }
        // A conditional jump does not reach that far.
        return [
            SockFilter(BPF.jumpGreaterOrEqual, start, jumpFalse: 1), SockFilter(BPF.jump, UInt32(below.count)),
        ] + below + above
    }

    // MARK: Arguments

    private func code(_ rules: CallRules) -> [SockFilter] {
        if let action = rules.unconditional { return [SockFilter(BPF.returnValue, action)] }
        guard let action = rules.conditional else { return [SockFilter(BPF.returnValue, defaultAction)] }
        var code: [SockFilter] = []
        for alternative in rules.alternatives {
            // Backwards, because a condition that fails jumps over all that follows it.
            var rest = [SockFilter(BPF.returnValue, action)]
            for condition in alternative.reversed() { rest = comparison(condition, failing: rest.count) + rest }
            code += rest
        }
        return code + [SockFilter(BPF.returnValue, defaultAction)]
    }

    /// Runs on behind its end if the condition holds, else over `failing` more instructions.
    private func comparison(_ condition: scmp_arg_cmp, failing distance: Int) -> [SockFilter] {
        let offset = BPF.argumentsOffset + 8 * condition.arg
        let mask = condition.op == SCMP_CMP_MASKED_EQ ? condition.datum_a : UInt64.max
        let value = condition.op == SCMP_CMP_MASKED_EQ ? condition.datum_b : condition.datum_a
        let low = Half(load: offset, mask: UInt32(truncatingIfNeeded: mask), value: UInt32(truncatingIfNeeded: value))
        let lowCode = low.compare(condition.op, failing: distance)
        guard isWide else { return lowCode }
        let high = Half(load: offset + 4, mask: UInt32(mask >> 32), value: UInt32(value >> 32))
        return high.decide(condition.op, passing: lowCode.count, failing: lowCode.count + distance) + lowCode
    }
}

/// Half of an argument: filters compare 32 bits at a time.
private struct Half {
    let load: UInt32
    let mask: UInt32
    let value: UInt32

    private var loaded: [SockFilter] {
        let load = [SockFilter(BPF.loadWord, load)]
        return mask == .max ? load : load + [SockFilter(BPF.and, mask)]
    }

    /// The lower half, which decides when the upper ones are equal.
    func compare(_ operation: scmp_compare, failing distance: Int) -> [SockFilter] {
        let fail = UInt8(distance)
        switch operation {
        case SCMP_CMP_NE: return loaded + [SockFilter(BPF.jumpEqual, value, jumpTrue: fail)]
        case SCMP_CMP_LT: return loaded + [SockFilter(BPF.jumpGreaterOrEqual, value, jumpTrue: fail)]
        case SCMP_CMP_LE: return loaded + [SockFilter(BPF.jumpGreater, value, jumpTrue: fail)]
        case SCMP_CMP_GE: return loaded + [SockFilter(BPF.jumpGreaterOrEqual, value, jumpFalse: fail)]
        case SCMP_CMP_GT: return loaded + [SockFilter(BPF.jumpGreater, value, jumpFalse: fail)]
        default: return loaded + [SockFilter(BPF.jumpEqual, value, jumpFalse: fail)]
        }
    }

    /// The upper half: passes, fails, or leaves it to the lower half, which follows.
    func decide(_ operation: scmp_compare, passing: Int, failing: Int) -> [SockFilter] {
        let pass = UInt8(passing)
        let fail = UInt8(failing)
        switch operation {
        case SCMP_CMP_NE: return loaded + [SockFilter(BPF.jumpEqual, value, jumpFalse: pass)]
        case SCMP_CMP_LT, SCMP_CMP_LE:
            return loaded + [
                SockFilter(BPF.jumpGreater, value, jumpTrue: fail + 1), SockFilter(BPF.jumpEqual, value, jumpFalse: pass),
            ]
        case SCMP_CMP_GE, SCMP_CMP_GT:
            return loaded + [
                SockFilter(BPF.jumpGreater, value, jumpTrue: pass + 1), SockFilter(BPF.jumpEqual, value, jumpFalse: fail),
            ]
        default: return loaded + [SockFilter(BPF.jumpEqual, value, jumpFalse: fail)]
        }
    }
}

/// A call that the 32-bit table of x86 reaches through socketcall(2) or ipc(2), by libseccomp's number for it.
private struct MultiplexedCall {
    /// The number of socketcall or ipc.
    let multiplexer: UInt32
    /// Its first argument for this call.
    let selector: UInt64
    /// The call's own number, which most got in Linux 4.3 (sockets) and 5.1 (System V).
    let direct: UInt32?

    init?(_ number: Int32) {
        let selector = Int(-number) % 100
        switch number {
        case -120 ... -101:
            multiplexer = 102
            direct = Self.sockets[selector]
        case -224 ... -201:
            multiplexer = 117
            direct = Self.systemV[selector]
        default: return nil
        }
        self.selector = UInt64(selector)
    }

    /// By the number that socketcall(2) gives it.
    private static let sockets: [Int: UInt32] = [
        1: 359, 2: 361, 3: 362, 4: 363, 6: 367, 7: 368, 8: 360, 11: 369, 12: 371, 13: 373, 14: 366, 15: 365, 16: 370,
        17: 372, 18: 364, 19: 337, 20: 345,
    ]

    /// By the number that ipc(2) gives it.
    private static let systemV: [Int: UInt32] = [
        2: 393, 3: 394, 11: 400, 12: 401, 13: 399, 14: 402, 21: 397, 22: 398, 23: 395, 24: 396,
    ]
}
