public import Veloci

extension SystemCallSupervisor {
    /// The calls that wait, one after the other; ends when no process has the filter any more. One task takes them.
    public var calls: SupervisedCalls { SupervisedCalls(supervisor: self) }
}

/// System calls that wait for answers.
public struct SupervisedCalls: AsyncSequence, Sendable {
    /// A call.
    public typealias Element = SupervisedCall

    fileprivate let supervisor: SystemCallSupervisor

    /// Waits for one call after the other.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let supervisor: SystemCallSupervisor

        /// The next call; nil after the last.
        public mutating func next() async throws -> SupervisedCall? {
            try await EventThread.shared.wait(for: supervisor.descriptor)
            return try supervisor.next()
        }
    }

    /// An iterator.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(supervisor: supervisor) }
}

extension DescriptorSocket {
    /// What somebody hands on. Cancelling the task ends the wait.
    public func receive() async throws(Failure) -> ReceivedDescriptor {
        try await EventThread.shared.wait(for: descriptor)
        return try await BlockingWork.run { [self] () throws(Failure) in try received() }
    }

    /// The call that may wait; a name of its own, so that it is never the one above.
    private func received() throws(Failure) -> ReceivedDescriptor { try receive() }
}
