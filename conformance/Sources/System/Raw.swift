import CLinux

/// System calls and constants that the C library hides from Swift. Not together with `import CHarness`: both name the same
/// constants.
enum Raw {
    static let newMounts = linux_clone_newns
    static let newProcesses = linux_clone_newpid
    static let newCgroups = linux_clone_newcgroup
    static let newNetwork = linux_clone_newnet
    static let newUser = linux_clone_newuser

    /// The negated errno if it fails.
    static func unshare(_ flags: UInt64) -> Int64 { linux_system_call(Int64(__NR_unshare), flags, 0, 0, 0, 0, 0) }

    /// Two ends of a pipe that no program inherits, or the negated errno.
    static func pipe(nonBlocking: Bool) -> (read: Int32, write: Int32, result: Int64) {
        var ends: (Int32, Int32) = (-1, -1)
        // O_CLOEXEC, O_NONBLOCK: a name of both modules does not link in release.
        let flags = UInt64(0o2000000 | (nonBlocking ? 0o4000 : 0))
        let result = unsafe withUnsafeMutablePointer(to: &ends) { pointer in
            linux_system_call(Int64(__NR_pipe2), UInt64(UInt(bitPattern: pointer)), flags, 0, 0, 0, 0)
        }
        return (ends.0, ends.1, result)
    }

    /// A descriptor of a file in memory, which has no name and which no program inherits.
    static func memoryFile() -> Int32 {
        let name: StaticString = "answer"
        let address = unsafe UInt64(UInt(bitPattern: name.utf8Start))
        return Int32(linux_system_call(Int64(__NR_memfd_create), address, 1, 0, 0, 0, 0))  // MFD_CLOEXEC
    }

    static func killWithParent() { _ = linux_system_call(Int64(__NR_prctl), UInt64(PR_SET_PDEATHSIG), 9, 0, 0, 0, 0) }

    /// No descriptor above 2 is inherited by programs that are executed from now on.
    static func closeOnExecAbove2() {
        _ = linux_system_call(Int64(__NR_close_range), 3, UInt64(UInt32.max), UInt64(CLOSE_RANGE_CLOEXEC), 0, 0, 0)
    }

    /// The processes in a container's control groups run on CPU 0 from now on.
    static func runOnFirstCPU(processesOf id: String) {
        var mask: UInt64 = 1
        for name in Files.list("/proc") {
            guard let pid = UInt64(name), Files.text("/proc/\(name)/cgroup")?.holds(id) == true else { continue }
            unsafe withUnsafeMutablePointer(to: &mask) { pointer in
                _ = linux_system_call(Int64(__NR_sched_setaffinity), pid, 8, UInt64(UInt(bitPattern: pointer)), 0, 0, 0)
            }
        }
    }

    static func ioctl(_ descriptor: Int32, _ number: UInt64, _ argument: UInt64) -> Int64 {
        linux_system_call(Int64(__NR_ioctl), UInt64(UInt32(bitPattern: descriptor)), number, argument, 0, 0, 0)
    }
}
