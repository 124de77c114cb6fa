internal import CLinux
internal import CStageWire
internal import LinuxKernel

/// The page on which the stage notes which step it is at; it survives whatever ends the stage.
final class ProgressPage {
    private let page: UnsafeMutablePointer<stage_progress>
    let file: Int32

    /// A new page in the state directory, or in memory for processes that leave no state.
    init(in directory: Int32?) throws(KernelError) {
        let file: Descriptor
        if let directory {
            file = try Files.open(
                StateDirectory.progressFile, flags: O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600, at: directory)
        } else {
            file = try Memory.readableFile(name: "veloci-progress", "")
        }
        try Memory.resize(file, to: Int(stage_progress_size))
        page = try Memory.mapShared(file, size: Int(stage_progress_size)).assumingMemoryBound(to: stage_progress.self)
        self.file = file.release()
    }

    /// The page of a container that exists.
    init(reading directory: Int32) throws(KernelError) {
        let file = try Files.open(StateDirectory.progressFile, flags: O_RDWR | O_NOFOLLOW, at: directory)
        guard try Files.status(of: file).size == UInt64(stage_progress_size) else {
            throw KernelError(.invalidArgument, call: "read", object: StateDirectory.progressFile)
        }
        page = try Memory.mapShared(file, size: Int(stage_progress_size)).assumingMemoryBound(to: stage_progress.self)
        self.file = file.release()
    }

    deinit {
        Memory.unmap(page, size: Int(stage_progress_size))
        _ = Descriptor(owning: file)
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
        Report(
            phase: stage_phase(rawValue: page.pointee.phase), step: Int(page.pointee.step),
            errno: Errno(rawValue: page.pointee.error), detail: stage_detail(rawValue: page.pointee.detail),
            value: page.pointee.detail_value, text: text)
    }

    private var text: [UInt8] {
        withUnsafePointer(to: &page.pointee.text) { text in
            Array(UnsafeRawBufferPointer(start: text, count: Int(stage_text_size)).prefix { $0 != 0 })
        }
    }

    /// The pid of the process that took over from the first one.
    var child: Int32 { page.pointee.child }
    /// The stage's descriptor number of the seccomp listener.
    var listener: Int32 { page.pointee.listener }

    /// Nanoseconds of CLOCK_MONOTONIC at the start of each step, by step number from 1; 0 where none was noted.
    func clocks(count: Int) -> [UInt64] {
        withUnsafePointer(to: &page.pointee.clocks) { clocks in
            let words = UnsafeRawPointer(clocks).assumingMemoryBound(to: UInt64.self)
            return (0...min(count, Int(stage_clock_count) - 1)).map { words[$0] }
        }
    }
}
