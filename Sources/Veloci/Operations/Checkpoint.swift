public import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

/// What `checkpoint` asks for.
public struct CheckpointRequest: Sendable {
    /// The container.
    public var id: String
    /// Where its images go, and how CRIU makes them.
    public var options: CheckpointOptions
    /// Notes when each step takes place.
    public var trace: Trace?
    /// Called with each point that CRIU comes to.
    public var progress: CheckpointProgress?
    /// The step of the host that a test makes fail.
    package var failingHostStep: Int?

    /// A request for images of a container.
    public init(_ id: String, options: CheckpointOptions) {
        self.id = id
        self.options = options
    }
}

/// Hears how far CRIU is.
public struct CheckpointProgress: Sendable {
    private let hears: @Sendable (CheckpointMoment) -> Void

    /// - Parameter hears: called on the thread of the call, while CRIU waits for it to return.
    public init(_ hears: @escaping @Sendable (CheckpointMoment) -> Void) { self.hears = hears }

    /// - Parameter script: what CRIU calls the point.
    func note(_ script: String) { if let moment = CheckpointMoment(rawValue: script) { hears(moment) } }
}

/// Points that CRIU comes to, by its own names for the scripts that it calls there (`--action-script` of criu(8)).
public enum CheckpointMoment: String, Sendable, CaseIterable {
    /// Nothing is done yet.
    case preDump = "pre-dump"
    /// Packets of the container are held back.
    case networkLock = "network-lock"
    /// They come through again.
    case networkUnlock = "network-unlock"
    /// The server of lazy pages listens.
    case statusReady = "status-ready"
    /// All is written.
    case postDump = "post-dump"
    /// No process is there yet.
    case preRestore = "pre-restore"
    /// The namespaces are there, and nothing is in them.
    case setupNamespaces = "setup-namespaces"
    /// They are complete.
    case postSetupNamespaces = "post-setup-namespaces"
    /// The processes are complete, and wait.
    case postRestore = "post-restore"
    /// They are about to go on.
    case preResume = "pre-resume"
    /// They go on.
    case postResume = "post-resume"
}

extension Runtime {
    /// Writes all that a running or paused container is to images. It is gone afterwards, unless the options say otherwise; after
    /// a failure it goes on as before.
    public func checkpoint(_ id: String, _ options: CheckpointOptions) throws(Failure) {
        try checkpoint(CheckpointRequest(id, options: options))
    }

    /// Writes all that a running or paused container is to images, with all that can be asked for.
    public func checkpoint(_ request: CheckpointRequest) throws(Failure) {
        defer { request.trace?.end() }
        request.trace?.begin("look at the container, ask CRIU what it can, and plan")
        let planned = try PlannedCheckpoint(request, locking: true, self)
        request.trace?.end()
        var wanted = try PerformanceRequest.alone(trace: request.trace)
        wanted.criu = planned.program.path
        wanted.progress = request.progress
        wanted.failingHostStep = request.failingHostStep
        let performer = Performer(planned.plan, for: planned.subject, wanted, self)
        performer.effects.state = planned.container.state
        try performer.whole { () throws(Failure) in try performer.prepare() }
    }

    /// The plan of a checkpoint. Nothing is touched; the container has to be there, and CRIU.
    public func plan(_ request: CheckpointRequest) throws(Failure) -> Plan {
        try PlannedCheckpoint(request, locking: false, self).plan
    }
}

/// A container that can be dumped, and how.
private struct PlannedCheckpoint {
    let container: StoredContainer
    let program: CriuProgram
    let subject: Subject
    let plan: Plan

    init(_ request: CheckpointRequest, locking: Bool, _ runtime: Runtime) throws(Failure) {
        container = try StoredContainer.open(root: runtime.root, id: request.id, locking: locking)
        let status = try container.status(holdingLock: locking)
        guard status == .running || status == .paused, let process = container.record.process else {
            throw Failure(
                .notRunning, "Container cannot be checkpointed in \(status.rawValue) state",
                hint: Self.hint(status))
        }
        program = try CriuProgram(runtime.criu)
        let spec = try container.state.configuration()
        var facts: CheckpointFacts
        do throws(KernelError) {
            let top = try Files.open("/proc/\(process.pid)/root", flags: [.path, .directory])
            facts = .collect(spec.document, root: top, prefix: "", criuVersion: program.version)
        } catch {
            throw .kernel(error, "cannot look at the container's root", hint: "checkpoint as root of the host")
        }
        facts.showsAppArmor = CheckpointFacts.findAppArmor()
        facts.hasParent = request.options.hasParent
        facts.features = try program.features(for: request.options)
        let record = container.record
        let host = try HostFacts.collect(for: spec.document, in: HostPath(record.bundle), id: record.id, runtime)
        do throws(PlanError) {
            plan = try Plan.checkpoint(
                spec, root: HostPath(record.rootfs), groups: record.controlGroups,
                process: CheckpointFacts.Process(pid: process.pid, isPaused: status == .paused), options: request.options,
                host: host, facts: facts)
        } catch {
            throw Failure(error)
        }
        subject = Subject(record: record, spec: spec.document, status: status)
    }

    private static func hint(_ status: Status) -> String {
        switch status {
        case .created: "start it first"
        case .creating: "wait until it runs"
        case .stopped, .running, .paused: "its program has ended; run it again"
        }
    }
}
