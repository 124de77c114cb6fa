public import ContainerPlan
internal import RuntimeSpec

extension Runtime {
    /// Makes a container that waits for `start`. It exists completely afterwards, or nothing of it does.
    public func create(_ request: CreateRequest) throws(Failure) {
        let creation = try Creation(self, request, waitsForStart: true)
        try creation.perform(standard: [nil, nil, nil])
    }

    /// The plan for a bundle; nothing is touched, no privilege is needed. Without a user namespace it is root's plan.
    public func plan(_ request: CreateRequest) throws(Failure) -> Plan {
        try plan(request, waitsForStart: true)
    }

    /// The plan of `create`, or of `run`, which does not wait.
    package func plan(_ request: CreateRequest, waitsForStart: Bool) throws(Failure) -> Plan {
        let bundle = try Bundle.open(request.bundle)
        let groups = try GroupRequest(bundle.spec, id: request.id, self)
        var facts = HostFacts.collect()
        // Without a user namespace only root can make it, so that is whose plan people want to see.
        let mayMakeNamespaces = facts.permittedCapabilities >> 21 & 1 == 1  // CAP_SYS_ADMIN
        if !mayMakeNamespaces && bundle.spec.linux?.hasNamespace(.user) != true {
            facts.isPrivileged = true
            facts.isInUserNamespace = false
            facts.canRaiseLimits = true
            facts.permittedCapabilities = .max
        }
        return try Creation.plan(bundle, request, waitsForStart: waitsForStart, groups: groups, facts: facts).plan
    }
}
