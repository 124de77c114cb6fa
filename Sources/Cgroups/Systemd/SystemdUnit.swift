internal import ByteText
internal import RuntimeSpec

/// The unit that a container is for systemd, and where it is in the tree of slices.
package struct SystemdUnit: Hashable, Sendable {
    /// Such as `libpod-0abc.scope`.
    package var name: String
    /// Such as `machine.slice`; `-.slice` is the root.
    package var slice: String

    /// Whether the unit is itself a slice: it has no processes of its own in systemd's eyes.
    package var isSlice: Bool { name.ends(with: ".slice") }

    private static let property = JSONPath([.member("linux"), .member("cgroupsPath")])

    /// The unit for `linux.cgroupsPath` in the form `slice:prefix:name`.
    ///
    /// RUNC(docs/systemd.md): the unit is `prefix-name.scope`; a name that ends in `.slice` is taken as it is. Without a
    /// slice it is `system.slice`, or `user.slice` under a user's manager; without a path the parts are empty, `veloci` and the
    /// container's id.
    /// - Throws: `CgroupError` of kind `invalidPath`.
    package init(cgroupsPath: String?, containerID: String, isUser: Bool) throws(CgroupError) {
        let path = cgroupsPath.flatMap { $0.isEmpty ? nil : $0 } ?? ":veloci:\(containerID)"
        let parts = path.parts(at: ":", keepsEmpty: true)
        guard parts.count == 3 else {
            throw CgroupError(
                .invalidPath,
                "expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"\(path.escaped)\" instead",
                path: SystemdUnit.property, hint: "write system.slice:web:1, or do without systemd")
        }
        slice = parts[0].isEmpty ? (isUser ? "user.slice" : "system.slice") : parts[0]
        // A lone dash is what callers write for the root slice.
        if slice == "-" { slice = "-.slice" }
        name = parts[2].ends(with: ".slice") ? parts[2] : "\(parts[1])-\(parts[2]).scope"
        _ = try SystemdUnit.directories(ofSlice: slice)
        if isSlice { _ = try SystemdUnit.directories(ofSlice: name) }
        guard SystemdUnit.isName(name), !parts[2].isEmpty else {
            throw CgroupError(
                .invalidPath, "\"\(name.escaped)\" is no unit name", path: SystemdUnit.property,
                hint: "units have letters, digits and :-_.\\@ in their names, at most 255")
        }
    }

    /// Recorded units, for containers from a state file.
    package init(name: String, slice: String) {
        self.name = name
        self.slice = slice
    }

    /// systemd.unit(5).
    private static func isName(_ name: String) -> Bool {
        name.utf8.count <= 255 && name != ".scope" && !name.begins(with: ".")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: ":-_.\\@".utf8.contains(byte)
                }
            }
    }

    /// Slices are nested by their names: `a-b.slice` is `a.slice/a-b.slice` (systemd.slice(5)).
    static func directories(ofSlice slice: String) throws(CgroupError) -> [String] {
        let invalid = CgroupError(
            .invalidPath, "invalid slice name: \"\(slice.escaped)\"", path: property,
            hint: "a slice is written like machine.slice or user-1000.slice, without slashes")
        guard let stem = slice.before(".slice"), isName(slice) else { throw invalid }
        if stem == "-" { return [] }
        var directories: [String] = []
        var prefix = ""
        for part in stem.parts(at: "-", keepsEmpty: true) {
            if part.isEmpty { throw invalid }
            prefix += prefix.isEmpty ? part : "-" + part
            directories.append(prefix + ".slice")
        }
        return directories
    }

    /// The directories from the root of the hierarchies down to the unit.
    /// - Parameter managerGroup: the group of the user's manager, such as
    ///   `/user.slice/user-1000.slice/user@1000.service`; empty for the system's.
    func parts(managerGroup: String) throws(CgroupError) -> [String] {
        let manager = managerGroup.parts(at: "/")
        // A slice is below the slices that its own name tells.
        return try manager + SystemdUnit.directories(ofSlice: isSlice ? name : slice) + (isSlice ? [] : [name])
    }
}

extension CgroupPaths {
    /// The directories of a unit, the same in every hierarchy.
    /// - Throws: `CgroupError` of kind `invalidPath`, or `missingController` when no hierarchy is mounted.
    package init(layout: CgroupLayout, unit: SystemdUnit, managerGroup: String = "") throws(CgroupError) {
        let parts = try unit.parts(managerGroup: managerGroup)
        if parts.contains("..") {
            throw CgroupError(.malformed, "systemd's own group \"\(managerGroup.escaped)\" has a part \"..\"")
        }
        try self.init(layout: layout, isExplicit: true) { _ in parts }
    }
}
