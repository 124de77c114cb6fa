import CLinux
import CStageWire

extension Interpreter {
    /// Runs one hook: path, argv, envp, the state for its standard input, and how long it may take.
    ///
    /// The state comes from a memfd, so a hook that never reads it cannot stop the container. What it writes goes into another:
    /// the standard streams are the program's, and what a hook says matters when it fails.
    func runHook(_ arguments: Arguments) throws(Refusal) {
        let path = try unsafe arguments.path(0)
        let input = try makeFile("state")
        defer { close(input) }
        writePid(into: arguments[3] &+ (arguments[4] >> 32))
        try call(__NR_pwrite64, word(input), arguments[3], arguments[4] & 0xffff_ffff, 0)

        let output = try makeFile("output")
        defer { close(output) }

        // The child writes errno here when it cannot execute; executing closes it.
        var ends: (Int32, Int32) = (-1, -1)
        try unsafe withUnsafeMutablePointer(to: &ends) { (pointer) throws(Refusal) in
            _ = try unsafe call(__NR_pipe2, word(pointer), UInt64(O_CLOEXEC))
        }
        defer { close(ends.0) }

        var pidfd: Int32 = -1
        var clone = clone_args()
        clone.flags = linux_clone_pidfd
        clone.exit_signal = UInt64(SIGCHLD)
        let size = UInt64(MemoryLayout<clone_args>.size)
        let child = try unsafe withUnsafeMutablePointer(to: &pidfd) { (pidfd) throws(Refusal) in
            clone.pidfd = unsafe word(pidfd)
            do throws(Refusal) {
                return try unsafe withUnsafePointer(to: &clone) { (pointer) throws(Refusal) in
                    try unsafe call(__NR_clone3, word(pointer), size)
                }
            } catch {
                // The program's filter may be in force, and most engines' refuse this call, whose flags they cannot read.
                guard error.errno == ENOSYS || error.errno == EPERM else { throw error }
                return try unsafe call(__NR_clone, linux_clone_pidfd | UInt64(SIGCHLD), 0, word(pidfd), 0, 0)
            }
        }
        if child == 0 { unsafe executeHook(path, arguments[1], arguments[2], input: input, output: output, report: ends.1) }
        closeNow(ends.1)
        defer { close(pidfd) }

        var errno: Int32 = 0
        let reported = try unsafe withUnsafeMutablePointer(to: &errno) { (pointer) throws(Refusal) in
            try unsafe call(__NR_read, word(ends.0), word(pointer), 4)
        }
        if reported == 4 {
            _ = try wait(for: pidfd)
            throw Refusal(errno, stage_detail_hook_execute, value: errno)
        }
        let outcome = try waitForEnd(of: pidfd, milliseconds: Int64(bitPattern: arguments[5]))
        if outcome != .ended {
            try call(__NR_pidfd_send_signal, word(pidfd), 9)
            _ = try wait(for: pidfd)
            noteEnd(of: output)
            if outcome == .hostIsGone { throw Refusal(EPIPE, stage_detail_gate_refused) }
            throw Refusal(ETIMEDOUT, stage_detail_hook_timeout)
        }
        let (code, status) = try wait(for: pidfd)
        if code == CLD_EXITED && status == 0 { return }
        noteEnd(of: output)
        throw Refusal(ECHILD, code == CLD_EXITED ? stage_detail_hook_exit : stage_detail_hook_signal, value: status)
    }

    /// A file in memory. KERNEL(6.3): that nobody executes it is said, which hosts may ask for (vm.memfd_noexec); before, EINVAL.
    private func makeFile(_ name: StaticString) throws(Refusal) -> Int32 {
        let flags = UInt64(MFD_CLOEXEC)
        do throws(Refusal) {
            return unsafe Int32(try call(__NR_memfd_create, word(name.utf8Start), flags | UInt64(MFD_NOEXEC_SEAL)))
        } catch {
            guard error.errno == EINVAL else { throw error }
            return unsafe Int32(try call(__NR_memfd_create, word(name.utf8Start), flags))
        }
    }

