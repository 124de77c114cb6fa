internal import LinuxKernel

/// A process that this library started, until somebody has taken its end away.
///
/// Several may ask how it ended, in several threads: the first takes the end from the kernel, and the others get the same.
final class ChildProcess: Sendable {
    /// As this process sees it.
    let pid: Int32
    /// A descriptor of it (pidfd_open(2)), as long as this value exists.
    let descriptor: Int32
    private let state = Locked(State())

    /// What is known of the end.
    private struct State {
        var end: ProcessEnd?
        /// Somebody else took it away, and the kernel does not tell how it ended.
        var isLost = false
        /// Whether memory had run out in its control group, which may be gone later.
        var isOutOfMemory = false
    }

    /// What the kernel says when the process has ended, before others can remove the control group.
    private let outOfMemory: (@Sendable () -> Bool)?

    /// - Parameters:
    ///   - descriptor: owned from here on.
    ///   - outOfMemory: whether memory ran out in its control group.
    init(pid: Int32, descriptor: Int32, outOfMemory: (@Sendable () -> Bool)? = nil) {
        self.pid = pid
        self.descriptor = descriptor
        self.outOfMemory = outOfMemory
    }

    deinit { _ = Descriptor(owning: descriptor) }

    /// Waits until it ends. `noChild` when its status is lost.
    func wait() throws(KernelError) -> (end: ProcessEnd, isOutOfMemory: Bool) {
        while true {
            if let end = try end() { return end }
            let ready = try Waiting.poll([(descriptor, .readable)], milliseconds: -1)
            // Its parent, which is not this program, has not taken it away yet.
            if !ready[0].isEmpty, let end = try end() { return end }
            Waiting.sleep(microseconds: 10_000)
        }
    }

    /// How it ended; nil while it goes on. `noChild` when its status is lost.
    func end() throws(KernelError) -> (end: ProcessEnd, isOutOfMemory: Bool)? {
        let (pid, descriptor, outOfMemory) = (pid, descriptor, outOfMemory)
        let (end, isLost, isOutOfMemory) = state.withLock { state in
            if state.end == nil, !state.isLost {
                do throws(KernelError) {
                    state.end = try Processes.end(ofNumber: descriptor)
                } catch {
                    // Not our child, or not any more; what goes on has no recorded end.
                    state.end = Processes.recordedEnd(ofNumber: descriptor)
                    let hasEnded = (try? Waiting.poll([(descriptor, .readable)], milliseconds: 0))?[0].isEmpty == false
                    if state.end == nil, hasEnded {
                        state.end = Processes.recordedEnd(ofNumber: descriptor)
                        // A zombie of somebody else has its status still.
                        state.isLost = state.end == nil && Processes.startTime(of: pid) == nil
                    }
                }
                if state.end == .signalled(9), let outOfMemory { state.isOutOfMemory = outOfMemory() }
            }
            return (state.end, state.isLost, state.isOutOfMemory)
        }
        if isLost { throw KernelError(.noChild, call: "waitid", object: "process \(pid)") }
        return end.map { ($0, isOutOfMemory) }
    }

    /// Sends a signal (pidfd_send_signal(2)).
    func signal(_ signal: Int32) throws(KernelError) { try Processes.signal(number: descriptor, signal) }

    /// Ends it and takes it away. Without the first process nothing of its pid namespace is left.
    func kill() {
        Processes.kill(number: descriptor)
        _ = try? wait()
        Children.release(self)
    }

    /// Whether nobody needs this value to take its end away: somebody has.
    var isSettled: Bool { state.withLock { state in state.end != nil || state.isLost } }
}

/// Children of this program whose end nobody may ever ask for: they are taken away all the same, so that no zombie stays.
///
/// Nothing waits in the background: `delete` takes away the process of its container, and starting another takes those that
/// have ended meanwhile.
enum Children {
    private static let unsettled = Locked<[Int32: ChildProcess]>([:])

    /// From here on the end of a child is looked for.
    static func add(_ child: ChildProcess) {
        settle()
        unsettled.withLock { children in children[child.pid] = child }
    }

    /// The child with this pid, while its end is looked for.
    static func find(_ pid: Int32) -> ChildProcess? { unsettled.withLock { children in children[pid] } }

    /// Takes away a container's process that has ended, or will within moments, if it is a child of this program.
    static func settle(_ pid: Int32) {
        guard let child = unsettled.withLock({ children in children[pid] }) else { return }
        _ = try? child.end()
        forget(child)
    }

    /// Nobody holds the child any more who would ask.
    static func release(_ child: ChildProcess) {
        if child.isSettled { forget(child) }
    }

    private static func settle() {
        let children = unsettled.withLock { children in Array(children.values) }
        if children.isEmpty { return }
        let ready = try? Waiting.poll(children.map { ($0.descriptor, .readable) }, milliseconds: 0)
        for (child, readiness) in zip(children, ready ?? []) where !readiness.isEmpty {
            _ = try? child.end()
            forget(child)
        }
    }

    private static func forget(_ child: ChildProcess) {
        guard child.isSettled else { return }
        unsettled.withLock { children in
            if children[child.pid] === child { children[child.pid] = nil }
        }
    }
}
