internal import ByteText
internal import LinuxKernel
internal import Veloci

extension Flag {
    static let imagePath = Flag("image-path", .text, standard: "checkpoint", "the directory of CRIU's images")
    static let workPath = Flag("work-path", .text, standard: "that of the images", "the directory of CRIU's log and work files")
    static let parentPath = Flag("parent-path", .text, "the images of an earlier pre-dump, relative to --image-path")
    static let leaveRunning = Flag("leave-running", .bool, "let the container go on after the checkpoint")
    static let tcpEstablished = Flag("tcp-established", .bool, "allow established TCP connections")
    static let tcpSkipInFlight = Flag("tcp-skip-in-flight", .bool, "leave out TCP connections that are not accepted yet")
    static let tcpClose = Flag("tcp-close", .bool, "restore established TCP connections as closed ones")
    static let linkRemap = Flag("link-remap", .bool, "allow unlinked files, which get a name meanwhile")
    static let externalUnixSockets = Flag("ext-unix-sk", .bool, "allow unix sockets whose other end is outside of the container")
    static let shellJob = Flag("shell-job", .bool, "allow a program in the session and on the terminal of its caller")
    static let lazyPages = Flag("lazy-pages", .bool, "leave memory to be fetched when it is used (userfaultfd)")
    static let statusDescriptor = Flag(
        "status-fd", .integer, "write a zero byte to this descriptor when the server of lazy pages is ready")
    static let pageServer = Flag("page-server", .text, "send memory to this page server: ADDRESS:PORT")
    static let fileLocks = Flag("file-locks", .bool, "allow file locks")
    static let preDump = Flag("pre-dump", .bool, "dump memory alone and let the container go on")
    static let controlGroupsMode = Flag(
        "manage-cgroups-mode", .text, standard: "soft", "what CRIU does about control groups: soft, full, strict or ignore")
    static let emptyNamespace = Flag("empty-ns", .texts, "restore this namespace empty: network, which always is")
    static let autoDedup = Flag("auto-dedup", .bool, "remove memory from earlier images that later ones have")
    static let networkLock = Flag(
        "network-lock", .text, "how packets are held back meanwhile: iptables, nftables or skip")
    static let lsmProfile = Flag("lsm-profile", .text, "restore with another profile: apparmor:NAME or selinux:LABEL")
    static let lsmMountContext = Flag("lsm-mount-context", .text, "restore with another SELinux label of mounts")
}

extension Invocation {
    /// What `checkpoint` and `restore` ask CRIU for, by the flags that they share.
    ///
    /// RUNC: its words for what makes no sense.
    func checkpointOptions() throws(CommandFailure) -> CheckpointOptions {
        var options = CheckpointOptions(imagePath: try GlobalOptions.absolute(flags.textUnlessEmpty(.imagePath) ?? "checkpoint"))
        if let path = flags.textUnlessEmpty(.workPath) { options.workPath = try GlobalOptions.absolute(path) }
        if let path = flags.textUnlessEmpty(.parentPath) {
            if path.begins(with: "/") { throw CommandFailure("--parent-path must be relative") }
            options.parentPath = path
        }
        options.leavesRunning = flags.bool(.leaveRunning)
        options.isPreDump = flags.bool(.preDump)
        options.tcpEstablished = flags.bool(.tcpEstablished)
        options.tcpSkipInFlight = flags.bool(.tcpSkipInFlight)
        options.tcpClose = flags.bool(.tcpClose)
        options.linkRemap = flags.bool(.linkRemap)
        options.externalUnixSockets = flags.bool(.externalUnixSockets)
        options.shellJob = flags.bool(.shellJob)
        options.fileLocks = flags.bool(.fileLocks)
        options.autoDedup = flags.bool(.autoDedup)
        options.lazyPages = flags.bool(.lazyPages)
        options.lsmProfile = flags.textUnlessEmpty(.lsmProfile)
        options.lsmMountContext = flags.textUnlessEmpty(.lsmMountContext)
        if let mode = flags.textUnlessEmpty(.controlGroupsMode) {
            guard let known = CheckpointOptions.ControlGroupMode(rawValue: mode) else {
                throw CommandFailure("invalid manage-cgroups-mode value")
            }
            options.controlGroupMode = known
        }
        if let lock = flags.textUnlessEmpty(.networkLock) {
            guard let known = CheckpointOptions.NetworkLock(rawValue: lock) else {
                throw CommandFailure("invalid value for network-lock: iptables, nftables or skip")
            }
            options.networkLock = known
        }
        for namespace in flags.texts(.emptyNamespace) where namespace != "network" {
            throw CommandFailure("namespace \(Quoted.go(namespace)) is not supported")
        }
        options.pageServer = try pageServer()
        options.statusDescriptor = try statusDescriptor()
        return options
    }

    private func pageServer() throws(CommandFailure) -> CheckpointOptions.PageServer? {
        guard let text = flags.textUnlessEmpty(.pageServer) else { return nil }
        guard let halves = text.lastHalves(at: ":"), !halves.first.isEmpty, !halves.second.isEmpty else {
            throw CommandFailure("Use --page-server ADDRESS:PORT to specify page server")
        }
        guard let port = UInt16(halves.second) else { throw CommandFailure("Invalid port number") }
        // An address of version 6 has brackets, as in URLs.
        let address = halves.first.after("[")?.before("]") ?? halves.first
        return CheckpointOptions.PageServer(address: address, port: port)
    }

    private func statusDescriptor() throws(CommandFailure) -> Int32? {
        guard let number = flags.integer(.statusDescriptor), number != -1, flags.bool(.lazyPages) else { return nil }
        guard let descriptor = Int32(exactly: number), descriptor > 2 else {
            throw CommandFailure("invalid --status-fd argument \(number)")
        }
        let isWritable: Bool
        do throws(KernelError) {
            isWritable = try Files.isWritable(number: descriptor)
        } catch {
            throw CommandFailure("invalid --status-fd argument \(number): \(error.errno)")
        }
        guard isWritable else { throw CommandFailure("invalid --status-fd argument \(number): not writable") }
        return descriptor
    }

    /// RUNC: users cannot checkpoint; CRIU says why.
    func warnWithoutRoot() {
        if UserIdentity.isRootOfHost { return }
        log.warning("checkpoint is untested with rootless containers: CRIU needs root")
    }
}
