import CLinux
import CStageWire
import RuntimeSpec
import Testing

@testable import ContainerPlan

/// What the stage gets is a block in which every number leads somewhere.
@Suite struct EncodingTests {
    @Test(arguments: PlannedFixture.staged) func goldenPlansEncode(_ fixture: PlannedFixture) throws {
        guard let plan = try? fixture.plan() else { return }
        try check(plan)
    }

    @Test func randomPlansEncode() throws {
        for seed in 0..<UInt64(600) {
            var maker = RandomRequest(seed: seed)
            let (spec, request, facts) = maker.make()
            guard let plan = try? Plan.create(spec, request: request, facts: facts) else { continue }
            try check(plan)
        }
    }

    private func check(_ plan: Plan) throws {
        let fills = plan.preparation.flatMap(\.action.fills)
        let given = Dictionary(uniqueKeysWithValues: fills.enumerated().map { ($1, Int32(10 + $0)) })
        let encoded = try plan.encode(descriptors: given)
        let block = try Block(encoded.bytes)
        #expect(encoded.stepOfRecord == block.records.map { Int($0.step) })
        for (index, number) in block.slots.enumerated() { #expect(number == given[Slot(index: index)] ?? -1) }
        #expect(block.slots.count >= plan.slotCount)
        checkRelocations(block)
        checkRecords(block, plan)
        try checkProgram(block, plan)
    }

    private func checkRelocations(_ block: Block) {
        #expect(Set(block.relocations).count == block.relocations.count, "a word is relocated twice")
        let recordsEnd = Int(block.header.records_offset) + MemoryLayout<stage_record>.stride * block.records.count
        for place in block.relocations {
            let isInRecord = place >= Int(block.header.records_offset) && place < recordsEnd
            let isInData = place >= block.dataOffset && place + 8 <= block.bytes.count
            #expect(place % 8 == 0 && (isInRecord || isInData), "the word at \(place) is no pointer's place")
            guard isInRecord || isInData else { continue }
            let target = block.word(at: place)
            #expect(target >= UInt64(block.dataOffset) && target < UInt64(block.bytes.count), "\(target) lies outside")
        }
    }

    private func checkRecords(_ block: Block, _ plan: Plan) {
        let known = Set(block.relocations)
        var filled = Set(plan.preparation.flatMap(\.action.fills).map(\.index))
        var last = 0
        for (index, record) in block.records.enumerated() {
            let step = Int(record.step)
            #expect(step >= max(1, last) && step <= plan.steps.count, "records are out of order")
            last = step
            #expect((stage_operation_call.rawValue...stage_operation_end_on_signals.rawValue).contains(record.operation))
            // Number 0 is read(2), which no plan calls.
            #expect((record.operation == stage_operation_call.rawValue) == (record.number != 0))
            for (argument, kind) in block.kinds(index).enumerated() {
                let isRelocated = known.contains(block.place(record: index, argument: argument))
                if kind == stage_argument_slot.rawValue {
                    let slot = Int(block.arguments(index)[argument])
                    #expect(filled.contains(slot), "record \(index) of \"\(plan.steps[step - 1].action.text)\" uses slot \(slot)")
                    #expect(!isRelocated && slot < block.slots.count)
                } else {
                    #expect(kind == stage_argument_value.rawValue)
                }
            }
            #expect(record.result >= -1 && Int(record.result) < block.slots.count)
            if record.result >= 0 { filled.insert(Int(record.result)) }
        }
        let performed = Set(block.records.map { Int($0.step) })
        for (index, planned) in plan.steps.enumerated() where !performed.contains(index + 1) {
            #expect(Self.mayBeEmpty(planned.action), "\"\(planned.action.text)\" does nothing")
        }
    }

    /// Least authority: what a step opened, or the host, is closed by a step, but for the pipes that `start` needs.
    @Test(arguments: PlannedFixture.staged) func everyDescriptorIsClosed(_ fixture: PlannedFixture) throws {
        guard let plan = try? fixture.plan() else { return }
        let block = try Block(try plan.encode(descriptors: [:]).bytes)
        var open = Set(plan.preparation.flatMap(\.action.fills).map(\.index))
        for (index, record) in block.records.enumerated() {
            let argument = Int(truncatingIfNeeded: block.arguments(index)[0])
            if record.operation == stage_operation_copy_slot.rawValue {
                open.remove(argument)
            }
            let isClose = record.operation == stage_operation_call.rawValue && Int32(record.number) == __NR_close
            if isClose { open.remove(argument) }
            // What umask(2) gives is no descriptor.
            if record.result >= 0, Int32(record.number) != __NR_umask { open.insert(Int(record.result)) }
        }
        #expect(open == Set(plan.startPipes.map(\.index)))
    }

    /// Nothing is dropped from a bounding set that keeps everything.
    private static func mayBeEmpty(_ step: Step) -> Bool {
        guard case .dropBoundingCapabilities(let kept, let last) = step else { return false }
        return (0...UInt64(last)).allSatisfy { kept.bits & 1 << $0 != 0 }
    }

    /// The texts that the kernel will see are the plan's.
    private func checkProgram(_ block: Block, _ plan: Plan) throws {
        var ofProgram: [String] = []
        if case .execute(_, let environment, let home)? = plan.steps.last?.action {
            ofProgram = environment + (home ? ["HOME=/"] : [])
        }
        for (index, record) in block.records.enumerated() {
            let arguments = block.arguments(index)
            switch (stage_operation(rawValue: record.operation), plan.steps[Int(record.step) - 1].action) {
            case (stage_operation_execute, .execute(let words, _, _)):
                #expect(try block.texts(at: arguments[0]) == words)
                #expect(try block.texts(at: arguments[1]) == ofProgram)
            case (stage_operation_hook, .runHook(_, let hook, let state)):
                #expect(try block.text(at: arguments[0]) == hook.path)
                #expect(try block.texts(at: arguments[1]) == hook.args ?? [hook.path])
                #expect(try block.texts(at: arguments[2]) == hook.env ?? ofProgram)
                #expect(try block.text(at: arguments[3]) == state.text)
                let length = Int(arguments[4] & 0xffff_ffff)
                #expect(length == state.text.utf8.count && Int(arguments[4] >> 32) + 10 <= length)
                let filled = try JSONValue.decode(Array(state.text(pid: 4_194_304).utf8))
                #expect(filled.object?["pid"] == .number(JSONNumber(4_194_304)))
            case (stage_operation_mask, .mask(let hidden, _, _, _, _)), (stage_operation_read_only, .makeReadOnly(let hidden, _)):
                #expect(try block.text(at: arguments[1]) == hidden.path.text)
                if hidden.mount != nil { #expect(try block.text(at: arguments[5]) == hidden.inside) }
            case (stage_operation_call, .setHostname(let name)), (stage_operation_call, .setDomainname(let name)):
                #expect(try block.text(at: arguments[0]) == name)
                #expect(Int(arguments[1]) == name.utf8.count)
            case (stage_operation_call, .writeSystemControl(let key, let value, _)):
                if Int32(record.number) == __NR_openat2 { #expect(try block.text(at: arguments[1]).hasPrefix("sys/"), "\(key)") }
                if Int32(record.number) == __NR_write { #expect(try block.text(at: arguments[1]) == value) }
            default: break
            }
        }
    }

    /// The reader refuses what is damaged; else the tests above would see nothing.
    @Test func damageIsSeen() throws {
        let plan = try BrokenPlanTests.whole()
        let bytes = try plan.encode(descriptors: [:]).bytes
        for offset in [0, 8, 12, 20, 28] {
            var damaged = bytes
            damaged[offset + 3] ^= 0x40
            #expect(throws: Block.Malformed.self, "damage at \(offset)") { try Block(damaged) }
        }
        #expect(throws: Block.Malformed.self) { try Block(Array(bytes.dropLast())) }
        let block = try Block(bytes)
        #expect(throws: Block.Malformed.self) { try block.text(at: UInt64(bytes.count)) }
        #expect(throws: Block.Malformed.self) { try block.texts(at: UInt64(bytes.count)) }
    }

    /// SPEC: names may be written with dots or with slashes; both are one file.
    @Test(arguments: [
        ("net.ipv4.ip_forward", "net/ipv4/ip_forward"), ("net/ipv4/conf/eth0.100/rp_filter", "net/ipv4/conf/eth0.100/rp_filter"),
        ("net.ipv4.conf.eth0/100.rp_filter", "net/ipv4/conf/eth0.100/rp_filter"),
    ]) func sysctlNames(_ name: String, _ path: String) {
        #expect(SystemControl.path(of: name) == path)
    }
}
