internal import Glibc
internal import LinuxKernel
internal import Veloci

/// One thread that waits for all descriptors that tasks wait for (epoll(7)). It is started with the first of them, receives no
/// signal, and ends with the program.
final class EventThread: Sendable {
    /// The one of this program.
    static let shared = EventThread()

    /// How a wait ended.
    private enum Outcome: Sendable {
        case ready, cancelled
        case failed(Int32)
    }

    /// A task that waits.
    private struct Waiter {
        /// A copy of what it waits for: epoll knows each once, and the original may be closed meanwhile.
        var descriptor: Int32
        var continuation: CheckedContinuation<Outcome, Never>
    }

    /// All tasks that wait, by the numbers under which epoll knows what they wait for.
    private struct Waiters {
        var byToken: [UInt64: Waiter] = [:]
        var last: UInt64 = 0
    }

    private let poll: Int32
    private let waiters = Locked(Waiters())

    private init() {
        let made: Int32? = try? EventPolls.make().release()
        poll = made ?? -1
        let poll = poll
        if poll >= 0 { HostThread.start { EventThread.follow(poll) } }
    }

    private static func follow(_ poll: Int32) {
        while true {
            for token in EventPolls.wait(poll) { EventThread.shared.finish(token, .ready) }
        }
    }

    /// Suspends the task until a descriptor can be read from, or written to.
    ///
    /// - Throws: `Failure`; `cancelled` when the task is.
    func wait(for descriptor: Int32, writable: Bool = false) async throws(Failure) {
        let token: UInt64 = waiters.withLock { waiters in
            waiters.last += 1
            return waiters.last
        }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                begin(token, descriptor, writable ? .writable : .readable, continuation)
                // Whoever cancelled before that found nobody waiting.
                if Task.isCancelled { finish(token, .cancelled) }
            }
        } onCancel: {
            finish(token, .cancelled)
        }
        switch outcome {
        case .ready: return
        case .cancelled: throw .cancelled
        case .failed(let number):
            throw Failure(.kernel, "cannot wait for descriptor \(descriptor)", errno: Errno(rawValue: number))
        }
    }

    private func begin(
        _ token: UInt64, _ descriptor: Int32, _ kind: Waiting.Readiness, _ continuation: CheckedContinuation<Outcome, Never>
    ) {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0, poll >= 0 else { return continuation.resume(returning: .failed(errno)) }
        waiters.withLock { $0.byToken[token] = Waiter(descriptor: copy, continuation: continuation) }
        do throws(KernelError) {
            try EventPolls.add(copy, for: kind, token: token, once: true, to: poll)
        } catch {
            // KERNEL: what epoll does not take, such as a file, is always ready.
            finish(token, error.errno == .notPermitted ? .ready : .failed(error.errno.rawValue))
        }
    }

    private func finish(_ token: UInt64, _ outcome: Outcome) {
        guard let waiter = waiters.withLock({ $0.byToken.removeValue(forKey: token) }) else { return }
        // Others may have the same open file, so closing alone would not take it away.
        EventPolls.remove(waiter.descriptor, from: poll)
        close(waiter.descriptor)
        waiter.continuation.resume(returning: outcome)
    }
}

extension Failure {
    /// The task that waited was cancelled; what it waited for goes on.
    static var cancelled: Failure { Failure(.cancelled, "the task was cancelled") }
}
