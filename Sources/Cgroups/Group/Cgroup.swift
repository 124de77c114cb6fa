internal import ByteText
internal import CLinux
package import LinuxKernel

/// The control groups of one container, one in each hierarchy. Only paths: everything works from a state file as well.
///
/// The order of a container's life: `Cgroup.create`, `apply`, `CgroupLocation.openToJoin` (the process joins),
/// `apply(…, .afterJoin)`, then `freeze`, `thaw`, `processes`, statistics and updates, and at the end `kill` and `destroy`.
package struct Cgroup: Sendable, Hashable {
    package let paths: CgroupPaths

    /// The groups at these paths, whether they exist or not.
    package init(paths: CgroupPaths) {
        self.paths = paths
    }

    /// Those that exist and are in a control group file system.
    var present: [GroupFiles] {
        paths.locations.map(GroupFiles.init).filter { (try? $0.isControlGroup()) == true }
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
                let directory = try Files.open(group.directory, flags: .directory)
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

extension CgroupLocation {
    /// Opens the group, or one inside it, for a process that is to join it: the directory of a v2 group, for CLONE_INTO_CGROUP;
    /// the `tasks` of a v1 group, to which a single thread writes `0`, itself. The permission is the opener's.
    ///
    /// Only one of these two ways ever waits for other CPUs: writing a pid to cgroup.procs takes a lock of all processes of the
    /// machine, which costs 5 to 20 ms on an idle host.
    /// - Parameter inside: a path inside the group, such as `/workers`; empty for the group itself.
    package func openToJoin(_ inside: String = "") throws(KernelError) -> Descriptor {
        switch version {
        case .v2: try Files.open(directory + inside, flags: .directory)
        case .v1: try Files.open((directory + inside).path(to: "tasks"), flags: .writeOnly)
        }
    }

    /// Opens the file through which a process joins a v2 group later in its life, by writing `0`.
    package func openToEnter(_ inside: String = "") throws(KernelError) -> Descriptor {
        try Files.open((directory + inside).path(to: "cgroup.procs"), flags: .writeOnly)
    }
}
