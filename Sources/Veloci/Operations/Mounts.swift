internal import ContainerPlan
internal import LinuxKernel
public import RuntimeSpec

extension Runtime {
    /// Makes mounts in a container that is created, runs or is paused. When one fails, those before it stay.
    ///
    /// - Parameters:
    ///   - mounts: as `mounts` of a configuration has them; sources are looked for on the host.
    ///   - id: the container.
    public func addMounts(_ mounts: [Mount], to id: String) throws(Failure) {
        try change(mounts, of: id, checking: { _ in true }) { (spec, request, facts) throws(PlanError) in
            try Plan.add(mounts, in: spec, request: request, facts: facts)
        }
    }

    /// Takes mounts away from a container that is created, runs or is paused. What still uses them keeps them until it ends.
    ///
    /// - Parameters:
    ///   - mounts: only their destinations count.
    ///   - id: the container.
    public func removeMounts(_ mounts: [Mount], from id: String) throws(Failure) {
        try change(mounts, of: id, checking: { $0 == .member("destination") }) { (spec, request, facts) throws(PlanError) in
            try Plan.remove(mounts, in: spec, request: request, facts: facts)
        }
    }

    private func change(
        _ mounts: [Mount], of id: String, checking isWanted: (JSONPath.Component) -> Bool,
        _ plan: (Spec, PlanRequest, HostFacts) throws(PlanError) -> Plan
    ) throws(Failure) {
        let container = try StoredContainer.open(root: root, id: id, locking: false)
        let status = try container.status()
        if status == .stopped || status == .creating { throw Failure(.stopped, "cannot change mounts of a stopped container") }
        var spec = try container.state.configuration()
        try check(mounts, spec, isWanted)
        var request = PlanRequest(id: id, bundle: container.record.bundle, waitsForStart: false)
        request.controlGroupManager = .disabled
        var facts = HostFacts.collect(isRootless: isRootless)
        if spec.linux?.hasNamespace(.user) == true, let process = container.record.process {
            facts.joinedMappings = Mappings.read(of: process.pid)
            spec.linux?.uidMappings = facts.joinedMappings?.uid
            spec.linux?.gidMappings = facts.joinedMappings?.gid
        }
        // The container's root is what it sees as such.
        spec.root?.path = container.record.rootfs
        let planned: Plan
        do throws(PlanError) {
            planned = try plan(spec, request, facts)
        } catch {
            throw Failure(error)
        }
        for warning in planned.warnings { warn(warning) }
        let subject = Subject(record: container.record, spec: spec, status: status)
        let performer = Performer(planned, for: subject, try .alone(), self)
        try performer.whole { () throws(Failure) in
            try performer.prepare()
            try performer.meetGates(until: nil)
            _ = try performer.stage().wait()
        }
    }

    /// What validation says of mounts in a container's configuration.
    private func check(_ mounts: [Mount], _ spec: Spec, _ isWanted: (JSONPath.Component) -> Bool) throws(Failure) {
        var changed = spec
        changed.mounts = mounts
        var problems = changed.validate().filter {
            $0.severity == .must && $0.path.components.first == .member("mounts")
                && $0.path.components.dropFirst(2).first.map(isWanted) ?? true
        }
        // The text that it would be the line of is nobody's.
        for index in problems.indices { (problems[index].line, problems[index].column) = (nil, nil) }
        if !problems.isEmpty { throw Failure(problems) }
    }
}
