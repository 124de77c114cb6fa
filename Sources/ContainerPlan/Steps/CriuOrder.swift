public import RuntimeSpec

/// All that CRIU is told for one dump or restore, but for descriptors, which have numbers only when it runs.
public struct CriuOrder: Equatable, Sendable {
    /// The annotation that names CRIU's own configuration file for a container; an empty one is for none.
    public static let configurationAnnotation = "org.criu.config"

    /// A mount that CRIU does not make or fill, for it comes from outside of the container.
    public struct ExternalMount: Equatable, Sendable {
        /// For a dump the mount's place in the container; for a restore the name that it was dumped by.
        public var key: String
        /// For a dump the name by which it is found again; for a restore the place on the host that is bound there.
        public var value: String

        /// A mount from outside.
        public init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// A namespace that is there already.
    public struct JoinedNamespace: Equatable, Sendable {
        /// Its kind.
        public var kind: NamespaceKind
        /// The file that stands for it.
        public var path: HostPath
    }

    /// A descriptor that takes the place of one that was dumped.
    public struct InheritedDescriptor: Equatable, Sendable {
        /// The name of what was dumped.
        public var key: String
        /// Where the descriptor is.
        public var slot: Slot
    }

    /// A standard stream of CRIU's own that takes the place of one that was dumped.
    public struct InheritedStream: Equatable, Sendable {
        /// The name of what was dumped.
        public var key: String
        /// Which of the three it was.
        public var number: Int32
    }

    /// What the caller asks for.
    public var options: CheckpointOptions
    /// Where the container's root is on the host.
    public var root: HostPath
    /// What comes from outside.
    public var externalMounts: [ExternalMount] = []
    /// Other things from outside, in the words of `--external` of criu(8).
    public var externals: [String] = []
    /// Namespaces that CRIU joins by their paths.
    public var joinedNamespaces: [JoinedNamespace] = []
    /// Namespaces that it gets by a descriptor.
    public var inherited: [InheritedDescriptor] = []
    /// Streams of whoever restores.
    public var streams: [InheritedStream] = []
    /// For a dump: the container's first process, as the host sees it.
    public var process: Int32?
    /// For a dump: whether the processes were frozen before, and stay so when it fails.
    public var isPaused = false
    /// For a restore: whether the processes come into the control groups that CRIU itself was started in, whatever those are
    /// called here, and not into those that they were dumped in.
    public var takesOwnGroups = false
    /// The slot of the socket that gets the container's terminal.
    public var console: Slot?
    /// The control group in which the processes are stopped meanwhile.
    public var freezer: HostPath?
    /// For a dump: the label of the first process, as `selinux:LABEL`. A CRIU that does not know that module refuses, before it
    /// looks at anything; otherwise each process is dumped with its own.
    public var label: String?
    /// CRIU's own configuration file, which overrules all of this.
    public var configurationFile: HostPath?

    init(options: CheckpointOptions, root: HostPath) {
        self.options = options
        self.root = root
    }
}

extension CriuOrder {
    /// What CRIU is told, for people.
    public var text: String {
        var parts = externalMounts.map { $0.key == $0.value ? "\($0.key) from outside" : "\($0.key) from \($0.value)" }
        parts += externals.map { "\($0) from outside" }
        parts += joinedNamespaces.map { "in the \($0.kind.rawValue) namespace \($0.path)" }
        parts += inherited.map { "in the namespace that was dumped as \($0.key)" }
        parts += streams.map { "stream \($0.number) for \($0.key)" }
        if let process { parts.insert("process \(process)", at: 0) }
        if let freezer { parts.append("frozen in \(freezer)\(isPaused ? ", where they are" : "")") }
        if let label { parts.append("with labels as \(label)") }
        if takesOwnGroups { parts.append("in its own control groups") }
        if let server = options.pageServer { parts.append("memory to \(server.address) port \(server.port)") }
        if !options.words.isEmpty { parts.append("with " + options.words.joined(separator: ", ")) }
        if let configurationFile { parts.append("by \(configurationFile)") }
        let what = parts.isEmpty ? "" : ": " + parts.joined(separator: ", ")
        return options.imagePath + what
    }
}
