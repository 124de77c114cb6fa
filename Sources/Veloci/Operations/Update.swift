internal import Cgroups
internal import LinuxKernel
public import RuntimeSpec

extension Runtime {
    /// Changes the limits of a container: those that `change` names, the others stay.
    ///
    /// - Parameters:
    ///   - id: the container.
    ///   - change: the new limits.
    ///   - cacheControl: new schemata of the level 3 cache and of the memory bandwidth; a container without `linux.intelRdt`
    ///     gets a class of its own.
    public func update(_ id: String, _ change: Resources, cacheControl: IntelRdt? = nil) throws(Failure) {
        var container = try StoredContainer.open(root: root, id: id, locking: true)
        let status = try container.status(holdingLock: true)
        guard status != .stopped && status != .creating else { throw Failure(.notRunning, "container not running") }
        var spec = try container.state.configuration().document
        let group = ContainerGroup(recorded: container.record.controlGroups)
        if let cacheControl {
            try update(cacheControl, &spec, &container.record, group)
            try container.state.write(container.record)
            try container.state.write(spec.encoded(), to: StateDirectory.configurationFile)
            if change == Resources() { return }
        }
        try group.require("change its limits")
        do throws(CgroupError) {
            try update(change, &spec, group, container.record.unit.map { ContainerUnit(name: $0.name, isUser: $0.isOfUser) })
        } catch {
            throw Failure(error)
        }
        // What `exec` and the next `update` start from.
        try container.state.write(spec.encoded(), to: StateDirectory.configurationFile)
    }

    private func update(
        _ change: Resources, _ spec: inout Spec, _ group: ContainerGroup, _ unit: ContainerUnit?
    ) throws(CgroupError) {
        let layout = try CgroupLayout.detect()
        var update = try CgroupUpdate(change, of: spec.linux?.resources, layout: layout)
        if unit != nil {
            // systemd counts in steps; the files must say what it makes of the numbers.
            let rounded = SystemdProperties.rounded(update.resources)
            var change = change
            if change.cpu?.quota != nil { change.cpu?.quota = rounded?.cpu?.quota }
            update = try CgroupUpdate(change, of: spec.linux?.resources, layout: layout)
        }
        for warning in update.changes.warnings { warn(warning.description) }
        // The kernel is asked first: systemd is told of limits that hold, and what it has no word for is written behind it.
        try group.group.update(update) { () throws(CgroupError) in
            guard let unit else { return }
            try unit.set(
                update.resources, isUnified: !group.hasLegacy,
                changingDevices: change.devices?.isEmpty == false)
            // Too little memory may have ended the container, and the unit with it.
            guard group.group.exists else { return }
            var values = update.changes
            values.checks = []
            try group.group.apply(values)
        }
        spec.linux = spec.linux ?? Linux()
        spec.linux?.resources = update.resources
    }

    private func update(
        _ change: IntelRdt, _ spec: inout Spec, _ record: inout ContainerRecord, _ group: ContainerGroup
    ) throws(Failure) {
        let current = spec.linux?.intelRdt
        if !record.undo.contains(.removeCacheGroups) { record.undo.insert(.removeCacheGroups, at: 0) }
        let processes = try group.processes()
        record.cacheGroups += try CacheControl(path: JSONPath()).update(
            change, of: current, id: record.id, processes: processes.isEmpty ? [record.process?.pid ?? 0] : processes)
        spec.linux = spec.linux ?? Linux()
        spec.linux?.intelRdt = (current ?? IntelRdt()).updated(by: change)
    }
}
