internal import ContainerPlan

/// What veloci keeps about a container between commands, as `state.json` in its state directory: all that `start`, `state`,
/// `kill`, `delete`, `ps`, `list` and `pause` need, so that none of them reads config.json again (hooks excepted).
struct ContainerRecord: Equatable, Sendable {
    /// The container's first process, told from a later one with the same pid.
    struct FirstProcess: Equatable, Sendable {
        /// As the runtime sees it.
        var pid: Int32
        /// Clock ticks after the machine's start.
        var startTime: UInt64
        /// The kernel's number of it; nil where it gives none.
        var identity: UInt64?
    }

    var id: String
    var bundle: String
    var rootfs: String
    /// RFC 3339.
    var created: String
    var annotations: [String: String] = [:]
    /// Whether the container has a pid namespace of its own, all processes of which end with its first.
    var hasOwnProcesses = true
    /// Whether hooks run when the program has been started.
    var hasPoststartHooks = false
    /// Whether the host's root made it. Ids of others depend on the user namespace that they are seen from.
    var isOfRoot = false
    /// Whether it was made with the keyring of its caller (`--no-new-keyring`), so that its other programs get theirs as well.
    var sharesKeyring = false
    /// What takes the container back, in this order: the undo of its plan, known before the first effect.
    var undo: [Undo] = []
    /// What the steps are about that come in `start`.
    var start: [StepAccount] = []

    /// The start of the machine in which the container was made; empty for unknown.
    var boot: String

    // What is learned later.

    /// Nil while the container is being made.
    var process: FirstProcess?
    /// The kernel's number of each directory of the control group, since the container's process is in it.
    var controlGroupNumbers: [String: UInt64] = [:]
    /// The kernel's number of the mount at `rootfs` in the runtime's own mount namespace.
    var rootMount: UInt64?
    /// What its standard streams were when it was made, by the kernel's names; empty with a terminal.
    var streams: [String] = []
    /// Directories of resctrl that were made for the container.
    var cacheGroups: [String] = []

    init(id: String, bundle: String, rootfs: String, created: String, boot: String = ContainerRecord.currentBoot) {
        self.boot = boot
        self.id = id
        self.bundle = bundle
        self.rootfs = rootfs
        self.created = created
    }

    /// The directories of the container's control group by controller, the empty name for version 2.
    var controlGroups: [String: String] {
        for case .removeControlGroup(let directories) in undo { return directories }
        return [:]
    }

    /// Whether CRIU made its processes.
    var isRestored: Bool {
        for case .detachRestorePlace in undo { return true }
        return false
    }

    /// Those that it can be frozen in.
    var recordedFreezers: [String: String] { controlGroups.filter { $0.key.isEmpty || $0.key == "freezer" } }

    /// The unit of systemd that has the control group.
    var unit: (name: String, isOfUser: Bool)? {
        for case .stopUnit(let name, let isOfUser) in undo { return (name, isOfUser) }
        return nil
    }
}
