internal import Cgroups
internal import LinuxKernel
internal import RuntimeSpec

extension Runtime {
    /// Both records of a container are gone or cannot be read. Its configuration still tells where its control groups were to
    /// be; whether who is inside is the container's, nothing tells any more, so nobody is killed.
    ///
    /// - Throws: `Failure` when processes are there, or when it cannot be judged.
    func checkNothingRuns(of id: String, _ state: StateDirectory) throws(Failure) {
        // veloci was killed before it wrote anything: there was no process.
        if !state.hasRecords && !state.hadProcess { return }
        let hint = "end its processes, then remove \(state.path)"
        let groups = candidates(id, state)
        for group in groups {
            let inside: [Int32]
            do throws(CgroupError) { inside = try group.processes() } catch { throw Failure(error) }
            if inside.isEmpty { continue }
            let list = inside.map({ String($0) }).joined(separator: ", ")
            throw Failure(
                .internalError, "the state of the container cannot be read, and its control group has processes: \(list)",
                hint: hint)
        }
        if groups.isEmpty && state.hasRecords && state.hadProcess {
            throw Failure(
                .internalError, "the state of the container cannot be read, and nothing tells whether it still runs", hint: hint)
        }
        for group in groups { group.removeUnused() }
    }

    /// The groups that exist where either way of making them has them.
    private func candidates(_ id: String, _ state: StateDirectory) -> [Cgroup] {
        guard let spec = try? state.configuration().document, let layout = try? CgroupLayout.detect() else { return [] }
        let asked = spec.linux?.cgroupsPath
        let byFiles = try? CgroupPaths(layout: layout, cgroupsPath: asked, containerID: id)
        let isUser = isRootless ?? !UserIdentity.isRootOfHost
        let unit = try? SystemdUnit(cgroupsPath: asked, containerID: id, isUser: isUser)
        let manager = isUser ? (try? ContainerUnit.facts(isRootless: isRootless).controlGroup) ?? "" : ""
        let bySystemd = try? unit.map { (unit) throws(CgroupError) in
            try CgroupPaths(layout: layout, unit: unit, managerGroup: manager)
        }
        return [byFiles, bySystemd].compactMap { $0.map { Cgroup(paths: $0) } }.filter { $0.exists }
    }
}
