import Foundation
import Glibc

/// Bundles that ask for everything that this kernel can show, in several variants because some wishes exclude others.
struct FullBundle {
    enum Variant: String, CaseIterable {
        /// New namespaces by one clone, a terminal, a read-only root.
        case plain
        /// A user namespace with time and control group namespaces, all hooks.
        case mapped
        /// Namespaces of others, joined by path; no pivot_root, no keyring.
        case joined
        /// The host's namespaces but for mounts; a program of the host's user.
        case bare
        /// The host's mounts: no mount namespace.
        case hosted
    }

    let variant: Variant
    let directory: String
    let work: Work
    let id: String
    /// Whether it leaves out what CRIU cannot do everywhere: without CAP_SYS_RESOURCE it cannot look at the limits of another
    /// user's program, and nobody is there for a terminal.
    let isForCriu: Bool
    var marks: String { work.directory + "/marks-\(variant.rawValue)" }
    var pidFile: String { work.directory + "/pid-\(variant.rawValue)" }
    var usesTerminal: Bool { variant == .plain && !isForCriu }

    init(_ variant: Variant, in work: Work, command: [String] = ["/bin/sleep", "1000"], isForCriu: Bool = false) throws {
        self.variant = variant
        self.isForCriu = isForCriu
        self.work = work
        id = "full-\(variant.rawValue)"
        directory = work.directory + "/bundle-\(variant.rawValue)"
        try RootFileSystem.make(directory + "/rootfs")
        for name in ["shared", "upper", "scratch"] {
            try FileManager.default.createDirectory(
                atPath: directory + "/" + name, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        }
        try Data("data\n".utf8).write(to: URL(fileURLWithPath: directory + "/shared/file"))
        mkdir(marks, 0o777)
        chmod(marks, 0o777)
        chmod(work.directory, 0o755)
        if variant == .hosted {
            // An engine may keep the tree elsewhere.
            try FileManager.default.moveItem(atPath: directory + "/rootfs", toPath: directory + "/tree")
            symlink("tree", directory + "/rootfs")
        }
        if variant == .joined { try pinNamespaces() }
        if variant == .mapped { RootFileSystem.give(directory + "/rootfs", to: 100_000) }
        try JSONFile.write(configuration(command), to: directory + "/config.json")
    }

    /// Which hooks ran.
    func takeMarks() -> Set<String> {
        let found = Set(Machine.names(marks))
        for name in found { unlink(marks + "/" + name) }
        return found
    }

    /// Namespaces that exist as long as this process's own mounts.
    private func pinNamespaces() throws {
        for kind in ["net", "ipc", "uts"] {
            let file = directory + "/" + kind
            try Data().write(to: URL(fileURLWithPath: file))
            _ = Command.run(["unshare", "--\(kind)=\(file)", "true"], in: work)
        }
    }

    private func configuration(_ command: [String]) -> [String: Any] {
        var linux: [String: Any] = [
            "namespaces": namespaces, "cgroupsPath": "/\(work.groupPrefix)-\(variant.rawValue)", "devices": devices,
            "resources": resources, "rootfsPropagation": variant == .plain ? "private" : "slave", "seccomp": seccomp,
            "personality": ["domain": "LINUX"],
        ]
        if variant != .hosted {
            linux["maskedPaths"] = ["/proc/kcore", "/proc/keys", "/sys/firmware", "/etc/secret", "/missing"]
            linux["readonlyPaths"] = ["/proc/sys", "/proc/irq", "/etc/readable"]
        }
        var configuration: [String: Any] = [
            "ociVersion": "1.2.0", "root": ["path": "rootfs", "readonly": variant == .plain], "process": process(command),
            "mounts": mounts, "annotations": ["org.example.purpose": "torture"],
        ]
        switch variant {
        case .plain, .mapped:
            configuration["hostname"] = "torture"
            configuration["domainname"] = "example.org"
            linux["sysctl"] = ["net.ipv4.ip_forward": "0", "kernel.msgmax": "65536"]
        case .joined: linux["sysctl"] = ["net.ipv4.ip_forward": "0"]
        case .bare, .hosted: break
        }
        if variant == .mapped {
            let ids = [["containerID": 0, "hostID": 100_000, "size": 65536]]
            linux["uidMappings"] = ids
            linux["gidMappings"] = ids
            linux["timeOffsets"] = ["monotonic": ["secs": 100, "nanosecs": 5], "boottime": ["secs": 100]]
        }
        configuration["linux"] = linux
        if variant != .bare { configuration["hooks"] = hooks }
        return configuration
    }

    private var namespaces: [[String: String]] {
        switch variant {
        case .plain: ["pid", "network", "ipc", "uts", "mount", "cgroup"].map { ["type": $0] }
        case .mapped: ["pid", "network", "ipc", "uts", "mount", "cgroup", "user", "time"].map { ["type": $0] }
        case .joined:
            [("network", "net"), ("ipc", "ipc"), ("uts", "uts")].map { ["type": $0.0, "path": directory + "/" + $0.1] }
                + [["type": "mount"], ["type": "pid"]]
        case .bare: [["type": "mount"]]
        case .hosted: ["pid", "network", "cgroup"].map { ["type": $0] }
        }
    }

    private func process(_ command: [String]) -> [String: Any] {
        let sets = ["CAP_CHOWN", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
        var user: [String: Any] = ["uid": 0, "gid": 0]
        if !isForCriu { user = ["uid": 1000, "gid": 1000, "umask": 0o27, "additionalGids": [5, 6]] }
        var process: [String: Any] = [
            "args": command, "cwd": "/tmp", "env": ["PATH=/bin", "TERM=xterm"], "terminal": usesTerminal,
            "user": user,
            "capabilities": Dictionary(
                uniqueKeysWithValues: ["bounding", "effective", "permitted", "inheritable", "ambient"].map { ($0, sets) }),
            "rlimits": [
                ["type": "RLIMIT_NOFILE", "soft": 512, "hard": 1024], ["type": "RLIMIT_CORE", "soft": 0, "hard": 0],
            ],
            "noNewPrivileges": variant != .bare, "oomScoreAdj": 100,
        ]
        if usesTerminal { process["consoleSize"] = ["height": 24, "width": 80] }
        if variant != .mapped { process["scheduler"] = ["policy": "SCHED_BATCH", "nice": 3] }
        if variant != .mapped, !isForCriu { process["ioPriority"] = ["class": "IOPRIO_CLASS_BE", "priority": 5] }
        return process
    }

    private var mounts: [[String: Any]] {
        var mounts: [[String: Any]] = [
            ["destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "noexec", "nodev"]],
            [
                "destination": "/dev", "type": "tmpfs", "source": "tmpfs",
                "options": ["nosuid", "strictatime", "mode=755", "size=65536k"],
            ],
            [
                "destination": "/dev/pts", "type": "devpts", "source": "devpts",
                "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"],
            ],
            ["destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["nosuid", "mode=1777", "size=65536k"]],
            ["destination": "/data", "type": "bind", "source": directory + "/shared", "options": ["rbind", "rro", "nosuid"]],
            [
                "destination": "/new/deep/file", "type": "bind", "source": directory + "/shared/file",
                "options": ["bind", "ro", "private"],
            ],
            ["destination": "/etc", "type": "tmpfs", "source": "tmpfs", "options": ["tmpcopyup", "mode=755"]],
            ["destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nodev", "rprivate"]],
        ]
        if variant != .bare {
            mounts.append(
                ["destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"]])
            mounts.append(
                ["destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["nosuid", "nodev", "ro"]])
            mounts.append(["destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue", "options": ["nosuid"]])
        }
        if variant == .plain {
            let map = [["containerID": 0, "hostID": 1000, "size": 1000]]
            mounts.append(
                [
                    "destination": "/mapped", "type": "bind", "source": directory + "/shared", "options": ["bind", "idmap"],
                    "uidMappings": map, "gidMappings": map,
                ])
        }
        return mounts
    }

    private var devices: [[String: Any]] {
        [
            ["path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 0o666, "uid": 0, "gid": 0],
            ["path": "/dev/deep/pipe", "type": "p", "fileMode": 0o600],
        ]
    }

    private var resources: [String: Any] {
        [
            "devices": [
                ["allow": false, "access": "rwm"], ["allow": true, "type": "c", "major": 1, "access": "rwm"],
                ["allow": true, "type": "c", "major": 5, "access": "rwm"],
                ["allow": true, "type": "c", "major": 136, "access": "rwm"],
                ["allow": true, "type": "c", "major": 10, "minor": 229, "access": "rwm"],
            ],
            "memory": ["limit": 134_217_728, "reservation": 67_108_864],
            "cpu": ["shares": 512, "quota": 50000, "period": 100_000, "cpus": "0", "mems": "0"], "pids": ["limit": 64],
        ]
    }

    private var seccomp: [String: Any] {
        [
            "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
            "syscalls": [["names": ["kexec_load", "swapon"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1]],
        ]
    }

    private var hooks: [String: Any] {
        func hook(_ arguments: [String]) -> [[String: Any]] { [["path": "/bin/busybox", "args": ["busybox"] + arguments]] }
        return [
            "prestart": hook(["touch", marks + "/prestart"]), "createRuntime": hook(["touch", marks + "/createRuntime"]),
            "createContainer": hook(["true"]), "startContainer": hook(["true"]),
            "poststart": hook(["touch", marks + "/poststart"]), "poststop": hook(["touch", marks + "/poststop"]),
        ]
    }
}

/// A root of busybox.
enum RootFileSystem {
    static func make(_ root: String) throws {
        let files = FileManager.default
        for name in ["bin", "proc", "sys", "dev", "tmp", "etc", "root"] {
            try files.createDirectory(
                atPath: root + "/" + name, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        }
        try files.copyItem(atPath: "/bin/busybox", toPath: root + "/bin/busybox")
        for name in ["sh", "sleep", "true", "cat", "ls", "id", "touch", "echo", "stat", "readlink", "mkdir", "mv", "ps"] {
            symlink("busybox", root + "/bin/" + name)
        }
        try Data("root:x:0:0:root:/root:/bin/sh\n".utf8).write(to: URL(fileURLWithPath: root + "/etc/passwd"))
        for name in ["secret", "readable"] { try Data("\(name)\n".utf8).write(to: URL(fileURLWithPath: root + "/etc/" + name)) }
    }
}

extension RootFileSystem {
    /// Makes a user the owner of everything, as an engine does for a container with mapped users.
    static func give(_ root: String, to user: UInt32) {
        lchown(root, user, user)
        for name in FileManager.default.enumerator(atPath: root)?.allObjects ?? [] { lchown("\(root)/\(name)", user, user) }
    }
}

enum JSONFile {
    static func write(_ value: [String: Any], to path: String) throws {
        try JSONSerialization.data(withJSONObject: value).write(to: URL(fileURLWithPath: path))
    }
}
