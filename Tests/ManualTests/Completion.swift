import Foundation
import RuntimeSpec
@testable import VelociCommand

/// What a shell may offer for a value or an argument.
enum Completion: Equatable {
    case words([String])
    case files, directories
    /// Directories with a config.json, and those on the way to one.
    case bundles
    /// Ids of containers; of those with this status alone, if there is one.
    case containers(status: String?)
    case signals
    /// What nobody can guess.
    case nothing

    /// The names of signals that `kill` takes.
    static let signalNames = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD",
        "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ]

    /// What a flag's value may be; nil when nobody has said so yet.
    static func value(of flag: Flag) -> Completion? {
        switch flag.name {
        case "bundle": .bundles
        case "console-socket", "pidfd-socket", "pid-file", "log", "trace", "criu", "process", "resources": .files
        case "root", "image-path", "work-path", "parent-path": .directories
        case "format": .words([flag.standard, "json"])
        case "log-format": .words(["text", "json"])
        case "cgroup-manager": .words(["cgroupfs", "systemd", "disabled"])
        case "rootless": .words(["auto", "true", "false"])
        case "pressure": .words(["low", "medium", "critical"])
        case "network-lock": .words(["iptables", "nftables", "skip"])
        case "manage-cgroups-mode": .words(["soft", "full", "strict", "ignore"])
        case "cap": .words(SupportedFeatures.document().linux?.capabilities ?? [])
        case "cpu-idle": .words(["0", "1"])
        case "preserve-fds", "interval", "cwd", "env", "user", "additional-gids", "process-label", "apparmor", "cgroup", "blkio-weight",
            "cpu-period", "cpu-quota", "cpu-burst", "cpu-share", "cpu-rt-period", "cpu-rt-runtime", "cpuset-cpus", "cpuset-mems", "memory",
            "memory-reservation", "memory-swap", "pids-limit", "l3-cache-schema", "mem-bw-schema", "page-server", "status-fd", "empty-ns",
            "lsm-profile", "lsm-mount-context":
            .nothing
        default: nil
        }
    }

    /// What the first and the second argument of a command may be.
    static func arguments(of command: Subcommand) -> [Completion] {
        switch command.name {
        // Their ids are new.
        case "create", "run", "restore", "plan": []
        case "start": [.containers(status: "created")]
        case "pause": [.containers(status: "running")]
        case "resume": [.containers(status: "paused")]
        case "kill": [.containers(status: nil), .signals]
        case "mounts": [.words(["add", "remove"]), .containers(status: nil)]
        default: command.arguments.contains("<container-id>") ? [.containers(status: nil)] : []
        }
    }

    /// As the shells' functions below are called.
    var words: String {
        switch self {
        case .words(let words): "words " + words.joined(separator: " ")
        case .files: "files"
        case .directories: "directories"
        case .bundles: "bundles"
        case .containers(let status): "containers" + (status.map { " " + $0 } ?? "")
        case .signals: "words " + Completion.signalNames.joined(separator: " ")
        case .nothing: "nothing"
        }
    }
}

extension Flag {
    /// What a person types.
    var spellings: [String] { ["--" + name] + (letter.map { ["-" + $0] } ?? []) }

    var takesValue: Bool {
        if case .bool = kind { return false }
        return true
    }

    static let helpFlag = Flag("help", "h", .bool, "print this help")
}

extension Array where Element == Flag {
    var visible: [Flag] { (self + [.helpFlag]).filter { !$0.isHidden } }
}
