extension Runtime {
    /// Stops all processes of a container where they are.
    public func pause(_ id: String) throws(Failure) {
        let container = try StoredContainer.open(root: root, id: id, locking: true)
        switch try container.status(holdingLock: true) {
        case .running, .created:
            let group = ContainerGroup(recorded: container.record.controlGroups)
            try group.require("pause it")
            ProgressPage.note(paused: true, at: container.state.number)
            try group.freeze()
        case .paused: return
        case .stopped, .creating: throw Failure(.notRunning, "container not running")
        }
    }

    /// Lets all processes of a paused container go on.
    public func resume(_ id: String) throws(Failure) {
        let container = try StoredContainer.open(root: root, id: id, locking: true)
        let group = ContainerGroup(recorded: container.record.controlGroups)
        guard group.isFrozen else { throw Failure(.notRunning, "container not paused") }
        try group.thaw()
        ProgressPage.note(paused: false, at: container.state.number)
    }

    /// The pids of all processes of a container, as the host sees them.
    public func processes(_ id: String) throws(Failure) -> [Int32] {
        let container = try StoredContainer.open(root: root, id: id, locking: false)
        let group = ContainerGroup(recorded: container.record.controlGroups)
        try group.require("list its processes")
        return try group.processes()
    }
}
