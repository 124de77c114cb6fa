import CLinux
import CStageWire

/// Performs the records of a plan one after another and reports the first that fails.
@safe struct Interpreter {
    let plan: UnsafeMutableRawPointer
    let header: stage_header
    let progress: UnsafeMutablePointer<stage_progress>
    let gate: Int32
    /// What find_program found; an address inside the plan.
    var program: Path?
    var workingDirectoryIsSet = false
    /// Whether a created container was started: the command that created it is gone.
    var isStarted = false
    /// The root of which the descriptor was looked at: which mount and file it is does not change.
    var knownRoot: (descriptor: Int32, status: NodeStatus)?

    init(
        plan: UnsafeMutableRawPointer, header: stage_header, progress: UnsafeMutablePointer<stage_progress>, gate: Int32
    ) {
        unsafe self.plan = plan
        self.header = header
        unsafe self.progress = progress
        self.gate = gate
    }

    var slots: UnsafeMutablePointer<Int32> {
        unsafe (plan + Int(header.slots_offset)).assumingMemoryBound(to: Int32.self)
    }

    func relocate() {
        let offsets = unsafe (plan + Int(header.relocations_offset)).assumingMemoryBound(to: UInt32.self)
        for index in 0..<Int(header.relocation_count) {
            let target = unsafe (plan + Int(offsets[index])).assumingMemoryBound(to: UInt64.self)
            unsafe target.pointee &+= UInt64(UInt(bitPattern: plan))
        }
    }

    mutating func perform() -> Never {
        let records = unsafe (plan + Int(header.records_offset)).assumingMemoryBound(to: stage_record.self)
        unsafe progress.pointee.phase = stage_phase_running.rawValue
        var index = -1
        while index + 1 < Int(header.record_count) {
            index += 1
            let record = unsafe records + index
            unsafe note(record.pointee.step, record: index)
            do throws(Refusal) {
                if header.failing_error != 0 && header.failing_record == UInt32(index) {
                    throw Refusal(header.failing_error)
                }
                let result = try unsafe perform(record)
                if unsafe record.pointee.operation == stage_operation_skip_unless_open.rawValue { index += Int(result) }
                if unsafe record.pointee.result >= 0 {
                    unsafe slots[Int(record.pointee.result)] = Int32(truncatingIfNeeded: result)
                }
            } catch {
                if unsafe isTolerated(error, by: record) { continue }
                report(error)
                exit(1)
            }
        }
        exit(0)
    }

    private func note(_ step: UInt32, record: Int) {
        if unsafe header.trace != 0 && progress.pointee.step != step && step < stage_clock_count {
            var time: (Int64, Int64) = (0, 0)
            unsafe withUnsafeMutablePointer(to: &time) { pointer in
                _ = unsafe linux_system_call(Int64(__NR_clock_gettime), 1, word(pointer), 0, 0, 0, 0)
            }
            unsafe withUnsafeMutablePointer(to: &progress.pointee.clocks) { clocks in
                unsafe UnsafeMutableRawPointer(clocks).assumingMemoryBound(to: UInt64.self)[Int(step)] =
                    UInt64(time.0) &* 1_000_000_000 &+ UInt64(time.1)
            }
        }
        unsafe progress.pointee.step = step
        unsafe progress.pointee.record = UInt32(truncatingIfNeeded: record)
    }

    private func isTolerated(_ refusal: Refusal, by record: UnsafePointer<stage_record>) -> Bool {
        guard refusal.detail == stage_detail_none else { return false }
        let errno = UInt16(truncatingIfNeeded: refusal.errno)
        let tolerated = unsafe record.pointee.tolerated
        return errno != 0 && (tolerated.0 == errno || tolerated.1 == errno)
    }

    /// The host reads the page after it saw the gate socket close, so the phase is written last.
    private func report(_ refusal: Refusal) {
        unsafe progress.pointee.error = refusal.errno
        unsafe progress.pointee.detail = refusal.detail.rawValue
        unsafe progress.pointee.detail_value = refusal.value
        unsafe progress.pointee.phase = stage_phase_failed.rawValue
    }

