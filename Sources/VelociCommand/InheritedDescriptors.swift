internal import CLibrary
internal import LinuxKernel

/// What this process got from its caller: standard streams, sockets of socket activation, and descriptors to pass on.
enum InheritedDescriptors {
    /// Opens the null device in place of standard streams that the caller closed. Otherwise what is opened next would get
    /// the number of one, and become a standard stream of the container.
    static func openStandardStreams() {
        let streams = try? Waiting.poll([(0, []), (1, []), (2, [])], milliseconds: 0)
        for stream in streams ?? [] where stream.contains(.notOpen) {
            // Without O_CLOEXEC: the container inherits it. The lowest number that is free is this one.
            _ = unsafe library_open("/dev/null", O_RDWR)
        }
    }

    /// How many descriptors socket activation passed to this very process (sd_listen_fds(3)); 0 when it did not.
    static func listening(_ environment: (String) -> String?) -> Int32 {
        guard let process = environment("LISTEN_PID").flatMap({ Int32($0) }), process == getpid(),
            let count = environment("LISTEN_FDS").flatMap({ Int32($0) })
        else { return 0 }
        return max(0, count)
    }

    /// `--preserve-fds`: those that the container gets, by the numbers that they have there, which are their own.
    ///
    /// podman passes single ones, and counts up to the last: those before it that are not open are none of its own. That the last
    /// is missing, or one of socket activation, is a mistake.
    ///
    /// - Parameter listening: how many of socket activation stand before them.
    /// - Throws: `CommandFailure` in runc's words.
    static func preserved(
        _ flags: FlagValues, after listening: Int32 = 0
    ) throws(CommandFailure) -> [Int32: Int32] {
        let count = flags.integer(.preserveDescriptors) ?? 0
        let most = Int(Int32.max) - 3 - Int(listening)
        guard count >= 0, count <= most, let preserved = Int32(exactly: count) else {
            throw CommandFailure("invalid value \"\(count)\" for flag -preserve-fds: not a number of descriptors")
        }
        let total = listening + preserved
        let missing = (0..<min(total, limit)).filter { !isInherited(3 + $0) }
        if let first = missing.first, first < listening || !isInherited(3 + total - 1) {
            throw CommandFailure(
                "unable to stat preserved-fd \(first) (of \(total))", hint: "descriptor \(3 + first) is not open")
        }
        guard total <= limit else {
            throw CommandFailure("cannot preserve \(total) descriptors: a process has at most \(limit)")
        }
        let absent = Set(missing)
        var passing: [Int32: Int32] = [:]
        for number in 0..<total where !absent.contains(number) { passing[3 + number] = 3 + number }
        return passing
    }

    /// What /proc/sys/fs/nr_open is by default. Any number may come from outside; the library refuses what is more.
    private static let limit: Int32 = 1 << 20

    /// Whether a descriptor came from the caller. CVE-2024-21626: one of our own, such as the log's, may have the number; but
    /// all of those are closed by execve(2), and nothing that is survived one.
    private static func isInherited(_ number: Int32) -> Bool {
        let flags = library_descriptor_flags(number)
        return flags >= 0 && flags & FD_CLOEXEC == 0
    }
}
