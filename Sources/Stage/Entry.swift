import CLinux
import CStageEntry
import CStageWire

/// The stage is started as `veloci-stage PLAN PROGRESS GATE`: three descriptor numbers in decimal. Without any it
/// only keeps the namespaces alive in which it was started, until its standard input ends. With one, that of a user namespace,
/// it first goes into that, and writes to standard input, which is a socket, why it could not: one byte, 0 when it is there.
@c(stage_main)
public func stageMain(_ stack: UnsafePointer<UInt>) {
    if unsafe stack[0] == 1 || stack[0] == 2 {
        var byte: UInt8 = 0
        if unsafe stack[0] == 2 {
            let result = unsafe linux_system_call(
                Int64(__NR_setns), word(parseNumber(stack[2])), linux_clone_newuser, 0, 0, 0, 0)
            byte = UInt8(truncatingIfNeeded: -result)
            unsafe withUnsafeMutablePointer(to: &byte) {
                _ = unsafe linux_system_call(Int64(__NR_write), 0, word($0), 1, 0, 0, 0)
            }
        }
        unsafe withUnsafeMutablePointer(to: &byte) { _ = unsafe linux_system_call(Int64(__NR_read), 0, word($0), 1, 0, 0, 0) }
        exit(0)
    }
    guard unsafe stack[0] == 4 else { exit(125) }
    let planDescriptor = unsafe parseNumber(stack[2])
    let progressDescriptor = unsafe parseNumber(stack[3])
    let gate = unsafe parseNumber(stack[4])

    // The plan is read and changed (relocations, slots) in a private copy; the memfd itself stays sealed.
    var header = stage_header()
    let headerSize = UInt64(MemoryLayout<stage_header>.size)
    let count = unsafe withUnsafeMutablePointer(to: &header) { pointer in
        linux_system_call(
            Int64(__NR_pread64), word(planDescriptor), UInt64(UInt(bitPattern: pointer)), headerSize, 0, 0, 0)
    }
    guard count == Int64(headerSize), header.magic == stage_magic else { exit(125) }
    guard let plan = unsafe map(planDescriptor, size: UInt64(header.total_size), shared: false),
        let progressPage = unsafe map(progressDescriptor, size: UInt64(stage_progress_size), shared: true)
    else { exit(125) }
    close(planDescriptor)
    close(progressDescriptor)

    var stage = unsafe Interpreter(
        plan: plan, header: header, progress: progressPage.assumingMemoryBound(to: stage_progress.self), gate: gate)
    stage.relocate()
    stage.perform()
}

private func parseNumber(_ address: UInt) -> Int32 {
    guard let text = unsafe UnsafePointer<UInt8>(bitPattern: address) else { return -1 }
    var value: Int32 = 0
    var index = 0
    while unsafe text[index] >= 48 && text[index] <= 57 {
        value = unsafe value &* 10 &+ Int32(text[index] &- 48)
        index += 1
    }
    return value
}

private func map(_ descriptor: Int32, size: UInt64, shared: Bool) -> UnsafeMutableRawPointer? {
    let readWrite: UInt64 = 3  // PROT_READ | PROT_WRITE
    let result = linux_system_call(
        Int64(__NR_mmap), 0, size, readWrite, shared ? 1 : 2, word(descriptor), 0)
    return unsafe result < 0 ? nil : UnsafeMutableRawPointer(bitPattern: UInt(result))
}
