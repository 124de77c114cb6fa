public import Veloci

extension Runtime {
    /// Makes a container that waits for `start`. It exists completely afterwards, or nothing of it does.
    ///
    /// - Parameters:
    ///   - id: letters, digits and `_+-.`.
    ///   - source: a bundle, or a configuration of this program's own.
    ///   - streams: its standard streams; a terminal takes their place.
    ///   - passing: descriptors of this program that it gets, by the numbers that they have there, from 3 on.
    public func create(
        _ id: String, from source: ContainerSource, streams: StandardStreams = .null, passing: [Int32: Int32] = [:]
    ) async throws(Failure) -> Container {
        var request = CreateRequest(id: id, from: source)
        request.streams = streams
        request.passing = passing
        return try await create(request)
    }

    /// Makes a container that waits for `start`, with all that can be asked for.
    public func create(_ request: CreateRequest) async throws(Failure) -> Container {
        try await BlockingWork.run { [self] () throws(Failure) in try made(request) }
    }

    /// The call that may wait; a name of its own, so that it is never the one above.
    private func made(_ request: CreateRequest) throws(Failure) -> Container { try create(request) }

    /// A container that exists, whoever made it.
    public func container(_ id: String) async throws(Failure) -> Container {
        try await BlockingWork.run { [self] () throws(Failure) in try found(id) }
    }

    private func found(_ id: String) throws(Failure) -> Container { try container(id) }

    /// Runs `body` with a new container, which is killed, taken away and deleted however `body` ends, be it by an error or
    /// because the task was cancelled.
    ///
    /// - Throws: `Failure` when the container cannot be made; what `body` throws; or why it could not be deleted.
    public func withContainer<Result: Sendable>(
        _ id: String, from source: ContainerSource, streams: StandardStreams = .null,
        _ body: (Container) async throws -> Result
    ) async throws -> Result {
        var request = CreateRequest(id: id, from: source)
        request.streams = streams
        return try await withContainer(request, body)
    }

    /// Runs `body` with a new container, as `withContainer(_:from:streams:_:)` does, with all that can be asked for.
    public func withContainer<Result: Sendable>(
        _ request: CreateRequest, _ body: (Container) async throws -> Result
    ) async throws -> Result {
        let container = try await create(request)
        let result: Result
        do {
            result = try await body(container)
        } catch {
            // The body's error is the one that matters.
            _ = try? await container.delete(force: true)
            throw error
        }
        try await container.delete(force: true)
        return result
    }

    /// Runs a whole job: a container from its beginning to its end.
    ///
    /// - Parameters:
    ///   - id: letters, digits and `_+-.`.
    ///   - source: a bundle, or a configuration of this program's own.
    ///   - outputLimit: how many bytes of each stream are kept; what follows is read and dropped.
    ///   - deadline: how long the program may run before it is killed; nil for as long as it likes.
    public func run(
        _ id: String, from source: ContainerSource, outputLimit: Int = 1 << 20, deadline: Duration? = nil
    ) async throws -> JobResult {
        try await withContainer(id, from: source, streams: .collected) { container in
            let main = container.main
            async let output = main.outputChunks.collected(limit: outputLimit)
            async let errors = main.errorChunks.collected(limit: outputLimit)
            try await container.start()
            let (termination, isLate) = try await main.termination(killingAfter: deadline)
            // Nobody is left who writes, unless the container has no processes of its own.
            try? await container.kill(.kill, all: true)
            let (written, complained) = (try await output, try await errors)
            return JobResult(
                termination: termination, hasMissedDeadline: isLate, output: written.bytes, error: complained.bytes,
                isTruncated: written.isTruncated || complained.isTruncated)
        }
    }
}

/// What came of a job.
public struct JobResult: Sendable, Hashable {
    /// How its program ended.
    public var termination: Termination
    /// Whether it was killed because its time was over.
    public var hasMissedDeadline: Bool
    /// What it wrote to its standard output, up to the limit.
    public var output: [UInt8]
    /// What it wrote to its standard error, up to the limit.
    public var error: [UInt8]
    /// Whether it wrote more than was kept.
    public var isTruncated: Bool
}

extension ContainerProcess {
    /// How the program ends, which it does in time or is killed.
    fileprivate func termination(killingAfter deadline: Duration?) async throws -> (Termination, isLate: Bool) {
        guard let deadline else { return (try await termination, false) }
        return try await withThrowingTaskGroup(of: Termination?.self) { group in
            group.addTask { try await self.termination }
            group.addTask {
                try await Task.sleep(for: deadline)
                return nil
            }
            defer { group.cancelAll() }
            if let first = try await group.next(), let end = first { return (end, false) }
            try? self.send(.kill)
            return (try await self.termination, true)
        }
    }
}
