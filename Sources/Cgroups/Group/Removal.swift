package import LinuxKernel

/// What could not be removed.
package struct CgroupRemainder: Hashable, Sendable {
    package var directory: String
    /// Who is still inside.
    package var processes: [Int32]
    package var errno: Errno?
}

extension Cgroup {
    /// Kills every process in the groups, at any depth, and waits until none is left.
    ///
    /// The groups were empty when the container was made, so whoever is inside came from the container.
    /// - Throws: `timedOut` with the pids that are left.
    package func kill(within deadline: Deadline) throws(CgroupError) {
        if !exists { return }
        try refuseRoots()
        if let unified = paths.unified.map(GroupFiles.init), unified.exists {
            // KERNEL(5.14). Nothing can escape it by forking, and frozen processes die as well.
            try? unified.write("1", to: "cgroup.kill")
        }
        var pause: Int64 = 100
        while true {
            let left = try processesEverywhere().filter { !Processes.hasEnded($0) }
            if left.isEmpty { return }
            try killFrozen(left, deadline)
            if deadline.hasPassed {
                throw CgroupError(
                    .timedOut, "processes survived SIGKILL: \(left.map { String($0) }.joined(separator: ", "))",
                    file: present.first?.directory, hint: "they hang in the kernel (state D in ps)")
            }
            Waiting.sleep(microseconds: pause)
            pause = min(pause * 2, 20_000)
        }
    }

    /// Below the root of a hierarchy is everything that runs on the machine. Apart from `kill`, so that it can be tried.
    func refuseRoots() throws(CgroupError) {
        guard let root = present.first(where: { Cgroup.isRoot($0) }) else { return }
        throw CgroupError(
            .invalidPath, "the root of a hierarchy has processes of the whole machine, which are not killed",
            file: root.directory)
    }

    /// Kills processes of v1 groups. Frozen, they cannot fork between being listed and being killed, and their pids cannot
    /// come to mean somebody else.
    private func killFrozen(_ fallback: [Int32], _ deadline: Deadline) throws(CgroupError) {
        guard let freezer = legacyFreezer, freezer.exists else {
            try signal(fallback)
            return
        }
        let wasFrozen = (try? freezer.write("FROZEN", to: "freezer.state")) != nil
        if wasFrozen { Waiting.sleep(microseconds: 50) }
        defer { thawForDeath() }
        try signal(try processesEverywhere())
    }

    /// The processes are opened first and looked for again: each descriptor is of a process that was in the group when it
    /// was listed the second time, never of one that got a pid of the first list later.
    private func signal(_ processes: [Int32]) throws(CgroupError) {
        var opened: [(process: Int32, descriptor: Int32)] = []
        for process in processes where process > 0 {
            if let descriptor = try? Processes.open(process) { opened.append((process, descriptor.release())) }
        }
        var failure: CgroupError?
        let confirmed = Set((try? processesEverywhere()) ?? [])
        for (process, number) in opened {
            let descriptor = Descriptor(owning: number)
            guard confirmed.contains(process) else { continue }
            do throws(KernelError) {
                try Processes.signal(descriptor, 9)
            } catch where error.errno == .noSuchProcess {
            } catch {
                failure = CgroupError(error)
            }
        }
        if let failure { throw failure }
    }

    /// Waits until nobody is inside any more.
    /// - Returns: who still is when the deadline has passed.
    package func others(after deadline: Deadline) throws(CgroupError) -> [Int32] {
        var pause: Int64 = 200
        while true {
            let inside = try processesEverywhere().filter { !Processes.hasEnded($0) }
            if inside.isEmpty || deadline.hasPassed { return inside }
            Waiting.sleep(microseconds: pause)
            pause = min(pause * 2, 20_000)
        }
    }

    /// Removes the groups that have no processes, and touches no other.
    package func removeUnused() {
        for group in present where (try? Cgroup.processes(in: group, recursive: true).isEmpty) == true {
            _ = Cgroup.removeOnce(group)
        }
    }

    /// Removes the groups as long as each is empty: the kernel refuses one with processes or groups inside. Those by which
    /// processes are stopped and killed go last, so that they are there for who finds others that are not empty.
    /// - Returns: whether all are gone.
    package func removeEmpty() -> Bool {
        let last = paths.locations.filter { $0.version == .v2 || $0.controllers.contains("freezer") }
        for location in paths.locations.filter({ !last.contains($0) }) + last {
            let group = GroupFiles(location)
            do throws(KernelError) {
                guard try group.isControlGroup() else { continue }
                try Files.removeDirectory(group.directory)
            } catch {
                guard error.meansGone else { return false }
            }
        }
        return true
    }

    /// Removes the groups and those inside them, innermost first, waiting for processes that are on their way out.
    ///
    /// Groups that are already gone are fine: it can be repeated. Directories outside of control group file systems, and
    /// the root of a hierarchy, are never touched.
    /// - Returns: what is left when the deadline has passed; empty when all is gone.
    package func destroy(within deadline: Deadline) throws(CgroupError) -> [CgroupRemainder] {
        var remaining: [CgroupRemainder] = []
        for location in paths.locations {
            let group = GroupFiles(location)
            if let errno = removeIfGroup(group, location.version, deadline) {
                let processes = (try? Cgroup.processes(in: group, recursive: true)) ?? []
                remaining.append(
                    CgroupRemainder(directory: group.directory, processes: processes.sorted(), errno: errno))
            }
        }
        return remaining
    }

    /// The root of a hierarchy has no cgroup.events (v2), and has release_agent (v1).
    private static func isRoot(_ group: GroupFiles) -> Bool {
        let files = Set((try? Files.list(group.directory)) ?? [])
        return files.contains("release_agent") || (files.contains("cgroup.controllers") && !files.contains("cgroup.events"))
    }

    /// What cannot be looked at is not taken for removed.
    private func removeIfGroup(_ group: GroupFiles, _ version: CgroupVersion, _ deadline: Deadline) -> Errno? {
        do throws(KernelError) {
            return try group.isControlGroup() ? remove(group, version, deadline) : nil
        } catch {
            return error.errno
        }
    }

    private func remove(_ group: GroupFiles, _ version: CgroupVersion, _ deadline: Deadline) -> Errno? {
        var pause: Int64 = 200
        while true {
            guard let errno = Cgroup.removeOnce(group) else { return nil }
            if deadline.hasPassed { return errno }
            if version == .v2, errno == .busy {
                // The kernel announces the moment when the last process is gone.
                try? group.wait(
                    for: "populated", toBe: "0", Deadline(milliseconds: min(deadline.milliseconds, 100)), "empty")
            }
            Waiting.sleep(microseconds: pause)
            pause = min(pause * 2, 20_000)
        }
    }

    /// One attempt. Nil when the group is gone.
    private static func removeOnce(_ group: GroupFiles) -> Errno? {
        do throws(KernelError) {
            do throws(KernelError) {
                try Files.removeDirectory(group.directory)
                return nil
            } catch {
                // A damaged record may name the root of a hierarchy: the kernel keeps that, since it is mounted (EBUSY) and
                // where systemd mounted it (EROFS), and nothing inside it is ours.
                if isRoot(group) { return nil }
                guard error.errno == .busy || error.errno == .notEmpty else { throw error }
                let inside = try GroupTree.removeChildren(of: group.directory)
                do throws(KernelError) {
                    try Files.removeDirectory(group.directory)
                    return nil
                } catch {
                    if error.meansGone { return nil }
                    return inside ?? error.errno
                }
            }
        } catch {
            return error.meansGone ? nil : error.errno
        }
    }
}
