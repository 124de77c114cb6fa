internal import CStageWire
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

/// Puts a failed step into words: what, where in config.json, what the kernel said, what to do.
enum StageFailure {
    /// - Parameter account: of the step that the report tells; nil when there is none.
    static func describe(_ report: ProgressPage.Report, _ account: StepAccount?, end: ProcessEnd?) -> Failure {
        guard let account else {
            let place = report.step > 0 ? "at step \(report.step)" : "before its first step"
            return Failure(
                .internalError, "the container's process ended \(place)\(ending(end))",
                errno: report.phase == stage_phase_failed ? report.errno : nil)
        }
        guard report.phase == stage_phase_failed else {
            return Failure(
                .kernel, "the container's process was ended while it should \(account.text)" + ending(end),
                path: account.origin, hint: "look for the out-of-memory killer and for seccomp in the kernel's log")
        }
        switch account.subject {
        case .program(let name): return program(report, name, account)
        case .directory(let path): return directory(report, path, account)
        case .hook(let kind, let path, let timeout): return hook(report, kind, path, timeout, account)
        case .other: break
        }
        return Failure(
            .kernel, "step \(report.step): cannot \(account.text)\(detail(report))", path: account.origin,
            errno: report.errno, hint: hint(report) ?? account.hint(report.errno))
    }

    private static func ending(_ end: ProcessEnd?) -> String {
        switch end {
        case .signalled(let signal): " (signal \(signal))"
        case .exited(let status): " (exit status \(status))"
        case nil: ""
        }
    }

    /// RUNC: callers tell a missing program from one that may not be executed by these words.
    private static func program(_ report: ProgressPage.Report, _ name: String, _ account: StepAccount) -> Failure {
        let reason: String
        switch report.detail {
        case stage_detail_not_found_in_path where report.value == 0: reason = "executable file not found in $PATH"
        case stage_detail_program_stat where report.errno == .noEntry: reason = "stat \(name): no such file or directory"
        // What runc said before 1.2, and podman 4 looks for, follows what it says now.
        case stage_detail_program_directory: reason = "is a directory: permission denied"
        case stage_detail_program_execute:
            // RUNC: with the name bare, as Go's PathError has it.
            let interpreter = HostHooks.line(report.text)
            let missing = interpreter.isEmpty ? "" : ": its interpreter \(interpreter) is missing"
            return Failure(.program, "exec \(name): \(report.errno)\(missing)", path: account.origin)
        default: reason = "\(report.errno)"
        }
        return Failure(.program, "exec: \"\(name)\": \(reason)", path: account.origin)
    }

    private static func directory(_ report: ProgressPage.Report, _ path: String, _ account: StepAccount) -> Failure {
        if report.detail == stage_detail_outside_root {
            return Failure(
                .program,
                "current working directory is outside of container mount namespace root "
                    + "-- possible container breakout detected",
                path: account.origin, errno: nil, hint: "\(path) leads out of the root")
        }
        return Failure(
            .program, "chdir to cwd (\"\(path)\") set in config.json failed: \(report.errno)", path: account.origin)
    }

    private static func hook(
        _ report: ProgressPage.Report, _ kind: String, _ path: String, _ timeout: Int?, _ account: StepAccount
    ) -> Failure {
        let what: String
        switch report.detail {
        case stage_detail_hook_exit: what = "exit status \(report.value)"
        case stage_detail_hook_signal: what = HostHooks.ended(by: UInt32(truncatingIfNeeded: report.value))
        case stage_detail_hook_timeout: what = "hook ran past specified timeout of \(timeout ?? 0)s"
        case stage_detail_hook_execute: what = "cannot execute \(path): \(report.errno)"
        default: what = "\(report.errno)"
        }
        let said = HostHooks.said(report.text)
        return Failure(.hook, HostHooks.running(kind, account.origin, path) + what + said, path: account.origin)
    }

    private static func hint(_ report: ProgressPage.Report) -> String? {
        guard report.detail == stage_detail_no_own_device else { return nil }
        return "the container needs a /dev/null, /dev/zero and so on of its own; or connect the streams to files or pipes"
    }

    private static func detail(_ report: ProgressPage.Report) -> String {
        switch report.detail {
        case stage_detail_wrong_file_system: ": it is not the file system that it must be"
        case stage_detail_wrong_device: ": it is not the null device"
        case stage_detail_proc_target: ": the place lies on a proc file system"
        case stage_detail_existing_node: ": a file exists there that is something else"
        case stage_detail_gate_refused: ": the runtime went away"
        case stage_detail_target_is_file: ": a directory would be mounted on a file"
        case stage_detail_target_is_directory: ": a file would be mounted on a directory"
        case stage_detail_target_is_root: ": the place is the root itself"
        case stage_detail_no_own_device: ": one is a device of the host, and no such device of the container can take its place"
        default: ""
        }
    }
}
