internal import Cgroups
public import ContainerPlan
internal import LinuxKernel
public import RuntimeSpec

/// What `exec` asks for.
public struct ExecuteRequest: Sendable {
    /// The container.
    public var id: String
    /// The program, its user, and what it may do.
    public var process: Process
    /// The socket to which the terminal is sent.
    public var consoleSocket: String?
    /// Called with our side of the terminal when nobody else gets it, before the program runs: to set its size, for example.
    public var prepareTerminal: (@Sendable (Int32) -> Void)?
    /// The socket to which a descriptor of the process is sent.
    public var processSocket: String?
    /// The file that gets the pid, without a line break.
    public var pidFile: String?
    /// How many descriptors from 3 on the program keeps.
    public var preservedDescriptors: Int32 = 0
    /// Whether a paused container is no error; the program then waits for `resume`.
    public var ignoresPause = false
    /// Control groups below the container's own, by controller; the empty name is for version 2, and for all controllers
    /// without a path of their own. The groups must exist.
    public var controlGroups: [String: String] = [:]
    /// What tests and traces ask of the stage.
    public var stageOptions = PlanEncodingOptions()
    /// The step of the host that a test makes fail: an index into `Plan.hostSteps`.
    package var failingHostStep: Int?

    /// A program for a container.
    public init(id: String, process: Process) {
        self.id = id
        self.process = process
    }
}

extension Runtime {
    /// Runs another program in a running container. The caller waits for it.
    public func execute(
        _ request: ExecuteRequest, standard: [Int32?] = [nil, nil, nil]
    ) throws(Failure) -> ContainerProcess {
        let kept = try KeptDescriptors.numbers(Int(request.preservedDescriptors))
        try KeptDescriptors.check(kept)
        let container = try StoredContainer.open(root: root, id: request.id, locking: false)
        switch container.status() {
        case .running, .created: break
        case .paused where request.ignoresPause: break
        case .paused: throw Failure(.paused, "cannot exec in a paused container (use --ignore-paused to override)")
        case .stopped, .creating: throw Failure(.stopped, "cannot exec in a stopped container")
        }
        let spec = try container.state.configuration()
        let group = ContainerGroup(recorded: container.record.controlGroups)
        let plan = try plan(request, spec, group, kept: kept)
        for warning in plan.warnings { warn(warning) }

        let fault = HostFault(request.failingHostStep, in: plan)
        var preparation = Preparation(state: container.state, groups: group, containerProcess: container.record.pid)
        preparation.subgroups = try Subgroups(request.controlGroups, group, containerProcess: container.record.pid)
        try preparation.perform(plan, fault)
        try fault.check(plan) { if case .cloneProcess = $0 { true } else { false } }
        // Whatever the pid meant when the descriptors were opened, it still is the container's.
        _ = try container.record.process()
        let progress: ProgressPage
        do throws(KernelError) {
            progress = try ProgressPage(in: nil)
        } catch {
            throw .kernel(error, "cannot make the progress page")
        }
        let unified = entersUnified(request, group) ? nil : try group.openUnified(preparation.subgroups)
        defer { unified.map { _ = Descriptor(owning: $0) } }
        let (launch, isOutside) = try Launch.start(in: unified, orOutside: toleratesRefusals) { (group) throws(Failure) in
            try Launch(
                plan, descriptors: preparation.table, progress: progress, controlGroup: group, keeping: kept, standard: standard,
                options: request.stageOptions)
        }
        var mayHavePidFile = false
        do throws(Failure) {
            let record = container.record
            try launch.run(until: nil) { (gate, launch) throws(Failure) in
                if gate == .ready && isOutside { try bringInside(launch.pid, record, group, preparation.subgroups) }
                if case .sendListener(let path)? = plan.gates[gate]?.first?.action {
                    try SeccompListener.send(launch, to: path, spec: spec, record, status: "running")
                }
                if gate == .ready { try preparation.table.receiveTerminal(request.prepareTerminal) }
                mayHavePidFile = gate == .ready
                try meet(gate, launch, plan, request, fault)
            }
            return ContainerProcess(launch, terminal: preparation.table.takeTerminal())
        } catch {
            launch.kill()
            // Written at the last gate; what comes after it can fail still.
            if mayHavePidFile, let file = request.pidFile { _ = try? Files.removeFile(file) }
            throw error
        }
    }

