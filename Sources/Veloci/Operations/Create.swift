internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

extension Runtime {
    /// Makes a container that waits for `start`. It exists completely afterwards, or nothing of it does.
    ///
    /// - Returns: the container. Its process is a child of this one; who does not ask how it ends may let go of it.
    @discardableResult
    public func create(_ request: CreateRequest) throws(Failure) -> Container {
        let performer = try performer(request, waitsForStart: true)
        return try performer.whole { () throws(Failure) in
            try performer.prepare()
            try performer.meetGates(until: .ready)
            return Container(self, request.id, try performer.process())
        }
    }

    /// What performs the plan of a new container.
    func performer(_ request: CreateRequest, waitsForStart: Bool) throws(Failure) -> Performer {
        defer { request.trace?.end() }
        request.trace?.begin("read config.json and plan")
        let planned = try PlannedContainer(request, waitsForStart: waitsForStart, self)
        for text in planned.remarks { remark(text) }
        for warning in planned.plan.warnings { warn(warning) }
        let subject = Subject(record: planned.record, spec: planned.bundle.spec.document, configuration: planned.bundle.bytes)
        var wanted = PerformanceRequest(
            streams: request.streams, passed: try PassedDescriptors(request.passing), options: request.stageOptions,
            prepareTerminal: request.prepareTerminal, createRuntime: request.createRuntime, notifySocket: request.notifySocket,
            trace: request.trace,
            failingHostStep: request.failingHostStep)
        wanted.options.traces = request.trace != nil
        return Performer(planned.plan, for: subject, wanted, self)
    }
}

extension Performer {
    /// Performs all of an operation; when a part fails, nothing of it stays.
    func whole<Result>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        do throws(Failure) {
            return try body()
        } catch {
            if let state = effects.state, !state.lockAgain() {
                // Deleted meanwhile, and perhaps made again by somebody else.
                effects.stage?.kill()
            } else {
                undo()
            }
            throw error
        }
    }
}
