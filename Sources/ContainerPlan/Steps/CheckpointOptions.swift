/// What `checkpoint` and `restore` ask CRIU for beside what config.json says. Every option has the name of CRIU's own.
public struct CheckpointOptions: Equatable, Sendable {
    /// What CRIU does about control groups (`--manage-cgroups-mode` of criu(8)).
    public enum ControlGroupMode: String, Sendable {
        /// They are CRIU's own business in no way.
        case ignore
        /// Limits are restored where CRIU made the group.
        case soft
        /// Limits are always restored.
        case full
        /// Groups that exist already are an error.
        case strict
    }

    /// How packets are held back while connections are dumped or restored (`--network-lock` of criu(8)).
    public enum NetworkLock: String, Sendable {
        /// By rules of iptables(8).
        case iptables
        /// By rules of nft(8).
        case nftables
        /// Not at all: what comes meanwhile is answered with a reset.
        case skip
    }

    /// Where memory pages go that are not written to files.
    public struct PageServer: Equatable, Sendable {
        /// A host's name or address.
        public var address: String
        /// A TCP port.
        public var port: UInt16

        /// A page server.
        public init(address: String, port: UInt16) {
            self.address = address
            self.port = port
        }
    }

    /// The directory of the images, absolute.
    public var imagePath: String
    /// The directory of CRIU's log and work files; nil for that of the images.
    public var workPath: String?
    /// The directory of an earlier pre-dump, relative to that of the images.
    public var parentPath: String?
    /// Whether the container goes on after the checkpoint.
    public var leavesRunning = false
    /// Whether only memory is dumped, and the container goes on.
    public var isPreDump = false
    /// Whether established TCP connections are dumped and restored.
    public var tcpEstablished = false
    /// Whether connections that are not accepted yet are left out.
    public var tcpSkipInFlight = false
    /// Whether established TCP connections are restored as closed ones.
    public var tcpClose = false
    /// Whether unlinked files get a name for the time of the checkpoint.
    public var linkRemap = false
    /// Whether unix sockets may have their other end outside of the container.
    public var externalUnixSockets = false
    /// Whether the session and the terminal are the caller's.
    public var shellJob = false
    /// Whether memory is fetched when it is used (userfaultfd(2)).
    public var lazyPages = false
    /// The descriptor that gets a zero byte when the server of lazy pages is ready.
    public var statusDescriptor: Int32?
    /// Where memory goes, if not into files.
    public var pageServer: PageServer?
    /// Whether file locks are dumped and restored.
    public var fileLocks = false
    /// Whether memory that a later image has is removed from earlier ones.
    public var autoDedup = false
    /// Nil for CRIU's own choice, which is `soft`.
    public var controlGroupMode: ControlGroupMode?
    /// Nil for CRIU's own choice.
    public var networkLock: NetworkLock?
    /// For `restore`: another profile of a security module, as `apparmor:NAME` or `selinux:LABEL`.
    public var lsmProfile: String?
    /// For `restore`: another label of the container's mounts.
    public var lsmMountContext: String?

    /// Options for images in a directory, with everything else as CRIU has it.
    public init(imagePath: String) { self.imagePath = imagePath }

    /// Whether CRIU has to know which memory has changed.
    package var tracksMemory: Bool { isPreDump || parentPath != nil }

    /// What was asked for that is either on or off, or one of few, as criu(8) calls it.
    var words: [String] {
        let asked: [(isOn: Bool, word: String)] = [
            (leavesRunning, "leave-running"), (tcpEstablished, "tcp-established"), (tcpSkipInFlight, "skip-in-flight"),
            (tcpClose, "tcp-close"), (linkRemap, "link-remap"), (externalUnixSockets, "ext-unix-sk"), (shellJob, "shell-job"),
            (lazyPages, "lazy-pages"), (fileLocks, "file-locks"), (autoDedup, "auto-dedup"),
        ]
        var words = asked.filter { $0.isOn }.map { $0.word }
        if let parentPath { words.append("prev-images-dir \(parentPath)") }
        if let controlGroupMode { words.append("manage-cgroups \(controlGroupMode.rawValue)") }
        if let networkLock { words.append("network-lock \(networkLock.rawValue)") }
        if let lsmProfile { words.append("lsm-profile \(lsmProfile)") }
        if let lsmMountContext { words.append("lsm-mount-context \(lsmMountContext)") }
        return words
    }

    /// Where CRIU's log is.
    public var logDirectory: String { workPath ?? imagePath }
}
