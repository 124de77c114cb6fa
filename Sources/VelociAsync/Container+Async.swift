public import Veloci

/// The verbs of a container, for tasks: each does its work on a thread that may wait, and suspends the task meanwhile.
extension Container {
    /// Its state now.
    public func state() async throws(Failure) -> ContainerState {
        try await BlockingWork.run { [self] () throws(Failure) in try runtime.state(id) }
    }

    /// Lets its program run. Returns when it does, and the poststart hooks are done.
    public func start() async throws(Failure) {
        try await BlockingWork.run { [self] () throws(Failure) in try runtime.start(id) }
    }

    /// Runs another program in it.
    ///
    /// - Parameters:
    ///   - process: the program, its user, and what it may do.
    ///   - streams: its standard streams; a terminal takes their place.
    public func execute(
        _ process: Spec.Process, streams: StandardStreams = .null
    ) async throws(Failure) -> ContainerProcess {
        try await BlockingWork.run { [self] () throws(Failure) in
            var request = ExecuteRequest(id: id, process: process)
            request.streams = streams
            return try runtime.execute(request)
        }
    }

    /// Sends a signal to its first process; `all` as `Runtime.kill` has it.
    public func kill(_ signal: Signal, all: Bool = false) async throws(Failure) {
        try await BlockingWork.run { [self] () throws(Failure) in try runtime.kill(id, signal: signal, all: all) }
    }

    /// Stops all its processes where they are.
    public func pause() async throws(Failure) {
        try await BlockingWork.run { [self] () throws(Failure) in try runtime.pause(id) }
    }

    /// Lets all its processes go on.
    public func resume() async throws(Failure) {
        try await BlockingWork.run { [self] () throws(Failure) in try runtime.resume(id) }
    }

    /// Changes its limits: those that `change` names.
    public func update(_ change: Resources) async throws(Failure) {
        try await BlockingWork.run { [self] () throws(Failure) in try runtime.update(id, change) }
    }

    /// The pids of all its processes, as the host sees them.
    public func processes() async throws(Failure) -> [Int32] {
        try await BlockingWork.run { [self] () throws(Failure) in try runtime.processes(id) }
    }

    /// What it uses and how it is limited.
    public func statistics() async throws(Failure) -> CgroupStatistics {
        try await BlockingWork.run { [self] () throws(Failure) in try runtime.statistics(id) }
    }

    /// Deletes it; with `force` in any state, by killing what runs. Cancelling the task does not keep it from being done.
    public func delete(force: Bool = false) async throws(Failure) {
        try await BlockingWork.run { [self] () throws(Failure) in try runtime.delete(id, force: force) }
    }
}
