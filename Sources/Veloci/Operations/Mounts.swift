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
        try change(id) { (spec, request, facts) throws(Failure) in
            let wanted: ValidatedSpec
            do throws(DecodingFailure) {
                wanted = try spec.with(mounts: mounts)
            } catch {
                throw Failure(error.diagnostics)
            }
            do throws(PlanError) {
                return try Plan.addMounts(of: wanted, request: request, facts: facts)
            } catch {
                throw Failure(error)
            }
        }
    }

    /// Takes mounts away from a container that is created, runs or is paused. What still uses them keeps them until it ends.
    ///
    /// - Parameters:
    ///   - mounts: only their destinations count.
    ///   - id: the container.
    public func removeMounts(_ mounts: [Mount], from id: String) throws(Failure) {
        try change(id) { (spec, request, facts) throws(Failure) in
            try checkPlaces(of: mounts, spec.document)
            do throws(PlanError) {
                return try Plan.removeMounts(mounts, in: spec, request: request, facts: facts)
            } catch {
                throw Failure(error)
            }
        }
    }

    private func change(
        _ id: String, _ plan: (ValidatedSpec, PlanRequest, HostFacts) throws(Failure) -> Plan
    ) throws(Failure) {
        let container = try StoredContainer.open(root: root, id: id, locking: false)
        let status = try container.status()
        if status == .stopped || status == .creating { throw Failure(.stopped, "cannot change mounts of a stopped container") }
        var spec = try container.state.configuration()
        var request = PlanRequest(id: id, bundle: HostPath(container.record.bundle), waitsForStart: false)
        request.controlGroupManager = .disabled
        var facts = HostFacts.collect(isRootless: isRootless)
        if spec.document.linux?.hasNamespace(.user) == true, let process = container.record.process {
            facts.joinedMappings = Mappings.read(of: process.pid)
            spec = spec.with(
                uidMappings: facts.joinedMappings?.uid ?? [], gidMappings: facts.joinedMappings?.gid ?? [])
        }
        // The container's root is what it sees as such.
        spec = spec.with(rootPath: container.record.rootfs)
        let planned = try plan(spec, request, facts)
        for warning in planned.warnings { warn(warning) }
        let subject = Subject(record: container.record, spec: spec.document, status: status)
        let performer = Performer(planned, for: subject, try .alone(), self)
        try performer.whole { () throws(Failure) in
            try performer.prepare()
            try performer.meetGates(until: nil)
            _ = try performer.stage().wait()
        }
    }

    /// What validation says of the places of mounts.
    private func checkPlaces(of mounts: [Mount], _ spec: Spec) throws(Failure) {
        var changed = spec
        changed.mounts = mounts
        let problems = changed.validate().filter {
            $0.severity == .must && $0.path.components.first == .member("mounts")
                && $0.path.components.dropFirst(2).first ?? .member("destination") == .member("destination")
        }
        if !problems.isEmpty { throw Failure(problems) }
    }
}
