internal import ByteText
internal import Cgroups
internal import LinuxKernel
internal import RuntimeSpec

/// Control groups below a container's own, for a program that joins it.
struct Subgroups {
    /// Paths by controller; by the empty name for all hierarchies that no other name stands for.
    private var paths: [String: String] = [:]

    /// The container's own groups.
    init() {}

    /// Where the caller asked for nothing, the program goes where the container's first process is when that made groups of
    /// its own: KERNEL(Documentation/admin-guide/cgroup-v2.rst, No Internal Process Constraint).
    ///
    /// - Throws: `Failure` for a controller that the container does not have, and for a path that leads out of its group.
    init(_ asked: [String: String], _ group: ContainerGroup, containerProcess pid: Int32) throws(Failure) {
        for (controller, path) in asked.sortedByName {
            let parts = path.parts(at: "/").filter { $0 != "." }
            guard !parts.contains("..") else { throw Failure(.invalidArgument, "bad sub cgroup path: \(path)") }
            let isKnown = controller.isEmpty
                || group.group.paths.locations.contains { $0.version == .v1 && $0.keys.contains(controller) }
            guard isKnown else {
                throw Failure(
                    .invalidArgument, "unknown controller \(controller) in sub cgroup paths",
                    hint: group.hasLegacy ? nil : "version 2 has one path for all controllers: --cgroup PATH")
            }
            paths[controller] = parts.map { "/" + $0 }.joined()
        }
        guard paths[""] == nil, let unified = group.group.paths.unified,
            let enabled = try? Files.readText(unified.directory + "/cgroup.subtree_control"),
            !enabled.words.isEmpty,
            let groups = try? Files.readText("/proc/\(pid)/cgroup"),
            let place = Self.place(below: unified.directory, in: groups)
        else { return }
        unifiedDefault = place
    }

    private var unifiedDefault = ""

    /// What follows the directory of a location; empty, or begins with a slash.
    func suffix(_ location: CgroupLocation) -> String {
        if location.version == .v2 { return paths[""] ?? unifiedDefault }
        return location.keys.lazy.compactMap { paths[$0] }.first ?? paths[""] ?? ""
    }

    /// The part of a process's version 2 group that is below a directory, from the text of /proc/PID/cgroup. Its paths begin
    /// where our control group namespace does, so that only their ends can be compared.
    static func place(below directory: String, in groups: String) -> String? {
        guard let place = groups.lines.lazy.compactMap({ $0.after("0::") }).first else { return nil }
        let parts = place.parts(at: "/")
        let above = directory.parts(at: "/")
        for start in above.indices {
            let wanted = above[start...]
            guard parts.count > wanted.count else { continue }
            for offset in 0..<(parts.count - wanted.count) where parts[offset..<(offset + wanted.count)].elementsEqual(wanted) {
                return parts[(offset + wanted.count)...].map { "/" + $0 }.joined()
            }
        }
        return nil
    }
}

extension CgroupLocation {
    /// The names by which a path for this location may be given.
    fileprivate var keys: [String] { controllers + (name.map { ["name=" + $0] } ?? []) }
}
