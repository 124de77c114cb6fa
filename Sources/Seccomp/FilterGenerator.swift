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
    private var entries: [Entry] = []
    /// The program, which is written from its front to its end.
    private var program: [SockFilter] = []
    /// The code of all leaves. Nearly all have one instruction: a list for each would be memory for nothing.
    private var codes: [SockFilter] = []
    private var leaves: [Leaf] = []

    /// A rule about a call number.
    private struct Entry {
        var number: UInt32
        /// The rule's place among the rules.
        var rule: Int
        /// The first argument with which the call is reached, where that is only one of several calls.
        var selector: UInt64?

        /// Conditions of the rule, with the one that it is this call.
        func through(_ conditions: [scmp_arg_cmp]) -> [scmp_arg_cmp] {
            guard let selector else { return conditions }
            return [scmp_arg_cmp(arg: 0, op: SCMP_CMP_EQ, datum_a: selector, datum_b: 0)] + conditions.filter { $0.arg != 0 }
        }
    }

    /// Calls from a number on, to the next leaf's, and what is done with them.
    private struct Leaf {
        var start: UInt32
        var code: Range<Int>
    }

    /// The program; nil when libseccomp has to write it.
    ///
    /// - Parameter numbers: of the rules' names on this architecture, in their order; negative where it has no such call.
    static func program(_ rules: SeccompRules, _ numbers: [Int32], architecture: UInt32) -> [SockFilter]? {
        guard rules.defaultAction != FilterResult.notify, var generator = FilterGenerator(rules, architecture) else { return nil }
        for index in rules.rules.indices where rules.rules[index].action != rules.defaultAction {
            generator.add(index, numbers[index], architecture)
        }
        guard generator.makeLeaves(rules.rules, architecture) else { return nil }
        generator.program.reserveCapacity(generator.codes.count + 2 * generator.leaves.count)
        generator.program.append(SockFilter(BPF.loadWord, BPF.numberOffset))
        generator.search(generator.leaves[...])
        return generator.program
    }

    private init?(_ rules: SeccompRules, _ architecture: UInt32) {
        switch architecture {
        case ArchitectureToken.x86_64, ArchitectureToken.aarch64: isWide = true
        case ArchitectureToken.x86, ArchitectureToken.x32: isWide = false
        default: return nil
        }
        defaultAction = rules.defaultAction
        entries.reserveCapacity(rules.rules.count)
    }

    // MARK: Rules

    private mutating func add(_ rule: Int, _ number: Int32, _ architecture: UInt32) {
        if number >= 0 { return entries.append(Entry(number: UInt32(number), rule: rule)) }
        guard architecture == ArchitectureToken.x86, let call = MultiplexedCall(number) else { return }
        // The call's own number, and the one call through which the 32-bit table reached it first.
        if let direct = call.direct { entries.append(Entry(number: direct, rule: rule)) }
        entries.append(Entry(number: call.multiplexer, rule: rule, selector: call.selector))
    }

    /// The entries of each call number, in their order. Numbers of one table are close to one another: nothing has to be sorted.
    private struct Chains {
        let lowest: UInt32
        /// The first entry of a number, and for each entry the next of the same.
        var first: [Int?]
        var next: [Int?]

        /// Nil for numbers that are of no such table.
        init?(_ entries: [Entry]) {
            var (lowest, highest) = (entries.first?.number ?? 0, entries.first?.number ?? 0)
            for entry in entries { (lowest, highest) = (min(lowest, entry.number), max(highest, entry.number)) }
            guard highest - lowest < 1 << 16 else { return nil }
            self.lowest = lowest
            first = [Int?](repeating: nil, count: Int(highest - lowest) + 1)
            next = [Int?](repeating: nil, count: entries.count)
            // Each comes before those that are there.
            for index in entries.indices.reversed() {
                let place = Int(entries[index].number - lowest)
                next[index] = first[place]
                first[place] = index
            }
        }

        func forEach(from index: Int, _ body: (Int) -> Void) {
            var index = Int?.some(index)
            while let current = index {
                body(current)
                index = next[current]
            }
        }
    }

    /// - Returns: whether the result does not depend on the order of rules.
    private mutating func makeLeaves(_ rules: [SeccompRules.Rule], _ architecture: UInt32) -> Bool {
        guard let chains = Chains(entries) else { return false }
        let otherwise = SockFilter(BPF.returnValue, defaultAction)
        var next: UInt32 = 0
        for place in chains.first.indices {
            guard let first = chains.first[place] else { continue }
            let number = chains.lowest + UInt32(place)
            if number > next || leaves.isEmpty && number > 0 { endLeaf(next, with: otherwise) }
            guard writeCode(from: first, chains, rules, otherwise) else { return false }
            endLeaf(number)
            next = number + 1
        }
        endLeaf(next, with: otherwise)
        if architecture == ArchitectureToken.x86_64 {
            // Calls of x32 come here only when the profile does not name x32. -1 is how a tracer skips a call.
            endLeaf(ArchitectureToken.x32Bit, with: SockFilter(BPF.returnValue, FilterResult.killThread))
            endLeaf(.max, with: otherwise)
        }
        return true
    }

    /// What the rules say of one call number, behind the code that is there.
    private mutating func writeCode(
        from first: Int, _ chains: Chains, _ rules: [SeccompRules.Rule], _ otherwise: SockFilter
    ) -> Bool {
        var unconditional: UInt32?
        var conditional: UInt32?
        var isClear = true
        chains.forEach(from: first) { index in
            let entry = entries[index]
            let action = rules[entry.rule].action
            if entry.selector == nil, rules[entry.rule].alternatives.contains(where: { $0.isEmpty }) {
                unconditional = unconditional ?? action
            } else {
                isClear = isClear && (conditional ?? action) == action
                conditional = action
            }
        }
        guard isClear else { return false }
        if let unconditional {
            codes.append(SockFilter(BPF.returnValue, unconditional))
            return true
        }
        if let conditional {
            var written: [SockFilter] = []
            chains.forEach(from: first) { index in
                for alternative in rules[entries[index].rule].alternatives {
                    written += code(entries[index].through(alternative), conditional)
                }
            }
            codes += written
        }
        codes.append(otherwise)
        return true
    }

    private mutating func endLeaf(_ start: UInt32, with instruction: SockFilter) {
        codes.append(instruction)
        endLeaf(start)
    }

    /// The code that was written last is a leaf, unless it is that of the leaf before.
    private mutating func endLeaf(_ start: UInt32) {
        let code = (leaves.last?.code.upperBound ?? 0)..<codes.count
        if let last = leaves.last, isSame(last.code, code) {
            codes.removeLast(code.count)
        } else {
            leaves.append(Leaf(start: start, code: code))
        }
    }

    private func isSame(_ one: Range<Int>, _ other: Range<Int>) -> Bool {
        guard one.count == other.count else { return false }
        for offset in 0..<one.count where codes[one.lowerBound + offset] != codes[other.lowerBound + offset] { return false }
        return true
    }

    // MARK: The search

    private mutating func search(_ leaves: ArraySlice<Leaf>) {
        if leaves.count == 1 {
            program += codes[leaves[leaves.startIndex].code]
            return
        }
        let middle = leaves.startIndex + leaves.count / 2
        let place = program.count
        program.append(SockFilter(BPF.jumpGreaterOrEqual, leaves[middle].start))
        search(leaves[..<middle])
        let distance = program.count - place - 1
        if let near = UInt8(exactly: distance) {
            program[place].jumpTrue = near
        } else {
            // A conditional jump does not reach that far.
            program[place].jumpFalse = 1
            program.insert(SockFilter(BPF.jump, UInt32(distance)), at: place + 1)
        }
        search(leaves[middle...])
    }

    // MARK: Arguments

    /// Does what is to be done if all conditions hold, else runs on behind its end.
    private func code(_ conditions: [scmp_arg_cmp], _ action: UInt32) -> [SockFilter] {
        // Backwards, because a condition that fails jumps over all that follows it.
        var code = [SockFilter(BPF.returnValue, action)]
        for condition in conditions.reversed() { code = comparison(condition, failing: code.count) + code }
        return code
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
