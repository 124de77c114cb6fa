internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

/// Hooks that run in the namespaces of the runtime.
enum HostHooks {
    /// Runs one hook with the state on its standard input.
    ///
    /// RUNC: it starts in the bundle, with the environment that it has, be it empty, or else with that of the runtime.
    ///
    /// - Parameter container: a descriptor of the container's process, if the hook has no purpose any more once that has ended.
    static func run(
        _ hook: Hook, kind: HookKind, state: String, bundle: HostPath, path: JSONPath, for container: Int32? = nil
    ) throws(Failure) {
        var said = ""
        func failure(_ what: String, _ errno: Errno? = nil) -> Failure {
            Failure(.hook, running(kind.rawValue, path, hook.path) + what + said, path: path, errno: errno)
        }
        do throws(KernelError) {
            // The standard streams are the container's, and what a hook says matters when it fails. Not a pipe: a hook may leave
            // somebody behind who holds it open.
            let output = try MemoryFiles.readableFile(name: "veloci-hook-output", "")
            defer { said = Self.said((try? Files.end(of: output, count: mostOutput)) ?? []) }
            let input = try MemoryFiles.readableFile(name: "veloci-hook-state", state)
            var request = SpawnRequest(
                path: hook.path, arguments: hook.args.flatMap { $0.isEmpty ? nil : $0 } ?? [hook.path],
                environment: hook.env ?? Processes.environment)
            // Whoever deletes a container may have taken the bundle away before.
            request.directory = (try? Files.status(of: bundle.text)) == nil ? nil : bundle.text
            request.standard = [input.number, output.number, output.number]
            // In the foreground this process has them blocked by now.
            request.resetsSignals = true
            var lateness: Lateness?
            // How it ends must be known though the host program may take its children away itself.
            let end = try Processes.run(request) { (program) throws(KernelError) in
                lateness = try Self.lateness(program, hook.milliseconds, container)
                return lateness == nil
            }
            if let lateness {
                let timeout = "hook ran past specified timeout of \(hook.timeout ?? 0)s"
                throw KernelError(
                    Errno(rawValue: 110), call: lateness == .time ? timeout : "the container's process has ended meanwhile")
            }
            switch end {
            case .exited(0): return
            case .exited(let status): throw KernelError(.noChild, call: "exit status \(status)")
            case .signalled(let signal): throw KernelError(.noChild, call: ended(by: UInt32(truncatingIfNeeded: signal)))
            }
        } catch {
            let isOurs = error.errno == .noChild || error.errno.rawValue == 110
            throw failure(isOurs ? error.call : "cannot execute it: \(error.call)", isOurs ? nil : error.errno)
        }
    }

    /// RUNC: the beginning of the message of a hook that failed; callers look for the hook's number.
    static func running(_ kind: String, _ path: JSONPath, _ program: String) -> String {
        var number = ""
        if case .index(let index)? = path.components.last { number = " #\(index)" }
        return "error running \(kind) hook\(number): \(program): "
    }

    /// How a hook ended, with what the signal means. RUNC: as Go's `os.ProcessState` puts it.
    static func ended(by signal: UInt32) -> String {
        let meaning: String? =
            switch signal {
            case 6: "aborted"
            case 9: "killed"
            case 11: "segmentation fault"
            case 13: "broken pipe"
            case 15: "terminated"
            case 31: "bad system call"
            default: nil
            }
        return "ended by signal \(signal)" + (meaning.map { ": " + $0 } ?? "")
    }

    private enum Lateness { case time, container }

    /// Milliseconds that a hook has to come to an end of its own when the container is gone.
    private static let grace: Int64 = 2000

    /// Waits for the end of a hook; says what came before it.
    private static func lateness(
        _ hook: Int32, _ time: Int64, _ container: Int32?
    ) throws(KernelError) -> Lateness? {
        // A negative descriptor is passed over.
        let ready = try Waiting.poll([(hook, .readable), (container ?? -1, .readable)], milliseconds: time)
        if !ready[0].isEmpty { return nil }
        if ready[1].isEmpty { return .time }
        return try Polling.isReadable(hook, withinMilliseconds: grace) ? nil : .container
    }

    /// The hooks that follow the end of a container. SPEC(runtime.md#lifecycle): a failure is logged and the next hook runs.
    static func runPoststop(_ spec: Spec, _ record: ContainerRecord, _ runtime: Runtime) {
        let bundle = HostPath(record.bundle)
        let state = HookState.make(spec, request: PlanRequest(id: record.id, bundle: bundle), status: "stopped")
        for (index, hook) in (spec.hooks?.poststop ?? []).enumerated() {
            do throws(Failure) {
                try run(
                    hook, kind: .poststop, state: state.text(pid: 0), bundle: bundle,
                    path: JSONPath([.member("hooks"), .member("poststop"), .index(index)]))
            } catch {
                runtime.warn("\(error)")
            }
        }
    }

    /// How much of a hook's output is shown: its last words are the reason.
    private static let mostOutput = 2048

    /// What a hook wrote, behind a message of one line.
    static func said(_ output: [UInt8]) -> String {
        let lines = output.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.compactMap { line in
            line.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") } ? nil : Self.line(line)
        }
        return lines.isEmpty ? "" : ", output: " + lines.joined(separator: "; ")
    }

    /// Bytes from inside a container, for a message: nothing of them moves a terminal's cursor.
    static func line(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
    }
}
