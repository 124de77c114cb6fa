internal import ByteText
internal import RuntimeSpec

extension Flag {
    static let workingDirectory = Flag("cwd", .text, "the working directory inside the container")
    static let environment = Flag("env", "e", .texts, "set an environment variable: NAME=value")
    static let terminal = Flag("tty", "t", .bool, "give it a terminal")
    static let user = Flag("user", "u", .text, "run as this user: UID[:GID]")
    static let additionalGroups = Flag("additional-gids", "g", .integers, "add a group")
    static let processLabel = Flag("process-label", .text, "the SELinux label of the process")
    static let apparmor = Flag("apparmor", .text, "the AppArmor profile of the process")
    static let noNewPrivileges = Flag("no-new-privs", .bool, "forbid new privileges to it")
    static let capability = Flag("cap", "c", .texts, "add a capability")
}

/// What `exec` changes in the container's own process.
struct ExecOverrides: Equatable {
    var arguments: [String]
    /// Nil keeps the container's.
    var workingDirectory: String?
    /// Added to the container's.
    var environment: [String]
    var userID: UInt32?
    var groupID: UInt32?
    /// Added to the container's.
    var additionalGroupIDs: [UInt32]
    /// Not inherited: a terminal must be asked for.
    var terminal: Bool
    /// Added to the bounding, effective and permitted sets, and to the ambient set where there are inheritable ones.
    var capabilities: [String]
    /// Nil keeps the container's.
    var noNewPrivileges: Bool?
    var apparmorProfile: String?
    var selinuxLabel: String?

    /// Reads flags and arguments of `exec`.
    ///
    /// - Throws: `CommandFailure` in runc's words.
    init(_ flags: FlagValues, _ arguments: [String]) throws(CommandFailure) {
        self.arguments = Array(arguments.dropFirst())
        guard !self.arguments.isEmpty else { throw CommandFailure("exec args cannot be empty") }
        workingDirectory = flags.textUnlessEmpty(.workingDirectory)
        environment = flags.texts(.environment)
        terminal = flags.bool(.terminal)
        capabilities = flags.texts(.capability)
        noNewPrivileges = flags.isSet(.noNewPrivileges) ? flags.bool(.noNewPrivileges) : nil
        apparmorProfile = flags.textUnlessEmpty(.apparmor)
        selinuxLabel = flags.textUnlessEmpty(.processLabel)
        additionalGroupIDs = []
        for group in flags.integers(.additionalGroups) {
            guard let id = UInt32(exactly: group) else {
                throw CommandFailure("additional-gids must be a positive number \(group)")
            }
            additionalGroupIDs.append(id)
        }
        guard let user = flags.textUnlessEmpty(.user) else { return }
        let halves = user.halves(at: ":")
        if let halves { groupID = try Self.id(halves.second, "gid") }
        userID = try Self.id(halves?.first ?? user, "uid")
    }

    /// The process that results from the container's own.
    func applied(to process: Spec.Process) -> Spec.Process {
        var process = process
        process.args = arguments
        process.terminal = terminal
        if let workingDirectory { process.cwd = workingDirectory }
        if let noNewPrivileges { process.noNewPrivileges = noNewPrivileges }
        if let apparmorProfile { process.apparmorProfile = apparmorProfile }
        if let selinuxLabel { process.selinuxLabel = selinuxLabel }
        if let userID { process.user.uid = userID }
        if let groupID { process.user.gid = groupID }
        if !environment.isEmpty { process.env = (process.env ?? []) + environment }
        if !additionalGroupIDs.isEmpty {
            process.user.additionalGids = (process.user.additionalGids ?? []) + additionalGroupIDs
        }
        if !capabilities.isEmpty {
            var sets = process.capabilities ?? Capabilities()
            sets.bounding = (sets.bounding ?? []) + capabilities
            sets.effective = (sets.effective ?? []) + capabilities
            sets.permitted = (sets.permitted ?? []) + capabilities
            // The kernel takes ambient capabilities only from the inheritable set, which the flag leaves alone.
            if sets.inheritable != nil { sets.ambient = (sets.ambient ?? []) + capabilities }
            process.capabilities = sets
        }
        return process
    }

    private static func id(_ text: String, _ name: String) throws(CommandFailure) -> UInt32 {
        // RUNC: a plus before the number is no mistake. A minus is: "-0" would be root.
        guard (text.after("+") ?? text).utf8.allSatisfy({ $0.isDigit }), let id = UInt32(text) else {
            throw CommandFailure("bad \(name): \(Quoted.go(text)) is not an id")
        }
        return id
    }
}
