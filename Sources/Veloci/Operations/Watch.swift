internal import Cgroups
package import LinuxKernel

/// Waits for what happens to a running container.
public struct ContainerWatch: ~Copyable {
    /// What can happen.
    public enum Event: String, Sendable {
        /// Processes were killed because the limit of memory is reached, or wait until there is some.
        case outOfMemory
        /// Memory is getting scarce.
        case pressure
        /// The container's first process ended; nothing more will come.
        case stopped
    }

    /// From when on memory counts as scarce.
    public enum Pressure: String, Sendable, CaseIterable {
        /// Memory is being reclaimed.
        case low
        /// Some time is lost to it.
        case medium
        /// All processes wait for memory much of the time.
        case critical

        fileprivate var level: MemoryWatch.Level {
            switch self {
            case .low: .low
            case .medium: .medium
            case .critical: .critical
            }
        }
    }

    private let process: Descriptor
    /// Nil when nothing counts the container's memory.
    private var memory: MemoryWatch?

    init(process: consuming Descriptor, memory: consuming MemoryWatch?) {
        self.process = process
        self.memory = memory
    }

    /// The next event, or nil when none comes in time.
    ///
    /// - Parameter duration: how long to wait, be it longer than any clock counts; nil for ever. What is below 0 does not wait.
    public mutating func next(within duration: Duration? = nil) throws(Failure) -> Event? {
        try next(milliseconds: duration.map { $0.milliseconds } ?? -1)
    }

    /// The next event, or nil when none comes within so many milliseconds; negative waits for ever.
    package mutating func next(milliseconds time: Int64) throws(Failure) -> Event? {
        let deadline = Deadline(milliseconds: max(time, 0))
        while true {
            let requests = requests
            let ready: [Waiting.Readiness]
            do throws(KernelError) {
                ready = try Waiting.poll(requests, milliseconds: time < 0 ? -1 : deadline.milliseconds)
            } catch {
                throw .kernel(error, "cannot wait for the container")
            }
            // Memory first: when it was the first process that was killed for it, both are ready.
            if ready.dropFirst().contains(where: { !$0.isEmpty }) {
                switch try nextOfMemory() {
                case .outOfMemory: return .outOfMemory
                case .pressure: return .pressure
                case .removed: memory = nil
                case nil: break
                }
            }
            if !ready[0].isEmpty { return try wasOutOfMemory() ? .outOfMemory : .stopped }
            if time >= 0, deadline.hasPassed { return nil }
        }
    }

    /// What to wait for, for a caller that waits in another way; `next` says then what happened.
    package var requests: [(descriptor: Int32, for: Waiting.Readiness)] {
        [(descriptor: process.number, for: Waiting.Readiness.readable)] + memoryRequests
    }

    private var memoryRequests: [(descriptor: Int32, for: Waiting.Readiness)] {
        switch memory {
        case .some(let memory): memory.requests
        case nil: []
        }
    }

    /// Whether it was want of memory that ended the container, before anything announced it.
    private mutating func wasOutOfMemory() throws(Failure) -> Bool {
        do throws(CgroupError) {
            return try memory?.hasUnseenKill() ?? false
        } catch {
            throw Failure(error)
        }
    }

    private mutating func nextOfMemory() throws(Failure) -> MemoryWatch.Event? {
        do throws(CgroupError) {
            return try memory?.next(milliseconds: 0)
        } catch {
            throw Failure(error)
        }
    }
}

extension Duration {
    /// Whole milliseconds, rounded up; no more than there can be, and none below 0.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        if seconds < 0 || attoseconds < 0 { return 0 }
        let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1000)
        let (sum, isTooLate) = whole.addingReportingOverflow((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
        return isTooLong || isTooLate ? Int64.max : sum
    }
}

extension Runtime {
    /// Starts watching a container.
    ///
    /// - Parameters:
    ///   - id: the container.
    ///   - pressure: from when on scarce memory is an event; nil for never.
    /// - Throws: `Failure` with `notRunning` for a stopped container. Without a control group that counts memory, only the
    ///   container's end is seen, and that is a warning.
    public func watch(_ id: String, pressure: ContainerWatch.Pressure? = nil) throws(Failure) -> ContainerWatch {
        let container = try StoredContainer.open(root: root, id: id, locking: false)
        guard try container.status() != .stopped else { throw Failure(.notRunning, "container not running") }
        let process = try container.record.openProcess()
        let group = ContainerGroup(recorded: container.record.controlGroups)
        try group.require("watch what it uses")
        do throws(CgroupError) {
            let memory = try MemoryWatch(group.group, pressure: pressure?.level)
            return ContainerWatch(process: process, memory: memory)
        } catch where error.kind == .missingController {
            warn("out of memory will not be seen: \(error.message)")
            return ContainerWatch(process: process, memory: nil)
        } catch {
            throw Failure(error)
        }
    }
}
