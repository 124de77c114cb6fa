internal import CStageWire
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

/// A container that exists, as one command sees it.
struct StoredContainer {
    let state: StateDirectory
    var record: ContainerRecord

    static func open(root: String, id: String, locking: Bool) throws(Failure) -> StoredContainer {
        try ContainerID.check(id)
        let state = try StateDirectory.open(root: root, id: id, locking: locking)
        guard let record = state.record() else {
            throw Failure(
                .internalError, "the state of the container cannot be read",
                hint: "veloci delete --force \(id) removes what is left")
        }
        return StoredContainer(state: state, record: record)
    }

    init(state: StateDirectory, record: ContainerRecord) {
        self.state = state
        self.record = record
    }

    /// The status now, from what can be seen and not from what was written.
    ///
    /// - Parameter isOurs: this command holds the container's lock itself.
    func status(holdingLock isOurs: Bool = false) -> Status {
        guard let process = record.process else { return !isOurs && state.isLocked ? .creating : .stopped }
        guard Processes.startTime(of: process.pid) == process.startTime else { return .stopped }
        guard let page = try? ProgressPage(reading: state.number) else { return .running }
        let phase = page.report.phase
        if phase == stage_phase_failed { return .stopped }
        if ContainerGroup(recorded: record.controlGroups).isFrozen { return .paused }
        return phase == stage_phase_executing ? .running : .created
    }

    func shown(_ status: Status) -> ContainerState {
        ContainerState(
            ociVersion: SpecificationVersion.current, id: record.id, pid: status == .stopped ? 0 : record.process?.pid ?? 0,
            status: status.rawValue, bundle: record.bundle, rootfs: record.rootfs, created: record.created,
            annotations: record.annotations, owner: "")
    }
}

extension ContainerRecord {
    /// The container's process, if it is still the same.
    func openProcess() throws(Failure) -> Descriptor {
        let gone = Failure(.notRunning, "container not running")
        guard let recorded = process else { throw gone }
        do throws(KernelError) {
            let opened = try Processes.open(recorded.pid)
            // Opened first and checked then: what the descriptor names cannot become somebody else any more.
            guard Processes.startTime(of: recorded.pid) == recorded.startTime else {
                throw KernelError(.noSuchProcess, call: "pidfd_open")
            }
            return opened
        } catch where error.errno == .noSuchProcess {
            throw gone
        } catch {
            throw .kernel(error, "cannot open the container's process")
        }
    }
}

enum Status: String {
    case creating, created, running, paused, stopped
}