    private mutating func perform(_ record: UnsafePointer<stage_record>) throws(Refusal) -> Int64 {
        let arguments = unsafe Arguments(record: record, slots: slots)
        switch unsafe stage_operation(rawValue: record.pointee.operation) {
        case stage_operation_call:
            switch unsafe Int32(record.pointee.number) {
            case __NR_close where arguments.slot(0) >= 0:
                close(arguments.slot(0))
                return 0
            // A lower limit counts the highest number that is open.
            case __NR_prlimit64: _ = LateClosing.closeAll()
            case __NR_seccomp: LateClosing.end()
            default: break
            }
            return try unsafe call(
                Int32(record.pointee.number), arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
                arguments[5])
        case stage_operation_gate: try pass(gateNumber: UInt32(arguments[0]))
        case stage_operation_fork: try fork(namespaces: arguments[0])
        case stage_operation_make_target: return Int64(try makeTarget(arguments))
        case stage_operation_copy_mode: try copyMode(arguments)
        case stage_operation_copy_tree: try copyTree(arguments)
        case stage_operation_directory: try makeWorkingDirectory(arguments)
        case stage_operation_mask: try mask(arguments)
        case stage_operation_read_only: try makeReadOnly(arguments)
        case stage_operation_device: try makeDevice(arguments)
        case stage_operation_link: try makeLink(arguments)
        case stage_operation_hook: try runHook(arguments)
        case stage_operation_send_descriptor: try sendDescriptor(arguments)
        case stage_operation_working_directory: try enterWorkingDirectory(arguments)
        case stage_operation_find_program: try findProgram(arguments)
        case stage_operation_execute: try execute(arguments)
        case stage_operation_home: try findHome(arguments)
        case stage_operation_own_standard: try ownStandardStreams(user: arguments[0], root: arguments.slot(1))
        case stage_operation_wait_start: try waitForStart(arguments.slot(0))
        case stage_operation_reset_signals: try resetSignals()
        case stage_operation_check_magic:
            let file = arguments.slot(0)
            if try fileSystemMagic(file) != arguments[1] { throw Refusal(EINVAL, stage_detail_wrong_file_system) }
            let inode = arguments[2]
            if inode != 0, try NodeStatus(file).inode != inode { throw Refusal(EINVAL, stage_detail_wrong_file_system) }
        case stage_operation_check_null:
            if try !NodeStatus(arguments.slot(0)).isNullDevice { throw Refusal(EINVAL, stage_detail_wrong_device) }
        case stage_operation_copy_slot: return Int64(arguments.slot(0))
        case stage_operation_tree_unless:
            let open = arguments.slot(0)
            if open >= 0 { return Int64(open) }
            return try call(__NR_open_tree, word(AT_FDCWD), arguments[1], arguments[2])
        case stage_operation_skip_unless_open: return arguments.slot(0) < 0 ? Int64(bitPattern: arguments[1]) : 0
        case stage_operation_unmount: try unmount(arguments)
        case stage_operation_end:
            unsafe progress.pointee.phase = stage_phase_executing.rawValue
            exit(0)
        case stage_operation_end_on_signals: try endOnSignals()
        case stage_operation_listener:
            unsafe progress.pointee.listener = arguments.slot(0)
            try pass(gateNumber: UInt32(arguments[1]), receives: arguments[2] != 0)
        default: throw Refusal(ENOSYS)
        }
        return 0
    }
}

/// The six arguments of a record, with slots looked up.
@safe struct Arguments {
    let record: UnsafePointer<stage_record>
    let slots: UnsafeMutablePointer<Int32>

    subscript(index: UInt32) -> UInt64 {
        let value = unsafe stage_record_argument(record, index)
        return unsafe stage_record_kind(record, index) == stage_argument_slot.rawValue ? word(slots[Int(value)]) : value
    }

    var flags: UInt16 { unsafe record.pointee.flags }

    func slot(_ index: UInt32) -> Int32 {
        Int32(truncatingIfNeeded: Int64(bitPattern: self[index]))
    }

    func path(_ index: UInt32) throws(Refusal) -> Path {
        guard let path = unsafe Path(bitPattern: UInt(self[index])) else { throw Refusal(EFAULT) }
        return unsafe path
    }
}
