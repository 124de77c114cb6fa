internal import CLinux
internal import CStageWire
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

extension Runtime {
    /// Starts the program of a created container. Returns when it runs and the poststart hooks are done.
    ///
    /// - Parameter notifySocket: a service manager's socket: returns when the program is ready, or has ended. The container
    ///   must have been created with one as well.
    public func start(_ id: String, notifySocket: String? = nil) throws(Failure) {
        let container = try StoredContainer.open(root: root, id: id, locking: true)
        switch container.status(holdingLock: true) {
        case .created: break
        case .stopped: throw Failure(.stopped, "cannot start a container that has stopped")
        // It could not go on, and `resume` would wait for the end of this command.
        case .paused: throw Failure(.paused, "cannot start a container in the paused state", hint: "resume it first")
        case .creating, .running: throw Failure(.running, "cannot start an already running container")
        }
        let spec = try container.state.configuration()
        let notification = try notifySocket.map { (manager) throws(Failure) in
            try Notification(state: container.state.number, manager: manager)
        }
        do throws(KernelError) {
            try release(container)
        } catch {
            throw .kernel(error, "cannot start the container")
        }
        do throws(Failure) {
            try checkStart(container, spec)
        } catch {
            // A program that cannot be executed leaves a stopped container, as the end of any program does.
            if error.code == .hook { destroy(container) }
            throw error
        }
        // From here on others may look at the container, change and delete it: a hook may itself call us about it, and need not
        // end in time.
        let record = container.record
        _ = consume container
        do throws(Failure) {
            try runPoststartHooks(record, spec)
        } catch {
            destroyUnlessReplaced(record)
            throw error
        }
        guard let notification, let process = try? record.process() else { return }
        try notification.wait(for: process.number, pid: record.pid)
    }

    private func destroyUnlessReplaced(_ record: ContainerRecord) {
        do throws(Failure) {
            let container = try StoredContainer.open(root: root, id: record.id, locking: true)
            let isSame = container.record.pid == record.pid && container.record.startTime == record.startTime
            if isSame { destroy(container) }
        } catch where error.code == .notFound {
            return  // deleted meanwhile
        } catch {
            warn("after a hook failed: \(error)")
        }
    }

    /// SPEC(runtime.md#lifecycle): a failing hook of startContainer or poststart stops the container and destroys it.
    private func destroy(_ container: consuming StoredContainer) {
        let record = container.record
        let state = container.state
        do throws(Failure) {
            try stop(record, state, force: true)
            try destroy(record, state)
        } catch {
            warn("after a hook failed: \(error)")
        }
    }

    /// Lets the stage go on, and waits until it executes the program or ends: both close its end of the second pipe.
    private func release(_ container: borrowing StoredContainer) throws(KernelError) {
        let directory = container.state.number
        let started = try Files.open(
            StateDirectory.startedPipe, flags: O_RDONLY | O_NONBLOCK | O_NOFOLLOW, at: directory)
        let start = try Files.open(StateDirectory.startPipe, flags: O_WRONLY | O_NONBLOCK | O_NOFOLLOW, at: directory)
        try Files.write([1], to: start, name: StateDirectory.startPipe)
        _ = try Polling.isReadable(started.number, withinMilliseconds: -1)
    }

    private func checkStart(_ container: borrowing StoredContainer, _ spec: Spec) throws(Failure) {
        let page: ProgressPage
        do throws(KernelError) {
            page = try ProgressPage(reading: container.state.number)
        } catch {
            throw .kernel(error, "cannot read how far the container came")
        }
        let report = page.report
        if report.phase == stage_phase_executing { return }
        // The plan again, to say which step it was. It may lack steps before the wait, such as those that join control groups,
        // but it ends in the same way.
        var request = PlanRequest(id: container.record.id, bundle: container.record.bundle)
        var warnings: [String] = []
        if let profile = spec.linux?.seccomp { request.seccomp = try FilterCompiler.compile(profile, &warnings) }
        guard let plan = try? Plan.create(spec, request: request, facts: .collect()) else {
            throw Failure(.kernel, "the container ended at step \(report.step)", errno: report.errno)
        }
        throw StageFailure.describe(
            report, plan: plan, missing: container.record.stepCount - plan.steps.count, end: nil)
    }

    /// Whoever calls undoes the container when one fails.
    func runPoststartHooks(_ record: ContainerRecord, _ spec: Spec) throws(Failure) {
        let hooks = spec.hooks?.poststart ?? []
        if hooks.isEmpty { return }
        let state = HookState.make(spec, request: PlanRequest(id: record.id, bundle: record.bundle), status: "running")
        for (index, hook) in hooks.enumerated() {
            try HostHooks.run(
                hook, kind: .poststart, state: state.text(pid: record.pid), bundle: record.bundle,
                path: JSONPath([.member("hooks"), .member("poststart"), .index(index)]))
        }
    }
}
