public import Cgroups
public import RuntimeSpec

/// A container, and its first process.
///
/// The state directory is what the container is; this value is a handle of it, and any number of programs may have one.
public final class Container: Sendable {
    /// The runtime that it belongs to.
    public let runtime: Runtime
    /// Its id.
    public let id: String
    /// Its first process: the program, or until `start` what becomes the program.
    public let main: ContainerProcess

    init(_ runtime: Runtime, _ id: String, _ main: ContainerProcess) {
        self.runtime = runtime
        self.id = id
        self.main = main
    }

    /// Its state now.
    public func state() throws(Failure) -> ContainerState { try runtime.state(id) }

    /// Lets its program run. Returns when it does, and the poststart hooks are done.
    public func start() throws(Failure) { try runtime.start(id) }

    /// Runs another program in it.
    ///
    /// - Parameters:
    ///   - process: the program, its user, and what it may do.
    ///   - streams: its standard streams; a terminal takes their place.
    public func execute(
        _ process: Spec.Process, streams: StandardStreams = .null
    ) throws(Failure) -> ContainerProcess {
        var request = ExecuteRequest(id: id, process: process)
        request.streams = streams
        return try runtime.execute(request)
    }

    /// Sends a signal to its first process; `all` as `Runtime.kill` has it.
    public func kill(_ signal: Signal, all: Bool = false) throws(Failure) { try runtime.kill(id, signal: signal, all: all) }

    /// Stops all its processes where they are.
    public func pause() throws(Failure) { try runtime.pause(id) }

    /// Lets all its processes go on.
    public func resume() throws(Failure) { try runtime.resume(id) }

    /// Changes its limits: those that `change` names.
    public func update(_ change: Resources) throws(Failure) { try runtime.update(id, change) }

    /// The pids of all its processes, as the host sees them.
    public func processes() throws(Failure) -> [Int32] { try runtime.processes(id) }

    /// What it uses and how it is limited.
    public func statistics() throws(Failure) -> CgroupStatistics { try runtime.statistics(id) }

    /// Starts watching it for the end of its first process and for want of memory.
    public func watch(pressure: ContainerWatch.Pressure? = nil) throws(Failure) -> ContainerWatch {
        try runtime.watch(id, pressure: pressure)
    }

    /// Deletes it; with `force` in any state, by killing what runs.
    public func delete(force: Bool = false) throws(Failure) { try runtime.delete(id, force: force) }
}

extension Runtime {
    /// A container that exists, whoever made it.
    ///
    /// - Throws: `Failure` with `notFound`, or with `stopped` when its first process has ended: there is nothing to hold then.
    public func container(_ id: String) throws(Failure) -> Container {
        let container = try StoredContainer.open(root: root, id: id, locking: false, forgettingOthersGroups: false)
        do throws(Failure) {
            let process = try container.record.openProcess()
            let child = Children.find(container.record.process?.pid ?? 0)
            if let child { return Container(self, id, ContainerProcess(child)) }
            let other = ChildProcess(pid: container.record.process?.pid ?? 0, descriptor: process.release())
            return Container(self, id, ContainerProcess(other, isOurs: false))
        } catch where error.code == .notRunning {
            throw Failure(.stopped, "the container has stopped")
        }
    }
}
