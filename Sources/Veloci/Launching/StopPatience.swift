internal import LinuxKernel

/// How often a process of ours may be stopped by others in its pid namespace.
///
/// Root of a container may send SIGSTOP to whatever it sees, again and again. Each time the process is told to go on; in the end
/// that is an error, and not something to wait for.
struct StopPatience {
    /// Milliseconds between two looks.
    static let interval: Int64 = 250
    /// Ten seconds of being stopped.
    private static let most = 40
    private var found = 0

    /// Looks at the process, and lets it go on if it is stopped. A group that is frozen is another matter.
    /// - Returns: whether it was stopped too often.
    mutating func isOver(_ pid: Int32) throws(KernelError) -> Bool {
        guard Processes.isStopped(pid) else { return false }
        found += 1
        if found > Self.most { return true }
        do throws(KernelError) {
            let process = try Processes.open(pid)
            guard Processes.isStopped(pid) else { return false }
            try Processes.signal(process, 18)  // SIGCONT
        } catch where error.errno == .noSuchProcess {
        }
        return false
    }

    static var failure: Failure {
        Failure(
            .kernel, "the process that becomes the program is stopped again and again, and gave up after 10 s",
            hint: "somebody in the container's pid namespace sends it SIGSTOP")
    }
}
