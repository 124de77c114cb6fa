internal import Cgroups
public import RuntimeSpec

extension Plan {
    /// The plan that makes mounts in a container that runs already, as `mounts` of a configuration has them: the same steps as
    /// those of a new container, by a stage that joins its namespaces.
    ///
    /// - Parameters:
    ///   - spec: the container's configuration, with these mounts alone, in their order.
    public static func addMounts(
        of spec: ValidatedSpec, request: PlanRequest, facts: HostFacts
    ) throws(PlanError) -> Plan {
        for (index, mount) in spec.mounts.enumerated() { try refuse(mount, JSONPath.of("mounts").index(index), facts) }
        let planner = try CreatePlanner(spec: spec, request: request, facts: facts)
        let root = try begin(spec, facts, &planner.builder)
        planner.builder.add(.saveUmask)
        try planner.planMounts(root: root)
        planner.planReadOnlyMounts()
        end(&planner.builder)
        return planner.builder.plan
    }

    /// The plan that takes mounts of a container that runs away: of each only its destination counts.
    public static func removeMounts(
        _ mounts: [Mount], in spec: ValidatedSpec, request: PlanRequest, facts: HostFacts
    ) throws(PlanError) -> Plan {
        var builder = PlanBuilder()
        let root = try begin(spec, facts, &builder)
        let proc = builder.slot()
        builder.add(.openPrivateProcessFileSystem(into: proc))
        // What was mounted last may lie inside of what was mounted before.
        for (index, mount) in mounts.enumerated().reversed() {
            let path = JSONPath.of("mounts").index(index).member("destination")
            let destination = ContainerPath(cleaning: mount.destination)
            guard destination != "/" else { throw PlanError("the root itself is no mount that could be removed", at: path) }
            builder.add(.removeMount(path: destination, root: root, processFileSystem: proc), for: path)
        }
        end(&builder)
        return builder.plan
    }

    private static func refuse(_ mount: Mount, _ path: JSONPath, _ facts: HostFacts) throws(PlanError) {
        let options = MountOptions(mount.options ?? [])
        if mount.type == "cgroup" || mount.type == "cgroup2" {
            throw PlanError("mounts of control groups are made with the container", at: path.member("type"))
        }
        if options.copiesUp {
            throw PlanError("tmpcopyup has a meaning for a new container alone", at: path.member("options"))
        }
    }

    private static func begin(_ spec: ValidatedSpec, _ facts: HostFacts, _ builder: inout PlanBuilder) throws(PlanError) -> Slot {
        let linux = spec.linux
        guard linux.hasNamespace(.mount) else {
            throw PlanError("the container has no mount namespace of its own", at: .of("linux", "namespaces"))
        }
        guard facts.isPrivileged else {
            throw PlanError(
                "mounts of a container that runs need CAP_SYS_ADMIN over the runtime's own mount namespace", at: .of("mounts"),
                hint: "as in the user namespace of a rootless engine: podman unshare", kind: .unsupported)
        }
        builder.add(.resetSignals)
        builder.add(.closeDescriptors)
        builder.add(.nameProcess("veloci:[2:MNT]"))
        // CVE-2016-9962: those inside could trace us while we still hold the host's descriptors.
        builder.add(.refuseTracing)
        let kinds = NamespaceKind.allCases.filter { linux.hasNamespace($0) }
        planJoin(kinds, facts, .becomeUser(of: linux, like: spec.process.document, keepsGroups: false), &builder)
        builder.add(.newSession)
        let root = builder.slot()
        builder.add(.openCurrentRoot(root))
        return root
    }

    private static func end(_ builder: inout PlanBuilder) {
        builder.add(.gate(.ready))
        builder.add(.end)
        builder.prepare(.makeProgressPage)
        builder.prepare(.cloneProcess(namespaces: [], inControlGroup: false))
    }
}