    /// Writes the pid right-aligned into the ten places that the state keeps for it.
    private func writePid(into address: UInt64) {
        guard let places = unsafe UnsafeMutablePointer<UInt8>(bitPattern: UInt(address)) else { return }
        // SPEC(runtime.md#state): in a hook of the container's namespace, the pid as the container sees it.
        var rest = Int32(truncatingIfNeeded: linux_system_call(Int64(__NR_getpid), 0, 0, 0, 0, 0, 0))
        var index = 9
        repeat {
            unsafe places[index] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
            index -= 1
        } while rest > 0
    }

    /// Keeps the last bytes of a file on the page that the host reads. What cannot be read is left out.
    private func noteEnd(of file: Int32) {
        let room = Int64(stage_text_size) - 1
        let end = linux_system_call(Int64(__NR_lseek), word(file), 0, 2, 0, 0, 0)  // SEEK_END
        guard end > 0 else { return }
        unsafe withUnsafeMutablePointer(to: &progress.pointee.text) { text in
            _ = unsafe linux_system_call(
                Int64(__NR_pread64), word(file), word(text), UInt64(room), UInt64(end > room ? end - room : 0), 0, 0)
        }
    }

    private func executeHook(
        _ path: Path, _ argv: UInt64, _ envp: UInt64, input: Int32, output: Int32, report: Int32
    ) -> Never {
        var errno: Int32
        do throws(Refusal) {
            // Otherwise the hook would have the streams of the program.
            try become(0, input)
            try become(1, output)
            try become(2, output)
            try unsafe call(__NR_execve, word(path), argv, envp)
            errno = 0
        } catch {
            errno = error.errno
        }
        unsafe withUnsafeMutablePointer(to: &errno) { pointer in
            _ = unsafe linux_system_call(Int64(__NR_write), word(report), word(pointer), 4, 0, 0, 0)
        }
        exit(127)
    }

    /// A caller that closed its standard streams may have given their numbers to what is opened here.
    private func become(_ number: Int32, _ descriptor: Int32) throws(Refusal) {
        if number == descriptor {
            try call(__NR_fcntl, word(number), UInt64(F_SETFD), 0)
        } else {
            try call(__NR_dup3, word(descriptor), word(number), 0)
        }
    }

    private enum HookOutcome { case ended, late, hostIsGone }

    /// Waits for the end of a hook; a negative time is for ever. Who killed the host's command does not want its hooks either.
    private func waitForEnd(of pidfd: Int32, milliseconds: Int64) throws(Refusal) -> HookOutcome {
        // After `start` nobody is at the other end any more; a negative descriptor is passed over.
        let host = isStarted ? -1 : gate
        var poll: ((Int32, Int16, Int16), (Int32, Int16, Int16)) = ((pidfd, 1, 0), (host, 0, 0))
        var time: (Int64, Int64) = (milliseconds / 1000, milliseconds % 1000 * 1_000_000)
        let ready = try unsafe withUnsafeMutablePointer(to: &poll) { (poll) throws(Refusal) in
            try unsafe withUnsafeMutablePointer(to: &time) { (time) throws(Refusal) in
                // KERNEL: ppoll writes the rest of the time back, so a repeated call does not start afresh.
                try unsafe call(__NR_ppoll, word(poll), 2, milliseconds < 0 ? 0 : word(time))
            }
        }
        if ready == 0 { return .late }
        return poll.0.2 == 0 ? .hostIsGone : .ended
    }

    private func wait(for pidfd: Int32) throws(Refusal) -> (code: Int32, status: Int32) {
        try unsafe withUnsafeTemporaryWords(16) { (words) throws(Refusal) in
            try unsafe call(__NR_waitid, UInt64(P_PIDFD), word(pidfd), word(words), 4, 0)
            let info = UnsafeRawPointer(words)
            // siginfo_t: si_code at byte 8, si_status at byte 24.
            return unsafe (info.load(fromByteOffset: 8, as: Int32.self), info.load(fromByteOffset: 24, as: Int32.self))
        }
    }
}

/// si_code of a child that ended by itself (waitid(2)).
private let CLD_EXITED: Int32 = 1
