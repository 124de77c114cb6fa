internal import LinuxKernel
internal import RuntimeSpec
internal import Veloci

/// `exec`: another process in a container.
enum ExecCommand {
    /// The exit code when the process could not be run; the process itself can end with any other.
    static let failureCode: Int32 = 255

    static func run(_ invocation: Invocation) throws(CommandFailure) -> Int32 {
        do throws(CommandFailure) {
            let runtime = Lifecycle.runtime(invocation)
            let request = try request(invocation, runtime)
            let detaches = invocation.flags.bool("detach")
            let hasTerminal = request.process.terminal == true
            if hasTerminal, detaches, request.consoleSocket == nil { throw CommandFailure(.missingConsoleSocket, "") }
            if request.consoleSocket != nil, !detaches || !hasTerminal { throw CommandFailure(.uselessConsoleSocket, "") }
            return try Lifecycle.calling { () throws(Failure) in
                if detaches {
                    _ = try runtime.execute(request)
                    return 0
                }
                return try Lifecycle.foreground(invocation) { () throws(Failure) in try runtime.execute(request) }
                    .shellStatus
            }
        } catch {
            throw CommandFailure("exec failed: " + error.message, hint: error.hint, exitCode: failureCode)
        }
    }

    private static func request(
        _ invocation: Invocation, _ runtime: Runtime
    ) throws(CommandFailure) -> ExecuteRequest {
        let flags = invocation.flags
        var request = ExecuteRequest(id: try invocation.id, process: try process(invocation, runtime))
        request.consoleSocket = Lifecycle.text("console-socket", flags)
        request.processSocket = Lifecycle.text("pidfd-socket", flags)
        request.prepareTerminal = { Foreground.prepareTerminal($0) }
        request.pidFile = Lifecycle.text("pid-file", flags)
        request.preservedDescriptors = try InheritedDescriptors.preserved(flags)
        request.ignoresPause = flags.bool("ignore-paused")
        for (controller, path) in try SubgroupPaths.parse(flags.texts("cgroup")) {
            request.controlGroups[controller] = path
        }
        return request
    }

    /// The process of `--process`, or the container's own with what the flags change.
    private static func process(_ invocation: Invocation, _ runtime: Runtime) throws(CommandFailure) -> Process {
        let file = invocation.flags.text("process")
        guard file.isEmpty else { return try read(file) }
        let id = try invocation.id
        let own = try Lifecycle.calling { () throws(Failure) in try runtime.configuredProcess(id) }
        return try ExecOverrides(invocation.flags, invocation.arguments).applied(to: own)
    }

    /// Reads a process from a file.
    static func read(_ path: String) throws(CommandFailure) -> Process {
        let bytes: [UInt8]
        do throws(KernelError) {
            bytes = try Files.read(path)
        } catch {
            throw CommandFailure("open \(path): \(error.errno)")
        }
        do throws(DecodingFailure) {
            return try Process.decode(bytes)
        } catch {
            throw CommandFailure("\(path): " + (error.diagnostics.first?.description ?? "not a process"))
        }
    }
}
