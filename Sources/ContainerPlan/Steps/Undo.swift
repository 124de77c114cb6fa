/// What takes the effect of a host step back.
///
/// A value and not code: the list for a whole plan is written into the container's record before the first effect, and the same
/// code walks it after a failed `create`, for `delete`, and for `delete --force` after a kill at any moment.
public enum Undo: Equatable, Sendable {
    /// With all that is in it: the last, after which nothing tells of the container.
    case removeStateDirectory
    /// Ends what is left in the unit, and the unit with it.
    case stopUnit(name: String, isOfUser: Bool)
    /// Ends what is left in the groups, and removes them. By controller, the empty name for version 2.
    case removeControlGroup([String: String])
    /// Those that were made for the container; which these are the record tells.
    case removeCacheGroups
    /// The mount of the root in the runtime's own mount namespace, if it still is the one that the record tells.
    case detachRoot(at: HostPath)
    /// What was attached below the state directory for CRIU.
    case detachRestorePlace
    /// Lets the container's processes go on that CRIU has left frozen.
    case thaw
    /// Kills the container's process and waits for its end.
    case endProcess
    /// SPEC(runtime.md#lifecycle): after all else.
    case runPoststopHooks
    /// Until the container exists; then it keeps its devices, and the kernel decides about them at its end.
    case moveDeviceBack(String)
    /// Until the operation succeeds.
    case removePidFile(HostPath)
}

extension Undo {
    /// Whether it is due at the end of the container's life too; else only while the container is being made.
    public var outlivesCreation: Bool {
        switch self {
        case .moveDeviceBack, .removePidFile, .thaw: false
        case .removeStateDirectory, .stopUnit, .removeControlGroup, .removeCacheGroups, .detachRoot, .detachRestorePlace,
            .endProcess, .runPoststopHooks:
            true
        }
    }
}

/// How a host step is taken back.
public enum StepUndo: Equatable, Sendable {
    /// In this order.
    case by([Undo])
    /// There is nothing to do, for this reason.
    case nothing(because: String)

    /// What is to be done.
    public var actions: [Undo] {
        switch self {
        case .by(let actions): actions
        case .nothing: []
        }
    }
}

extension Plan {
    /// What takes the whole plan back, the last effect first; the hooks that follow a container's end come after all else.
    public var undo: [Undo] { undo(of: hostSteps.map({ $0.action })) }

    /// What takes steps back that were begun in this order.
    package func undo(of steps: [HostStep]) -> [Undo] {
        let actions = steps.reversed().flatMap { $0.undo.actions }
        return hasPoststopHooks && actions.contains(.endProcess) ? actions + [.runPoststopHooks] : actions
    }
}
