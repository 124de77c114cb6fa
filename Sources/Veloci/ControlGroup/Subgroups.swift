internal import ByteText
internal import Cgroups
internal import LinuxKernel
internal import RuntimeSpec

/// Control groups below a container's own, for a program that joins it.
struct Subgroups {
    /// Paths by controller; by the empty name for all hierarchies that no other name stands for.
    private var paths: [String: String] = [:]

    /// The container's first process, whom a program follows that is told no group.
    private var firstProcess: Int32?

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
                    hint: group.hasLegacy ? nil : "version 2 has one path for all controllers, without their names")
            }
            paths[controller] = parts.map { "/" + $0 }.joined()
        }
        if paths.isEmpty { firstProcess = pid }
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

    /// The directory of the group that the first process is in now. RUNC: one that may write to its hierarchy can move itself
    /// elsewhere and take its old group away; programs that join follow it.
    func present(_ location: CgroupLocation) -> String? {
        guard let firstProcess, let text = try? Files.readText("/proc/\(firstProcess)/cgroup"),
            let hierarchy = (try? CgroupLayout.detect())?.hierarchies.first(where: {
                $0.version == location.version && Set($0.controllers).isSuperset(of: location.controllers)
                    && (location.version == .v2 || $0.name == location.name)
            })
        else { return nil }
        return Self.group(of: location, in: text).map { hierarchy.mountPoint + $0 }
    }

    /// The path of a group from the text of /proc/PID/cgroup; nil for one outside of our control group namespace.
    static func group(of location: CgroupLocation, in groups: String) -> String? {
        for line in groups.lines {
            let fields = line.parts(at: ":", keepsEmpty: true)
            guard fields.count >= 3 else { continue }
            let controllers = fields[1].parts(at: ",")
            let isRight =
                location.version == .v2
                ? fields[0] == "0" && controllers.isEmpty
                : location.keys.contains { controllers.contains($0) }
            let path = fields[2...].joined(separator: ":")
            if isRight { return path.begins(with: "/..") ? nil : path }
        }
        return nil
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
