internal import CLinux
internal import LinuxKernel

/// The control groups of one container, one in each hierarchy. Only paths: everything works from a state file as well.
///
/// The order of a container's life: `Cgroup.create`, `apply`, `entry` (the process joins), `apply(…, .afterJoin)`, then
/// `freeze`, `thaw`, `processes`, statistics and updates, and at the end `kill` and `destroy`.
package struct Cgroup: Sendable, Hashable {
    package let paths: CgroupPaths

    /// The groups at these paths, whether they exist or not.
    package init(paths: CgroupPaths) {
        self.paths = paths
    }

    /// Those that exist and are in a control group file system.
    var present: [GroupFiles] {
        paths.locations.map(GroupFiles.init).filter { $0.isControlGroup }
    }

    /// Whether any of the groups exists.
    package var exists: Bool { !present.isEmpty }

    /// The processes in the groups, without repetition. Groups that are gone count as empty.
    /// - Parameter recursive: also those in groups that the container made inside.
    package func processes(recursive: Bool = true) throws(CgroupError) -> [Int32] {
        // The v2 group alone tells when there is one; v1 hierarchies agree as long as nobody moved a process in one of them.
        guard let group = (paths.unified.map(GroupFiles.init) ?? freezerOrFirst), group.exists else {
            return try processesEverywhere()
        }
        return try Cgroup.processes(in: group, recursive: recursive).sorted()
    }

    /// The processes in any of the hierarchies.
    func processesEverywhere() throws(CgroupError) -> [Int32] {
        var found: Set<Int32> = []
        for group in present { found.formUnion(try Cgroup.processes(in: group, recursive: true)) }
        return found.sorted()
    }

    private var freezerOrFirst: GroupFiles? {
        (paths.location(of: "freezer") ?? paths.location(of: "devices") ?? paths.locations.first).map(GroupFiles.init)
    }

    static func processes(in group: GroupFiles, recursive: Bool) throws(CgroupError) -> Set<Int32> {
        var found: Set<Int32> = []
        do throws(KernelError) {
            if recursive {
                try GroupTree.visit(group.directory) { (place) throws(KernelError) in
                    found.formUnion(try GroupTree.processes(at: place))
                }
            } else {
                let directory = try Files.open(group.directory, flags: O_RDONLY | O_DIRECTORY)
                found.formUnion(try GroupTree.processes(at: directory.number))
            }
        } catch {
            // A group that disappears while it is read is empty.
            if !error.meansGone { throw CgroupError(error) }
        }
        return found
    }

    /// Whether a process is inside, at any depth.
    package func isPopulated() throws(CgroupError) -> Bool {
        if let unified = paths.unified.map(GroupFiles.init), let value = unified.value("populated", in: "cgroup.events"),
            value == "1"
        {
            return true
        }
        return try !processesEverywhere().isEmpty
    }
}

/// How the first process of a container, or one that is executed in it, gets into the groups.
///
/// Only one of the two ways ever waits for other CPUs: writing a pid to cgroup.procs takes a lock of all processes of the
/// machine, which costs 5 to 20 ms on an idle host. A clone into a v2 group takes none, nor does a single thread that
/// writes `0`, itself, to `tasks` of a v1 group.
package struct CgroupEntry: ~Copyable {
    /// The directory of the v2 group, for CLONE_INTO_CGROUP.
    package let unified: Int32?
    /// The `tasks` files of the v1 groups, open for writing. The permission is the opener's.
    package let tasks: [Int32]

    init(unified: Int32?, tasks: [Int32]) {
        self.unified = unified
        self.tasks = tasks
    }

    deinit {
        if let unified { _ = Descriptor(owning: unified) }
        for number in tasks { _ = Descriptor(owning: number) }
    }
}

extension Cgroup {
    /// Opens the groups for a process that is to join them.
    /// - Parameters:
    ///   - group: a group inside the container's, such as `workers/a`, for every hierarchy; empty for the container's own.
    ///   - groups: other groups for single controllers (empty for v2), as `exec --cgroup controller:path` names them.
    /// - Throws: `CgroupError` of kind `kernel` or `permission` naming the file, `invalidPath` for a path with `..`.
    package func entry(
        group: String = "", groups: [String: String] = [:]
    ) throws(CgroupError) -> CgroupEntry {
        var unified: Int32?
        var tasks: [Int32] = []
        func close() {
            for number in tasks { _ = Descriptor(owning: number) }
            if let unified { _ = Descriptor(owning: unified) }
        }
        do throws(CgroupError) {
            for location in paths.locations {
                let keys = location.version == .v2 ? [""] : location.controllers
                let named = keys.compactMap { groups[$0] }.first ?? group
                let parts = named.split(separator: "/").filter { $0 != "." }
                if parts.contains("..") {
                    throw CgroupError(.invalidPath, "bad sub cgroup path: \(named.escaped)")
                }
                let directory = ([location.directory] + parts.map { String($0) }).joined(separator: "/")
                try kernelCall { () throws(KernelError) in
                    if location.version == .v2 {
                        unified = try Files.open(directory, flags: O_RDONLY | O_DIRECTORY).release()
                    } else {
                        tasks.append(try Files.open(directory + "/tasks", flags: O_WRONLY).release())
                    }
                }
            }
        } catch {
            close()
            throw error
        }
        return CgroupEntry(unified: unified, tasks: tasks)
    }
}
