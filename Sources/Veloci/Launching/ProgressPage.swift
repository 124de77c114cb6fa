internal import CLinux
internal import CStageWire
internal import LinuxKernel

/// The page on which the stage notes which step it is at; it survives whatever ends the stage.
///
/// Only the stage maps it. This side reads it like any file: whoever shortens a file that is mapped ends those who look at it.
final class ProgressPage {
    let file: Int32

    /// A new page in the state directory, or in memory for processes that leave no state. All of it is there before the stage
    /// writes to it, so that a full disk is an error of this call and not the end of the stage.
    init(in directory: Int32?) throws(KernelError) {
        let size = Int(stage_progress_size)
        guard let directory else {
            file = try MemoryFiles.fixedFile(name: "veloci-progress", size: size).release()
            return
        }
        let page = try Files.open(
            StateDirectory.progressFile, flags: [.readWrite, .create, .truncate, .noFollow], mode: 0o600, at: directory)
        try MemoryFiles.reserve(page, size: size, name: StateDirectory.progressFile)
        file = page.release()
    }

    /// Puts the front of the record behind the page, for `state` and `list`. Nobody maps that far.
    func add(_ front: [UInt8]) throws(KernelError) {
        try Files.write(front, to: file, at: UInt64(stage_progress_size), name: StateDirectory.progressFile)
    }

    /// Tells `list` whether the groups of the container have to be asked. Its failure is lost: `state` asks them in any case.
    static func note(paused: Bool, at directory: Int32) {
        let name = StateDirectory.progressFile
        guard let page = try? Files.open(name, flags: [.writeOnly, .noFollow, .nonBlocking], at: directory) else { return }
        try? Files.write([paused ? 1 : 0], to: page.number, at: UInt64(stage_paused_place), name: name)
    }

    /// The page of a container that exists.
    init(reading directory: Int32) throws(KernelError) {
        let page = try Files.open(StateDirectory.progressFile, flags: [.noFollow, .nonBlocking], at: directory)
        guard try Files.status(of: page).size >= UInt64(stage_progress_size) else {
            throw KernelError(.invalidArgument, call: "read", object: StateDirectory.progressFile)
        }
        file = page.release()
    }

    deinit {
        _ = Descriptor(owning: file)
    }

    /// How far the stage of a container that exists has come: one look for those who ask nothing else.
    static func phase(in directory: Int32) throws(KernelError) -> stage_phase {
        let name = StateDirectory.progressFile
        let page = try Files.open(name, flags: [.noFollow, .nonBlocking], at: directory)
        let bytes = try Files.read(page, name: name, endsShort: true, expected: 2 * Int(stage_progress_size))
        guard bytes.count >= Int(stage_progress_size) else { throw KernelError(.invalidArgument, call: "read", object: name) }
        return unsafe bytes.withUnsafeBytes { bytes in
            unsafe stage_phase(rawValue: bytes.loadUnaligned(as: stage_progress.self).phase)
        }
    }

    /// The program runs, and no stage was there to say so.
    func noteRunning() throws(KernelError) {
        var page = stage_progress()
        page.phase = stage_phase_executing.rawValue
        let number = file
        try unsafe withUnsafePointer(to: &page) { (page) throws(KernelError) in
            _ = try unsafe systemCall(
                __NR_pwrite64, "pwrite", on: StateDirectory.progressFile, UInt64(descriptor: number), UInt64(address: page),
                UInt64(stage_progress_size), 0)
        }
    }

    /// What the page says now. What is not there any more reads as zeros: a stage that has not come to its first step.
    private var page: stage_progress {
        var page = stage_progress()
        unsafe withUnsafeMutablePointer(to: &page) { page in
            _ = unsafe linux_system_call(
                Int64(__NR_pread64), UInt64(descriptor: file), UInt64(address: page), UInt64(stage_progress_size), 0, 0, 0)
        }
        return page
    }

    /// What the page says now.
    struct Report {
        var phase: stage_phase
        var step: Int
        var errno: Errno
        var detail: stage_detail
        var value: Int32
        /// The last that a hook wrote before it failed.
        var text: [UInt8] = []
    }

    var report: Report {
        let page = page
        let text = unsafe withUnsafeBytes(of: page.text) { text in unsafe Array(text.prefix { $0 != 0 }) }
        return Report(
            phase: stage_phase(rawValue: page.phase), step: Int(page.step), errno: Errno(rawValue: page.error),
            detail: stage_detail(rawValue: page.detail), value: page.detail_value, text: text)
    }

    /// The pid of the process that took over from the first one.
    var child: Int32 { page.child }
    /// The stage's descriptor number of the seccomp listener.
    var listener: Int32 { page.listener }

    /// Nanoseconds of CLOCK_MONOTONIC at the start of each step, by step number from 1; 0 where none was noted.
    func clocks(count: Int) -> [UInt64] {
        unsafe withUnsafeBytes(of: page.clocks) { clocks in
            (0...min(count, Int(stage_clock_count) - 1)).map { unsafe clocks.load(fromByteOffset: 8 * $0, as: UInt64.self) }
        }
    }
}
