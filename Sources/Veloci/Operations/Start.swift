internal import CLinux
internal import CStageWire
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

extension Runtime {
    /// Starts the program of a created container. Returns when it runs and the poststart hooks are done.
    ///
    /// - Parameters:
    ///   - id: the container.
    ///   - notifySocket: a service manager's socket: returns when the program is ready, or has ended. The container must have
    ///     been created with one as well.
    ///   - trace: notes when each step takes place. Those of the container's process need one in `create` as well.
    public func start(_ id: String, notifySocket: String? = nil, trace: Trace? = nil) throws(Failure) {
        defer { trace?.end() }
        trace?.begin("look at the container")
        let container = try StoredContainer.open(root: root, id: id, locking: true, forgettingOthersGroups: false)
        switch try container.status(holdingLock: true) {
        case .created: break
        case .stopped: throw Failure(.stopped, "cannot start a container that has stopped")
        // It could not go on, and `resume` would wait for the end of this command.
        case .paused: throw Failure(.paused, "cannot start a container in the paused state", hint: "resume it first")
        case .creating, .running: throw Failure(.running, "cannot start an already running container")
        }
        let notification = try notifySocket.map { (manager) throws(Failure) in
            try Notification(state: container.state.number, manager: manager)
        }
        trace?.begin("let the container's process go on until its program runs")
        do throws(KernelError) {
            try release(container)
        } catch where error.errno == .timedOut {
            throw StopPatience.failure
        } catch where error.errno.name == "EPIPE" || error.errno.name == "ENXIO" {
            // It ended since we looked.
            throw Failure(.stopped, "cannot start a container that has stopped")
        } catch {
            throw .kernel(error, "cannot start the container")
        }
        do throws(Failure) {
            try checkStart(container, trace)
        } catch {
            // A program that cannot be executed leaves a stopped container, as the end of any program does.
            if error.code == .hook { destroy(container) }
            throw error
        }
        try complete(container, notification, notifySocket, trace)
    }

    /// Lets the stage go on, and waits until it executes the program or ends: both close its end of the second pipe.
    private func release(_ container: StoredContainer) throws(KernelError) {
        let directory = container.state.number
        let started = try Files.open(
            StateDirectory.startedPipe, flags: [.nonBlocking, .noFollow], at: directory)
        let start = try Files.open(StateDirectory.startPipe, flags: [.writeOnly, .nonBlocking, .noFollow], at: directory)
        // What is no pipe is not what the container waits at, and waiting for it would be for ever.
        for pipe in [try Files.status(of: started), try Files.status(of: start)] where pipe.kind != .pipe {
            throw KernelError(.invalidArgument, call: "open", object: "a file in place of the container's pipe")
        }
        try Pipes.write([1], to: start.number, name: StateDirectory.startPipe)
        var patience = StopPatience()
        while try !Polling.isReadable(started.number, withinMilliseconds: StopPatience.interval) {
            if try patience.isOver(container.record.process?.pid ?? 0) { throw KernelError(.timedOut, call: "wait") }
        }
    }

    private func checkStart(_ container: StoredContainer, _ trace: Trace?) throws(Failure) {
        trace?.end()
        let page: ProgressPage
        do throws(KernelError) {
            page = try ProgressPage(reading: container.state.number)
        } catch {
            throw .kernel(error, "cannot read how far the container came")
        }
        trace?.add(container.record.start, page)
        observe(container.record.start, page)
        let report = page.report
        if report.phase == stage_phase_executing { return }
        let account = container.record.start.first { $0.number == report.step }
        throw StageFailure.describe(report, account, end: nil)
    }

    /// Performs what follows once the program runs. SPEC(runtime.md#lifecycle): a failing hook of poststart stops the container
    /// and destroys it.
    private func complete(
        _ container: StoredContainer, _ notification: Notification?, _ manager: String?, _ trace: Trace?
    ) throws(Failure) {
        let record = container.record
        // The one case in which a later command needs the configuration again.
        let spec = record.hasPoststartHooks ? try container.state.configuration().document : Spec(ociVersion: "")
        let plan = Plan.completion(poststart: spec.hooks?.poststart ?? [], notifySocket: manager)
        let performer = Performer(plan, for: Subject(record: record, spec: spec), try .alone(trace: trace), self)
        performer.effects.state = container.state
        performer.effects.notification = notification
        do throws(Failure) {
            try performer.complete()
        } catch {
            if error.code == .hook { destroyUnlessReplaced(record) }
            throw error
        }
    }

    private func destroyUnlessReplaced(_ record: ContainerRecord) {
        do throws(Failure) {
            let container = try StoredContainer.open(root: root, id: record.id, locking: true)
            if container.record.process == record.process { destroy(container) }
        } catch where error.code == .notFound {
            return  // deleted meanwhile
        } catch {
            warn("after a hook failed: \(error)")
        }
    }

    private func destroy(_ container: StoredContainer) {
        var record = container.record
        record.forgetOthersGroups()
        do throws(Failure) {
            try Undoing(self, record, container.state).delete()
        } catch {
            warn("after a hook failed: \(error)")
        }
    }
}
