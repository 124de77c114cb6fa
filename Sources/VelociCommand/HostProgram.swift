internal import CLibrary
internal import LinuxKernel

/// A program of the host whose output is wanted.
enum HostProgram {
    /// Runs a program found by `PATH` and returns what it writes to both output streams.
    ///
    /// - Throws: `CommandFailure` when it cannot be run, or ends with another code than 0.
    static func output(_ name: String, _ arguments: [String]) throws(CommandFailure) -> String {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw failure(name, .last) }
        let reader = Descriptor(owning: ends[0])
        let writer = Descriptor(owning: ends[1])
        let pid = try spawn(name, arguments, output: writer.number, closing: reader.number)
        _ = consume writer  // the end of its output is seen once nobody can write
        let read: Result<[UInt8], KernelError>
        do throws(KernelError) {
            read = .success(try Files.read(reader, name: name))
        } catch {
            read = .failure(error)
        }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, Errno.last == .interrupted {}
        guard case .success(let bytes) = read else { throw failure(name, Errno(rawValue: EIO)) }
        let text = String(decoding: bytes, as: UTF8.self)
        guard status == 0 else {
            let end = status & 0x7f == 0 ? "exit status \(status >> 8 & 0xff)" : "signal \(status & 0x7f)"
            throw CommandFailure("\(name): \(end): \(text)")
        }
        return text
    }

    private static func spawn(
        _ name: String, _ arguments: [String], output: Int32, closing other: Int32
    ) throws(CommandFailure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        posix_spawn_file_actions_addclose(&actions, output)
        posix_spawn_file_actions_addclose(&actions, other)
        var texts = ([name] + arguments).map { strdup($0) } + [nil]
        defer { for text in texts { free(text) } }
        var pid: pid_t = 0
        let result = posix_spawnp(&pid, name, &actions, nil, &texts, library_environment())
        guard result == 0 else { throw failure(name, Errno(rawValue: result)) }
        return pid
    }

    private static func failure(_ name: String, _ errno: Errno) -> CommandFailure {
        CommandFailure("exec: \(Quoted.go(name)): \(errno)")
    }
}
