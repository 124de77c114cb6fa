internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

/// Hooks that run in the namespaces of the runtime.
enum HostHooks {
    /// Runs one hook with the state on its standard input; its environment is exactly the hook's own.
    static func run(_ hook: Hook, kind: HookKind, state: String, path: JSONPath) throws(Failure) {
        func failure(_ what: String, _ errno: Errno? = nil) -> Failure {
            Failure(.hook, "error running \(kind.rawValue) hook \(hook.path): \(what)", path: path, errno: errno)
        }
        do throws(KernelError) {
            let input = try Memory.readableFile(name: "veloci-hook-state", state)
            var request = SpawnRequest(
                path: hook.path, arguments: hook.args.flatMap { $0.isEmpty ? nil : $0 } ?? [hook.path],
                environment: hook.env ?? [])
            request.standard = [input.number, nil, nil]
            // In the foreground this process has them blocked by now.
            request.resetsSignals = true
            let process = Descriptor(owning: try Processes.spawn(request).descriptor)
            if let timeout = hook.timeout,
                try !Processes.hasEnded(process, withinMilliseconds: Int64(timeout) * 1000)
            {
                try Processes.signal(process, 9)
                _ = try Processes.wait(for: process)
                throw KernelError(Errno(rawValue: 110), call: "hook ran past specified timeout of \(timeout)s")
            }
            switch try Processes.wait(for: process) {
            case .exited(0): return
            case .exited(let status): throw KernelError(.noChild, call: "exit status \(status)")
            case .signalled(let signal): throw KernelError(.noChild, call: "ended by signal \(signal)")
            }
        } catch {
            let isOurs = error.errno == .noChild || error.errno.rawValue == 110
            throw failure(isOurs ? error.call : "cannot execute it: \(error.call)", isOurs ? nil : error.errno)
        }
    }
}
