internal import Cgroups
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

/// Performs the host's side of one plan: each step where it stands, in the plan's order, through one exhaustive switch.
///
/// `create`, `run` and `exec` differ in their plans alone. What has to be taken back is the undo of the steps that were begun.
final class Performer {
    let runtime: Runtime
    let plan: Plan
    let subject: Subject
    let request: PerformanceRequest
    /// What the steps made, for later steps and for `undo`.
    let effects: Effects
    private let fault: HostFault
    private var begun: [HostStep] = []
    private var reserve: DescriptorReserve?
    /// The step under way, which a refusal names.
    private var current: Planned<HostStep>?

    init(_ plan: Plan, for subject: Subject, _ request: PerformanceRequest, _ runtime: Runtime) {
        self.plan = plan
        self.subject = subject
        self.request = request
        self.runtime = runtime
        effects = Effects(record: subject.record, hasGroup: subject.status != .creating)
        fault = HostFault(request.failingHostStep, in: plan)
    }

    /// All that comes before the container's process exists, and at last the process.
    func prepare() throws(Failure) {
        let reserve = try DescriptorReserve(hasContainer: subject.status == .creating)
        self.reserve = reserve
        effects.streams = try ProgramStreams(request.streams, closed: reserve.closedStreams)
        for planned in plan.preparation { try perform(planned) }
    }

    /// Meets the stage at its gates up to `last`, or until it executes the program.
    func meetGates(until last: Gate?) throws(Failure) {
        let stage = try stage()
        defer {
            request.trace?.add(plan.accounts(until: last), stage.progress)
            runtime.observe(plan.accounts(until: last), stage.progress)
        }
        do throws(Failure) {
            try stage.run(until: last) { (gate) throws(Failure) in
                for planned in plan.gates[gate] ?? [] { try perform(planned) }
            }
        } catch {
            throw outOfMemory(stage) ?? error
        }
    }

    /// The stage needs some memory itself, in the container's control group. nil when it ended for another reason.
    private func outOfMemory(_ stage: StageProcess) -> Failure? {
        guard stage.end == .signalled(9), let group = effects.group?.group, MemoryWatch.kills(in: group) ?? 0 > 0 else {
            return nil
        }
        let resources = subject.spec.linux?.resources
        let path = JSONPath([.member("linux"), .member("resources")])
        let message = "the container's process was killed before its program ran: the control group has no memory left"
        if let limit = resources?.memory?.limit {
            return Failure(
                .kernel, "\(message), its limit is \(limit) bytes", path: path.member("memory").member("limit"),
                hint: "a container needs about 1 MiB before its program starts")
        }
        guard let limit = resources?.unified?["memory.max"] else { return Failure(.kernel, message) }
        return Failure(
            .kernel, "\(message), its limit is \(limit)", path: path.member("unified").member("memory.max"),
            hint: "a container needs about 1 MiB before its program starts")
    }

    /// What comes once the program runs.
    func complete() throws(Failure) {
        for planned in plan.completion { try perform(planned) }
    }

    /// Takes back what was begun.
    func undo() {
        effects.table.closeAll()
        reserve?.release()
        Undoing(runtime, effects.record, effects.state, spec: subject.spec, effects: effects)
            .rollBack(plan.undo(of: begun))
        begun = []
    }

    func perform(_ planned: Planned<HostStep>) throws(Failure) {
        let outer = current
        current = planned
        defer { current = outer }
        request.trace?.begin(planned.action.text, for: planned.origin)
        runtime.observe?("host: " + planned.action.text + Runtime.reason(planned.origin))
        defer { request.trace?.end() }
        try kernel { () throws(KernelError) in try fault.check(planned) }
        begun.append(planned.action)
        try perform(planned.action)
    }

