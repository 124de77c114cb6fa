internal import ByteText
internal import ContainerPlan
internal import LinuxKernel

/// Names that a record has may come to mean something else: a pid after a restart of the machine, a directory after it was
/// removed and made again. What is another's now is never killed, frozen, limited or removed.
extension ContainerRecord {
    /// Tells this start of the machine from all others; empty where the kernel does not say (random(4)).
    static let currentBoot = ((try? Files.readValue("/proc/sys/kernel/random/boot_id")) ?? "").trimmed

    /// Notes the groups as they are now. The kernel gives no number of a group twice.
    mutating func identifyGroups() {
        let groups = controlGroups
        var numbers = [String: UInt64](minimumCapacity: groups.count)
        // Controllers of one hierarchy have one directory.
        for directory in groups.values where numbers[directory] == nil { numbers[directory] = Self.number(of: directory) }
        controlGroupNumbers = numbers
    }

    /// Whether the container was made before the machine started anew.
    var isOfAnotherBoot: Bool {
        let current = Self.currentBoot
        return !boot.isEmpty && !current.isEmpty && boot != current
    }

    /// Drops what was before the machine started anew: everything ended that a container has outside of its directory.
    mutating func forgetWhatEndedWithTheMachine() {
        guard isOfAnotherBoot else { return }
        (process, rootMount, cacheGroups, controlGroupNumbers) = (nil, nil, [], [:])
        undo.removeAll { $0.endsWithTheMachine }
    }

    /// Drops control groups that are others' by now.
    mutating func forgetOthersGroups() {
        for (directory, number) in controlGroupNumbers {
            guard let now = Self.number(of: directory), now != number else { continue }
            undo = undo.compactMap { undo in
                switch undo {
                case .removeControlGroup(let directories): .removeControlGroup(directories.filter { $0.value != directory })
                case .stopUnit: nil
                default: undo
                }
            }
        }
    }

    /// The groups that the container can be frozen in, as far as they are still its own.
    var freezers: [String: String] {
        recordedFreezers.filter { _, directory in
            guard let number = controlGroupNumbers[directory], let now = Self.number(of: directory) else { return true }
            return now == number
        }
    }

    private static func number(of directory: String) -> UInt64? { (try? Files.status(of: directory))?.inode }
}

extension ContainerRecord.FirstProcess {
    /// Whether it goes on. One that has ended and was not taken away yet does not.
    func isThere() throws(KernelError) -> Bool {
        if let identity { return try Processes.isThere(pid, identity: identity) }
        return try Processes.isThere(pid, startedAt: startTime)
    }

    /// - Throws: `KernelError`; `ESRCH` when it has ended, with all its threads, or the pid is another's.
    func open() throws(KernelError) -> Descriptor {
        if let identity { return try Processes.open(pid, identity: identity) }
        return try Processes.open(pid, startedAt: startTime)
    }
}

extension Undo {
    /// Whether a restart of the machine took the effect back.
    fileprivate var endsWithTheMachine: Bool {
        switch self {
        case .stopUnit, .removeControlGroup, .removeCacheGroups, .detachRoot, .detachRestorePlace, .thaw, .endProcess,
            .moveDeviceBack:
            true
        case .removeStateDirectory, .runPoststopHooks, .removePidFile: false
        }
    }
}
