internal import ByteText
internal import RuntimeSpec

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
        workingDirectory = Self.unlessEmpty(flags.text("cwd"))
        environment = flags.texts("env")
        terminal = flags.bool("tty")
        capabilities = flags.texts("cap")
        noNewPrivileges = flags.isSet("no-new-privs") ? flags.bool("no-new-privs") : nil
        apparmorProfile = Self.unlessEmpty(flags.text("apparmor"))
        selinuxLabel = Self.unlessEmpty(flags.text("process-label"))
        additionalGroupIDs = []
        for group in flags.integers("additional-gids") {
            guard let id = UInt32(exactly: group) else {
                throw CommandFailure("additional-gids must be a positive number \(group)")
            }
            additionalGroupIDs.append(id)
        }
        let user = flags.text("user")
        guard !user.isEmpty else { return }
        let halves = user.halves(at: ":")
        if let halves { groupID = try Self.id(halves.second, "gid") }
        userID = try Self.id(halves?.first ?? user, "uid")
    }

    /// The process that results from the container's own.
    func applied(to process: Process) -> Process {
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

    private static func unlessEmpty(_ text: String) -> String? { text.isEmpty ? nil : text }

    private static func id(_ text: String, _ name: String) throws(CommandFailure) -> UInt32 {
        guard let id = UInt32(text) else { throw CommandFailure("bad \(name): \(Quoted.go(text)) is not an id") }
        return id
    }
}

/// `exec --cgroup`: control groups below the container's own.
enum SubgroupPaths {
    /// Paths by controller. On v2, where one hierarchy has all controllers, the one path has the empty name.
    ///
    /// - Throws: `CommandFailure` in runc's words.
    static func parse(_ texts: [String]) throws(CommandFailure) -> [(controller: String, path: String)] {
        var paths: [(controller: String, path: String)] = []
        for text in texts {
            guard let (controllers, path) = text.halves(at: ":") else {
                guard texts.count == 1 else {
                    throw CommandFailure("invalid --cgroup argument: \(text) (missing <controller>: prefix)")
                }
                return [("", text)]
            }
            for controller in controllers.parts(at: ",", keepsEmpty: true) {
                guard !controller.isEmpty else {
                    throw CommandFailure("invalid --cgroup argument: \(text) (empty <controller> prefix)")
                }
                guard !paths.contains(where: { $0.controller == controller }) else {
                    throw CommandFailure(
                        "invalid --cgroup argument(s): controller \(controller) specified multiple times")
                }
                paths.append((controller, path))
            }
        }
        return paths
    }
}
