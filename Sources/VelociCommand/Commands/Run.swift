internal import LinuxKernel
internal import Veloci

extension Flag {
    static let keep = Flag("keep", .bool, "keep the container when its program has ended")
}

extension Subcommand {
    static let run = Subcommand(
        name: "run", summary: "make a container from a bundle and run its program",
        arguments: containerID,
        explanation: """
            Makes the container, starts its program, waits for it and deletes the container. The exit code is the
            program's, or 128 and the number of the signal that ended it.
            """,
        flags: [
            .bundle, .consoleSocket, .pidfdSocket, .detach, .keep, .pidFile, .noSubreaper, .noPivot,
            .noNewKeyring, .preserveDescriptors,
        ],
        arity: .exactly(1), run: RunCommand.run)
}

/// `run`: a container from its beginning to its end.
enum RunCommand {
    private static let prefix = "run failed: "

    static func run(_ invocation: Invocation) throws(CommandFailure) -> Int32 {
        let flags = invocation.flags
        let detaches = flags.bool(.detach)
        var request = try invocation.createRequest(id: invocation.id)
        request.detaches = detaches
        request.endsWithCaller = !detaches
        request.prepareTerminal = { Foreground.prepareTerminal($0) }
        guard detaches || request.consoleSocket == nil else { throw CommandFailure(.uselessConsoleSocket, prefix) }
        let trace = try TraceOutput.open("run", invocation)
        request.trace = trace?.trace
        // The program may run for days: nobody should wait that long for a warning.
        defer { invocation.log.flush() }
        return try invocation.calling(prefix) { (runtime) throws(Failure) in
            if detaches {
                defer { trace?.write() }
                _ = try runtime.run(request)
                return 0
            }
            let end = try invocation.foreground { () throws(Failure) in
                defer { trace?.write() }
                return try runtime.run(request)
            }
            if !flags.bool(.keep) { delete(request.id, runtime, invocation.log) }
            return end.shellStatus
        }
    }

    static func delete(_ id: String, _ runtime: Runtime, _ log: Log) {
        do throws(Failure) {
            try runtime.delete(id, force: true)
        } catch {
            // The program's end is what the caller wants to know.
            log.warning("\(error)")
        }
    }
}
