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
        guard let record = state.record() ?? (force ? state.journal() : nil) else {
            // Nothing tells what this was but its directory: veloci was killed before its first write, or somebody
            // destroyed the file.
            guard force else {
                throw Failure(
                    .internalError, "the state of the container cannot be read", hint: "delete it by force to remove what is left")
            }
            try checkNothingRuns(of: id, state)
            return try state.remove()
        }
        let status = try StoredContainer(state: state, record: record).status(holdingLock: true)
        guard force || status == .stopped || status == .created else {
            throw Failure(
                .notStopped, "cannot delete container \(record.id) that is not stopped: \(status.rawValue)",
                hint: "kill it first or delete it by force")
        }
        try Undoing(self, record, state).delete()
    }

    /// A `create` or `start` that waits for a hook holds the lock, perhaps without end. It goes on when the container's first
    /// process ends, which `delete --force` will bring about anyway.
    private func endWhatHoldsTheLock(_ id: String) {
        let found = try? StoredContainer.open(root: root, id: id, locking: false, forgettingOthersGroups: false)
        guard let container = found, container.state.isLocked else { return }
        var record = container.record
        record.forgetOthersGroups()
        let group = ContainerGroup(recorded: record.controlGroups)
        if let process = try? record.openProcess() {
            _ = try? Processes.signal(process, 9)
            _ = try? group.thawForDeath()
        } else if record.process == nil, container.state.hadProcess {
            // Its pid is not written yet. The group was empty when it was made, before there was a process.
            _ = try? group.killAll()
        }
    }
}
