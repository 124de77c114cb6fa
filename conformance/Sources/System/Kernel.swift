import CHarness

/// What the harness asks of the kernel, with paths as strings: it runs trusted programs in directories of its own.
enum System {
    /// The errors that a harness meets.
    static let names: [Int32: String] = [
        EPERM: "EPERM", ENOENT: "ENOENT", ESRCH: "ESRCH", EIO: "EIO", EACCES: "EACCES", EBUSY: "EBUSY", EEXIST: "EEXIST",
        ENODEV: "ENODEV", ENOTDIR: "ENOTDIR", EINVAL: "EINVAL", EMFILE: "EMFILE", ENOSPC: "ENOSPC", EROFS: "EROFS",
        ENOSYS: "ENOSYS", EOPNOTSUPP: "EOPNOTSUPP", EAGAIN: "EAGAIN", ENAMETOOLONG: "ENAMETOOLONG", ENOMEM: "ENOMEM",
    ]

    static func mount(
        _ source: String, _ target: String, _ type: String, _ flags: UInt = 0, _ data: String? = nil
    ) throws(Verdict) {
        if unsafe CHarness.mount(source, target, type, flags, data) != 0 { throw Verdict.refused("mount", target) }
    }

    // The C library and the kernel's headers both name these, so Swift knows neither.
    static let noSetuid: UInt = 2
    static let bind: UInt = 4096
    static let remount: UInt = 32
    static let recursive: UInt = 16384
    static let recursivePrivate: UInt = 16384 | 1 << 18
    static let shared: UInt = 1 << 20

    static func pipe(nonBlocking: Bool = false) throws(Verdict) -> (read: Int32, write: Int32) {
        let (read, write, result) = Raw.pipe(nonBlocking: nonBlocking)
        if result < 0 { throw Verdict.refused("pipe2", "", errno: Int32(-result)) }
        return (read, write)
    }

    static func unshare(_ flags: UInt64) throws(Verdict) {
        let result = Raw.unshare(flags)
        if result < 0 { throw Verdict.refused("unshare", String(flags, radix: 16), errno: Int32(-result)) }
    }

    /// Asks for a kill signal when the parent ends; ends at once if it already has.
    static func dieWithParent(_ parent: Int32) {
        Raw.killWithParent()
        if getppid() != parent { exit(1) }
    }

    static func closeOnExec(_ descriptor: Int32) { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }

    /// Milliseconds of a clock that never goes back.
    static var now: Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }

    static func sleep(milliseconds: Int) { usleep(UInt32(milliseconds * 1000)) }

    /// The words of the command line after the program's name.
    static var arguments: [String] {
        let all = (Files.text("/proc/self/cmdline") ?? "").split(separator: "\0", omittingEmptySubsequences: false).map(
            String.init)
        // Each word ends with a zero byte.
        return Array(all.dropFirst().dropLast())
    }
}
