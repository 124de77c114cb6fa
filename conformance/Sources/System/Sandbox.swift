import CHarness

/// Which control groups a case sees.
enum CgroupView: String, Sendable {
    case version1 = "v1"
    case version2 = "v2"
}

/// The surroundings of one case: its own mounts, processes, network, control groups and files. All of it is gone with its last process,
/// but for the control groups, which the harness removes.
enum Sandbox {
    /// Leaves the machine's mount, network and control group namespaces: a configuration may ask for a network device by name,
    /// and the machine's must not be lost that way. Children of this process will be in a new process namespace.
    static func leave(group: String, hierarchies: Hierarchies) throws(Verdict) {
        try hierarchies.make(group)
        try hierarchies.enter(group)
        try System.unshare(Raw.newMounts | Raw.newProcesses | Raw.newCgroups | Raw.newNetwork)
        try System.mount("none", "/", "", System.recursivePrivate)
        // A group with a process of its own cannot hand controllers down, so the root of the view stays empty.
        try hierarchies.make(group + "/harness", handingDown: false)
        try hierarchies.enter(group + "/harness")
    }

    /// The part that the first process of the new namespace does: its own /proc, the control groups it shall see, empty files.
    static func enter(directory: String, view: CgroupView) throws(Verdict) {
        try System.mount("proc", "/proc", "proc", System.noSetuid)
        try System.mount("tmpfs", directory, "tmpfs", System.noSetuid, "mode=755")
        // Some runtimes give a container's standard streams, and so the machine's null device, to its user: they get another.
        let null = directory + "/.null"
        if unsafe mknod(null, mode_t(S_IFCHR) | 0o666, 1 << 8 | 3) != 0 { throw Verdict.refused("mknod", null) }
        unsafe chmod(null, 0o666)
        try System.mount(null, "/dev/null", "", System.bind)
        // KERNEL: a file system cannot be mounted on itself, so what is there goes first; it is this namespace's copy only.
        while unsafe umount2("/sys/fs/cgroup", 2) == 0 {}
        switch view {
        case .version2:
            try System.mount("cgroup2", "/sys/fs/cgroup", "cgroup2")
            Hierarchies.enableControllers("/sys/fs/cgroup")
        case .version1:
            try System.mount("tmpfs", "/sys/fs/cgroup", "tmpfs", 0, "mode=755")
            for options in Hierarchies.version1Options {
                let name = options.hasPrefix("name=") ? String(options.dropFirst(5)) : options
                try Files.makeDirectories("/sys/fs/cgroup/" + name)
                try System.mount("cgroup", "/sys/fs/cgroup/" + name, "cgroup", 0, options)
            }
        }
    }

    /// Detaches all mounts below a directory, the last first.
    static func unmount(below directory: String) {
        for mount in MountInfo.parse(Files.text("/proc/self/mountinfo") ?? "").reversed()
        where mount.target.hasPrefix(directory + "/") {
            unsafe umount2(mount.target, 2)
        }
    }
}
