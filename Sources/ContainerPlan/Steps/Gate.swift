/// Where host and stage meet. The stage reports, the host does its steps, the stage goes on.
public enum Gate: UInt32, CaseIterable, Sendable {
    /// The user namespace exists and waits for its mappings.
    case userNamespace = 1
    /// All namespaces but the pid namespace exist: time offsets.
    case timeNamespace
    /// The container's process is in all its namespaces: network devices, out-of-memory score.
    case namespaces
    /// The root is complete and not yet entered: prestart and createRuntime hooks.
    case mounts
    /// A seccomp listener is to be handed on.
    case listener
    /// Everything is done but waiting for `start`: limits.
    case ready
}

extension Gate: CustomStringConvertible {
    public var description: String {
        switch self {
        case .userNamespace: "userNamespace"
        case .timeNamespace: "timeNamespace"
        case .namespaces: "namespaces"
        case .mounts: "mounts"
        case .listener: "listener"
        case .ready: "ready"
        }
    }
}
