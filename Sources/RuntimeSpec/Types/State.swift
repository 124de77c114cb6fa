/// The state of a container, as `state` prints it and as hooks read it.
///
/// Specification: `runtime.md#state`.
public struct State: Hashable, Sendable {
    /// The version of the runtime specification that the state complies with.
    public var ociVersion: String
    /// The container's id, unique on the host.
    public var id: String
    /// `creating`, `created`, `running` or `stopped`; runtimes may add others.
    public var status: String
    /// The container's first process in the runtime's pid namespace; required when created or running.
    public var pid: Int?
    /// The absolute path of the bundle.
    public var bundle: String
    /// The annotations of the configuration.
    public var annotations: [String: String]?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(
        ociVersion: String, id: String, status: String, pid: Int? = nil, bundle: String, annotations: [String: String]? = nil
    ) {
        self.ociVersion = ociVersion
        self.id = id
        self.status = status
        self.pid = pid
        self.bundle = bundle
        self.annotations = annotations
    }
}

/// What a seccomp agent receives along with descriptors.
///
/// Specification: `config-linux.md#containerprocessstate`.
public struct ContainerProcessState: Hashable, Sendable {
    /// The version of the runtime specification that the object complies with.
    public var ociVersion: String
    /// Names of the descriptors, in the order in which they were sent.
    public var fds: [String]?
    /// The process that installed the filter, in the runtime's pid namespace.
    public var pid: Int
    /// The profile's `listenerMetadata`.
    public var metadata: String?
    /// The container's state.
    public var state: State
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(ociVersion: String, fds: [String]? = nil, pid: Int, metadata: String? = nil, state: State) {
        self.ociVersion = ociVersion
        self.fds = fds
        self.pid = pid
        self.metadata = metadata
        self.state = state
    }
}
