public import ContainerPlan
public import RuntimeSpec

/// An OCI runtime: containers below one state root.
///
/// A value without threads or open files of its own; each operation takes the lock of the container that it changes. Safe to
/// use from a program with many threads: nothing is forked from its memory, and neither its signal handlers nor its
/// working directory are changed.
public struct Runtime: Sendable {
    /// The directory that holds one directory per container.
    public var root: String
    /// How control groups are made.
    public var controlGroupManager = ControlGroupManager.files
    /// Whether refusals of control groups are passed over where no limit depends on them, and systemd is the user's own; nil for
    /// callers who are not the host's root.
    public var isRootless: Bool?
    /// The program that dumps and restores: a path, or a name that is looked for in PATH.
    public var criu = "criu"
    /// Called for each warning: what the container does not get although it was asked for, or what failed without consequence.
    public var warn: @Sendable (String) -> Void = { _ in }
    /// Called for what is usual on some hosts and worth knowing only when something is looked for, such as system calls of
    /// `linux.seccomp` that this host does not have.
    public var remark: @Sendable (String) -> Void = { _ in }
    /// Called before each step of the host, and for each of the container's process once it is known to have come so far; nil for
    /// nobody who wants to know.
    public var observe: (@Sendable (String) -> Void)?

    /// - Parameter root: an absolute path, `/run/veloci` for root by custom.
    public init(root: String) {
        self.root = root
    }
}

extension Runtime {
    /// Tells of the steps of the container's process up to where its page says that it is.
    func observe(_ steps: @autoclosure () -> [StepAccount], _ progress: ProgressPage) {
        guard let observe else { return }
        let last = progress.report.step
        for step in steps() where step.number <= last {
            observe("container: \(step.number) \(step.text)" + Runtime.reason(step.origin))
        }
    }

    /// The place in config.json that asks for a step, behind its words.
    static func reason(_ place: JSONPath) -> String { place.components.isEmpty ? "" : " (\(place))" }
}

/// What `create` and `run` ask for besides the bundle.
public struct CreateRequest: Sendable {
    /// The container's id: letters, digits and `_+-.`.
    public var id: String
    /// Where its configuration comes from.
    public var source: ContainerSource
    /// Its standard streams; a terminal takes their place.
    public var streams = StandardStreams.null
    /// Descriptors of this program that the container gets, by the numbers that they have there, from 3 on. They stay the
    /// caller's as well. Nothing else that is open here comes into a container.
    public var passing: [Int32: Int32] = [:]
    /// The socket to which the terminal is sent.
    public var consoleSocket: String?
    /// Called with our side of the terminal when nobody else gets it, before the program runs: to set its size, for example.
    public var prepareTerminal: (@Sendable (Int32) -> Void)?
    /// A hook of this program's own, called after those of `createRuntime`: the namespaces exist, the root has not changed. It
    /// gets the container's state, with the pid. What it throws ends the operation, and nothing of the container stays.
    ///
    /// Hooks of later times need no place here: `start` returns once the program runs, and `delete` when nothing is left.
    public var createRuntime: (@Sendable (State) throws(Failure) -> Void)?
    /// The socket to which a descriptor of the container's process is sent.
    public var processSocket: String?
    /// The file that gets the pid, without a line break.
    public var pidFile: String?
    /// Whether the root changes by pivot_root(2); otherwise the root mount is moved.
    public var usesPivotRoot = true
    /// Whether the container gets a session keyring of its own.
    public var makesSessionKeyring = true
    /// How many of the descriptors from 3 on are those of socket activation (sd_listen_fds(3)): the program is told.
    package var listenDescriptors: Int32 = 0
    /// The socket of a service manager that waits for the container to be ready (NOTIFY_SOCKET of sd_notify(3)). With `run`
    /// and `detaches`, `run` returns when it is, or when the program ended.
    public var notifySocket: String?
    /// Whether nobody stays with the program after `run`, so that its terminal has to be sent to `consoleSocket`.
    public var detaches = false
    /// Whether the kernel ends the program of `run` when the thread that calls ends: for a process that stays with it.
    package var endsWithCaller = false
    /// What notes when each step takes place; nil measures nothing.
    public var trace: Trace?
    /// What tests ask of the stage.
    package var stageOptions = PlanEncodingOptions()
    /// The step of the host that a test makes fail: an index into `Plan.hostSteps`.
    package var failingHostStep: Int?

    /// A request for a container from a bundle, or from a configuration of this program's own.
    public init(id: String, from source: ContainerSource) {
        self.id = id
        self.source = source
    }

    /// A request for a container from a bundle.
    public init(id: String, bundle: String) { self.init(id: id, from: .bundle(bundle)) }
}

/// A container as `state` and `list` show it.
public struct ContainerState: Sendable, Equatable {
    /// The version of the specification that the state complies with.
    public var ociVersion: String
    /// The container's id: letters, digits and `_+-.`.
    public var id: String
    /// The container's first process; 0 when it is stopped.
    public var pid: Int32
    /// `creating`, `created`, `running`, `paused` or `stopped`.
    public var status: String
    /// The bundle's absolute path.
    public var bundle: String
    /// The root's absolute path.
    public var rootfs: String
    /// RFC 3339.
    public var created: String
    /// From the configuration.
    public var annotations: [String: String]
    /// The name of the user who made it; empty for root.
    public var owner: String
    /// The owner of the state directory, where it was looked at.
    package var ownerID: UInt32? = nil
}
