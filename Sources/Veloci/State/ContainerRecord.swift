internal import ContainerPlan
internal import RuntimeSpec

/// What veloci keeps about a container between commands, as `state.json` in its state directory: all that `start`, `state`,
/// `kill`, `delete`, `ps`, `list` and `pause` need, so that none of them reads config.json again (hooks excepted).
struct ContainerRecord: Equatable, Sendable {
    /// The container's first process, told from a later one with the same pid.
    struct FirstProcess: Equatable, Sendable {
        /// As the runtime sees it.
        var pid: Int32
        /// Clock ticks after the machine's start.
        var startTime: UInt64
    }

    var id: String
    var bundle: String
    var rootfs: String
    /// RFC 3339.
    var created: String
    var annotations: [String: String] = [:]
    /// Whether the container has a pid namespace of its own, all processes of which end with its first.
    var hasOwnProcesses = true
    /// Whether hooks run when the program has been started.
    var hasPoststartHooks = false
    /// Whether it was made with the keyring of its caller (`--no-new-keyring`), so that its other programs get theirs as well.
    var sharesKeyring = false
    /// What takes the container back, in this order: the undo of its plan, known before the first effect.
    var undo: [Undo] = []
    /// What the steps are about that come in `start`.
    var start: [StepAccount] = []

    /// The start of the machine in which the container was made; empty for unknown.
    var boot: String

    // What is learned later.

    /// Nil while the container is being made.
    var process: FirstProcess?
    /// The kernel's number of each directory of the control group, since the container's process is in it.
    var controlGroupNumbers: [String: UInt64] = [:]
    /// The kernel's number of the mount at `rootfs` in the runtime's own mount namespace.
    var rootMount: UInt64?
    /// Directories of resctrl that were made for the container.
    var cacheGroups: [String] = []

    init(id: String, bundle: String, rootfs: String, created: String, boot: String = ContainerRecord.currentBoot) {
        self.boot = boot
        self.id = id
        self.bundle = bundle
        self.rootfs = rootfs
        self.created = created
    }

    /// The directories of the container's control group by controller, the empty name for version 2.
    var controlGroups: [String: String] {
        for case .removeControlGroup(let directories) in undo { return directories }
        return [:]
    }

    /// The unit of systemd that has the control group.
    var unit: (name: String, isOfUser: Bool)? {
        for case .stopUnit(let name, let isOfUser) in undo { return (name, isOfUser) }
        return nil
    }
}

extension ContainerRecord {
    private static let format = 2

    var json: JSONValue {
        var members: JSONMembers = [
            "format": .number(JSONNumber(Self.format)), "id": .string(id), "bundle": .string(bundle), "rootfs": .string(rootfs),
            "created": .string(created), "boot": .string(boot),
        ]
        if !annotations.isEmpty { members["annotations"] = .object(JSONMembers(texts: annotations)) }
        if let process {
            members["process"] = [
                "pid": .number(JSONNumber(process.pid)), "startTime": .number(JSONNumber(process.startTime)),
            ]
        }
        members["hasOwnProcesses"] = .bool(hasOwnProcesses)
        members["hasPoststartHooks"] = .bool(hasPoststartHooks)
        if sharesKeyring { members["sharesKeyring"] = .bool(true) }
        if !controlGroupNumbers.isEmpty {
            var numbers = JSONMembers()
            for (directory, number) in controlGroupNumbers.sorted(by: { $0.key < $1.key }) {
                numbers[directory] = .number(JSONNumber(number))
            }
            members["controlGroupNumbers"] = .object(numbers)
        }
        if let rootMount { members["rootMount"] = .number(JSONNumber(rootMount)) }
        if !cacheGroups.isEmpty { members["cacheGroups"] = .array(cacheGroups.map { .string($0) }) }
        members["undo"] = .array(undo.map { $0.json })
        members["start"] = .array(start.map { $0.json })
        return .object(members)
    }

    /// Nil for a document that veloci did not write, or not completely.
    init?(_ value: JSONValue) {
        guard let object = value.object, object["format"]?.number?.integer(as: Int.self) == Self.format,
            let id = object["id"]?.string, let bundle = object["bundle"]?.string, let rootfs = object["rootfs"]?.string,
            let created = object["created"]?.string, let hasOwnProcesses = object["hasOwnProcesses"]?.bool,
            let hasPoststartHooks = object["hasPoststartHooks"]?.bool, let undo = object["undo"]?.array,
            let start = object["start"]?.array
        else { return nil }
        self.init(id: id, bundle: bundle, rootfs: rootfs, created: created, boot: object["boot"]?.string ?? "")
        self.hasOwnProcesses = hasOwnProcesses
        self.hasPoststartHooks = hasPoststartHooks
        sharesKeyring = object["sharesKeyring"]?.bool ?? false
        for value in undo {
            guard let undo = Undo(value) else { return nil }
            self.undo.append(undo)
        }
        for value in start {
            guard let account = StepAccount(value) else { return nil }
            self.start.append(account)
        }
        for member in object["controlGroupNumbers"]?.object?.members ?? [] {
            controlGroupNumbers[member.name] = member.value.number?.integer(as: UInt64.self)
        }
        annotations = object["annotations"]?.object?.texts ?? [:]
        cacheGroups = object["cacheGroups"]?.array?.compactMap { $0.string } ?? []
        rootMount = object["rootMount"]?.number?.integer(as: UInt64.self)
        if let process = object["process"] {
            guard let pid = process.object?["pid"]?.number?.integer(as: Int32.self), pid > 0,
                let startTime = process.object?["startTime"]?.number?.integer(as: UInt64.self)
            else { return nil }
            self.process = FirstProcess(pid: pid, startTime: startTime)
        }
    }
}

extension JSONMembers {
    /// Texts by name, in the order of their names.
    init(texts: [String: String]) {
        self.init(texts.sorted { $0.key < $1.key }.map { Member(name: $0.key, value: .string($0.value)) })
    }

    /// The members that are texts.
    var texts: [String: String] {
        members.reduce(into: [:]) { texts, member in
            if let text = member.value.string { texts[member.name] = text }
        }
    }
}
