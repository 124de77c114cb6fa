import CFuzzing
import CLinux
import CStageWire

// The stage's own files, compiled for the host: what they ask of the kernel is answered by whoever runs them here.

/// Answers a system call as the kernel would: a value, or -errno.
package protocol StageKernel: AnyObject {
    func answer(_ number: Int32, _ arguments: [UInt64]) -> Int64
}

nonisolated(unsafe) private var kernel: (any StageKernel)?
nonisolated(unsafe) private var interpreter: Interpreter?

/// Takes the place of the real one in every file of the stage.
func linux_system_call(
    _ number: Int64, _ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64, _ e: UInt64, _ f: UInt64
) -> Int64 {
    kernel?.answer(Int32(truncatingIfNeeded: number), [a, b, c, d, e, f]) ?? -38
}

func linux_trap() -> Never { fuzzing_leave() }

package enum HostedStage {
    /// Performs the plan of a block until it ends, or `leave` is called. The block and the page are changed.
    package static func perform(
        _ block: UnsafeMutableRawPointer, _ page: UnsafeMutablePointer<stage_progress>, gate: Int32, _ answering: any StageKernel
    ) {
        kernel = answering
        let stage = Interpreter(plan: block, header: block.load(as: stage_header.self), progress: page, gate: gate)
        stage.relocate()
        interpreter = stage
        fuzzing_enter {
            guard var stage = interpreter else { return }
            stage.perform()
        }
        kernel = nil
    }

    /// Ends what `perform` has begun, as execve(2) and exit(2) do.
    package static func leave() -> Never { fuzzing_leave() }

    /// Makes what is missing of a path below a root, with the real kernel or another, as a mount needs it.
    /// - Parameter flags: `stage_target_…`
    /// - Returns: the descriptor, or -errno.
    package static func makeTarget(
        root: Int32, path: UnsafePointer<UInt8>, flags: UInt64, _ answering: any StageKernel
    ) -> Int32 {
        kernel = answering
        defer { kernel = nil }
        var slots: (Int32, Int32) = (root, -1)
        var record = stage_record()
        record.arguments = (0, UInt64(UInt(bitPattern: path)), 1, flags, 0, 0)
        record.kinds = (UInt8(stage_argument_slot.rawValue), 0, UInt8(stage_argument_slot.rawValue), 0, 0, 0)
        return withUnsafeMutablePointer(to: &slots) { slots in
            withUnsafePointer(to: record) { record in
                slots.withMemoryRebound(to: Int32.self, capacity: 2) { slots in
                    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { page in
                        let progress = page.baseAddress!.assumingMemoryBound(to: stage_progress.self)
                        var stage = Interpreter(
                            plan: UnsafeMutableRawPointer(slots), header: stage_header(), progress: progress, gate: -1)
                        do throws(Refusal) {
                            return try stage.makeTarget(Arguments(record: record, slots: slots))
                        } catch {
                            return -error.errno
                        }
                    }
                }
            }
        }
    }

    /// The `HOME=` that the stage writes for a user: `buffer` has room for 4096 bytes.
    package static func findHome(user: UInt64, into buffer: UnsafeMutablePointer<UInt8>, _ answering: any StageKernel) {
        kernel = answering
        defer { kernel = nil }
        var record = stage_record()
        record.arguments = (3, user, UInt64(UInt(bitPattern: buffer)), 0, 0, 0)
        withUnsafePointer(to: record) { record in
            withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { page in
                let progress = page.baseAddress!.assumingMemoryBound(to: stage_progress.self)
                let slots = page.baseAddress!.assumingMemoryBound(to: Int32.self)
                let stage = Interpreter(
                    plan: UnsafeMutableRawPointer(slots), header: stage_header(), progress: progress, gate: -1)
                do throws(Refusal) {
                    try stage.findHome(Arguments(record: record, slots: slots))
                } catch {
                    buffer[0] = 0
                }
            }
        }
    }
}
