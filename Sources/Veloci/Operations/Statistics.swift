public import Cgroups

extension Runtime {
    /// What the container uses and how it is limited. `jsonText()` of it is the `data` of runc's stats events.
    public func statistics(_ id: String) throws(Failure) -> CgroupStatistics {
        let container = try StoredContainer.open(root: root, id: id, locking: false)
        guard try container.status() != .stopped else { throw Failure(.notRunning, "container not running") }
        let group = ContainerGroup(recorded: container.record.controlGroups)
        try group.require("tell what it uses")
        do throws(CgroupError) {
            return try group.group.statistics()
        } catch {
            throw Failure(error)
        }
    }
}
