internal import Cgroups
internal import LinuxKernel
internal import RuntimeSpec

/// The control group of a container that exists, or is being made.
struct ContainerGroup {
    let group: Cgroup

    /// From what the state file says.
    init(recorded: [String: String]) {
        group = Cgroup(paths: CgroupPaths(recorded: recorded))
    }

    init(_ group: Cgroup) {
        self.group = group
    }

    /// The file through which a single thread joins the group, opened for it.
    func openTasks(_ hierarchy: String, _ subgroups: Subgroups = Subgroups()) throws(KernelError) -> Descriptor {
        guard let location = location(hierarchy) else {
            throw KernelError(.noEntry, call: "open", object: "control group of \(hierarchy)")
        }
        if location.version == .v1 {
            return try following(location, subgroups) { (place) throws(KernelError) in
                try place.openToJoin(place == location ? subgroups.suffix(location) : "")
            }
        }
        return try following(location, subgroups) { (place) throws(KernelError) in
            try inUnified(place, place == location ? subgroups : Subgroups()) { (inside) throws(KernelError) in
                try place.openToEnter(inside)
            }
        }
    }

    /// The directory to be born in (CLONE_INTO_CGROUP), where there is version 2. The caller closes it.
    func openUnified(_ subgroups: Subgroups = Subgroups()) throws(Failure) -> Int32? {
        guard let unified = group.paths.unified else { return nil }
        do throws(KernelError) {
            return try following(unified, subgroups) { (place) throws(KernelError) in
                try inUnified(place, place == unified ? subgroups : Subgroups()) { (inside) throws(KernelError) in
                    try place.openToJoin(inside)
                }
            }.release()
        } catch {
            throw .kernel(error, "cannot open the control group")
        }
    }

    /// Opens the group at a place, or where that is gone the one that the container's first process has gone to.
    private func following(
        _ location: CgroupLocation, _ subgroups: Subgroups, _ open: (CgroupLocation) throws(KernelError) -> Descriptor
    ) throws(KernelError) -> Descriptor {
        do throws(KernelError) {
            return try open(location)
        } catch where error.errno == .noEntry {
            guard let present = subgroups.present(location) else { throw error }
            var place = location
            place.directory = present
            return try open(place)
        }
    }

    private func inUnified(
        _ unified: CgroupLocation, _ subgroups: Subgroups, _ open: (String) throws(KernelError) -> Descriptor
    ) throws(KernelError) -> Descriptor {
        do throws(KernelError) {
            return try open(subgroups.suffix(unified))
        } catch where error.errno == .noEntry && group.paths.locations.count > 1 {
            // Beside version 1, which has the controllers, the group of version 2 is bookkeeping alone.
            return try open("")
        }
    }

    private func location(_ hierarchy: String) -> CgroupLocation? {
        if hierarchy.isEmpty || hierarchy == "unified" { return group.paths.unified }
        return group.paths.locations.first { $0.version == .v1 && $0.hierarchyName == hierarchy }
    }

    /// The group's directory in a hierarchy; version 2 by the names "" and "unified".
    func directory(_ hierarchy: String) -> String? {
        location(hierarchy)?.directory
    }

    /// Where version 2 is mounted on the host.
    var unifiedMountPoint: String? { group.paths.unified.flatMap { $0.mountPoint.isEmpty ? nil : $0.mountPoint } }

    /// Whether hierarchies of version 1 are among them.
    var hasLegacy: Bool { group.paths.locations.contains { $0.version == .v1 } }

    var isFrozen: Bool { group.freezerState() == .frozen }

    /// Refuses what cannot be done without a control group, which users without a delegated one do not have.
    /// - Parameter purpose: what the caller wants, such as `pause it`.
    func require(_ purpose: String) throws(Failure) {
        guard group.paths.locations.isEmpty else { return }
        throw Failure(
            .unsupported, "cannot \(purpose): the container has no control group of its own",
            hint: "have systemd make it, or in a delegated group: systemd-run --user --scope -p Delegate=yes")
    }

    /// Kills all processes inside, frozen ones as well, and waits for their end.
    ///
    /// - Returns: whether there were any.
    func killAll() throws(Failure) -> Bool {
        do throws(CgroupError) {
            guard try group.isPopulated() else { return false }
            try group.kill(within: Deadline(milliseconds: 10_000))
            return true
        } catch {
            throw Failure(error)
        }
    }

    /// Kills what is left inside and removes the group.
    /// - Parameter patience: milliseconds for each of the two.
    func destroy(killing: Bool, patience: Int64 = 10_000) throws(Failure) {
        do throws(CgroupError) {
            if killing { try group.kill(within: Deadline(milliseconds: patience)) }
            let left = try group.destroy(within: Deadline(milliseconds: patience))
            guard let first = left.first else { return }
            let inside = first.processes.map(String.init).joined(separator: ", ")
            let who = inside.isEmpty ? "" : "; processes inside: \(inside)"
            throw CgroupError(.populated, "cannot remove the control group \(first.directory)\(who)", errno: first.errno)
        } catch {
            throw Failure(error)
        }
    }
}

extension Failure {
    init(_ error: CgroupError) {
        let code: Code =
            switch error.kind {
            case .invalidPath, .invalidValue: .invalidConfiguration
            case .unsupported, .missingController: .unsupported
            default: .kernel
            }
        self.init(code, error.message, path: error.path, errno: nil, hint: error.hint)
        if let errno = error.errno, !error.message.containsBytes(of: errno.name) { self.errno = errno }
    }
}

extension ContainerGroup {
    /// Lets frozen processes run, those of groups that the container made inside too, so that they can die.
    func thawForDeath() throws(Failure) {
        group.thawForDeath()
        if isFrozen { try thaw() }
    }

    func freeze() throws(Failure) {
        do throws(CgroupError) { try group.freeze(within: Deadline(milliseconds: 10_000)) } catch { throw Failure(error) }
    }

    func thaw() throws(Failure) {
        do throws(CgroupError) { try group.thaw(within: Deadline(milliseconds: 10_000)) } catch { throw Failure(error) }
    }

    /// The processes inside, by the pids of this host.
    func processes() throws(Failure) -> [Int32] {
        do throws(CgroupError) { return try group.processes() } catch { throw Failure(error) }
    }
}
