import RuntimeSpec

@testable import ContainerPlan

/// Plans of what tests write down: it is validated first, as everywhere.
extension Plan {
    static func create(_ spec: Spec, request: PlanRequest, facts: HostFacts) throws(PlanError) -> Plan {
        try create(validated(spec), request: request, facts: facts)
    }

    static func execute(
        _ process: Spec.Process, in spec: Spec, request: PlanRequest, facts: HostFacts
    ) throws(PlanError) -> Plan {
        let spec = try validated(spec)
        let program: ValidatedProcess
        do {
            program = try ValidatedProcess(process, in: spec)
        } catch {
            throw PlanError(error.description, at: JSONPath())
        }
        return try execute(program, in: spec, request: request, facts: facts)
    }

    static func checkpoint(
        _ spec: Spec, root: HostPath, groups: [String: String], process: CheckpointFacts.Process, options: CheckpointOptions,
        host: HostFacts, facts: CheckpointFacts
    ) throws(PlanError) -> Plan {
        try checkpoint(
            validated(spec), root: root, groups: groups, process: process, options: options, host: host, facts: facts)
    }

    static func restore(
        _ spec: Spec, request: PlanRequest, options: CheckpointOptions, state: HostPath, host: HostFacts, facts: CheckpointFacts
    ) throws(PlanError) -> Plan {
        try restore(validated(spec), request: request, options: options, state: state, host: host, facts: facts)
    }

    private static func validated(_ spec: Spec) throws(PlanError) -> ValidatedSpec {
        do {
            return try ValidatedSpec(spec)
        } catch {
            throw PlanError(error.description, at: JSONPath())
        }
    }
}
