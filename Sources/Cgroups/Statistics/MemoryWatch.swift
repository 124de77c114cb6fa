internal import CLinux
package import LinuxKernel

/// Waits for a container to run out of memory, or short of it.
///
/// v2: the kernel announces changes of memory.events, and a trigger on memory.pressure. v1: an event counter that is
/// registered in cgroup.event_control for memory.oom_control, and another for memory.pressure_level.
package struct MemoryWatch: ~Copyable {
    package enum Event: Hashable, Sendable {
        /// Processes were killed, or wait, because the limit is reached.
        case outOfMemory
        /// Memory is getting scarce.
        case pressure
        /// The group is gone; nothing more will come.
        case removed
    }

    /// From when on memory counts as scarce; the words of cgroup v1.
    package enum Level: String, Hashable, Sendable, CaseIterable {
        /// Memory is being reclaimed.
        case low
        /// Some swapping.
        case medium
        /// About to run out.
        case critical

        /// On v2: that much time, in microseconds, was lost within a second by some task, or for critical by all.
        var trigger: String {
            switch self {
            case .low: "some 50000 1000000"
            case .medium: "some 200000 1000000"
            case .critical: "full 200000 1000000"
            }
        }
    }

    private let group: GroupFiles
    private let version: CgroupVersion
    /// memory.events, or the counter for memory.oom_control.
    private let outOfMemory: Descriptor
    /// memory.pressure, or the counter for memory.pressure_level; a counter that nobody raises when it is not watched.
    private let pressure: Descriptor
    private let watchesPressure: Bool
    private var kills: UInt64

    /// Starts watching.
    /// - Throws: `missingController` without the memory controller; `kernel` when the kernel refuses to watch.
    package init(_ cgroup: Cgroup, pressure level: Level? = nil) throws(CgroupError) {
        guard let location = cgroup.paths.memory else {
            throw CgroupError(.missingController, "the container has no group with the cgroup controller \"memory\"")
        }
        let group = GroupFiles(location)
        let counter = try MemoryWatch.openOutOfMemory(group, location.version)
        pressure = try MemoryWatch.openPressure(level, group, location.version)
        outOfMemory = counter
        self.group = group
        version = location.version
        watchesPressure = level != nil
        kills = MemoryWatch.kills(group, location.version)
    }

    private static func openOutOfMemory(_ group: GroupFiles, _ version: CgroupVersion) throws(CgroupError) -> Descriptor {
        switch version {
        case .v2: try kernelCall { () throws(KernelError) in try Files.open(group.path("memory.events")) }
        case .v1: try register("memory.oom_control", argument: nil, group)
        }
    }

    private static func openPressure(
        _ level: Level?, _ group: GroupFiles, _ version: CgroupVersion
    ) throws(CgroupError) -> Descriptor {
        guard let level else { return try kernelCall { () throws(KernelError) in try EventCounters.make() } }
        if version == .v1 { return try register("memory.pressure_level", argument: level.rawValue, group) }
        return try kernelCall { () throws(KernelError) in
            let file = try Files.open(group.path("memory.pressure"), flags: [.readWrite, .nonBlocking])
            try Files.write(Array(level.trigger.utf8) + [0], to: file, name: group.path("memory.pressure"))
            return file
        }
    }

    /// What to wait for, for a caller that waits for other things too. Call `next(milliseconds: 0)` when one is ready.
    package var requests: [(descriptor: Int32, for: Waiting.Readiness)] {
        let kind: Waiting.Readiness = version == .v2 ? .changed : .readable
        return [(outOfMemory.number, kind)] + (watchesPressure ? [(pressure.number, kind)] : [])
    }

    /// The next event, or nil when none comes in time. Negative time waits for ever.
    package mutating func next(milliseconds time: Int64) throws(CgroupError) -> Event? {
        let deadline = Deadline(milliseconds: max(time, 0))
        while true {
            let requests = requests
            // A group of v2 that is removed does not wake its watchers on every kernel: look now and then.
            let wait = time < 0 ? 1000 : min(deadline.milliseconds, 1000)
            let ready = try kernelCall { () throws(KernelError) in try Waiting.poll(requests, milliseconds: wait) }
            if !group.exists { return .removed }
            if !ready[0].isEmpty, try takeOutOfMemory() { return .outOfMemory }
            if ready.count > 1, !ready[1].isEmpty {
                if version == .v1 { _ = try kernelCall { () throws(KernelError) in try EventCounters.take(pressure) } }
                return .pressure
            }
            if time >= 0 && deadline.hasPassed { return nil }
        }
    }

    /// Whether a process was killed for want of memory since the last event, be it announced or not.
    ///
    /// KERNEL(cgroup_file_notify): v2 announces changes of a file at most each 10 ms and the rest later, so whoever reads what
    /// was announced when the last process has ended can miss what ended it. v1 announces before it kills.
    package mutating func hasUnseenKill() throws(CgroupError) -> Bool {
        version == .v2 ? try takeOutOfMemory() : false
    }

    private mutating func takeOutOfMemory() throws(CgroupError) -> Bool {
        switch version {
        case .v1:
            return try kernelCall { () throws(KernelError) in try EventCounters.take(outOfMemory) } > 0
        case .v2:
            // Reading from the start acknowledges the change; other lines of the file change as well.
            let now = MemoryWatch.kills(outOfMemory, group)
            defer { kills = max(kills, now) }
            return now > kills
        }
    }

    /// How often a process of the group was killed because there was no memory left for it; nil where nothing counts that.
    package static func kills(in cgroup: Cgroup) -> UInt64? {
        cgroup.paths.memory.map { kills(GroupFiles($0), $0.version) }
    }

    private static func kills(_ group: GroupFiles, _ version: CgroupVersion) -> UInt64 {
        group.value("oom_kill", in: version == .v2 ? "memory.events" : "memory.oom_control").flatMap { UInt64($0) } ?? 0
    }

    /// Counted from the descriptor that is waited for, since that read makes it quiet again.
    private static func kills(_ file: borrowing Descriptor, _ group: GroupFiles) -> UInt64 {
        guard let text = try? Files.readFromStart(file, name: group.path("memory.events")) else { return 0 }
        return StatisticsText.pairs(String(decoding: text, as: UTF8.self))["oom_kill"] ?? 0
    }

    /// KERNEL(Documentation/admin-guide/cgroup-v1/memcg_test.rst): `<event counter> <file> <argument>`.
    private static func register(_ file: String, argument: String?, _ group: GroupFiles) throws(CgroupError) -> Descriptor {
        try kernelCall { () throws(KernelError) in
            let counter = try EventCounters.make()
            let watched = try Files.open(group.path(file))
            try group.write(
                "\(counter.number) \(watched.number)" + (argument.map { " " + $0 } ?? ""), to: "cgroup.event_control")
            return counter
        }
    }
}

extension CgroupPaths {
    /// The location that counts memory: on v1 the memory hierarchy, else v2 when the group has the controller.
    var memory: CgroupLocation? {
        if let legacy = locations.first(where: { $0.version == .v1 && $0.controllers.contains("memory") }) { return legacy }
        guard let unified, GroupFiles(unified).readIfPresent("memory.events") != nil else { return nil }
        return unified
    }
}
