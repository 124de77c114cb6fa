internal import ContainerPlan
internal import LinuxKernel

/// Names that a record has may come to mean something else: a pid after a restart of the machine, a directory after it was
/// removed and made again. What is another's now is never killed, frozen, limited or removed.
extension ContainerRecord {
    /// Tells this start of the machine from all others; empty where the kernel does not say (random(4)).
    static var currentBoot: String {
        let bytes = (try? Files.readWithoutWaiting("/proc/sys/kernel/random/boot_id")) ?? []
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// Notes the groups as they are now. The kernel gives no number of a group twice.
    mutating func identifyGroups() {
        controlGroupNumbers = [:]
        for directory in Set(controlGroups.values) { controlGroupNumbers[directory] = Self.number(of: directory) }
    }

    /// Drops what names others by now.
    mutating func forgetWhatIsOthers() {
        let current = Self.currentBoot
        if !boot.isEmpty, !current.isEmpty, boot != current {
            // With the machine everything ended that a container has outside of its directory.
            (process, rootMount, cacheGroups, controlGroupNumbers) = (nil, nil, [], [:])
            undo.removeAll { $0.endsWithTheMachine }
            return
        }
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

    private static func number(of directory: String) -> UInt64? { (try? Files.status(of: directory))?.inode }
}

extension Undo {
    /// Whether a restart of the machine took the effect back.
    fileprivate var endsWithTheMachine: Bool {
        switch self {
        case .stopUnit, .removeControlGroup, .removeCacheGroups, .detachRoot, .endProcess, .moveDeviceBack: true
        case .removeStateDirectory, .runPoststopHooks, .removePidFile: false
        }
    }
}
