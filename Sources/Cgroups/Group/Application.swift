internal import ByteText
internal import CLinux
internal import LinuxKernel
internal import RuntimeSpec

extension Cgroup {
    /// Writes values that have this moment, in order, after looking at the limits that must be above the current use.
    /// - Parameter isPrivileged: without privileges the kernel's refusal of device rules is no error.
    /// - Throws: `CgroupError` as `apply(_:isPrivileged:)` for one limit does.
    package func apply(
        _ changes: CgroupChanges, _ moment: CgroupWrite.Moment = .beforeJoin, isPrivileged: Bool = true
    ) throws(CgroupError) {
        for limit in changes.limits(moment) { try apply(limit, isPrivileged: isPrivileged) }
    }

    /// Applies one limit.
    /// - Parameter isPrivileged: without privileges the kernel's refusal of device rules is no error.
    /// - Throws: `CgroupError` of kind `refused` that names file, value, the kernel's answer and the property, and for a
    ///   limit of memory the current use; `missingController` when the file does not exist.
    package func apply(_ limit: CgroupLimit, isPrivileged: Bool = true) throws(CgroupError) {
        switch limit {
        case .use(let check): try perform(check)
        case .values(let writes): try perform(writes)
        case .deviceLists(let lines): try performDevices(lines, isPrivileged: isPrivileged)
        case .deviceProgram(let rules):
            guard let unified = paths.unified else { return }
            do throws(CgroupError) {
                try DeviceProgram(rules).attach(to: unified.directory)
            } catch where !isPrivileged {
            }
        }
    }

    /// Writes the lines of the device lists: a dozen for every container, to two files that are opened once.
    private func performDevices(_ lines: [CgroupWrite], isPrivileged: Bool) throws(CgroupError) {
        guard let first = lines.first, let location = location(for: first) else { return }
        let group = GroupFiles(location)
        var current = first
        let (allowing, denying) = (group.path("devices.allow"), group.path("devices.deny"))
        do throws(KernelError) {
            let allow = try Files.open(allowing, flags: .writeOnly)
            let deny = try Files.open(denying, flags: .writeOnly)
            for line in lines {
                current = line
                let bytes = Array(line.value.utf8)
                if line.file == "devices.allow" {
                    try Files.write(bytes, to: allow, name: allowing)
                } else {
                    try Files.write(bytes, to: deny, name: denying)
                }
            }
        } catch {
            if !isPrivileged && error.meansForbidden { return }
            throw Cgroup.refusal(of: current, in: group, error)
        }
    }

    /// Writes the values of one set. What is refused because of another value that has not changed yet is tried again, as
    /// long as something else of the set was accepted since: raising and lowering both work, without asking for the
    /// current values first.
    private func perform(_ set: [CgroupWrite]) throws(CgroupError) {
        var pending = set
        while true {
            var refused: [CgroupWrite] = []
            var firstError: CgroupError?
            for write in pending {
                do throws(CgroupError) {
                    try perform(write)
                } catch where error.errno == .invalidArgument && set.count > 1 {
                    refused.append(write)
                    firstError = firstError ?? error
                }
            }
            guard let firstError else { return }
            if refused.count == pending.count { throw firstError }
            pending = refused
        }
    }

    private func perform(_ write: CgroupWrite) throws(CgroupError) {
        guard let location = location(for: write) else {
            throw CgroupError(
                .missingController, "the container has no group with the cgroup controller \"\(write.controller)\"",
                path: write.path, file: write.file, value: write.value)
        }
        let group = GroupFiles(location)
        do throws(KernelError) {
            do throws(KernelError) {
                try group.write(write.value, to: write.file)
            } catch {
                guard let alternative = write.alternative, error.errno == .noEntry else { throw error }
                try group.write(alternative.value, to: alternative.file)
            }
        } catch {
            // The kernel has no file; or, since only root makes files in it, EACCES says the same for an unprivileged caller.
            if error.errno == .noEntry && write.isOptional { return }
            throw Cgroup.refusal(of: write, in: group, error)
        }
    }

    func location(for write: CgroupWrite) -> CgroupLocation? {
        paths.locations.first { location in
            location.version == write.version
                && (location.version == .v2 || location.controllers.contains(write.controller))
        }
    }

    private func perform(_ check: CgroupUsageCheck) throws(CgroupError) {
        guard let unified = paths.unified else { return }
        let numbers = check.files.compactMap { GroupFiles(unified).number($0) }
        // Without any value the group does not exist yet, and uses nothing.
        if numbers.isEmpty { return }
        let usage = numbers.reduce(0, &+)
        if UInt64(check.limit) <= usage {
            throw CgroupError(
                .refused, "rejecting \(check.what) limit \(check.limit) <= usage \(usage)", path: check.path,
                file: GroupFiles(unified).path(check.files[0]), value: String(check.limit),
                hint: "checkBeforeUpdate refuses a limit that would kill at once; choose a higher one")
        }
    }

    /// What went wrong with a value, with what the group uses at the moment.
    private static func refusal(of write: CgroupWrite, in group: GroupFiles, _ error: KernelError) -> CgroupError {
        let file = error.object.isEmpty ? group.path(write.file) : error.object
        if error.errno == .noEntry {
            var hint = "the kernel, or the group above, does not offer it"
            if write.controller == "hugetlb" {
                let sizes = ((try? Files.list(group.directory)) ?? [])
                    .compactMap { $0.after("hugetlb.")?.parts(at: ".").first }
                hint = "this host's page sizes: " + Set(sizes).sortedByBytes().joined(separator: ", ")
            } else if write.file.containsBytes(of: "swap") {
                hint = "the kernel counts no swap; boot with swapaccount=1, or leave the property out"
            }
            return CgroupError(
                .missingController, "\(file) does not exist", path: write.path, file: file, value: write.value,
                errno: error.errno, hint: hint)
        }
        var message = "cannot write \"\(write.value.escaped)\" to \(file): \(error.errno) (\(error.errno.name))"
        if write.controller == "memory", let usage = group.memoryUse {
            // RUNC: callers look for these words.
            message =
                "unable to set memory limit to \(write.value) (current usage: \(usage.current), peak usage: \(usage.peak)): "
                + "\(error.errno) (\(error.errno.name)) from \(file)"
        } else if write.controller == "pids", let current = group.number("pids.current") {
            message += " (current: \(current))"
        } else if let current = group.readIfPresent(write.file), !current.isEmpty, current.utf8.count < 100 {
            message += " (now: \(current.escaped))"
        }
        return CgroupError(
            error.meansForbidden ? .permission : .refused, message, path: write.path, file: file, value: write.value,
            errno: error.errno, hint: hint(for: error.errno))
    }

    private static func hint(for errno: Errno) -> String? {
        switch errno {
        case .invalidArgument: "the value is outside of what the kernel, or the group above, allows"
        case .busy: "more is in use than the new limit; free some, or choose a higher limit"
        case .noSuchDevice, .noDeviceOrAddress: "there is no such device on this host"
        case .accessDenied, .notPermitted: "the group above does not allow it, or the caller may not change this group"
        default: nil
        }
    }
}

extension GroupFiles {
    /// Bytes of memory in use, and the most that ever were.
    var memoryUse: (current: UInt64, peak: UInt64)? {
        if let current = number("memory.usage_in_bytes") {
            return (current, number("memory.max_usage_in_bytes") ?? current)
        }
        if let current = number("memory.current") { return (current, number("memory.peak") ?? current) }
        return nil
    }
}
