internal import ByteText
internal import CStageWire
internal import LinuxKernel

/// What `state` and `list` show of a container: the front of its record, and what the page of its stage says. For `list` both are
/// one file. As few calls as tell it; whatever is not as usual is for `StoredContainer`, which looks more closely.
struct ContainerFront {
    private let record: ContainerRecord
    /// The groups that it can be frozen in, by controller; nil where nobody asks them.
    private let freezers: [String: String]?
    private let phase: stage_phase
    /// A command froze it, and none let it go on.
    private let wasPaused: Bool

    /// - Parameters:
    ///   - root: the state root, open as long as this is called.
    ///   - readsRecord: whether the record itself is looked at, which other commands go by, and not only what stands behind
    ///     the page.
    /// - Returns: nil when no whole front is there, as while the container is being made.
    init?(of id: String, in root: Int32, readsRecord: Bool = false) {
        let size = Int(stage_progress_size)
        guard let bytes = Self.read(id.path(to: StateDirectory.progressFile), in: root), bytes.count >= size else { return nil }
        if readsRecord {
            guard let bytes = Self.read(id.path(to: StateDirectory.stateFile), in: root),
                let front = ContainerRecord.front(of: bytes)
            else { return nil }
            (record, freezers) = (front.record, front.freezers)
        } else {
            guard let front = ContainerRecord.front(bytes[size...]) else { return nil }
            (record, freezers) = (front, nil)
        }
        guard record.id == id, record.process != nil else { return nil }
        (phase, wasPaused) = unsafe bytes.withUnsafeBytes { bytes in
            let page = unsafe bytes.loadUnaligned(as: stage_progress.self)
            return (stage_phase(rawValue: page.phase), page.paused != 0)
        }
    }

    private static func read(_ path: String, in root: Int32) -> [UInt8]? {
        guard let file = try? Files.openWithoutLinks(path, flags: [.nonBlocking], at: root) else { return nil }
        return try? Files.read(file, name: path, endsShort: true, expected: 16384)
    }

    /// Who made it; nil where the owner of its directory tells.
    var ownerID: UInt32? { record.isOfRoot ? 0 : nil }

    /// The container as it is now; nil when it takes a closer look. Where the record was read, its groups are asked, so that one
    /// is seen that others have frozen as well.
    func shown() throws(Failure) -> ContainerState? {
        guard let status = try status() else { return nil }
        return record.shown(status)
    }

    private func status() throws(Failure) -> Status? {
        guard let process = record.process, !record.isOfAnotherBoot else { return nil }
        do throws(KernelError) {
            if try !process.isThere() { return .stopped }
        } catch {
            throw .kernel(error, "cannot look at the container's process")
        }
        if phase == stage_phase_failed { return .stopped }
        // Somebody else's group may have the name by now: then whether it is frozen says nothing.
        if wasPaused { return nil }
        if let freezers, ContainerGroup(recorded: freezers).isFrozen { return nil }
        return phase == stage_phase_executing ? .running : .created
    }
}
