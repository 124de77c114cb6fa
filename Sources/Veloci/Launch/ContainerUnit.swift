internal import CLibrary
internal import Cgroups
internal import LinuxKernel
internal import RuntimeSpec

/// A container as a unit of systemd: of the machine's, or for callers who are not root of the user's.
struct ContainerUnit {
    let unit: SystemdUnit
    let isUser: Bool

    /// How long systemd may take for one request.
    private static let patience: Int64 = 30_000

    /// The unit that config.json asks for.
    init(_ spec: Spec, id: String, isRootless: Bool?) throws(CgroupError) {
        isUser = isRootless ?? Self.callerHasOwnManager
        unit = try SystemdUnit(cgroupsPath: spec.linux?.cgroupsPath, containerID: id, isUser: isUser)
    }

    /// The unit of a container that exists; nil when systemd did not make its groups.
    init?(_ record: ContainerRecord) {
        if record.unit.isEmpty { return nil }
        isUser = record.unitIsOfUser
        unit = SystemdUnit(name: record.unit, slice: "")
    }

    /// RUNC: root inside a user namespace is a user of the host where the environment names a bus of that user's; otherwise it
    /// is the root of a machine whose systemd runs in the namespace as well.
    private static var callerHasOwnManager: Bool {
        if UserIdentity.isRootOfHost { return false }
        if UserIdentity.effectiveUserID != 0 { return true }
        return ["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"].contains { environment($0)?.isEmpty == false }
    }

    private static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    private func connect() throws(CgroupError) -> SystemdManager {
        try SystemdManager.connect(
            isUser: isUser, userID: UserIdentity.effectiveUserID, environment: Self.environment, before: deadline)
    }

    private var deadline: Deadline { Deadline(milliseconds: Self.patience) }

    /// Where the unit's groups are in every hierarchy.
    func paths(_ layout: CgroupLayout) throws(CgroupError) -> CgroupPaths {
        guard isUser else { return try CgroupPaths(layout: layout, unit: unit) }
        // RUNC refuses it as well: the hierarchies of version 1 are not given to users.
        guard layout.mode == .unified else {
            throw CgroupError(
                .unsupported, "a user's systemd makes control groups of version 2 only, and this host has version 1",
                hint: "leave out --systemd-cgroup, or boot with systemd.unified_cgroup_hierarchy=1")
        }
        var manager = try connect()
        let group = try manager.controlGroup(before: deadline)
        return try CgroupPaths(layout: layout, unit: unit, managerGroup: group)
    }

    private func properties(
        of manager: inout SystemdManager, isUnified: Bool
    ) throws(CgroupError) -> SystemdProperties {
        SystemdProperties(
            systemdVersion: try manager.version(before: deadline), isUnified: isUnified, isUser: isUser,
            hasBFQ: (try? Files.status(of: "/sys/module/bfq")) != nil)
    }

    /// Starts the unit around a process, with the limits that systemd knows.
    func start(_ spec: Spec, id: String, around process: Int32?, isUnified: Bool) throws(CgroupError) {
        var manager = try connect()
        let properties = try properties(of: &manager, isUnified: isUnified)
        var resources = SystemdProperties.rounded(spec.linux?.resources)
        if resources?.pids?.isTight == true { resources?.pids = nil }
        try manager.start(
            unit,
            try properties.start(
                unit, containerID: id, process: process, resources: resources, annotations: spec.annotations ?? [:]),
            before: deadline)
    }

    /// Tells systemd of limits, so that it does not put back others when it is reloaded.
    func set(_ resources: Resources, isUnified: Bool, changingDevices: Bool, path: JSONPath) throws(CgroupError) {
        var manager = try connect()
        let properties = try properties(of: &manager, isUnified: isUnified)
        try manager.set(
            try properties.resources(resources, changingDevices: changingDevices, path: path), of: unit, before: deadline)
    }

    /// Has systemd move a process into the unit: for users, who may not move one out of their session's group.
    /// - Parameter group: a path inside the unit's group; empty for the unit's own.
    func attach(_ process: Int32, group: String = "") throws(Failure) {
        do throws(CgroupError) {
            var manager = try connect()
            try manager.attach([process], to: unit, group: group, before: deadline)
        } catch {
            throw Failure(error)
        }
    }

    /// Stops the unit and ends what is left in it.
    func stop() throws(CgroupError) {
        var manager = try connect()
        try manager.stop(unit, before: deadline)
    }
}

extension Pids {
    /// Whether the limit leaves no room for the process that holds the unit until the container's is there.
    var isTight: Bool { limit.map { (1...4).contains($0) } ?? false }
}

extension Runtime {
    /// Keys of annotations in config.json that change what is done; a key that ends with a dot stands for all that begin so.
    package static let annotationsWithEffect = [UnitAnnotations.prefix]
}
