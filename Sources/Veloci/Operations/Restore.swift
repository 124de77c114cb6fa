internal import ByteText
internal import CLinux
public import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

/// What `restore` asks for.
public struct RestoreRequest: Sendable {
    /// The container, as `run` asks for one.
    public var container: CreateRequest
    /// Its images, and how CRIU takes them.
    public var options: CheckpointOptions
    /// Called with each point that CRIU comes to.
    public var progress: CheckpointProgress?

    /// A request for the container that images are of.
    public init(_ container: CreateRequest, options: CheckpointOptions) {
        self.container = container
        self.options = options
    }
}

extension Runtime {
    /// Makes a container again out of images. Its programs go on where they were; nothing of it is left after a failure.
    ///
    /// The streams of the request take the place of pipes that were its standard streams.
    ///
    /// - Returns: its first process, a child of this process.
    public func restore(_ request: RestoreRequest) throws(Failure) -> ContainerProcess {
        let trace = request.container.trace
        defer { trace?.end() }
        trace?.begin("read config.json, ask CRIU what it can, and plan")
        // Before anything is made: what is no directory is no image.
        _ = Descriptor(owning: try request.options.openImageDirectory(making: false))
        let program = try CriuProgram(criu)
        let planned = try plan(request, program)
        for warning in planned.plan.warnings { warn(warning) }
        var wanted = PerformanceRequest(
            streams: request.container.streams, passed: try PassedDescriptors(),
            prepareTerminal: request.container.prepareTerminal, createRuntime: request.container.createRuntime,
            notifySocket: request.container.notifySocket, trace: trace,
            failingHostStep: request.container.failingHostStep)
        wanted.criu = program.path
        wanted.progress = request.progress
        let subject = Subject(record: planned.record, spec: planned.bundle.spec.document, configuration: planned.bundle.bytes)
        let performer = Performer(planned.plan, for: subject, wanted, self)
        trace?.end()
        return try performer.whole { () throws(Failure) in
            try performer.prepare()
            return try performer.process()
        }
    }

    /// The plan of a restore. Nothing is touched; of the images only that is looked at what the streams were.
    public func plan(_ request: RestoreRequest) throws(Failure) -> Plan {
        try plan(request, CriuProgram(criu)).plan
    }

    private func plan(_ request: RestoreRequest, _ program: CriuProgram) throws(Failure) -> PlannedContainer {
        let features = try program.features(for: request.options)
        return try PlannedContainer(request.container, waitsForStart: false, self) {
            (bundle, wanted, host) throws(Failure) in
            var facts: CheckpointFacts
            do throws(KernelError) {
                let top = try Files.open(bundle.rootfs.text, flags: [.path, .directory])
                let name = try Files.readLink("/proc/self/fd/\(top.number)")
                facts = .collect(bundle.spec.document, root: top, prefix: name, criuVersion: program.version)
                facts.features = features
                facts.imageModule = ImageInventory.module(in: request.options.imagePath)
                facts.streams = StreamNames.read(in: request.options.imagePath)
            } catch {
                throw .kernel(
                    error, "cannot look at the container's root", path: JSONPath([.member("root"), .member("path")]),
                    hint: "name the root that the container had")
            }
            do throws(PlanError) {
                return try Plan.restore(
                    bundle.spec, request: wanted, options: request.options, state: HostPath(root).path(to: request.container.id),
                    host: host,
                    facts: facts)
            } catch {
                throw Failure(error)
            }
        }
    }
}
