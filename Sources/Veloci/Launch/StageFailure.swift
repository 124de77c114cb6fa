internal import CStageWire
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

/// Puts a failed step into words: what, where in config.json, what the kernel said, what to do.
enum StageFailure {
    /// - Parameter missing: how many steps fewer than the stage's the plan has at its beginning.
    static func describe(
        _ report: ProgressPage.Report, plan: Plan, missing: Int = 0, end: ProcessEnd?
    ) -> Failure {
        let index = report.step - 1 - missing
        guard report.step > 0, plan.steps.indices.contains(index) else {
            return Failure(.internalError, "the container's process ended before its first step" + ending(end))
        }
        let planned = plan.steps[index]
        guard report.phase == stage_phase_failed else {
            return Failure(
                .kernel, "the container's process was ended while it should \(planned.action.text)" + ending(end),
                path: planned.origin, hint: "look for the out-of-memory killer and for seccomp in the kernel's log")
        }
        if let failure = program(report, planned) { return failure }
        if let failure = hook(report, planned) { return failure }
        return Failure(
            .kernel, "step \(report.step): cannot \(planned.action.text)\(detail(report))", path: planned.origin,
            errno: report.errno, hint: hint(report, planned.action))
    }

    private static func ending(_ end: ProcessEnd?) -> String {
        switch end {
        case .signalled(let signal): " (signal \(signal))"
        case .exited(let status): " (exit status \(status))"
        case nil: ""
        }
    }

    /// RUNC: callers tell a missing program from one that may not be executed by these words.
    private static func program(_ report: ProgressPage.Report, _ planned: Planned<Step>) -> Failure? {
        let name: String
        switch planned.action {
        case .findProgram(let program): name = program
        case .execute(let arguments, _, _): name = arguments.first ?? ""
        case .enterDirectory(let path, _), .makeWorkingDirectory(let path, _):
            if report.detail == stage_detail_outside_root {
                return Failure(
                    .program,
                    "current working directory is outside of container mount namespace root "
                        + "-- possible container breakout detected",
                    path: planned.origin, errno: nil, hint: "\(path) leads out of the root")
            }
            return Failure(
                .program, "chdir to cwd (\"\(path)\") set in config.json failed: \(report.errno)", path: planned.origin)
        default: return nil
        }
        let reason: String
        switch report.detail {
        case stage_detail_not_found_in_path where report.value == 0: reason = "executable file not found in $PATH"
        case stage_detail_program_stat where report.errno == .noEntry: reason = "stat \(name): no such file or directory"
        case stage_detail_program_directory: reason = "is a directory"
        default: reason = "\(report.errno)"
        }
        return Failure(.program, "exec: \"\(name)\": \(reason)", path: planned.origin)
    }

    private static func hook(_ report: ProgressPage.Report, _ planned: Planned<Step>) -> Failure? {
        guard case .runHook(let kind, let hook, _) = planned.action else { return nil }
        let what: String
        switch report.detail {
        case stage_detail_hook_exit: what = "exit status \(report.value)"
        case stage_detail_hook_signal: what = "ended by signal \(report.value)"
        case stage_detail_hook_timeout: what = "hook ran past specified timeout of \(hook.timeout ?? 0)s"
        case stage_detail_hook_execute: what = "cannot execute \(hook.path): \(report.errno)"
        default: what = "\(report.errno)"
        }
        let said = HostHooks.said(report.text)
        return Failure(.hook, "error running \(kind.rawValue) hook \(hook.path): \(what)\(said)", path: planned.origin)
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
        default: ""
        }
    }

    private static func hint(_ report: ProgressPage.Report, _ step: Step) -> String? {
        switch (step, report.errno.name) {
        case (.mountFileSystem(let mount, _), "ENODEV"): "the kernel has no file system \(mount.type)"
        case (.joinSessionKeyring, "EDQUOT"): "raise kernel.keys.maxkeys or use --no-new-keyring"
        case (.changeRoot(_, .pivot), "EINVAL"): "on an initial ramdisk use --no-pivot"
        case (.setScheduler, "EPERM"):
            "a realtime policy needs linux.resources.cpu.realtimeRuntime where the kernel shares that out by control groups"
        case (_, "ENOSYS"): "the kernel is older than 5.14"
        default: nil
        }
    }
}
