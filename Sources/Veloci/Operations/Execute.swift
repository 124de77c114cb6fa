internal import Cgroups
public import ContainerPlan
internal import LinuxKernel
public import RuntimeSpec

/// What `exec` asks for.
public struct ExecuteRequest: Sendable {
    /// The container.
    public var id: String
    /// The program, its user, and what it may do.
    public var process: Spec.Process
    /// The socket to which the terminal is sent.
    public var consoleSocket: String?
    /// Called with our side of the terminal when nobody else gets it, before the program runs: to set its size, for example.
    public var prepareTerminal: (@Sendable (Int32) -> Void)?
    /// The socket to which a descriptor of the process is sent.
    public var processSocket: String?
    /// The file that gets the pid, without a line break.
    public var pidFile: String?
    /// Its standard streams; a terminal takes their place.
    public var streams = StandardStreams.null
    /// Descriptors of this program that the new one gets, by the numbers that they have there, from 3 on.
    public var passing: [Int32: Int32] = [:]
    /// Whether a paused container is no error; the program then waits for `resume`.
    public var ignoresPause = false
    /// Control groups below the container's own, by controller; the empty name is for version 2, and for all controllers
    /// without a path of their own. The groups must exist.
    public var controlGroups: [String: String] = [:]
    /// Whether the kernel ends the program when the thread that calls ends: for a process that stays with it.
    package var endsWithCaller = false
    /// What notes when each step takes place; nil measures nothing.
    public var trace: Trace?
    /// What tests ask of the stage.
    package var stageOptions = PlanEncodingOptions()
    /// The step of the host that a test makes fail: an index into `Plan.hostSteps`.
    package var failingHostStep: Int?

    /// A program for a container.
    public init(id: String, process: Spec.Process) {
        self.id = id
        self.process = process
    }
}

/// The records of a container, read once for all that one command does.
package struct KnownContainer {
    let container: StoredContainer
    let spec: ValidatedSpec

    /// The process of the container's configuration: what `exec` starts from.
    package var process: Spec.Process { spec.process.document }
}

extension Runtime {
    /// Reads the records of a container.
    package func knownContainer(_ id: String) throws(Failure) -> KnownContainer {
        let container = try StoredContainer.open(root: root, id: id, locking: false)
        return KnownContainer(container: container, spec: try container.state.configuration())
    }

    /// Runs another program in a running container. The caller waits for it.
    public func execute(_ request: ExecuteRequest) throws(Failure) -> ContainerProcess {
        try execute(request, in: try knownContainer(request.id))
    }

    /// The same in a container whose records were read before.
    package func execute(_ request: ExecuteRequest, in known: KnownContainer) throws(Failure) -> ContainerProcess {
        defer { request.trace?.end() }
        request.trace?.begin("read the container's state and plan")
        let passed = try PassedDescriptors(request.passing)
        let (container, spec) = (known.container, known.spec)
        switch try container.status() {
        case .running, .created: break
        case .paused where request.ignoresPause: break
        case .paused: throw Failure(.paused, "cannot exec in a paused container")
        case .stopped, .creating: throw Failure(.stopped, "cannot exec in a stopped container")
        }
        let plan = try plan(request, spec, container.record)
        for warning in plan.warnings { warn(warning) }
        request.trace?.end()

        var subject = Subject(record: container.record, spec: spec.document, status: .running)
        subject.subgroups = try Subgroups(
            request.controlGroups, ContainerGroup(recorded: container.record.controlGroups),
            containerProcess: container.record.process?.pid ?? 0)
        var wanted = PerformanceRequest(
            streams: request.streams, passed: passed, options: request.stageOptions, prepareTerminal: request.prepareTerminal,
            trace: request.trace, failingHostStep: request.failingHostStep)
        wanted.options.traces = request.trace != nil
        let performer = Performer(plan, for: subject, wanted, self)
        return try performer.whole { () throws(Failure) in
            try performer.prepare()
            try performer.meetGates(until: nil)
            return try performer.process()
        }
    }

    /// The plan of a program for a container that exists.
    public func plan(_ request: ExecuteRequest) throws(Failure) -> Plan {
        let container = try StoredContainer.open(root: root, id: request.id, locking: false)
        let plan = try plan(request, try container.state.configuration(), container.record)
        _ = try plan.encoded(descriptors: [:])
        return plan
    }

    private func plan(
        _ request: ExecuteRequest, _ spec: ValidatedSpec, _ record: ContainerRecord
    ) throws(Failure) -> Plan {
        let process = try validated(request.process, in: spec)
        var wanted = PlanRequest(id: request.id, bundle: "", waitsForStart: false)
        wanted.consoleSocket = request.consoleSocket.map { HostPath($0) }
        wanted.makesSessionKeyring = !record.sharesKeyring
        wanted.processSocket = request.processSocket.map { HostPath($0) }
        wanted.pidFile = request.pidFile.map { HostPath($0) }
        wanted.endsWithCaller = request.endsWithCaller
        wanted.keptDescriptors = request.passing.keys.sorted()
        wanted.containerGroups = CgroupPaths(recorded: record.controlGroups)
        wanted.unitOfUser = record.unit.flatMap { $0.isOfUser ? $0.name : nil }
        var warnings: [String] = []
        if let profile = spec.document.linux?.seccomp { wanted.seccomp = try FilterCompiler.compile(profile, &warnings) }
        var facts = HostFacts.collect(isRootless: isRootless)
        if spec.document.linux?.hasNamespace(.user) == true, (spec.document.linux?.uidMappings ?? []).isEmpty,
            let process = record.process
        {
            facts.joinedMappings = Mappings.read(of: process.pid)
        }
        if record.isRestored, let process = record.process {
            let own = try? Files.status(of: "/proc/self/ns/time", followingLink: true).inode
            facts.hasRestoredClock = (try? Files.status(of: "/proc/\(process.pid)/ns/time", followingLink: true))?.inode != own
        }
        do throws(PlanError) {
            return try Plan.execute(process, in: spec, request: wanted, facts: facts)
        } catch {
            throw Failure(error)
        }
    }

    /// Nobody has looked at it yet. The kernel takes the user 4294967295 for "as before", which is root.
    private func validated(_ process: Spec.Process, in spec: ValidatedSpec) throws(Failure) -> ValidatedProcess {
        do throws(DecodingFailure) {
            return try ValidatedProcess(process, in: spec)
        } catch {
            var problems = error.diagnostics
            for index in problems.indices {
                problems[index].path = JSONPath([.member("process")] + problems[index].path.components)
            }
            throw Failure(problems)
        }
    }
}
