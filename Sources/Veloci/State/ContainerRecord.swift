internal import RuntimeSpec

/// What veloci keeps about a container between commands, as `state.json` in its state directory.
struct ContainerRecord: Equatable, Sendable {
    var id: String
    var bundle: String
    var rootfs: String
    /// RFC 3339.
    var created: String
    /// The name of the user who made it; empty for root.
    var owner: String
    var annotations: [String: String] = [:]
    /// The container's first process as the runtime sees it; 0 while it is being made.
    var pid: Int32 = 0
    /// Clock ticks after the machine's start; tells the process from a later one with the same pid.
    var startTime: UInt64 = 0
    /// How many steps the stage's plan has.
    var stepCount = 0
    /// Directories of its control group by controller, empty for version 2: known before they are made, so that nothing is
    /// left behind.
    var controlGroups: [String: String] = [:]
    /// The systemd unit, if systemd made the control group.
    var unit: String = ""
    /// Whether the unit is of the user's systemd.
    var unitIsOfUser = false
    /// The kernel's number of the mount at `rootfs` in the runtime's own mount namespace; 0 without one.
    var rootMount: UInt64 = 0
    /// What the container has been given beyond namespaces that this record's process can show.
    var cacheControlGroups: [String] = []

    var json: JSONValue {
        func list(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
        func object(_ texts: [String: String]) -> JSONValue {
            var members = JSONMembers()
            for (name, value) in texts.sortedByName { members[name] = .string(value) }
            return .object(members)
        }
        return [
            "format": 1, "id": .string(id), "bundle": .string(bundle), "rootfs": .string(rootfs),
            "created": .string(created), "owner": .string(owner), "annotations": object(annotations),
            "pid": .number(JSONNumber(pid)), "startTime": .number(JSONNumber(startTime)),
            "stepCount": .number(JSONNumber(stepCount)),
            "controlGroups": object(controlGroups), "unit": .string(unit),
            "unitIsOfUser": .bool(unitIsOfUser), "cacheControlGroups": list(cacheControlGroups),
            "rootMount": .number(JSONNumber(rootMount)),
        ]
    }

    /// Nil for a document that veloci did not write, or not completely.
    init?(_ value: JSONValue) {
        guard let object = value.object else { return nil }
        func list(_ name: String) -> [String]? { object[name]?.array?.compactMap { $0.string } }
        func texts(_ name: String) -> [String: String]? {
            guard let members = object[name]?.object?.members else { return nil }
            return members.reduce(into: [:]) { $0[$1.name] = $1.value.string ?? "" }
        }
        guard object["format"]?.number?.integer(as: Int.self) == 1, let id = object["id"]?.string,
            let bundle = object["bundle"]?.string, let rootfs = object["rootfs"]?.string,
            let created = object["created"]?.string, let owner = object["owner"]?.string,
            let pid = object["pid"]?.number?.integer(as: Int32.self),
            let startTime = object["startTime"]?.number?.integer(as: UInt64.self),
            let stepCount = object["stepCount"]?.number?.integer(as: Int.self),
            let controlGroups = texts("controlGroups"), let unit = object["unit"]?.string,
            let unitIsOfUser = object["unitIsOfUser"]?.bool,
            let rootMount = object["rootMount"]?.number?.integer(as: UInt64.self),
            let cacheControlGroups = list("cacheControlGroups"), let annotations = texts("annotations")
        else { return nil }
        self.init(id: id, bundle: bundle, rootfs: rootfs, created: created, owner: owner)
        self.pid = pid
        self.startTime = startTime
        self.stepCount = stepCount
        self.controlGroups = controlGroups
        self.unit = unit
        self.unitIsOfUser = unitIsOfUser
        self.rootMount = rootMount
        self.cacheControlGroups = cacheControlGroups
        self.annotations = annotations
    }

    init(id: String, bundle: String, rootfs: String, created: String, owner: String) {
        self.id = id
        self.bundle = bundle
        self.rootfs = rootfs
        self.created = created
        self.owner = owner
    }
}
