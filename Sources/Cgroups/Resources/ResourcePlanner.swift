package import RuntimeSpec

extension CgroupChanges {
    /// What `linux.resources` asks for, as values for files: a pure function of the resources and the host's layout.
    ///
    /// SPEC(config-linux.md#control-groups). Each property goes to the hierarchy that has its controller, also on a hybrid
    /// host. A property of v1 is converted where v2 can say the same, and refused otherwise.
    /// - Parameters:
    ///   - resources: nil and an empty value give no writes but the device rules.
    ///   - path: where the resources are: `linux.resources`, or the top of the document for an update.
    ///   - changingDevices: whether the group gets device rules; an update without any leaves them as they are.
    /// - Throws: `CgroupError` of kind `invalidValue`, `unsupported` or `missingController`, with the property's path.
    package init(
        resources: Resources?, layout: CgroupLayout,
        path: JSONPath = JSONPath([.member("linux"), .member("resources")]), changingDevices: Bool = true
    ) throws(CgroupError) {
        var planner = ResourcePlanner(layout: layout, path: path)
        if changingDevices { try planner.plan(devices: resources?.devices) }
        if let resources {
            if let memory = resources.memory { try planner.plan(memory) }
            if let cpu = resources.cpu { try planner.plan(cpu) }
            if let pids = resources.pids { try planner.plan(pids) }
            if let blockIO = resources.blockIO { try planner.plan(blockIO) }
            try planner.plan(resources.hugepageLimits ?? [])
            if let network = resources.network { try planner.plan(network) }
            try planner.plan(resources.rdma ?? [:])
            try planner.plan(unified: resources.unified ?? [:])
        }
        self = planner.changes
    }
}

/// Collects the writes. One file per controller extends it.
struct ResourcePlanner {
    let layout: CgroupLayout
    let path: JSONPath
    var changes = CgroupChanges()

    init(layout: CgroupLayout, path: JSONPath) {
        self.layout = layout
        self.path = path
    }

    /// The hierarchy version that serves a controller; the name may differ between versions.
    func version(v1: String, v2: String? = nil, for property: JSONPath) throws(CgroupError) -> CgroupVersion {
        if layout.hierarchies.contains(where: { $0.version == .v1 && $0.controllers.contains(v1) }) { return .v1 }
        let name = v2 ?? v1
        if let unified = layout.unified, unified.controllers.contains(name) { return .v2 }
        throw CgroupError.missing(controller: layout.mode == .legacy ? v1 : name, path: property, layout: layout)
    }

    /// Adds a write of a controller's file.
    mutating func add(
        _ controller: String, _ version: CgroupVersion, _ file: String, _ value: String, _ property: JSONPath,
        alternative: CgroupWrite.Alternative? = nil, isOptional: Bool = false, set: String? = nil,
        moment: CgroupWrite.Moment = .beforeJoin
    ) {
        changes.writes.append(
            CgroupWrite(
                controller: controller, version: version, file: file, value: value, path: property,
                alternative: alternative, isOptional: isOptional, set: set, moment: moment))
    }

    /// A property that v2 has no word for. SPEC: if the conversion is not possible the runtime MUST generate an error.
    func inexpressible(_ property: JSONPath, _ what: String, hint: String? = nil) -> CgroupError {
        CgroupError(.unsupported, "cgroup v2 has no \(what)", path: property, hint: hint ?? "remove the property")
    }
}

extension CgroupError {
    /// A controller that is needed and not there, with the way to get it.
    static func missing(controller: String, path: JSONPath?, layout: CgroupLayout) -> CgroupError {
        let where_ = layout.mode == .unified ? " in \(layout.unified?.mountPoint ?? "")/cgroup.controllers" : " on this host"
        return CgroupError(
            .missingController, "the cgroup controller \"\(controller)\" is not available\(where_)", path: path,
            hint: hint(forController: controller, mode: layout.mode))
    }

    static func hint(forController controller: String, mode: CgroupLayout.Mode) -> String {
        switch mode {
        case .unified, .none:
            let kernel = "root looks at /proc/cgroups and at cgroup.subtree_control of the groups above"
            // systemd.resource-control(5): what Delegate= takes.
            let delegated = ["cpu", "cpuset", "io", "memory", "pids"]
            guard delegated.contains(controller) else { return "systemd gives \(controller) to no user: run as root; " + kernel }
            return "give it to users: systemctl edit user@.service, with [Service] Delegate=\(delegated.joined(separator: " ")); "
                + kernel
        case .legacy, .hybrid:
            return "mount its hierarchy (mount -t cgroup -o \(controller) none /sys/fs/cgroup/\(controller)), or check "
                + "/proc/cgroups and the kernel's cgroup_disable option"
        }
    }
}
