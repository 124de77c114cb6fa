public import ContainerPlan

extension Runtime {
    /// Makes a container that waits for `start`. It exists completely afterwards, or nothing of it does.
    public func create(_ request: CreateRequest) throws(Failure) {
        let creation = try Creation(self, request, waitsForStart: true)
        try creation.perform(standard: [nil, nil, nil])
    }

    /// The plan for a bundle; nothing is touched, no privilege is needed.
    public func plan(_ request: CreateRequest) throws(Failure) -> Plan {
        try plan(request, waitsForStart: true)
    }

    /// The plan of `create`, or of `run`, which does not wait.
    package func plan(_ request: CreateRequest, waitsForStart: Bool) throws(Failure) -> Plan {
        let bundle = try Bundle.open(request.bundle)
        let groups = try GroupRequest(bundle.spec, id: request.id, self)
        return try Creation.plan(bundle, request, waitsForStart: waitsForStart, groups: groups).plan
    }
}
