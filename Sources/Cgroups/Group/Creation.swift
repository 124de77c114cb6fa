internal import ByteText
internal import LinuxKernel
internal import RuntimeSpec

/// What `Cgroup.create` made.
package struct CgroupCreation: Sendable {
    /// The groups that the container has: those of the plan, but for hierarchies that an unprivileged caller may not change.
    package var cgroup: Cgroup
    /// Directories that did not exist before, in the order in which they were made.
    package var createdDirectories: [String]
    /// Hierarchies that were left out, and why.
    package var warnings: [String]

    /// Takes the directories away again that were made, as far as they are empty.
    package func undo() {
        for directory in createdDirectories.reversed() { try? Files.removeDirectory(directory) }
    }
}

extension Cgroup {
    /// Makes the groups and enables the controllers they need. Either all are there afterwards, or none of them.
    ///
    /// The directories are `paths.directories`, known beforehand: record them first. Groups above them are made as well.
    /// - Parameters:
    ///   - changes: what will be applied; says which controllers of v2 must be enabled.
    ///   - isPrivileged: whether the caller is root outside of user namespaces. Others may go without the groups that they
    ///     are not allowed to make, if config.json names no place and sets no limit.
    ///   - ignoring: processes that may be inside already, such as one for which systemd made the groups.
    /// - Throws: `CgroupError`: `populated` or `frozen` for a group that exists and is not an unused one, `threaded`,
    ///   `missingController`, `permission`, `kernel`.
    package static func create(
        _ paths: CgroupPaths, changes: CgroupChanges, isPrivileged: Bool = true, ignoring own: Set<Int32> = []
    ) throws(CgroupError) -> CgroupCreation {
        var creation = CgroupCreation(cgroup: Cgroup(paths: paths), createdDirectories: [], warnings: [])
        do throws(CgroupError) {
            try Cgroup(paths: paths).checkUnused(ignoring: own)
            var joined: [CgroupLocation] = []
            for location in paths.locations {
                do throws(CgroupError) {
                    try make(location, paths, changes, &creation.createdDirectories)
                    joined.append(location)
                } catch where error.kind == .permission && !isPrivileged {
                    guard !paths.isExplicit, !changes.needs(location) else { throw explained(error, paths, changes) }
                    creation.warnings.append("no control group at \(location.directory): \(error.message)")
                }
            }
            creation.cgroup = Cgroup(paths: CgroupPaths(locations: joined, isExplicit: paths.isExplicit))
            try creation.cgroup.checkSurroundings()
        } catch {
            creation.undo()
            throw error
        }
        return creation
    }

    /// Refuses groups that others use: they must not become the container's, since deleting it would kill them.
    /// - Parameter own: processes that may be inside.
    /// - Throws: `CgroupError` of kind `populated` or `frozen`.
    package func checkUnused(ignoring own: Set<Int32> = []) throws(CgroupError) {
        let existing = present
        if existing.isEmpty { return }
        let processes = try processesEverywhere().filter { !own.contains($0) }
        if !processes.isEmpty {
            throw CgroupError(
                .populated, "container's cgroup is not empty: \(processes.count) process(es) found",
                path: JSONPath([.member("linux"), .member("cgroupsPath")]), file: existing[0].directory,
                hint: "\(existing[0].directory) is in use (first pid: \(processes[0])); choose another cgroupsPath")
        }
        if freezerState() == .frozen {
            throw CgroupError(
                .frozen, "container's cgroup unexpectedly frozen", path: JSONPath([.member("linux"), .member("cgroupsPath")]),
                file: existing[0].directory, hint: "thaw it, or choose another cgroupsPath")
        }
    }