    /// Every effect on the host, one line each.
    private func perform(_ step: HostStep) throws(Failure) {
        switch step {
        case .makeStateDirectory: try makeStateDirectory()
        case .writeRecord: try writeRecord()
        case .keepConfiguration: try keepConfiguration()
        case .makeNotifyDirectory: try Notification.makeDirectory(in: state().number)
        case .listenForReadiness: try listenForReadiness()
        case .holdUnit(let name): try holdUnit(name)
        case .startUnit(let request): try startUnit(request)
        case .makeControlGroup(let request): try makeControlGroup(request)
        case .limit(let limit): try apply(limit)
        case .giveControlGroup(let user): try giveControlGroup(to: user)
        case .makeCacheGroup(let rdt): try makeCacheGroup(rdt)
        case .openRoot(let path, let attributes, let slot): try openRoot(path, attributes, into: slot)
        case .openTree(let path, let recursive, let followsLink, let attributes, let mappings, let slot):
            try openTree(path, recursive: recursive, followsLink: followsLink, attributes, mappings, into: slot)
        case .makeTree(let mount, let root, let copy, let mappings, let owners, let slot):
            try makeTree(mount, root, copying: copy, mappings, owners, into: slot)
        case .makeDeviceNodes(let nodes, let label, let slot): try makeDeviceNodes(nodes, label: label, into: slot)
        case .raiseOpenFileLimit(let soft, let hard): try raiseOpenFileLimit(soft: soft, hard: hard)
        case .openControlGroupTree(let group, let attributes, let slot): try openControlGroupTree(group, attributes, into: slot)
        case .openControlGroupTasks(let hierarchy, let slot): try openControlGroupTasks(hierarchy, into: slot)
        case .openNamespace(let kind, let path, let slot): try openNamespace(kind, path, into: slot)
        case .openContainerProcess(let slot, let root): try openContainerProcess(into: slot, root: root)
        case .connectConsole(let path, let slot): try connectConsole(path, into: slot)
        case .makeStartPipe(let start, let started): try makeStartPipe(into: start, started: started)
        case .attachRoot(let slot, let path): try attachRoot(slot, at: path)
        case .makeProgressPage: try makeProgressPage()
        case .cloneProcess(_, let inControlGroup): try cloneProcess(inControlGroup: inControlGroup)
        case .writeMappings(let uid, let gid): try writeMappings(uid, gid)
        case .writeTimeOffset(let clock, let seconds, let nanoseconds): try writeTimeOffset(clock, seconds, nanoseconds)
        case .moveNetworkDevice(let name, let newName): try moveNetworkDevice(name, newName: newName)
        case .setOOMScore(let score): try setOOMScore(score)
        case .setNetworkControl(let key, let value): try setNetworkControl(key, value)
        case .runHook(let kind, let hook): try runHook(hook, kind)
        case .callHost: try callHost()
        case .sendListener(let path): try sendListener(to: path)
        case .moveIntoUnit(let name): try moveIntoUnit(name)
        case .receiveTerminal: try effects.table.receiveTerminal(request.prepareTerminal)
        case .releaseUnit: effects.placeholder?.end()
        case .tellUnit(let change): try tell(change)
        case .joinCacheGroup: try joinCacheGroup()
        case .setLimit(let kind, let soft, let hard): try setLimit(kind, soft: soft, hard: hard)
        case .shareImages(let path, let group): try shareImages(path, group: group)
        case .bindRoot(let path, let place): try bindRoot(path, at: place)
        case .makeMountPoints(let points, let root): try makeMountPoints(points, in: root)
        case .attachDevices(let nodes, let place): try attachDevices(nodes, at: place)
        case .startRestorer(let inControlGroup, let legacy): try startRestorer(inControlGroup: inControlGroup, legacy: legacy)
        case .restoreProcesses(let order): try restoreProcesses(order)
        case .detachRestorePlace: try detachRestorePlace()
        case .makeImageDirectory(let options): try makeImageDirectory(options)
        case .noteStreams(let options): try noteStreams(options)
        case .dumpProcesses(let order): try dumpProcesses(order)
        case .deleteContainer: deleteContainer()
        case .noteRunning: try noteRunning()
        case .recordProcess: try recordProcess()
        case .sendProcessDescriptor(let path): try sendProcessDescriptor(to: path)
        case .writePidFile(let path): try writePidFile(path)
        case .passOnReadiness: try passOnReadiness()
        }
    }

    // MARK: For the effects

    /// The place in config.json that asked for the step under way.
    var origin: JSONPath { current?.origin ?? JSONPath() }

    /// Turns a refusal of the kernel into the failure of the step under way.
    func kernel<Result>(_ body: () throws(KernelError) -> Result) throws(Failure) -> Result {
        do throws(KernelError) {
            return try body()
        } catch {
            throw failure(error)
        }
    }

