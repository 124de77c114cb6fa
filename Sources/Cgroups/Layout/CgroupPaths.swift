internal import ByteText
internal import RuntimeSpec

/// A directory of the container in one hierarchy.
package struct CgroupLocation: Hashable, Sendable {
    package var version: CgroupVersion
    /// The controllers of the hierarchy.
    package var controllers: [String]
    /// The name of a v1 hierarchy without controllers.
    package var name: String?
    /// Where the hierarchy is mounted.
    package var mountPoint: String
    /// The container's directory, absolute, strictly below the mount point.
    package var directory: String

    package init(version: CgroupVersion, controllers: [String], name: String? = nil, mountPoint: String, directory: String) {
        self.version = version
        self.controllers = controllers
        self.name = name
        self.mountPoint = mountPoint
        self.directory = directory
    }

    /// How the hierarchy is called below /sys/fs/cgroup; empty for version 2.
    package var hierarchyName: String {
        guard version == .v1 else { return "" }
        switch controllers.count {
        case 0: return name ?? ""
        case 1: return controllers[0]
        default: return controllers.joined(separator: ",")
        }
    }

    /// The names from the mount point down to the directory.
    package var components: [String] {
        (directory.after(mountPoint) ?? directory).parts(at: "/")
    }
}

/// Where a container's control groups are: known before anything is made, so that it can be recorded first.
package struct CgroupPaths: Hashable, Sendable {
    /// One for each hierarchy, v1 first.
    package var locations: [CgroupLocation]
    /// Whether config.json named the place. Without, an unprivileged caller may go without groups.
    package var isExplicit: Bool

    package init(locations: [CgroupLocation], isExplicit: Bool = true) {
        self.locations = locations
        self.isExplicit = isExplicit
    }

    /// The directories, for a journal and for the state file.
    package var directories: [String] { locations.map { $0.directory } }

    /// The location in the v2 hierarchy.
    package var unified: CgroupLocation? { locations.first { $0.version == .v2 } }

    /// The location that has a controller.
    package func location(of controller: String) -> CgroupLocation? {
        locations.first { $0.controllers.contains(controller) }
    }
}

extension CgroupPaths {
    private static let property = JSONPath([.member("linux"), .member("cgroupsPath")])

    /// The directories for `linux.cgroupsPath` with the file driver.
    ///
    /// SPEC(config-linux.md#cgroups-path): an absolute path starts at the mount point of each hierarchy. RUNC: a relative one,
    /// and the container's id when there is none, starts at the caller's own group on v1, and beside it on v2, where a
    /// group with processes may not have children with controllers. Parts named `..` are refused, not cleaned away.
    /// - Throws: `CgroupError` of kind `invalidPath`, or `missingController` when no hierarchy is mounted.
    package init(layout: CgroupLayout, cgroupsPath: String?, containerID: String) throws(CgroupError) {
        let text = cgroupsPath.flatMap { $0.isEmpty ? nil : $0 }
        let parts = try CgroupPaths.parts(text ?? containerID)
        let isAbsolute = text?.begins(with: "/") ?? false
        try self.init(layout: layout, isExplicit: text != nil) { hierarchy in
            guard !isAbsolute, hierarchy.ownCgroup != "/" else { return parts }
            let own = hierarchy.ownCgroup.parts(at: "/")
            return (hierarchy.version == .v1 ? own : own.dropLast()) + parts
        }
    }

    /// The directories for the same parts in every hierarchy that a container joins.
    init(
        layout: CgroupLayout, isExplicit: Bool, parts: (CgroupHierarchy) -> [String]
    ) throws(CgroupError) {
        let joined = layout.hierarchies.filter({ $0.isForContainers })
        if joined.isEmpty {
            throw CgroupError(
                .missingController, "no control group hierarchy is mounted",
                hint: "mount one: mount -t cgroup2 none /sys/fs/cgroup")
        }
        self.init(
            locations: joined.map { hierarchy in
                CgroupLocation(
                    version: hierarchy.version, controllers: hierarchy.controllers, name: hierarchy.name,
                    mountPoint: hierarchy.mountPoint, directory: CgroupPaths.directory(hierarchy, parts(hierarchy)))
            }, isExplicit: isExplicit)
    }

    private static func directory(_ hierarchy: CgroupHierarchy, _ parts: [String]) -> String {
        (hierarchy.mountPoint == "/" ? "" : hierarchy.mountPoint).path(
            to: parts.count == 1 ? parts[0] : parts.joined(separator: "/"))
    }

    /// The parts of a path; `.` and empty ones mean nothing.
    static func parts(_ path: String) throws(CgroupError) -> [String] {
        if path.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
            throw CgroupError(.invalidPath, "\"\(path.escaped)\" has a control character", path: property)
        }
        let parts = path.parts(at: "/").filter { $0 != "." }
        if parts.contains("..") {
            throw CgroupError(
                .invalidPath, "\"\(path)\" has a part \"..\"", path: property,
                hint: "name the group from the mount point on, without \"..\"")
        }
        if let long = parts.first(where: { $0.utf8.count > 255 }) {
            throw CgroupError(.invalidPath, "a part has \(long.utf8.count) bytes; a file name has at most 255", path: property)
        }
        if parts.isEmpty {
            throw CgroupError(
                .invalidPath, "\"\(path)\" is the root of the hierarchies", path: property,
                hint: "a container needs a group of its own, such as /containers/web")
        }
        return parts
    }

    /// From controller (empty for v2) to directory: the form of `cgroup_paths` in runc's state.json.
    package var recorded: [String: String] {
        var result = [String: String](minimumCapacity: 16)
        for location in locations {
            if location.version == .v2 { result[""] = location.directory }
            if location.version == .v1, let name = location.name { result["name=" + name] = location.directory }
            if location.version == .v1 { location.controllers.forEach { result[$0] = location.directory } }
        }
        return result
    }

    /// The paths of a container from its state file alone; nothing of them is looked for on the host.
    package init(recorded: [String: String]) {
        var byDirectory: [String: CgroupLocation] = [:]
        for (key, directory) in recorded.sortedByName where directory.begins(with: "/") {
            var location =
                byDirectory[directory]
                ?? CgroupLocation(version: key.isEmpty ? .v2 : .v1, controllers: [], mountPoint: "", directory: directory)
            if let name = key.after("name=") {
                location.name = name
            } else if !key.isEmpty {
                location.controllers.append(key)
            }
            byDirectory[directory] = location
        }
        let all = byDirectory.values.sorted { $0.directory.precedes($1.directory) }
        self.init(locations: all.filter { $0.version == .v1 } + all.filter { $0.version == .v2 })
    }
}

extension String {
    /// With control characters written as `\u{…}`, so that an error stays on one line.
    var escaped: String { unicodeScalars.map { $0.value < 0x20 ? $0.escaped(asASCII: true) : String($0) }.joined() }
}
