internal import CStageWire
internal import LinuxKernel

/// What `state` and `list` show of a container: the front of its record, and what can be seen of its process. As few calls as
/// tell it; whatever is not as usual is for `StoredContainer`, which looks more closely.
struct ContainerFront {
    private let record: ContainerRecord
    /// The groups that it can be frozen in, by controller.
    private let freezers: [String: String]
    /// The state directory, open as long as this is asked.
    private let directory: Int32

    /// Nil when the record cannot be read, and while the container is being made.
    init?(at directory: borrowing Descriptor) {
        let number = directory.number
        guard let bytes = try? StateDirectory.readFile(StateDirectory.stateFile, at: number),
            let (record, freezers) = ContainerRecord.front(bytes), record.process != nil
        else { return nil }
        self.record = record
        self.freezers = freezers
        self.directory = number
    }

    var id: String { record.id }

    /// The container as it is now; nil when it takes a closer look.
    func shown() throws(Failure) -> ContainerState? {
        guard let status = try status() else { return nil }
        return record.shown(status)
    }

    private func status() throws(Failure) -> Status? {
        guard let process = record.process, !record.isOfAnotherBoot else { return nil }
        do throws(KernelError) {
            if try !Processes.isThere(process.pid, startedAt: process.startTime) { return .stopped }
        } catch {
            throw .kernel(error, "cannot look at the container's process")
        }
        guard let phase = ProgressPage.phase(at: directory) else { return .running }
        if phase == stage_phase_failed { return .stopped }
        // Somebody else's group may have the name by now: then whether it is frozen says nothing.
        if ContainerGroup(recorded: freezers).isFrozen { return nil }
        return phase == stage_phase_executing ? .running : .created
    }
}