    /// Refuses a group inside a frozen one: the container's first process would wait in it for ever, and who makes the
    /// container with it.
    private func checkSurroundings() throws(CgroupError) {
        for location in paths.locations {
            let group = GroupFiles(location)
            let isFrozen =
                location.version == .v2
                ? group.value("frozen", in: "cgroup.events") == "1"
                : location.controllers.contains("freezer") && group.readIfPresent("freezer.parent_freezing") == "1"
            guard isFrozen else { continue }
            throw CgroupError(
                .frozen, "container's cgroup unexpectedly frozen: a group above \(group.directory) is",
                path: JSONPath([.member("linux"), .member("cgroupsPath")]), file: group.directory,
                hint: "thaw the group above, or choose another cgroupsPath")
        }
    }

    private static func make(
        _ location: CgroupLocation, _ paths: CgroupPaths, _ changes: CgroupChanges, _ created: inout [String]
    ) throws(CgroupError) {
        switch location.version {
        case .v1: try LegacyCreation(location: location).make(&created)
        case .v2:
            // Beside v1 hierarchies only what is needed is enabled: the others' controllers are not ours to arrange.
            let isAlone = !paths.locations.contains { $0.version == .v1 }
            try UnifiedCreation(
                location: location, wanted: isAlone ? Set(location.controllers) : changes.unifiedControllers,
                needed: changes.unifiedControllers, changes: changes
            ).make(&created)
        }
    }

    /// What an unprivileged caller can do about a refusal.
    private static func explained(_ error: CgroupError, _ paths: CgroupPaths, _ changes: CgroupChanges) -> CgroupError {
        var error = error
        let limit = changes.writes.first { $0.controller != "devices" }
        error.path = error.path ?? limit?.path ?? JSONPath([.member("linux"), .member("cgroupsPath")])
        // A controller that cannot be enabled has a hint of its own.
        error.hint =
            error.hint ?? "without root, limits and cgroupsPath need a delegated group: start in one with "
            + "systemd-run --user --scope -p Delegate=yes, let systemd make it, or leave both out"
        return error
    }
}

extension CgroupChanges {
    /// Whether something besides the device rules is to be written in the location's hierarchy. Without privileges device
    /// rules cannot be set, and nodes cannot be made that they would be for.
    package func needs(_ location: CgroupLocation) -> Bool {
        writes.contains { write in
            write.version == location.version && write.controller != "devices"
                && (location.version == .v2 || location.controllers.contains(write.controller))
        }
    }
}

extension GroupFiles {
    /// Makes one directory and remembers it when it was not there.
    static func make(_ directory: String, _ created: inout [String]) throws(CgroupError) {
        do throws(KernelError) {
            try Files.makeDirectory(directory, mode: 0o755)
            created.append(directory)
        } catch where error.errno == .exists {
        } catch {
            throw CgroupError(error)
        }
    }
}

/// Making a group in a v1 hierarchy.
struct LegacyCreation {
    let location: CgroupLocation

    func make(_ created: inout [String]) throws(CgroupError) {
        var parent = location.mountPoint
        for component in location.components {
            let directory = parent.path(to: component)
            try GroupFiles.make(directory, &created)
            if location.controllers.contains("cpuset") { try inheritPlacement(from: parent, to: directory) }
            parent = directory
        }
    }

    /// A new cpuset of v1 has no CPUs and no memory, and takes no process until it has.
    private func inheritPlacement(from parent: String, to directory: String) throws(CgroupError) {
        try kernelCall { () throws(KernelError) in
            for file in ["cpuset.cpus", "cpuset.mems"] where try GroupFiles(directory).read(file).isEmpty {
                try GroupFiles(directory).write(try GroupFiles(parent).read(file), to: file)
            }
        }
    }
}

/// Making a group in the v2 hierarchy.
struct UnifiedCreation {
    let location: CgroupLocation
    /// Controllers to enable if it can be done.
    let wanted: Set<String>
    /// Controllers without which a limit cannot be set.
    let needed: Set<String>
    let changes: CgroupChanges

    /// Controllers that can be used in threaded groups; all others are for domains.
    private static let threaded: Set<String> = ["cpu", "cpuset", "perf_event", "pids"]

