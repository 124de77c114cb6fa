internal import Cgroups
internal import LinuxKernel
public import RuntimeSpec

extension Runtime {
    /// Changes the limits of a container: those that `change` names, the others stay.
    public func update(_ id: String, _ change: Resources) throws(Failure) {
        let container = try StoredContainer.open(root: root, id: id, locking: true)
        let status = container.status(holdingLock: true)
        guard status != .stopped && status != .creating else { throw Failure(.notRunning, "container not running") }
        var spec = try container.state.configuration()
        let group = ContainerGroup(recorded: container.record.controlGroups)
        do throws(CgroupError) {
            let layout = try CgroupLayout.detect()
            let unit = ContainerUnit(container.record)
            var update = try CgroupUpdate(change, of: spec.linux?.resources, layout: layout)
            if let unit {
                // systemd counts in steps; the files must say what it makes of the numbers.
                let rounded = SystemdProperties.rounded(update.resources)
                var change = change
                if change.cpu?.quota != nil { change.cpu?.quota = rounded?.cpu?.quota }
                update = try CgroupUpdate(change, of: spec.linux?.resources, layout: layout)
                try unit.set(
                    update.resources, isUnified: !group.group.paths.locations.contains { $0.version == .v1 },
                    changingDevices: change.devices?.isEmpty == false, path: JSONPath())
            }
            for warning in update.changes.warnings { warn(warning.description) }
            try group.group.apply(update.changes)
            var linux = spec.linux ?? Linux()
            linux.resources = update.resources
            spec.linux = linux
        } catch {
            throw Failure(error)
        }
        // What `exec` and the next `update` start from.
        try container.state.write(spec.encoded(), to: StateDirectory.configurationFile)
    }
}
