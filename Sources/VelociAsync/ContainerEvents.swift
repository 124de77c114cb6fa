internal import Glibc
internal import LinuxKernel
public import Veloci

extension Container {
    /// What happens to it: want of memory, and at last its end.
    ///
    /// - Parameter pressure: from when on scarce memory is an event; nil for never.
    public func events(pressure: ContainerWatch.Pressure? = nil) -> ContainerEvents {
        ContainerEvents(container: self, pressure: pressure)
    }

    /// What it uses, now and again after each interval, until it stops.
    public func statistics(every interval: Duration) -> StatisticsSequence {
        StatisticsSequence(container: self, interval: interval)
    }
}

/// What happens to a container; ends after `stopped`.
public struct ContainerEvents: AsyncSequence, Sendable {
    /// An event.
    public typealias Element = ContainerWatch.Event

    fileprivate let container: Container
    fileprivate let pressure: ContainerWatch.Pressure?

    /// Waits for one event after the other.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let container: Container
        fileprivate let pressure: ContainerWatch.Pressure?
        private var watch: Watch?
        private var isOver = false

        fileprivate init(container: Container, pressure: ContainerWatch.Pressure?) {
            self.container = container
            self.pressure = pressure
        }

        /// The next event; nil after the last.
        public mutating func next() async throws -> ContainerWatch.Event? {
            if isOver { return nil }
            let (container, pressure) = (container, pressure)
            let watch: Watch
            if let own = self.watch {
                watch = own
            } else {
                watch = try await BlockingWork.run { () throws(Veloci.Failure) in
                    try Watch(container.runtime.watch(container.id, pressure: pressure))
                }
                self.watch = watch
            }
            while true {
                try await EventThread.shared.wait(for: watch.ready)
                guard let event = try watch.next() else { continue }
                isOver = event == .stopped
                return event
            }
        }
    }

    /// An iterator that sees what happens from its first `next` on.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(container: container, pressure: pressure) }
}

/// What is watched, and one descriptor that can be read from when something has happened.
private final class Watch: @unchecked Sendable {
    // Sendable: one task at a time has the iterator that has this.
    private var watch: ContainerWatch
    let ready: Int32

    init(_ watch: consuming ContainerWatch) throws(Failure) {
        do throws(KernelError) {
            let poll = try EventPolls.make()
            for (index, request) in watch.requests.enumerated() {
                try EventPolls.add(request.descriptor, for: request.for, token: UInt64(index), once: false, to: poll.number)
            }
            ready = poll.release()
        } catch {
            throw Failure(.kernel, "cannot watch the container", errno: error.errno)
        }
        self.watch = watch
    }

    func next() throws(Failure) -> ContainerWatch.Event? { try watch.next(within: .zero) }

    deinit { close(ready) }
}

/// What a container uses, at intervals.
public struct StatisticsSequence: AsyncSequence, Sendable {
    /// What it uses at one time.
    public typealias Element = CgroupStatistics

    fileprivate let container: Container
    fileprivate let interval: Duration

    /// Reads once for each interval.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let container: Container
        fileprivate let interval: Duration
        private var isFirst = true

        fileprivate init(container: Container, interval: Duration) {
            self.container = container
            self.interval = interval
        }

        /// What it uses now; nil when it has stopped.
        public mutating func next() async throws -> CgroupStatistics? {
            if !isFirst { try await Task.sleep(for: interval) }
            isFirst = false
            do throws(Veloci.Failure) {
                return try await container.statistics()
            } catch {
                if error.code == .notRunning || error.code == .notFound { return nil }
                throw error
            }
        }
    }

    /// An iterator.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(container: container, interval: interval) }
}
