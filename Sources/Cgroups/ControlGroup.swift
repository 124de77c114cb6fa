internal import LinuxKernel
public import RuntimeSpec

/// A control group by itself, for programs that want no container: a place with limits, and whatever processes are put there.
///
/// The same code makes the groups of containers: on hosts with version 1, version 2, and both, by the properties of
/// `linux.resources`. Nothing of it is kept in this program: the directories are the group.
public struct ControlGroup: Sendable {
    private let group: Cgroup

    /// Makes a group.
    ///
    /// - Parameters:
    ///   - path: below the mount point of each hierarchy, such as `/jobs/1`; directories above it are made as well.
    ///   - resources: its limits.
    /// - Throws: `CgroupError`; nothing is left then.
    public init(creating path: String, resources: Resources = Resources()) throws(CgroupError) {
        let layout = try CgroupLayout.detect()
        let paths = try CgroupPaths(layout: layout, cgroupsPath: Self.absolute(path), containerID: "")
        let changes = try CgroupChanges(resources: resources, layout: layout, changingDevices: resources.devices != nil)
        let creation = try Cgroup.create(paths, changes: changes)
        group = creation.cgroup
        do throws(CgroupError) {
            try group.apply(changes)
        } catch {
            creation.undo()
            throw error
        }
    }

    /// A group that exists, by the path that it was made with.
    public init(existing path: String) throws(CgroupError) {
        let layout = try CgroupLayout.detect()
        group = Cgroup(paths: try CgroupPaths(layout: layout, cgroupsPath: Self.absolute(path), containerID: ""))
        guard group.exists else { throw CgroupError(.kernel, "there is no control group \(path)", errno: .noEntry) }
    }

    private static func absolute(_ path: String) throws(CgroupError) -> String {
        guard path.utf8.first == UInt8(ascii: "/") else {
            throw CgroupError(.invalidPath, "the path of a control group starts with a slash: \(path)")
        }
        return path
    }

    /// Its directories, one for each hierarchy.
    public var directories: [String] { group.paths.directories }

    /// Puts a process, which is all its threads, into it.
    public func add(_ pid: Int32) throws(CgroupError) {
        for directory in directories {
            try kernelCall { () throws(KernelError) in try Files.writeValue("\(pid)", to: directory + "/cgroup.procs") }
        }
    }

    /// The pids of all processes in it and below it.
    public func processes() throws(CgroupError) -> [Int32] { try group.processes() }

    /// Changes its limits: those that `change` names.
    public func update(_ change: Resources) throws(CgroupError) {
        let layout = try CgroupLayout.detect()
        try group.update(try CgroupUpdate(change, of: nil, layout: layout))
    }

    /// What its processes use and how they are limited.
    public func statistics() throws(CgroupError) -> CgroupStatistics { try group.statistics() }

    /// Stops all its processes where they are; waits for that at most 10 seconds.
    public func freeze() throws(CgroupError) { try group.freeze(within: Deadline(milliseconds: 10_000)) }

    /// Lets all its processes go on.
    public func thaw() throws(CgroupError) { try group.thaw(within: Deadline(milliseconds: 10_000)) }

    /// Kills all its processes, and waits at most 10 seconds for their end.
    public func kill() throws(CgroupError) { try group.kill(within: Deadline(milliseconds: 10_000)) }

    /// Removes it. It must be empty; the directories above it stay.
    public func remove() throws(CgroupError) {
        let left = try group.destroy(within: Deadline(milliseconds: 10_000))
        guard left.isEmpty else { throw CgroupError(.populated, "the control group is not empty", file: directories.first) }
    }
}
