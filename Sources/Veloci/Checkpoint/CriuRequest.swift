internal import ByteText
internal import ContainerPlan
internal import LinuxKernel
internal import Protobuf

/// What CRIU is asked for over its socket: the messages of criu's `images/rpc.proto`, by their numbers there.
enum CriuRequest {
    /// `criu_req_type`.
    enum Kind: UInt64 {
        case dump = 1
        case restore = 2
        case preDump = 4
        case notify = 6
        case featureCheck = 9
        case version = 10

        /// As CRIU's messages call it.
        var name: String {
            switch self {
            case .dump: "DUMP"
            case .restore: "RESTORE"
            case .preDump: "PRE_DUMP"
            case .notify: "NOTIFY"
            case .featureCheck: "FEATURE_CHECK"
            case .version: "VERSION"
            }
        }
    }

    /// Descriptors that a request names. CRIU opens the directories through this process, and has the others itself.
    struct Descriptors {
        var images: Int32
        var work: Int32?
        var inherited: [(key: String, number: Int32)] = []
    }

    /// `CLONE_NEWNET`. RUNC: what is in a network namespace is left to whoever made it.
    private static let emptyNamespaces: UInt64 = 0x4000_0000
    /// Everything but what only CRIU's authors read.
    private static let logLevel: UInt64 = 4

    static func version() -> [UInt8] { plain(.version).bytes }

    /// Whether CRIU, on this kernel, finds changed memory, and memory that is fetched when it is used.
    static func featureCheck() -> [UInt8] {
        var features = MessageWriter()
        features.add(1, true)
        features.add(2, true)
        var request = plain(.featureCheck)
        request.add(5, features)
        return request.bytes
    }

    /// The answer to a notification; whether CRIU is to go on.
    static func answer(_ goesOn: Bool) -> [UInt8] {
        var request = plain(.notify)
        request.add(3, goesOn)
        return request.bytes
    }

    /// Dumps the container with this first process.
    static func checkpoint(_ order: CriuOrder, _ descriptors: Descriptors) -> [UInt8] {
        let options = order.options
        var message = common(order, descriptors, log: CriuLog.dump)
        if let process = order.process { message.add(2, Int64(process)) }
        message.add(3, options.leavesRunning)
        message.add(18, options.linkRemap)
        message.add(46, options.tcpSkipInFlight)
        if let server = options.pageServer {
            var page = MessageWriter()
            page.add(1, server.address)
            page.add(2, Int64(server.port))
            message.add(11, page)
        }
        if let parent = options.parentPath { message.add(14, parent) }
        if options.parentPath != nil || options.isPreDump { message.add(15, true) }
        if let freezer = order.freezer { message.add(44, freezer.text) }
        if let label = order.label { message.add(53, label) }
        return request(options.isPreDump ? .preDump : .dump, message)
    }

    /// Where a process is by its file `cgroup` (cgroups(7)); controllers that share a hierarchy count each by itself, and
    /// version 2 has no name.
    static func groupRoots(_ text: String) -> [(controller: String, path: String)] {
        var groups: [(controller: String, path: String)] = []
        for line in text.parts(at: "\n") {
            let fields = line.parts(at: ":", most: 3, keepsEmpty: true)
            guard fields.count == 3 else { continue }
            for controller in fields[1].parts(at: ",", keepsEmpty: true) { groups.append((controller, fields[2])) }
        }
        return groups
    }

    /// - Parameter groups: where the container's control groups are, by controller, as seen from the roots of the hierarchies.
    static func restore(
        _ order: CriuOrder, groups: [(controller: String, path: String)], _ descriptors: Descriptors
    ) -> [UInt8] {
        let options = order.options
        var message = common(order, descriptors, log: CriuLog.restore)
        // Device files may have another number on this host, and what is restored becomes our child.
        message.add(6, true)
        message.add(26, true)
        for group in groups {
            var root = MessageWriter()
            root.add(1, group.controller)
            root.add(2, group.path)
            message.add(25, root)
        }
        for inherited in descriptors.inherited {
            var entry = MessageWriter()
            entry.add(1, inherited.key)
            entry.add(2, Int64(inherited.number))
            message.add(27, entry)
        }
        for joined in order.joinedNamespaces {
            var entry = MessageWriter()
            entry.add(1, joined.kind.fileName)
            entry.add(2, joined.path.text)
            message.add(39, entry)
        }
        if let profile = options.lsmProfile { message.add(53, profile) }
        if let context = options.lsmMountContext { message.add(63, context) }
        return request(.restore, message)
    }

    /// What a dump and a restore have in common.
    private static func common(_ order: CriuOrder, _ descriptors: Descriptors, log: String) -> MessageWriter {
        let options = order.options
        var message = MessageWriter()
        message.add(1, Int64(descriptors.images))
        if let work = descriptors.work { message.add(17, Int64(work)) }
        message.add(4, options.externalUnixSockets)
        message.add(5, options.tcpEstablished)
        message.add(7, options.shellJob)
        message.add(8, options.fileLocks)
        message.add(9, logLevel)
        message.add(10, log)
        message.add(12, true)
        message.add(13, order.root.text)
        message.add(16, options.autoDedup)
        for mount in order.externalMounts {
            var entry = MessageWriter()
            entry.add(1, mount.key)
            entry.add(2, mount.value)
            message.add(23, entry)
        }
        message.add(24, true)
        message.add(34, options.controlGroupMode.number)
        for external in order.externals { message.add(37, external) }
        message.add(38, emptyNamespaces)
        message.add(48, options.lazyPages)
        message.add(50, true)
        if let file = order.configurationFile { message.add(51, file.text) }
        if options.tcpClose { message.add(52, true) }
        if let lock = options.networkLock { message.add(64, lock.number) }
        return message
    }

    private static func plain(_ kind: Kind) -> MessageWriter {
        var request = MessageWriter()
        request.add(1, kind.rawValue)
        return request
    }

    private static func request(_ kind: Kind, _ options: MessageWriter) -> [UInt8] {
        var request = plain(kind)
        request.add(2, options)
        return request.bytes
    }
}

extension CheckpointOptions.ControlGroupMode? {
    /// `criu_cg_mode`.
    fileprivate var number: UInt64 {
        switch self {
        case .ignore: 0
        case .soft: 3
        case .full: 4
        case .strict: 5
        case nil: 6
        }
    }
}

extension CheckpointOptions.NetworkLock {
    /// `criu_network_lock_method`.
    fileprivate var number: UInt64 {
        switch self {
        case .iptables: 1
        case .nftables: 2
        case .skip: 3
        }
    }
}
