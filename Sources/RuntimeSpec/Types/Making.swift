// Values by the words of the closed sets, so that a configuration that is made in Swift has no spelling mistakes.

extension Namespace {
    /// A namespace of a kind: a new one, or the one that a file stands for.
    public init(_ kind: NamespaceKind, path: String? = nil) { self.init(type: kind.rawValue, path: path) }
}

extension Rlimit {
    /// A limit of a resource; without `hard` both are the same.
    public init(_ kind: RlimitKind, soft: UInt64, hard: UInt64? = nil) {
        self.init(type: kind.rawValue, soft: soft, hard: hard ?? soft)
    }
}

extension Capabilities {
    /// None at all: not even root has any, nor gets some by executing a file.
    public static var none: Capabilities {
        Capabilities(effective: [], bounding: [], inheritable: [], permitted: [], ambient: [])
    }

    /// These and no others, for root: what another user executes gets none of them.
    public init(_ capabilities: [Capability]) {
        let names = capabilities.map { $0.name }
        self.init(effective: names, bounding: names, permitted: names)
    }
}

extension Spec {
    /// A configuration to start from: a program with few rights, in namespaces of its own, with the file systems that programs
    /// expect. It may not gain privileges, has three capabilities, sees no device but the usual ones, and cannot change its root.
    ///
    /// - Parameters:
    ///   - arguments: the program and its arguments.
    ///   - root: the root's directory: absolute, or relative to the bundle.
    ///   - namespaces: those that are new.
    public static func container(
        _ arguments: [String], root: String = "rootfs", namespaces: [NamespaceKind] = [.pid, .network, .ipc, .uts, .mount]
    ) -> Spec {
        Spec(
            ociVersion: "1.3.0", root: Root(path: root, readonly: true), mounts: customaryMounts,
            process: Process(
                user: User(uid: 0, gid: 0), args: arguments, env: ["PATH=" + customaryPath], cwd: "/",
                capabilities: Capabilities([.auditWrite, .kill, .netBindService]), rlimits: [Rlimit(.openFiles, soft: 1024)],
                noNewPrivileges: true),
            linux: Linux(
                resources: Resources(devices: [DeviceCgroup(allow: false, access: "rwm")]),
                namespaces: namespaces.map { Namespace($0) }, maskedPaths: maskedPaths, readonlyPaths: readonlyPaths))
    }

    private static var customaryPath: String { "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" }

    private static var customaryMounts: [Mount] {
        let locked = ["nosuid", "noexec", "nodev"]
        return [
            Mount(destination: "/proc", type: "proc", source: "proc"),
            Mount(
                destination: "/dev", type: "tmpfs", source: "tmpfs",
                options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            // Group 5 is the one that owns terminals on nearly every system.
            Mount(
                destination: "/dev/pts", type: "devpts", source: "devpts",
                options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
            Mount(
                destination: "/dev/shm", type: "tmpfs", source: "shm", options: locked + ["mode=1777", "size=65536k"]),
            Mount(destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: locked),
            Mount(destination: "/sys", type: "sysfs", source: "sysfs", options: locked + ["ro"]),
            Mount(
                destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: locked + ["relatime", "ro"]),
        ]
    }

    private static var maskedPaths: [String] {
        [
            "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
            "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats",
            "/sys/devices/virtual/powercap", "/sys/firmware",
        ]
    }

    private static var readonlyPaths: [String] {
        ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
    }
}