    func make(_ created: inout [String]) throws(CgroupError) {
        var parent = location.mountPoint
        var refusal: (directory: String, error: KernelError)?
        for component in location.components {
            if let error = enable(in: parent) { refusal = (parent, error) }
            let directory = parent.path(to: component)
            try GroupFiles.make(directory, &created)
            try checkType(of: directory)
            parent = directory
        }
        try checkControllers(refusal)
    }

    /// Enables the controllers for the groups below a directory.
    /// - Returns: why one that is needed could not be enabled.
    private func enable(in directory: String) -> KernelError? {
        if wanted.isEmpty { return nil }
        let group = GroupFiles(directory)
        let available = Set(group.readIfPresent("cgroup.controllers")?.words ?? [])
        let enabled = Set(group.readIfPresent("cgroup.subtree_control")?.words ?? [])
        let missing = available.intersection(wanted).subtracting(enabled).sortedByBytes()
        if missing.isEmpty { return nil }
        do throws(KernelError) {
            try group.write(missing.map { "+" + $0 }.joined(separator: " "), to: "cgroup.subtree_control")
            return nil
        } catch {
            // A group with processes of its own would accept the controllers for threads alone, and become a threaded one:
            // that is done to somebody's group only when those are what is needed.
            let isInUse = error.errno == .busy
            let wanted = isInUse ? missing.filter { needed.contains($0) } : missing
            if isInUse, !UnifiedCreation.threaded.isSuperset(of: wanted) { return error }
            // One that cannot be enabled keeps the others from it: a realtime process keeps cpu, for example.
            var refusal: KernelError?
            for controller in wanted {
                do throws(KernelError) {
                    try group.write("+" + controller, to: "cgroup.subtree_control")
                } catch {
                    if needed.contains(controller) { refusal = error }
                }
            }
            return refusal
        }
    }

    /// KERNEL(Documentation/admin-guide/cgroup-v2.rst, Threads): a group below a threaded one is no domain until it is
    /// made threaded itself, and takes no process.
    private func checkType(of directory: String) throws(CgroupError) {
        let group = GroupFiles(directory)
        guard let type = group.readIfPresent("cgroup.type"), type != "domain" else { return }
        let domainOnly = needed.subtracting(UnifiedCreation.threaded)
        if domainOnly.isEmpty {
            if type == "domain invalid" {
                try kernelCall { () throws(KernelError) in try group.write("threaded", to: "cgroup.type") }
            }
            return
        }
        let state = type == "domain invalid" ? "it is in an invalid state" : "it is in \(type) mode"
        throw CgroupError(
            .threaded, "cannot enter cgroupv2 \"\(directory)\" with domain controllers -- \(state)",
            path: changes.writes.first { domainOnly.contains($0.controller) }?.path, file: directory + "/cgroup.type",
            value: type,
            hint: "a group above has threads in threaded groups; choose a cgroupsPath outside, or leave out limits of "
                + domainOnly.sortedByBytes().joined(separator: ", "))
    }

    private func checkControllers(_ refusal: (directory: String, error: KernelError)?) throws(CgroupError) {
        if needed.isEmpty { return }
        let present = Set(GroupFiles(location).readIfPresent("cgroup.controllers")?.words ?? [])
        guard let missing = needed.subtracting(present).sortedByBytes().first else { return }
        let path = changes.writes.first { $0.controller == missing }?.path
        if let (directory, error) = refusal {
            throw CgroupError(
                error.meansForbidden ? .permission : .missingController,
                "the cgroup controller \"\(missing)\" cannot be enabled in \(directory): \(error.errno) (\(error.errno.name))",
                path: path, file: directory + "/cgroup.subtree_control", value: "+" + missing, errno: error.errno,
                hint: error.errno == .busy
                    ? "a group with processes of its own cannot give \(missing) to groups inside; move them, or choose "
                        + "another cgroupsPath"
                    : CgroupError.hint(forController: missing, mode: .unified))
        }
        throw CgroupError(
            .missingController, "the cgroup controller \"\(missing)\" is not available in \(location.directory)", path: path,
            file: location.directory + "/cgroup.controllers", hint: CgroupError.hint(forController: missing, mode: .unified))
    }
}