    /// SPEC(config.md#linux-process): the initial CPUs are those before the process comes into the group, which may have others;
    /// a process that is born there cannot have been on them. A user who may not enter the group is brought in later.
    private func entersUnified(_ request: ExecuteRequest, _ group: ContainerGroup) -> Bool {
        let hasInitial = request.process.execCPUAffinity?.initial?.isEmpty == false
        return hasInitial && group.group.paths.unified != nil && !toleratesRefusals
    }

    /// Has the user's systemd move a program into the container's group, where its caller may not.
    private func bringInside(
        _ pid: Int32, _ record: ContainerRecord, _ group: ContainerGroup, _ subgroups: Subgroups
    ) throws(Failure) {
        guard let unit = ContainerUnit(record) else {
            return warn("the program runs outside of the container's control group: you may not move processes into it")
        }
        try unit.attach(pid, group: group.group.paths.unified.map { subgroups.suffix($0) } ?? "")
    }

    /// The plan of a program for a container that exists.
    public func plan(_ request: ExecuteRequest) throws(Failure) -> Plan {
        let container = try StoredContainer.open(root: root, id: request.id, locking: false)
        let plan = try plan(
            request, try container.state.configuration(), ContainerGroup(recorded: container.record.controlGroups),
            kept: KeptDescriptors.numbers(Int(request.preservedDescriptors)))
        try plan.checkEncoding()
        return plan
    }

    private func plan(_ request: ExecuteRequest, _ spec: Spec, _ group: ContainerGroup, kept: [Int32]) throws(Failure) -> Plan {
        // Nobody has looked at it yet. The kernel takes the user 4294967295 for "as before", which is root.
        let problems = request.process.validate(in: spec.linux).map { problem in
            var problem = problem
            problem.path = JSONPath([.member("process")] + problem.path.components)
            return problem
        }
        if problems.contains(where: { $0.severity == .must }) { throw Failure(problems) }
        var wanted = PlanRequest(id: request.id, bundle: "", waitsForStart: false)
        wanted.consoleSocket = request.consoleSocket
        wanted.pidFile = request.pidFile
        wanted.keptDescriptors = kept
        wanted.entersUnified = entersUnified(request, group)
        var warnings: [String] = []
        if let profile = spec.linux?.seccomp { wanted.seccomp = try FilterCompiler.compile(profile, &warnings) }
        do throws(PlanError) {
            var facts = HostFacts.collect()
            facts.controlGroups = group.facts
            return try Plan.execute(request.process, in: spec, request: wanted, facts: facts)
        } catch {
            throw Failure(error)
        }
    }

    private func meet(
        _ gate: Gate, _ launch: Launch, _ plan: Plan, _ request: ExecuteRequest, _ fault: HostFault
    ) throws(Failure) {
        for planned in plan.gates[gate] ?? [] {
            do throws(KernelError) {
                try fault.check(planned)
                switch planned.action {
                case .setLimit(let kind, let soft, let hard):
                    try Processes.setLimit(of: launch.pid, resource: kind.number, soft: soft, hard: hard)
                case .setOOMScore(let score): try Files.writeValue("\(score)", to: "/proc/\(launch.pid)/oom_score_adj")
                case .writePidFile(let path): try PidFile.write(launch.pid, to: path)
                default: break
                }
            } catch {
                throw .kernel(error, "cannot \(planned.action.text)", path: planned.origin)
            }
        }
        guard gate == .ready, let socket = request.processSocket else { return }
        do throws(KernelError) {
            let connection = try Sockets.connect(socket)
            try Sockets.send(Array("setns".utf8), descriptors: [launch.processDescriptor], over: connection.number)
        } catch {
            throw .kernel(error, "cannot send the process descriptor")
        }
    }
}