    /// Compiled once, and not with each of the effects.
    @inline(never)
    private func failure(_ error: KernelError) -> Failure {
        let object = error.object.isEmpty ? "" : " " + error.object
        return Failure(
            .kernel, "cannot \(current?.action.text ?? "go on"): \(error.call)\(object)", path: origin,
            errno: error.errno, hint: current?.action.hint(error))
    }

    /// The state directory that an earlier step made.
    func state() throws(Failure) -> StateDirectory {
        guard let state = effects.state else { throw Failure(.internalError, "the container has no state directory") }
        return state
    }

    /// The container's first process, or the one that was added, whoever made it.
    func child() throws(Failure) -> ChildProcess {
        if let restored = effects.restored { return restored }
        return try stage().child
    }

    /// The process that an earlier step cloned.
    func stage() throws(Failure) -> StageProcess {
        guard let stage = effects.stage else { throw Failure(.internalError, "the container has no process") }
        return stage
    }

    /// The handle of the process, with what of its streams and its terminal is ours.
    func process() throws(Failure) -> ContainerProcess {
        ContainerProcess(
            try child(), terminal: effects.table.takeTerminal(), pipes: effects.streams?.takeOurs() ?? [nil, nil, nil])
    }
}

/// Whom a plan is performed for.
struct Subject {
    /// What the container is known by; for `create` as it will be written first.
    var record: ContainerRecord
    var spec: Spec
    /// config.json as it is kept.
    var configuration: [UInt8] = []
    /// What hooks and listeners are told before the program runs.
    var status = Status.creating
    /// Where below the container's groups a program goes that joins it.
    var subgroups = Subgroups()
}

/// What the caller of an operation asks for beside the plan.
struct PerformanceRequest {
    var streams = StandardStreams.inherited
    /// Descriptors above 2 that the program gets.
    var passed: PassedDescriptors
    var options = PlanEncodingOptions()
    /// Called with our side of the terminal when nobody else gets it.
    var prepareTerminal: (@Sendable (Int32) -> Void)?
    /// The host program's own hook.
    var createRuntime: (@Sendable (State) throws(Failure) -> Void)?
    var notifySocket: String?
    /// The program that dumps or restores.
    var criu: String?
    /// Hears how far that is.
    var progress: CheckpointProgress?
    /// What notes when each step takes place.
    var trace: Trace?
    /// The step of the host that a test makes fail.
    var failingHostStep: Int?

    /// For a plan that starts nothing, or nothing that gets anything of the caller's.
    static func alone(trace: Trace? = nil) throws(Failure) -> PerformanceRequest {
        PerformanceRequest(streams: .inherited, passed: try PassedDescriptors(), trace: trace)
    }
}

/// What the steps of one plan have made so far.
final class Effects {
    /// Filled in by the steps that learn something.
    var record: ContainerRecord
    var state: StateDirectory?
    /// What was opened for the stage, and our end of the socket over which the terminal comes.
    let table = DescriptorTable()
    /// The program's standard streams.
    var streams: ProgramStreams?
    /// The limit of open descriptors that was raised; as before with the end of the table.
    var openFiles: RaisedLimit?
    /// The container's control groups.
    var group: ContainerGroup?
    /// Which directories were made for them; those above the container's own go too when they are empty again.
    var creation: CgroupCreation?
    var placeholder: Placeholder?
    var cache: (control: CacheControl, membership: CacheControl.Membership)?
    var progress: ProgressPage?
    /// The container's process, or the program's that joins it.
    var stage: StageProcess?
    /// CRIU, while it restores, and the container's first process, which it made.
    var restorer: CriuProcess?
    var restored: ChildProcess?
    /// Whether it could not be born in its control group.
    var isOutside = false
    var devices: [String: MovedDevice] = [:]
    /// What was where the pid file is, once that is written.
    var earlierPidFile: PidFile.Earlier?
    var notification: Notification?

    /// - Parameter hasGroup: whether the container's control groups are there already.
    init(record: ContainerRecord, hasGroup: Bool) {
        self.record = record
        guard hasGroup else { return }
        let groups = record.controlGroups
        if !groups.isEmpty { group = ContainerGroup(recorded: groups) }
    }
}
