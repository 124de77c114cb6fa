internal import Cgroups
internal import LinuxKernel
internal import RuntimeSpec

extension Runtime {
    /// Deletes a container that is stopped, or created and never started; with `force` any, in any state.
    ///
    /// With `force` a container that does not exist is no error.
    public func delete(_ id: String, force: Bool = false) throws(Failure) {
        try ContainerID.check(id)
        if force { endWhatHoldsTheLock(id) }
        let state: StateDirectory
        do throws(Failure) {
            state = try StateDirectory.open(root: root, id: id, locking: true)
        } catch where error.code == .notFound && force {
            return
        }
        try delete(state, id: id, force: force)
    }

    /// A `create` or `start` that waits for a hook holds the lock, perhaps without end. It goes on when the container's first
    /// process ends, which `delete --force` will bring about anyway.
    private func endWhatHoldsTheLock(_ id: String) {
        guard let container = try? StoredContainer.open(root: root, id: id, locking: false), container.state.isLocked
        else { return }
        let group = ContainerGroup(recorded: container.record.controlGroups)
        if let process = try? container.record.process() {
            _ = try? Processes.signal(process, 9)
            _ = try? group.thawForDeath()
        } else if container.record.pid == 0, container.state.hadProcess {
            // Its pid is not written yet. The group was empty when it was made, before there was a process.
            _ = try? group.killAll()
        }
    }

    private func delete(_ state: consuming StateDirectory, id: String, force: Bool) throws(Failure) {
        guard let record = state.record() ?? (force ? state.journal() : nil) else {
            // Nothing tells what this was but its directory: veloci was killed before its first write, or somebody
            // destroyed the file.
            guard force else {
                throw Failure(
                    .internalError, "the state of the container cannot be read", hint: "use --force to remove what is left")
            }
            try checkNothingRuns(of: id, state)
            return try state.remove()
        }
        try stop(record, state, force: force)
        try destroy(record, consume state)
    }

    /// Removes all that there is of a container whose process has ended, then runs its poststop hooks.
    func destroy(_ record: ContainerRecord, _ state: consuming StateDirectory) throws(Failure) {
        let spec = try? state.configuration()
        let group = ContainerGroup(recorded: record.controlGroups)
        let inside = remaining(in: group, record, spec)
        if let inside, let first = inside.first {
            group.group.removeUnused()
            warn("the control group of \(record.id) is in use by others and stays: \(inside.count) processes, such as \(first)")
        } else {
            try remove(group, record, state, isEmpty: inside != nil)
        }
        CacheControl.remove(record.cacheControlGroups)
        try HostRoot.detach(record)
        try state.remove()
        if let spec { Poststop.run(spec, record, self) }
    }

    /// The kernel ends all processes of a pid namespace with its first. Whoever is in the group after that has come since,
    /// perhaps as another container in the same place, and is not ours to end.
    /// - Returns: who that is; nil when those inside may be the container's.
    private func remaining(in group: ContainerGroup, _ record: ContainerRecord, _ spec: Spec?) -> [Int32]? {
        let namespaces = spec?.linux?.namespaces ?? []
        guard record.pid > 0, namespaces.contains(where: { $0.type == "pid" && ($0.path ?? "").isEmpty }),
            let inside = try? group.group.others(after: Deadline(milliseconds: 2000)),
            // Unless the record names another process: then the container's first is still there.
            !inside.contains(where: { Processes.startTime(of: $0) == record.startTime })
        else { return nil }
        return inside
    }

    private func remove(
        _ group: ContainerGroup, _ record: ContainerRecord, _ state: borrowing StateDirectory, isEmpty: Bool
    ) throws(Failure) {
        if let unit = ContainerUnit(record) {
            do throws(CgroupError) {
                try unit.stop()
            } catch {
                // The groups can go without systemd, which notices.
                warn(error.message)
            }
        }
        if isEmpty {
            try group.destroy(killing: false)
        } else if record.pid > 0 || state.hadProcess {
            // Processes that share the container's pid namespace with others outlive its first process.
            try group.destroy(killing: true)
        } else {
            // veloci was killed before it started a process. If the group is in use, it is somebody else's.
            _ = try? group.destroy(killing: false, patience: 2000)
        }
    }

    func stop(_ record: ContainerRecord, _ state: borrowing StateDirectory, force: Bool) throws(Failure) {
        guard let container = try? StoredContainer.open(root: root, id: record.id, locking: false) else { return }
        let status = try container.status(holdingLock: true)
        if status == .stopped { return }
        guard force || status == .created else {
            throw Failure(
                .notStopped, "cannot delete container \(record.id) that is not stopped: \(status.rawValue)",
                hint: "kill it first or use --force")
        }
        do throws(Failure) {
            let process = try container.record.process()
            try end(process, ContainerGroup(recorded: record.controlGroups))
        } catch where error.code == .notRunning {
            return
        }
    }

    private func end(_ process: borrowing Descriptor, _ group: ContainerGroup) throws(Failure) {
        do throws(KernelError) {
            try Processes.signal(process, 9)
            let deadline = Deadline(milliseconds: 10_000)
            var patience: Int64 = 20
            repeat {
                // A process that is frozen by version 1 dies only when it runs again; the container's others may freeze it anew.
                _ = try? group.thawForDeath()
                if try Processes.hasEnded(process, withinMilliseconds: min(patience, deadline.milliseconds)) { return }
                patience = min(patience * 2, 500)
            } while !deadline.hasPassed
            throw KernelError(.busy, call: "the container's process did not end within 10 s")
        } catch where error.errno == .noSuchProcess {
            return
        } catch {
            throw .kernel(error, "cannot kill the container's process")
        }
    }
}
