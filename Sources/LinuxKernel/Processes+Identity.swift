internal import CLinux

// Processes by a number that no other process gets, in place of a pid and a time.
extension Processes {
    /// PID_FS_MAGIC.
    private static let fileSystem: Int64 = 0x5049_4446

    /// The kernel's number of a process, which no other has as long as the machine runs; nil where it gives none.
    ///
    /// KERNEL(6.9): the number of the file that a descriptor of the process is of, in a file system for processes alone. Before
    /// that all descriptors were of one file.
    package static func identity(ofNumber process: Int32) -> UInt64? {
        guard (try? FileSystems.magic(ofNumber: process)) == fileSystem else { return nil }
        return (try? Files.status(of: "", at: process))?.inode
    }

    /// Whether the process with this pid and number goes on. One that has ended and was not taken away yet does not.
    ///
    /// It is less than half of the work that /proc makes for the kernel, which adds up the times of all threads there.
    package static func isThere(_ pid: Int32, identity: UInt64) throws(KernelError) -> Bool {
        do throws(KernelError) {
            _ = try open(pid, identity: identity)
            return true
        } catch where error.errno == .noSuchProcess {
            return false
        }
    }

    /// The process with this pid and number.
    /// - Throws: `KernelError`; `ESRCH` when it has ended, with all its threads, or the pid is another's.
    package static func open(_ pid: Int32, identity: UInt64) throws(KernelError) -> Descriptor {
        let process = try open(pid)
        guard try Files.status(of: process).inode == identity, try !hasEnded(process, withinMilliseconds: 0) else {
            throw KernelError(.noSuchProcess, call: "pidfd_open", object: "process \(pid)")
        }
        return process
    }
}
