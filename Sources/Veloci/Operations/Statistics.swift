internal import Cgroups

extension Runtime {
    /// What the container uses, as the JSON text of the `data` of runc's stats events.
    public func statistics(_ id: String) throws(Failure) -> String {
        let container = try StoredContainer.open(root: root, id: id, locking: false)
        guard try container.status() != .stopped else { throw Failure(.notRunning, "container not running") }
        let group = ContainerGroup(recorded: container.record.controlGroups)
        try group.require("tell what it uses")
        do throws(CgroupError) {
            return try group.group.statistics().jsonText()
        } catch {
            throw Failure(error)
        }
    }
}
