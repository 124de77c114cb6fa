internal import Cgroups
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

/// Takes back what a plan did: after a failed operation, for `delete`, and for `delete --force` after a kill at any moment.
///
/// It works from the list that was written before the first effect, and looks at the machine for what of it is there.
struct Undoing {
    private let runtime: Runtime
    private let record: ContainerRecord
    /// Nil when the operation failed before there was one.
    private let state: StateDirectory?
    private let spec: Spec?
    /// What the failed operation still holds; nil when another command made the container.
    private let effects: Effects?

    init(_ runtime: Runtime, _ record: ContainerRecord, _ state: StateDirectory?, spec: Spec?, effects: Effects? = nil) {
        self.runtime = runtime
        self.record = record
        self.state = state
        self.spec = spec
        self.effects = effects
    }

    /// Of a container that another command made.
    init(_ runtime: Runtime, _ record: ContainerRecord, _ state: StateDirectory) {
        // The configuration goes with the directory, and the hooks run last.
        let needsHooks = record.undo.contains(.runPoststopHooks)
        self.init(runtime, record, state, spec: needsHooks ? try? state.configuration().document : nil)
    }

    /// After a failed operation. What cannot be taken back is told, and does not keep the rest.
    func rollBack(_ list: [Undo]) {
        for undo in list {
            do throws(Failure) {
                try perform(undo)
            } catch {
                runtime.warn("after a failure: \(error)")
            }
        }
    }

    /// At the end of the container's life, whose first process has ended or is to be ended. The first refusal is an error, and
    /// what is left can be taken back later.
    func delete() throws(Failure) {
        for undo in record.undo where undo.outlivesCreation { try perform(undo) }
        if let process = record.process { Children.settle(process.pid) }
    }

    private func perform(_ undo: Undo) throws(Failure) {
        switch undo {
        case .endProcess: try endProcess()
        case .removeControlGroup(let directories): try remove(ContainerGroup(recorded: directories))
        case .stopUnit(let name, let isOfUser): stopUnit(name, isOfUser: isOfUser)
        case .removeCacheGroups: CacheControl.remove(effects?.cache?.membership.owned ?? record.cacheGroups)
        case .detachRestorePlace: try detachRestorePlace()
        case .thaw: try thaw()
        case .detachRoot(let path): try HostRoot.detach(record.rootMount, at: path)
        case .moveDeviceBack(let name): effects?.devices[name]?.moveBack()
        case .removePidFile(let path):
            if let earlier = effects?.earlierPidFile { PidFile.remove(path.text, earlier) }
        case .removeStateDirectory: try state?.remove()
        case .runPoststopHooks: if let spec { HostHooks.runPoststop(spec, record, runtime) }
        }
    }

    private func detachRestorePlace() throws(Failure) {
        guard let state else { return }
        do throws(KernelError) {
            try RestoreRoom.detach(in: state.number)
        } catch {
            throw .kernel(error, "cannot detach what was attached for CRIU")
        }
    }

    /// Whatever ended CRIU, the container is not left frozen.
    private func thaw() throws(Failure) {
        let group = ContainerGroup(recorded: record.controlGroups)
        if group.isFrozen { try group.thaw() }
    }

    // MARK: The process

    private func endProcess() throws(Failure) {
        if let effects {
            effects.stage?.kill()
            effects.restorer?.end()
            effects.restored?.kill()
            return
        }
        do throws(Failure) {
            let process = try record.openProcess()
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
                try endTracer(in: group)
                patience = min(patience * 2, 500)
            } while !deadline.hasPassed
            throw KernelError(.busy, call: "the container's process did not end within 10 s")
        } catch where error.errno == .noSuchProcess {
            return
        } catch {
            throw .kernel(error, "cannot kill the container's process")
        }
    }

    /// A CRIU that hangs, left by a restore whose command was killed: what it traces is not gone before it looks. It is in the
    /// container's control group, as no debugger of the host's is.
    private func endTracer(in group: ContainerGroup) throws(KernelError) {
        guard let pid = record.process?.pid, let tracer = Processes.tracer(of: pid), let all = try? group.processes(),
            all.contains(tracer)
        else { return }
        try Processes.signal(try Processes.open(tracer), 9)
    }

    /// A CRIU that hangs, left by a restore whose command was killed when all was restored. It is older than the container's
    /// first process, which it made; whoever has come since is not.
    private func endRestorer(in group: ContainerGroup) {
        guard record.isRestored, let first = record.process, let all = try? group.processes() else { return }
        for pid in all {
            guard let process = try? Processes.open(pid), let start = Processes.startTime(of: pid), start <= first.startTime
            else { continue }
            // It may end by itself meanwhile.
            _ = try? Processes.signal(process, 9)
        }
    }

    // MARK: The control group

    private func stopUnit(_ name: String, isOfUser: Bool) {
        effects?.placeholder?.end()
        do throws(CgroupError) {
            try ContainerUnit(name: name, isUser: isOfUser).stop()
        } catch {
            // The groups can go without systemd, which notices.
            runtime.warn(error.message)
        }
    }

    private func remove(_ group: ContainerGroup) throws(Failure) {
        if let effects {
            // It was empty when it was taken: whoever is inside is of the failed operation.
            guard let creation = effects.creation else { return }
            try group.destroy(killing: true)
            creation.undo()
            return
        }
        if group.group.removeEmpty() { return }
        let inside = remaining(in: group)
        if let inside, let first = inside.first {
            group.group.removeUnused()
            runtime.warn(
                "the control group of \(record.id) is in use by others and stays: \(inside.count) processes, such as \(first)")
        } else if inside != nil {
            try group.destroy(killing: false)
        } else if record.process != nil || state?.hadProcess == true {
            // Processes that share the container's pid namespace with others outlive its first process.
            try group.destroy(killing: true)
        } else {
            // veloci was killed before it started a process. If the group is in use, it is somebody else's.
            _ = try? group.destroy(killing: false, patience: 2000)
        }
    }

    /// The kernel ends all processes of a pid namespace with its first. Whoever is in the group after that has come since,
    /// perhaps as another container in the same place, and is not ours to end.
    /// - Returns: who that is; nil when those inside may be the container's.
    private func remaining(in group: ContainerGroup) -> [Int32]? {
        endRestorer(in: group)
        guard let process = record.process, record.hasOwnProcesses,
            let inside = try? group.group.others(after: Deadline(milliseconds: 2000)),
            // Unless the record names another process: then the container's first is still there.
            !inside.contains(where: { Processes.startTime(of: $0) == process.startTime })
        else { return nil }
        return inside
    }
}
