internal import Cgroups
internal import RuntimeSpec

/// Decides which control groups a container gets, who makes them, and what is written there.
struct ControlGroupPlanner {
    private(set) var paths: CgroupPaths
    let changes: CgroupChanges
    /// The unit that systemd makes; its groups are the container's.
    let unit: UnitRequest?
    /// What systemd is told when the container's process is inside, because it would keep it out.
    let unitChange: UnitChange?
    /// The host user who gets the group, so that root of the container can make groups inside.
    private let owner: UInt32?
    private let isRootless: Bool
    private(set) var warnings: [String]

    private static let property = JSONPath.of("linux", "cgroupsPath")
    private static let resources = JSONPath.of("linux", "resources")

    /// Nil when control groups are switched off.
    init?(_ spec: ValidatedSpec, _ request: PlanRequest, _ facts: HostFacts) throws(PlanError) {
        guard request.controlGroupManager != .disabled else { return nil }
        isRootless = facts.isRootless
        owner = facts.isRootless ? nil : CgroupOwnership.owner(spec.document, mode: facts.layout.mode)
        do throws(CgroupError) {
            var resources = spec.document.linux?.resources
            if request.controlGroupManager == .systemd {
                let systemd = try Self.systemd(facts)
                let unit = try SystemdUnit(
                    cgroupsPath: spec.document.linux?.cgroupsPath, containerID: request.id, isUser: systemd.isUser)
                paths = try CgroupPaths(layout: facts.layout, unit: unit, managerGroup: systemd.controlGroup)
                resources = SystemdProperties.rounded(resources)
                (self.unit, unitChange) = try Self.plan(unit, systemd, spec, resources, request, facts.layout)
            } else {
                (unit, unitChange) = (nil, nil)
                paths = try CgroupPaths(
                    layout: facts.layout, cgroupsPath: spec.document.linux?.cgroupsPath, containerID: request.id)
            }
            var changes = try CgroupChanges(resources: resources, layout: facts.layout)
            if unitChange != nil {
                for index in changes.writes.indices where changes.writes[index].controller == "pids" {
                    changes.writes[index].moment = .afterJoin
                }
            }
            self.changes = changes
        } catch {
            throw PlanError(error)
        }
        warnings = changes.warnings.map { $0.description }
        if unit == nil { try leaveOut(facts.refusedGroups) }
    }

    private static func systemd(_ facts: HostFacts) throws(CgroupError) -> SystemdFacts {
        guard let systemd = facts.systemd else {
            throw CgroupError(
                .systemd, "systemd does not run here", path: property,
                hint: "systemd must be the init system, or make control groups without it")
        }
        // RUNC refuses it as well: the hierarchies of version 1 are not given to users.
        guard !systemd.isUser || facts.layout.mode == .unified else {
            throw CgroupError(
                .unsupported, "a user's systemd makes control groups of version 2 only, and this host has version 1",
                hint: "make control groups without systemd, or boot with systemd.unified_cgroup_hierarchy=1")
        }
        return systemd
    }

    /// A limit of tasks that leaves no room for the process that holds the unit is told when that has ended.
    private static func plan(
        _ unit: SystemdUnit, _ systemd: SystemdFacts, _ spec: ValidatedSpec, _ resources: Resources?, _ request: PlanRequest,
        _ layout: CgroupLayout
    ) throws(CgroupError) -> (UnitRequest, UnitChange?) {
        let properties = SystemdProperties(
            systemdVersion: systemd.version, isUnified: layout.mode == .unified, isUser: systemd.isUser,
            hasBFQ: systemd.hasBFQ)
        var early = resources
        var change: UnitChange?
        if let pids = resources?.pids, pids.isTight {
            early?.pids = nil
            change = UnitChange(
                unit: unit, isOfUser: systemd.isUser,
                properties: try properties.resources(Resources(pids: pids), changingDevices: false, path: Self.resources))
        }
        let started = try properties.start(
            unit, containerID: request.id, process: nil, resources: early, annotations: spec.document.annotations ?? [:])
        return (UnitRequest(unit: unit, isOfUser: systemd.isUser, properties: started), change)
    }

