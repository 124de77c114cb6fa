internal import CLibrary
internal import Cgroups
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

/// A container's unit of systemd: of the machine's, or for callers who are not root of the user's.
struct ContainerUnit {
    private let unit: SystemdUnit
    private let isUser: Bool

    /// How long systemd may take for one request.
    private static let patience: Int64 = 30_000

    init(name: String, isUser: Bool) {
        unit = SystemdUnit(name: name, slice: "")
        self.isUser = isUser
    }

    private var deadline: Deadline { Deadline(milliseconds: Self.patience) }

    private func connect() throws(CgroupError) -> SystemdManager { try Self.connect(isUser: isUser, before: deadline) }

    private static func connect(isUser: Bool, before deadline: Deadline) throws(CgroupError) -> SystemdManager {
        try SystemdManager.connect(
            isUser: isUser, userID: UserIdentity.effectiveUserID, environment: environment, before: deadline)
    }

    private static func environment(_ name: String) -> String? { unsafe getenv(name).map { unsafe String(cString: $0) } }

    /// Starts the unit around a process, with the limits that systemd knows.
    func start(_ request: UnitRequest, around process: Int32?) throws(CgroupError) {
        var manager = try connect()
        let holder = process.map { [SystemdProperty.process($0)] } ?? []
        try manager.start(request.unit, holder + request.properties, before: deadline)
    }

    /// Tells systemd of limits, so that it does not put back others when it is reloaded.
    func set(_ properties: [SystemdProperty]) throws(CgroupError) {
        var manager = try connect()
        try manager.set(properties, of: unit, before: deadline)
    }

    /// The same for the limits of `linux.resources`.
    func set(_ resources: Resources, isUnified: Bool, changingDevices: Bool) throws(CgroupError) {
        var manager = try connect()
        let facts = try Self.facts(of: &manager, isUser: isUser, before: deadline)
        let properties = SystemdProperties(
            systemdVersion: facts.version, isUnified: isUnified, isUser: isUser, hasBFQ: facts.hasBFQ)
        try manager.set(
            try properties.resources(resources, changingDevices: changingDevices, path: JSONPath()), of: unit, before: deadline)
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

    // MARK: Facts

    /// The systemd that would make a unit for this process.
    static func facts(isRootless: Bool?) throws(CgroupError) -> SystemdFacts {
        let isUser = isRootless ?? callerHasOwnManager
        let deadline = Deadline(milliseconds: patience)
        var manager = try connect(isUser: isUser, before: deadline)
        return try facts(of: &manager, isUser: isUser, before: deadline)
    }

    private static func facts(
        of manager: inout SystemdManager, isUser: Bool, before deadline: Deadline
    ) throws(CgroupError) -> SystemdFacts {
        SystemdFacts(
            version: try manager.version(before: deadline), isUser: isUser,
            controlGroup: try manager.controlGroup(before: deadline),
            hasBFQ: (try? Files.status(of: "/sys/module/bfq")) != nil)
    }

    /// RUNC: root inside a user namespace is a user of the host where the environment names a bus of that user's; otherwise it
    /// is the root of a machine whose systemd runs in the namespace as well.
    private static var callerHasOwnManager: Bool {
        if UserIdentity.isRootOfHost { return false }
        if UserIdentity.effectiveUserID != 0 { return true }
        return ["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"].contains { environment($0)?.isEmpty == false }
    }
}

extension Runtime {
    /// Keys of annotations in config.json that change what is done; a key that ends with a dot stands for all that begin so.
    package static let annotationsWithEffect =
        [CriuOrder.configurationAnnotation, UnitAnnotations.prefix] + CrunAnnotations.names
}
