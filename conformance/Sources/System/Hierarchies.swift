import CHarness

/// The control group hierarchies that this machine has mounted, and where this process is in each.
struct Hierarchies: Sendable {
    struct Hierarchy: Sendable {
        /// `cgroup2`, or the controllers of a version 1 hierarchy as mount options.
        let name: String
        let mountPoint: String
        /// The group of this process, from the hierarchy's root.
        let group: String
        var isUnified: Bool { name == "cgroup2" }
    }

    var hierarchies: [Hierarchy] = []

    var unified: Hierarchy? { hierarchies.first { $0.isUnified } }
    var hasVersion1: Bool { hierarchies.contains { !$0.isUnified && !$0.name.hasPrefix("name=") } }
    var hasVersion2: Bool { unified != nil }

    /// Reads /proc/self/mountinfo and /proc/self/cgroup.
    static func ofThisProcess() -> Hierarchies {
        var groups: [String: String] = [:]
        for line in (Files.text("/proc/self/cgroup") ?? "").split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            if fields.count == 3 { groups[fields[1].isEmpty ? "cgroup2" : String(fields[1])] = String(fields[2]) }
        }
        var found = Hierarchies()
        for mount in MountInfo.parse(Files.text("/proc/self/mountinfo") ?? "") where mount.root == "/" {
            if mount.type == "cgroup2" {
                found.add("cgroup2", mount.target, groups["cgroup2"] ?? "/")
            } else if mount.type == "cgroup" {
                let options = Set(mount.superOptions)
                for (name, group) in groups where Set(name.split(separator: ",").map(String.init)).isSubset(of: options) {
                    found.add(name, mount.target, group)
                }
            }
        }
        return found
    }

    /// The controllers of each hierarchy of version 1 as mount options. In a new cgroup namespace the mounts of the old one
    /// cannot be told by their roots any more.
    static var version1Options: [String] {
        (Files.text("/proc/self/cgroup") ?? "").split(separator: "\n").compactMap {
            let fields = $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            return fields.count == 3 && !fields[1].isEmpty ? String(fields[1]) : nil
        }
    }

    private mutating func add(_ name: String, _ mountPoint: String, _ group: String) {
        if hierarchies.contains(where: { $0.name == name }) { return }
        hierarchies.append(Hierarchy(name: name, mountPoint: mountPoint, group: group))
    }

    /// Where groups of the harness are made: below this process's group, but in version 2 beside it unless it is the root,
    /// because a group with processes cannot hand controllers down.
    static func base(_ hierarchy: Hierarchy) -> String {
        var group = hierarchy.group == "/" ? "" : hierarchy.group
        if hierarchy.isUnified, let slash = group.lastIndex(of: "/") { group = String(group[..<slash]) }
        return hierarchy.mountPoint + group
    }

    /// Makes a group with this name in every hierarchy. In version 2 it gets all controllers, but hands none down yet.
    ///
    /// - Parameter handingDown: false while this process is in the parent: KERNEL a group with processes that hands down
    ///   controllers of threads makes its children unable to have processes.
    func make(_ name: String, handingDown: Bool = true) throws(Verdict) {
        for hierarchy in hierarchies {
            let base = Hierarchies.base(hierarchy)
            var path = base
            for (depth, part) in name.split(separator: "/").enumerated() {
                if hierarchy.isUnified && handingDown { Hierarchies.enableControllers(path) }
                let parent = path
                path += "/" + part
                if unsafe mkdir(path, 0o755) != 0 && errno != EEXIST { throw Verdict.refused("mkdir", path) }
                // A version 1 group without a share of its parent's realtime budget runs no realtime process.
                try? Files.set(path + "/cpu.rt_runtime_us", ["100000", "5000", "4000"][min(depth, 2)])
                for file in ["cpuset.cpus", "cpuset.mems"] where hierarchy.name.holds("cpuset") {
                    // A version 1 cpuset without CPUs and nodes takes no process.
                    if let value = Files.line(parent + "/" + file) { try Files.set(path + "/" + file, value) }
                }
            }
        }
    }

    static func enableControllers(_ path: String) {
        for controller in (Files.line(path + "/cgroup.controllers") ?? "").split(separator: " ") {
            try? Files.set(path + "/cgroup.subtree_control", "+" + controller)
        }
    }

    /// Moves this process into a group.
    func enter(_ name: String) throws(Verdict) {
        for hierarchy in hierarchies {
            let path = Hierarchies.base(hierarchy) + "/" + name + "/cgroup.procs"
            try Files.set(path, String(getpid()))
        }
    }

    /// Removes a group and all below it. Its processes are ended: nothing else than the harness's own is ever in it.
    func remove(_ name: String) {
        for hierarchy in hierarchies { Hierarchies.remove(Hierarchies.base(hierarchy) + "/" + name) }
    }

    static func remove(_ path: String) {
        guard Files.isDirectory(path) else { return }
        try? Files.set(path + "/cgroup.freeze", "0")
        try? Files.set(path + "/freezer.state", "THAWED")
        for name in Files.list(path) where Files.isDirectory(path + "/" + name) { remove(path + "/" + name) }
        for _ in 0..<200 {
            for pid in (Files.text(path + "/cgroup.procs") ?? "").split(separator: "\n").compactMap({ pid_t($0) })
            where pid != getpid() && pid > 1 {
                kill(pid, SIGKILL)
            }
            if unsafe rmdir(path) == 0 || errno == ENOENT { return }
            System.sleep(milliseconds: 5)
        }
    }

    /// Removes what earlier runs that were killed have left: groups named by a process that is gone.
    func removeStale(prefix: String) {
        for hierarchy in hierarchies {
            let base = Hierarchies.base(hierarchy)
            for name in Files.list(base) where name.hasPrefix(prefix) {
                if let pid = pid_t(name.dropFirst(prefix.count)), kill(pid, 0) != 0, errno == ESRCH {
                    Hierarchies.remove(base + "/" + name)
                }
            }
        }
    }
}
