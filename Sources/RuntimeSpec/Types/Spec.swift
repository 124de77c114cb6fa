/// A container's configuration: the content of `config.json` in a bundle.
///
/// Specification: `config.md`.
public struct Spec: Hashable, Sendable {
    /// The version of the runtime specification that the bundle was written for, in the form of SemVer 2.0.0.
    public var ociVersion: String
    /// The container's root filesystem. Required on Linux.
    public var root: Root?
    /// Filesystems to mount below the root, in this order.
    public var mounts: [Mount]?
    /// The container's first process. Required before the container can be started.
    public var process: Spec.Process? {
        _read { yield boxedProcess.value }
        _modify { yield &boxedProcess.value }
    }
    private var boxedProcess: Boxed<Spec.Process?>
    /// The hostname inside the container; needs a UTS namespace.
    public var hostname: String?
    /// The NIS domain name inside the container; needs a UTS namespace.
    public var domainname: String?
    /// Programs to run at points of the container's life.
    public var hooks: Hooks?
    /// Metadata for whoever reads it. Names are never empty; unknown names are ignored.
    public var annotations: [String: String]?
    /// What only Linux has.
    public var linux: Linux? {
        _read { yield boxedLinux.value }
        _modify { yield &boxedLinux.value }
    }
    private var boxedLinux: Boxed<Linux?>
    /// The section for Solaris, kept as it was read and not applied.
    public var solaris: JSONValue?
    /// The section for Windows, kept as it was read and not applied.
    public var windows: JSONValue?
    /// The section for virtual machines, kept as it was read and not applied.
    public var vm: JSONValue?
    /// The section for z/OS, kept as it was read and not applied.
    public var zos: JSONValue?
    /// The section for FreeBSD, kept as it was read and not applied.
    public var freebsd: JSONValue?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(
        ociVersion: String, root: Root? = nil, mounts: [Mount]? = nil, process: Spec.Process? = nil, hostname: String? = nil,
        domainname: String? = nil, hooks: Hooks? = nil, annotations: [String: String]? = nil, linux: Linux? = nil,
        solaris: JSONValue? = nil, windows: JSONValue? = nil, vm: JSONValue? = nil, zos: JSONValue? = nil,
        freebsd: JSONValue? = nil
    ) {
        self.ociVersion = ociVersion
        self.root = root
        self.mounts = mounts
        boxedProcess = Boxed(process)
        self.hostname = hostname
        self.domainname = domainname
        self.hooks = hooks
        self.annotations = annotations
        boxedLinux = Boxed(linux)
        self.solaris = solaris
        self.windows = windows
        self.vm = vm
        self.zos = zos
        self.freebsd = freebsd
    }
}

/// The container's root filesystem.
///
/// Specification: `config.md#root`.
public struct Root: Hashable, Sendable {
    /// The directory on the host: absolute, or relative to the bundle.
    public var path: String
    /// Whether the root is read-only inside the container. Absent means no.
    public var readonly: Bool?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(path: String, readonly: Bool? = nil) {
        self.path = path
        self.readonly = readonly
    }
}

/// One filesystem to mount inside the container.
///
/// Specification: `config.md#mounts`.
public struct Mount: Hashable, Sendable {
    /// The path inside the container. A relative one is taken from "/".
    public var destination: String
    /// The filesystem type as mount(2) wants it. Bind mounts need none.
    public var type: String?
    /// A device, or for bind mounts a path on the host: absolute, or relative to the bundle.
    public var source: String?
    /// Options in the spelling of mount(8). What `MountOptionTable` does not know goes to the filesystem.
    public var options: [String]?
    /// User ids of the source filesystem and what they appear as. Comes together with `gidMappings`.
    public var uidMappings: [IDMapping]?
    /// Group ids of the source filesystem and what they appear as. Comes together with `uidMappings`.
    public var gidMappings: [IDMapping]?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(
        destination: String, type: String? = nil, source: String? = nil, options: [String]? = nil,
        uidMappings: [IDMapping]? = nil, gidMappings: [IDMapping]? = nil
    ) {
        self.destination = destination
        self.type = type
        self.source = source
        self.options = options
        self.uidMappings = uidMappings
        self.gidMappings = gidMappings
    }
}

/// A range of user or group ids, and what it is mapped to.
///
/// Specification: `config-linux.md#user-namespace-mappings`.
public struct IDMapping: Hashable, Sendable {
    /// The first id inside the container.
    public var containerID: UInt32
    /// The first id on the host.
    public var hostID: UInt32
    /// How many ids follow one another from there.
    public var size: UInt32
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(containerID: UInt32, hostID: UInt32, size: UInt32) {
        self.containerID = containerID
        self.hostID = hostID
        self.size = size
    }
}

/// Programs to run at points of the container's life; within one list, in order.
///
/// Specification: `config.md#posix-platform-hooks`.
public struct Hooks: Hashable, Sendable {
    /// Deprecated. After the namespaces exist and before the root changes; in the runtime's namespaces.
    public var prestart: [Hook]?
    /// After the namespaces exist and before the root changes; in the runtime's namespaces.
    public var createRuntime: [Hook]?
    /// After `createRuntime` and before the root changes; in the container's namespaces, the path seen from the host.
    public var createContainer: [Hook]?
    /// Right before the user's program is executed; in the container, the path seen from inside.
    public var startContainer: [Hook]?
    /// After the user's program was started and before `start` returns; in the runtime's namespaces.
    public var poststart: [Hook]?
    /// After the container was deleted and before `delete` returns; in the runtime's namespaces.
    public var poststop: [Hook]?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(
        prestart: [Hook]? = nil, createRuntime: [Hook]? = nil, createContainer: [Hook]? = nil, startContainer: [Hook]? = nil,
        poststart: [Hook]? = nil, poststop: [Hook]? = nil
    ) {
        self.prestart = prestart
        self.createRuntime = createRuntime
        self.createContainer = createContainer
        self.startContainer = startContainer
        self.poststart = poststart
        self.poststop = poststop
    }
}

/// One program to run; it gets the container's state as JSON on its standard input.
///
/// Specification: `config.md#posix-platform-hooks`.
public struct Hook: Hashable, Sendable {
    /// The absolute path of the program.
    public var path: String
    /// The whole argument vector, the program's name first.
    public var args: [String]?
    /// The environment, one `NAME=value` per element.
    public var env: [String]?
    /// Seconds until the hook is aborted; greater than zero. Absent means no limit.
    public var timeout: Int?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(path: String, args: [String]? = nil, env: [String]? = nil, timeout: Int? = nil) {
        self.path = path
        self.args = args
        self.env = env
        self.timeout = timeout
    }
}
