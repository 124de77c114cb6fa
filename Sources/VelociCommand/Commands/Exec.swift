internal import LinuxKernel
internal import RuntimeSpec
internal import Veloci

extension Flag {
    static let process = Flag(
        "process", "p", .text, "read the process from this file, an object like config.json's process")
    static let controlGroup = Flag(
        "cgroup", .texts, "run it in this control group below the container's: [CONTROLLER[,...]:]PATH")
    static let ignorePaused = Flag("ignore-paused", .bool, "do not refuse a paused container")
}

extension Subcommand {
    static let exec = Subcommand(
        name: "exec", summary: "run another program in a container",
        arguments: "<container-id> <command> [argument ...] | --process FILE <container-id>",
        explanation: """
            Runs the program with the settings of the container's own process, changed by the options, or with those of a
            file. The exit code is the program's, or 128 and the number of the signal that ended it; 255 when it could
            not be run.
            """,
        flags: [
            .consoleSocket, .pidfdSocket, .workingDirectory, .environment, .terminal, .user, .additionalGroups, .process,
            .detach, .pidFile, .processLabel, .apparmor, .noNewPrivileges, .capability, .preserveDescriptors,
            .controlGroup, .ignorePaused,
        ],
        arity: .atLeast(1), argumentLimit: 1, run: ExecCommand.run)
}

/// `exec`: another process in a container.
enum ExecCommand {
    /// The exit code when the process could not be run; the process itself can end with any other.
    static let failureCode: Int32 = 255

    static func run(_ invocation: Invocation) throws(CommandFailure) -> Int32 {
        do throws(CommandFailure) {
            var (request, known) = try request(invocation)
            let trace = try TraceOutput.open("exec", invocation)
            request.trace = trace?.trace
            let detaches = invocation.flags.bool(.detach)
            request.endsWithCaller = !detaches
            let hasTerminal = request.process.terminal == true
            if hasTerminal, detaches, request.consoleSocket == nil { throw CommandFailure(.missingConsoleSocket) }
            if request.consoleSocket != nil, !detaches || !hasTerminal { throw CommandFailure(.uselessConsoleSocket) }
            return try invocation.calling { (runtime) throws(Failure) in
                let container = if let known { known } else { try runtime.knownContainer(request.id) }
                if detaches {
                    defer { trace?.write() }
                    _ = try runtime.execute(request, in: container)
                    return 0
                }
                return try invocation.foreground { () throws(Failure) in
                    defer { trace?.write() }
                    return try runtime.execute(request, in: container)
                }.shellStatus
            }
        } catch {
            throw CommandFailure("exec failed: " + error.message, hint: error.hint, exitCode: failureCode)
        }
    }

    private static func request(_ invocation: Invocation) throws(CommandFailure) -> (ExecuteRequest, KnownContainer?) {
        // An id that is missing is the first complaint.
        _ = try invocation.id
        let flags = invocation.flags
        let (process, known) = try process(invocation)
        var request = try invocation.executeRequest(process)
        request.prepareTerminal = { Foreground.prepareTerminal($0) }
        request.ignoresPause = flags.bool(.ignorePaused)
        for (controller, path) in try SubgroupPaths.parse(flags.texts(.controlGroup)) {
            request.controlGroups[controller] = path
        }
        return (request, known)
    }

    /// The process of `--process`, or the container's own with what the flags change.
    private static func process(_ invocation: Invocation) throws(CommandFailure) -> (Spec.Process, KnownContainer?) {
        if let file = invocation.flags.textUnlessEmpty(.process) { return (try DocumentFile.read(file, "a process"), nil) }
        let id = try invocation.id
        let known = try invocation.calling { (runtime) throws(Failure) in try runtime.knownContainer(id) }
        return (try ExecOverrides(invocation.flags, invocation.arguments).applied(to: known.process), known)
    }
}
