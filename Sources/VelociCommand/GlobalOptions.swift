internal import ByteText
internal import CLibrary
internal import LinuxKernel

extension Flag {
    static let debug = Flag("debug", .bool, "write debug messages to the log")
    static let log = Flag("log", .text, standard: "standard error", "append messages to this file")
    static let logFormat = Flag("log-format", .text, standard: "text", "the format of messages: text or json")
    /// crun's; conmon-rs and wrappers written for crun pass it.
    static let logLevel = Flag("log-level", .text, "")
    static let root = Flag("root", .text, standard: "/run/veloci", "the directory that containers' states are kept in")
    static let systemdCgroup = Flag(
        "systemd-cgroup", .bool, "let systemd make control groups; cgroupsPath is then \"slice:prefix:name\"")
    static let cgroupManager = Flag(
        "cgroup-manager", .text, standard: "cgroupfs", "who makes control groups: cgroupfs, systemd or disabled")
    static let rootless = Flag(
        "rootless", .text, standard: "auto", "true goes without control groups that are refused; auto does so for users")
    static let trace = Flag(
        "trace", .text,
        "write when each step of create, start, run, exec, checkpoint and restore took place: JSON for Perfetto, - for a table")
    static let criu = Flag("criu", .text, standard: "criu", "the program that checkpoints and restores")
    static let version = Flag("version", "v", .bool, "print the version")
}

/// The flags before the command's name.
struct GlobalOptions: Equatable {
    /// How control groups are made.
    enum CgroupManager: Equatable { case files, systemd, disabled }
    /// Whether refusals by control groups are passed over, and systemd is the user's own.
    enum Rootless: Equatable { case yes, no, automatic }

    /// The directory of containers' states, absolute.
    var root: String
    /// Whether `--root` was given; then it must exist for `list`.
    var isRootGiven: Bool
    var cgroupManager = CgroupManager.files
    var rootless = Rootless.automatic
    var isDebug = false
    /// The file for times of steps; `-` is a table on standard error.
    var trace: String?
    /// CRIU, if not the one in PATH.
    var criu: String?

    static let flags: [Flag] = [
        .debug, .log, .logFormat, .logLevel, .root, .systemdCgroup, .cgroupManager, .rootless, .trace, .criu, .version,
    ]

    /// Reads the flags.
    ///
    /// - Throws: `CommandFailure` for values that make no sense.
    init(_ flags: FlagValues, environment: (String) -> String?) throws(CommandFailure) {
        isRootGiven = flags.isSet(.root)
        if isRootGiven {
            root = try Self.absolute(flags.text(.root))
            // RUNC: an empty or mistaken path must not make the whole system's root the state directory.
            if root == "/" { throw CommandFailure("Option --root argument should not be set to /") }
        } else {
            root = try Self.defaultRoot(environment)
        }
        isDebug = flags.bool(.debug)
        trace = flags.textUnlessEmpty(.trace)
        criu = flags.textUnlessEmpty(.criu)
        switch flags.text(.cgroupManager) {
        case "", "cgroupfs": cgroupManager = .files
        case "systemd": cgroupManager = .systemd
        case "disabled": cgroupManager = .disabled
        case let other: throw CommandFailure("unknown cgroup manager specified \(other)")
        }
        if flags.bool(.systemdCgroup) { cgroupManager = .systemd }
        let rootless = flags.text(.rootless)
        if rootless.isEmpty || rootless.lowered == "auto" {
            self.rootless = .automatic
        } else if let value = FlagText.bool(rootless) {
            self.rootless = value ? .yes : .no
        } else {
            throw CommandFailure("invalid value \(Quoted.go(rootless)) for flag -rootless: parse error")
        }
    }

    /// Sets the log up as the flags ask.
    ///
    /// - Throws: `CommandFailure` for an unknown format or level, and for a file that cannot be opened.
    static func configure(_ log: Log, _ flags: FlagValues) throws(CommandFailure) {
        switch flags.text(.logLevel) {
        case "": break
        case "debug": log.level = .debug
        case "info": log.level = .info
        case "warning": log.level = .warning
        case "error": log.level = .error
        case let other: throw CommandFailure("invalid log-level: \(other)")
        }
        if flags.bool(.debug) { log.level = .debug }
        switch flags.text(.logFormat) {
        case "", "text": log.format = .text
        case "json": log.format = .json
        case let other: throw CommandFailure("invalid log-format: \(other)")
        }
        let path = flags.text(.log)
        guard !path.isEmpty else { return }
        do throws(KernelError) {
            try log.open(path)
        } catch {
            throw CommandFailure("open \(path): \(error.errno)")
        }
    }

    /// `/run/veloci`, or a directory of the user's own. SPEC does not say; RUNC's rules.
    private static func defaultRoot(_ environment: (String) -> String?) throws(CommandFailure) -> String {
        guard let runtimeDirectory = environment("XDG_RUNTIME_DIR"), !runtimeDirectory.isEmpty,
            isUnprivileged(environment)
        else { return "/run/veloci" }
        let root = runtimeDirectory + "/veloci"
        do throws(KernelError) {
            try Files.makeDirectories(root, mode: 0o700)
        } catch {
            throw CommandFailure(
                "mkdir \(root): \(error.errno)", hint: "the path in $XDG_RUNTIME_DIR must be writable by the user")
        }
        // The XDG base directory specification lets a cleaner remove what lacks the sticky bit.
        if unsafe chmod(root, 0o1700) != 0 {
            throw CommandFailure(
                "chmod \(root): \(Errno.last)", hint: "check the permissions of $XDG_RUNTIME_DIR")
        }
        return root
    }

    /// Whether the user is not the host's root: by id, or root inside a user namespace.
    private static func isUnprivileged(_ environment: (String) -> String?) -> Bool {
        if geteuid() != 0 { return true }
        return UserIdentity.isInUserNamespace && environment("USER") != "root"
    }

    /// An absolute path without `.`, `..` and double slashes, by the words alone.
    static func absolute(_ path: String) throws(CommandFailure) -> String {
        var full = path
        if path.utf8.first != UInt8(ascii: "/") {
            guard let pointer = unsafe getcwd(nil, 0) else {
                throw CommandFailure("getwd: \(Errno.last)")
            }
            defer { unsafe free(pointer) }
            full = unsafe String(cString: pointer) + "/" + path
        }
        var parts: [String] = []
        for part in full.parts(at: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
