package import LinuxKernel

/// Whether the processes of a group may run.
package enum FreezerState: String, Hashable, Sendable {
    case thawed
    /// Frozen by a write to this group; not by one above.
    case frozen
    /// The host has no freezer for the group.
    case unknown
}

extension Cgroup {
    /// The state of the group itself. A freeze in progress counts as frozen.
    package func freezerState() -> FreezerState {
        if let unified = paths.unified.map(GroupFiles.init), let value = unified.readIfPresent("cgroup.freeze") {
            if value == "1" { return .frozen }
            guard let legacy = legacyFreezer else { return .thawed }
            return legacy.legacyState
        }
        return legacyFreezer?.legacyState ?? .unknown
    }

    var legacyFreezer: GroupFiles? {
        paths.locations.first { $0.version == .v1 && $0.controllers.contains("freezer") }.map(GroupFiles.init)
    }

    /// Stops all processes of the group, and waits until they are. When it takes too long they run again.
    ///
    /// v2 does it where there is a v2 group: a frozen process can be killed there, and forks do not delay it.
    /// - Throws: `timedOut`; `missingController` when the host has no freezer.
    package func freeze(within deadline: Deadline) throws(CgroupError) {
        if let unified = unifiedFreezer {
            try freezeUnified(unified, deadline)
        } else if let legacy = legacyFreezer {
            try freezeLegacy(legacy, deadline)
        } else {
            throw CgroupError.withoutFreezer
        }
    }

    /// Lets the processes run again.
    /// - Throws: `timedOut`; `missingController` when the host has no freezer.
    package func thaw(within deadline: Deadline) throws(CgroupError) {
        if unifiedFreezer == nil && legacyFreezer == nil { throw CgroupError.withoutFreezer }
        if let unified = unifiedFreezer {
            try kernelCall { () throws(KernelError) in
                try unified.write("0", to: "cgroup.freeze")
            }
            try unified.wait(for: "frozen", toBe: "0", deadline, "thaw")
        }
        if let legacy = legacyFreezer, legacy.legacyState == .frozen {
            try kernelCall { () throws(KernelError) in
                try legacy.write("THAWED", to: "freezer.state")
            }
        }
    }

    /// Lets frozen processes run, so that a signal that ends them does. What cannot be thawed shows itself by not dying.
    ///
    /// KERNEL: a process that is frozen on v1 takes no signal, and a container may have frozen groups that it made inside. One
    /// that is frozen on v2 dies as it is.
    package func thawForDeath() {
        guard let freezer = legacyFreezer, freezer.exists else { return }
        try? GroupTree.visit(freezer.directory) { (place) in try? Files.writeValue("THAWED", to: "freezer.state", at: place) }
    }

    private var unifiedFreezer: GroupFiles? {
        paths.unified.map(GroupFiles.init).flatMap { $0.readIfPresent("cgroup.freeze") == nil ? nil : $0 }
    }

    private func freezeUnified(_ group: GroupFiles, _ deadline: Deadline) throws(CgroupError) {
        try kernelCall { () throws(KernelError) in
            try group.write("1", to: "cgroup.freeze")
        }
        do throws(CgroupError) {
            try group.wait(for: "frozen", toBe: "1", deadline, "freeze")
        } catch {
            try? group.write("0", to: "cgroup.freeze")
            throw error
        }
    }

    /// KERNEL(Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst): while processes fork, the state stays FREEZING and
    /// the write has to be repeated; thawing now and then lets a fork finish.
    private func freezeLegacy(_ group: GroupFiles, _ deadline: Deadline) throws(CgroupError) {
        var attempt = 0
        do throws(KernelError) {
            while true {
                attempt += 1
                if attempt % 50 == 0 {
                    try group.write("THAWED", to: "freezer.state")
                    Waiting.sleep(microseconds: 10_000)
                }
                try group.write("FROZEN", to: "freezer.state")
                if try group.read("freezer.state") == "FROZEN" { return }
                if deadline.hasPassed { break }
                Waiting.sleep(microseconds: attempt < 20 ? 50 : 1000)
            }
        } catch {
            try? group.write("THAWED", to: "freezer.state")
            throw CgroupError(error)
        }
        try? group.write("THAWED", to: "freezer.state")
        throw CgroupError(
            .timedOut, "unable to freeze \(group.directory): still FREEZING after \(attempt) attempts",
            file: group.path("freezer.state"), value: "FROZEN", hint: "a process hangs in the kernel (state D)")
    }
}

extension GroupFiles {
    /// The state of a v1 freezer, without what a group above does.
    fileprivate var legacyState: FreezerState {
        guard let text = readIfPresent("freezer.state") else { return .unknown }
        if text == "THAWED" { return .thawed }
        return readIfPresent("freezer.self_freezing") == "0" ? .thawed : .frozen
    }

    /// Waits for a value in cgroup.events. The kernel announces each change.
    func wait(for key: String, toBe wanted: String, _ deadline: Deadline, _ purpose: String) throws(CgroupError) {
        try kernelCall { () throws(KernelError) in
            let file = try Files.open(path("cgroup.events"))
            while true {
                // Opened before it is read, so no change is missed.
                let value = value(key, in: "cgroup.events")
                if value == nil || value == wanted { return true }
                if deadline.hasPassed { return false }
                _ = try Waiting.poll([(file.number, .changed)], milliseconds: min(deadline.milliseconds, 100))
            }
        }.otherwise(
            CgroupError(
                .timedOut, "unable to \(purpose) \(directory): \(key) is still not \(wanted)", file: path("cgroup.events"),
                hint: "a process hangs in the kernel (state D)"))
    }
}

extension Bool {
    fileprivate func otherwise(_ error: CgroupError) throws(CgroupError) {
        if !self { throw error }
    }
}

extension CgroupError {
    fileprivate static var withoutFreezer: CgroupError {
        CgroupError(
            .missingController, "the container has no group with a freezer",
            hint: "mount the freezer hierarchy: mount -t cgroup -o freezer none /sys/fs/cgroup/freezer")
    }
}
