internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

/// Hooks that run in the namespaces of the runtime.
enum HostHooks {
    /// Runs one hook with the state on its standard input; its environment is exactly the hook's own.
    static func run(_ hook: Hook, kind: HookKind, state: String, path: JSONPath) throws(Failure) {
        var said = ""
        func failure(_ what: String, _ errno: Errno? = nil) -> Failure {
            Failure(.hook, "error running \(kind.rawValue) hook \(hook.path): \(what)\(said)", path: path, errno: errno)
        }
        do throws(KernelError) {
            // The standard streams are the container's, and what a hook says matters when it fails. Not a pipe: a hook may leave
            // somebody behind who holds it open.
            let output = try Memory.readableFile(name: "veloci-hook-output", "")
            defer { said = Self.said((try? Files.end(of: output, count: mostOutput)) ?? []) }
            let input = try Memory.readableFile(name: "veloci-hook-state", state)
            var request = SpawnRequest(
                path: hook.path, arguments: hook.args.flatMap { $0.isEmpty ? nil : $0 } ?? [hook.path],
                environment: hook.env ?? [])
            request.standard = [input.number, output.number, output.number]
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

    /// How much of a hook's output is shown: its last words are the reason.
    private static let mostOutput = 2048

    /// What a hook wrote, behind a message of one line.
    static func said(_ output: [UInt8]) -> String {
        let lines = output.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.compactMap { line in
            let text = line.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: " ") : $0 }
            return text.allSatisfy { $0 == UInt8(ascii: " ") } ? nil : String(decoding: text, as: UTF8.self)
        }
        return lines.isEmpty ? "" : ", output: " + lines.joined(separator: "; ")
    }
}
