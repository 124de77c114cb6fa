internal import CStageWire
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

/// A container that exists, as one command sees it.
struct StoredContainer {
    let state: StateDirectory
    var record: ContainerRecord
    /// Somebody held the lock and had not written the pid.
    private let isBeingMade: Bool
    /// The record has no groups that are others' by now.
    private let hasOwnGroups: Bool

    /// - Parameter forgets: whether control groups are left out that are others' by now; for all that does something to them.
    static func open(
        root: String, id: String, locking: Bool, forgettingOthersGroups forgets: Bool = true
    ) throws(Failure) -> StoredContainer {
        try ContainerID.check(id)
        let state = try StateDirectory.open(root: root, id: id, locking: locking)
        let (found, isBeingMade) = try state.currentRecord(holdingLock: locking, forgettingOthersGroups: forgets)
        guard let record = found else {
            throw Failure(
                .internalError, "the state of the container cannot be read",
                hint: "a forced deletion of \(id) removes what is left")
        }
        return StoredContainer(state: state, record: record, isBeingMade: isBeingMade, hasOwnGroups: forgets)
    }

    init(state: StateDirectory, record: ContainerRecord, isBeingMade: Bool = false, hasOwnGroups: Bool = false) {
        self.state = state
        self.record = record
        self.isBeingMade = isBeingMade
        self.hasOwnGroups = hasOwnGroups
    }

    /// The status now, from what can be seen and not from what was written.
    ///
    /// - Parameter isOurs: this command holds the container's lock itself.
    /// - Throws: what keeps the process from being looked at; that is no end of it.
    func status(holdingLock isOurs: Bool = false) throws(Failure) -> Status {
        guard let process = record.process else { return !isOurs && isBeingMade ? .creating : .stopped }
        do throws(KernelError) {
            if try !process.isThere() { return .stopped }
        } catch {
            throw .kernel(error, "cannot look at the container's process")
        }
        guard let phase = try? ProgressPage.phase(in: state.number) else { return .running }
        if phase == stage_phase_failed { return .stopped }
        let freezers = hasOwnGroups ? record.recordedFreezers : record.freezers
        if ContainerGroup(recorded: freezers).isFrozen { return .paused }
        return phase == stage_phase_executing ? .running : .created
    }

    func shown(_ status: Status) -> ContainerState { record.shown(status) }
}

extension ContainerRecord {
    func shown(_ status: Status) -> ContainerState {
        ContainerState(
            ociVersion: SpecificationVersion.current, id: id, pid: status == .stopped ? 0 : process?.pid ?? 0,
            status: status.rawValue, bundle: bundle, rootfs: rootfs, created: created, annotations: annotations, owner: "")
    }

    /// The container's process, if it is still the same.
    func openProcess() throws(Failure) -> Descriptor {
        let gone = Failure(.notRunning, "container not running")
        guard let recorded = process else { throw gone }
        do throws(KernelError) {
            return try recorded.open()
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