    /// Leaves the groups out that the caller may not make, if config.json names no place and sets no limit.
    private mutating func leaveOut(_ refused: [String: String]) throws(PlanError) {
        var left: [String] = []
        for location in paths.locations {
            guard let reason = refused[location.directory] else { continue }
            guard !paths.isExplicit, !changes.needs(location) else {
                let limit = changes.writes.first { $0.controller != "devices" }
                throw PlanError(
                    "cannot make the control group \(location.directory): \(reason)", at: limit?.path ?? Self.property,
                    hint: "without root, limits and cgroupsPath need a delegated group: start in one with "
                        + "systemd-run --user --scope -p Delegate=yes, let systemd make it, or leave both out")
            }
            left.append("no control group at \(location.directory): \(reason)")
        }
        paths.locations.removeAll { refused[$0.directory] != nil }
        guard let first = left.first else { return }
        let others = left.count - 1
        warnings.append(first + (others > 0 ? " (and \(others) more)" : "") + "; the container runs without")
    }

    /// Makes the groups, with all limits that empty ones can have.
    func plan(_ builder: inout PlanBuilder) {
        if let unit {
            if !unit.unit.isSlice { builder.prepare(.holdUnit(name: unit.name), for: Self.property) }
            builder.prepare(.startUnit(unit), for: Self.property)
        }
        if paths.locations.isEmpty { return }
        builder.prepare(
            .makeControlGroup(ControlGroupRequest(paths: paths, changes: changes, isOfUnit: unit != nil)), for: Self.property)
        for limit in changes.limits() { builder.prepare(.limit(step(limit)), for: limit.path) }
        if let owner, paths.unified != nil { builder.prepare(.giveControlGroup(user: owner), for: Self.property) }
    }

    /// What comes with the container's first process inside.
    func planLate(_ builder: inout PlanBuilder) {
        if let unit, unit.isOfUser { builder.at(.ready, .moveIntoUnit(name: unit.name), for: Self.property) }
        if let unit, !unit.unit.isSlice { builder.at(.ready, .releaseUnit(name: unit.name), for: Self.property) }
        for limit in changes.limits(.afterJoin) { builder.at(.ready, .limit(step(limit)), for: limit.path) }
        if let unitChange { builder.at(.ready, .tellUnit(unitChange), for: Self.resources) }
    }

    private func step(_ limit: CgroupLimit) -> ControlGroupLimit {
        ControlGroupLimit(limit: limit, toleratesDevices: isRootless)
    }
}

/// The hierarchies as a container sees them.
struct ContainerHierarchies: Equatable {
    struct Hierarchy: Equatable {
        /// The name of its directory below the mount point, such as `cpu,cpuacct` or `systemd`; empty for version 2 alone.
        var name: String
        /// The options that mount it: controllers, or `name=…` for one without.
        var options: [String] = []
        /// Whether the container has a group of its own there.
        var isJoined = true
        /// The directory on the host that the container may see: its own group's, or else that of veloci's group. Version 2 alone
        /// is seen as a whole.
        var directory: HostPath = ""
    }

    /// Of version 1, in the order of their mounts; empty on a host with version 2 alone.
    var legacy: [Hierarchy] = []
    /// Version 2, alone or beside version 1; nil where it is not mounted.
    var unified: Hierarchy?

    /// Those of the host, with the groups that a new container gets there.
    init(_ layout: CgroupLayout, own locations: [CgroupLocation]) {
        let isAlone = layout.mode == .unified
        // Both are in the order of the layout; where a group was left out there is none.
        var rest = locations[...]
        for host in layout.hierarchies where host.isForContainers {
            let own = rest.first?.mountPoint == host.mountPoint ? rest.popFirst() : nil
            let caller = host.ownCgroup == "/" ? host.mountPoint : host.mountPoint + host.ownCgroup
            let directory = HostPath(isAlone ? host.mountPoint : own?.directory ?? caller)
            if host.version == .v2 {
                unified = Hierarchy(name: isAlone ? "" : "unified", isJoined: own != nil, directory: directory)
            } else {
                let name = host.controllers.isEmpty ? host.name ?? "" : host.controllers.joined(separator: ",")
                let options = host.controllers.isEmpty ? ["none", "name=\(host.name ?? "")"] : host.controllers
                legacy.append(Hierarchy(name: name, options: options, isJoined: own != nil, directory: directory))
            }
        }
    }

    /// Those in which a container that exists has groups.
    init(of paths: CgroupPaths) {
        legacy = paths.locations.filter { $0.version == .v1 }.map { Hierarchy(name: $0.hierarchyName) }
        if paths.unified != nil { unified = Hierarchy(name: legacy.isEmpty ? "" : "unified") }
    }
}

extension PlanError {
    init(_ error: CgroupError) {
        self.init(error.message, at: error.path ?? JSONPath(), hint: error.hint)
        kind = error.kind == .unsupported || error.kind == .missingController ? .unsupported : .invalid
    }
}
