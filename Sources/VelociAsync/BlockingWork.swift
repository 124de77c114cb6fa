internal import Glibc
internal import Synchronization
internal import Veloci

/// Threads for calls that take their time: making a container, waiting for its hooks. The threads of Swift's tasks are never
/// kept waiting. There are as many as calls are under way, at most 64, and they end when nothing has come for a while.
enum BlockingWork {
    /// What is to be done, and who does it.
    private struct Work {
        var queue: [@Sendable () -> Void] = []
        var threads = 0
        var idle = 0
    }

    private static let most = 64
    private static let work = Mutex(Work())
    /// Seconds that a thread waits for the next call.
    private static let patience = 2
    private static let wake = Semaphore()

    /// Does something that may wait, on a thread of its own. Cancelling the task does not keep it from being done.
    static func run<Result: Sendable>(
        _ body: @escaping @Sendable () throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let result = await withCheckedContinuation { (continuation: CheckedContinuation<Swift.Result<Result, Failure>, Never>) in
            submit { continuation.resume(returning: Swift.Result { () throws(Failure) in try body() }) }
        }
        return try result.get()
    }

    private static func submit(_ body: @escaping @Sendable () -> Void) {
        defer { wake.raise() }
        let needsThread = work.withLock { work in
            work.queue.append(body)
            if work.queue.count <= work.idle || work.threads >= most { return false }
            work.threads += 1
            return true
        }
        if needsThread, !HostThread.start({ serve() }) {
            let isAlone = work.withLock { work in
                work.threads -= 1
                return work.threads == 0
            }
            // No thread can be had: the caller's has to do.
            if isAlone { while let next = work.withLock({ $0.queue.isEmpty ? nil : $0.queue.removeFirst() }) { next() } }
        }
    }

    private static func serve() {
        while true {
            let next: (@Sendable () -> Void)? = work.withLock { work in
                if !work.queue.isEmpty { return work.queue.removeFirst() }
                work.idle += 1
                return nil
            }
            if let next {
                next()
                continue
            }
            let isWoken = wake.wait(seconds: patience)
            let ends = work.withLock { work in
                work.idle -= 1
                if isWoken || !work.queue.isEmpty { return false }
                work.threads -= 1
                return true
            }
            if ends { return }
        }
    }
}

/// Wakes one thread for each time that it is raised (sem_overview(7)).
private final class Semaphore: Sendable {
    private let pointer: UnsafeSendable

    /// An address that never changes.
    @safe private struct UnsafeSendable: @unchecked Sendable { let address: UnsafeMutablePointer<sem_t> }

    init() {
        pointer = unsafe UnsafeSendable(address: UnsafeMutablePointer<sem_t>.allocate(capacity: 1))
        unsafe sem_init(pointer.address, 0, 0)
    }

    func raise() { unsafe sem_post(pointer.address) }

    /// - Returns: whether it was raised in time.
    func wait(seconds: Int) -> Bool {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        time.tv_sec += seconds
        while unsafe sem_timedwait(pointer.address, &time) != 0 {
            if errno != EINTR { return false }
        }
        return true
    }

    deinit {
        unsafe sem_destroy(pointer.address)
        unsafe pointer.address.deallocate()
    }
}
