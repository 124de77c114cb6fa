internal import ByteText
internal import RuntimeSpec

/// The configuration that `spec` writes: a shell with few rights, to be edited.
enum DefaultConfiguration {
    /// The configuration for a container that root runs.
    ///
    /// - Parameter hasControlGroupNamespace: RUNC: where version 2 is all there is. Tools that add one themselves know that.
    static func spec(hasControlGroupNamespace: Bool) -> Spec {
        Spec(
            ociVersion: Version.specification, root: Root(path: "rootfs", readonly: true), mounts: mounts(),
            process: process(), hostname: "veloci", linux: linux(hasControlGroupNamespace))
    }

    /// The configuration for a container that a user runs without privileges.
    ///
    /// - Parameters:
    ///   - userID: who runs it on the host and becomes root inside.
    ///   - groupID: that user's group.
    ///   - hasControlGroupNamespace: as for root.
    static func rootless(userID: UInt32, groupID: UInt32, hasControlGroupNamespace: Bool) -> Spec {
        var spec = spec(hasControlGroupNamespace: hasControlGroupNamespace)
        // A single id is mapped, so files cannot be given to others; a network namespace would have no network.
        spec.mounts = mounts().map { mount in
            var mount = mount
            mount.options = mount.options?.filter { !$0.begins(with: "uid=") && !$0.begins(with: "gid=") }
            guard mount.type == "sysfs" else { return mount }
            // The kernel lets only the owner of the network namespace mount sysfs: show the host's, read-only.
            return Mount(
                destination: "/sys", type: "none", source: "/sys", options: ["rbind", "nosuid", "noexec", "nodev", "ro"])
        }
        spec.linux?.resources = nil
        let others = spec.linux?.namespaces ?? []
        spec.linux?.namespaces = others.filter { $0.type != "network" } + [Namespace(type: "user")]
        spec.linux?.uidMappings = [IDMapping(containerID: 0, hostID: userID, size: 1)]
        spec.linux?.gidMappings = [IDMapping(containerID: 0, hostID: groupID, size: 1)]
        return spec
    }

    private static func process() -> Spec.Process {
        let capabilities = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
        return Spec.Process(
            terminal: true, user: User(uid: 0, gid: 0), args: ["sh"],
            env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"], cwd: "/",
            capabilities: Capabilities(effective: capabilities, bounding: capabilities, permitted: capabilities),
            rlimits: [Rlimit(type: "RLIMIT_NOFILE", soft: 1024, hard: 1024)], noNewPrivileges: true)
    }

    private static func mounts() -> [Mount] {
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

    private static func linux(_ hasControlGroupNamespace: Bool) -> Linux {
        Linux(
            resources: Resources(devices: [DeviceCgroup(allow: false, access: "rwm")]),
            namespaces: (["pid", "network", "ipc", "uts", "mount"] + (hasControlGroupNamespace ? ["cgroup"] : []))
                .map { Namespace(type: $0) },
            maskedPaths: [
                "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
                "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats",
                "/sys/devices/virtual/powercap", "/sys/firmware",
            ],
            readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"])
    }
}
