internal import RuntimeSpec

extension HostStep {
    /// What the step does, to complete "cannot …" and "1. …".
    public var text: String {
        switch self {
        case .makeStateDirectory: "make the state directory"
        case .makeControlGroup(let path): "make the control group \(path)"
        case .limit(let text): text
        case .openRoot(let path, let attributes, _): "open a copy of the mounts at \(path)" + optionText([], attributes)
        case .openTree(let path, let recursive, let attributes, let mappings, _):
            "open a copy of the mount\(recursive ? "s" : "") at \(path)" + optionText([], attributes)
                + (mappings == nil ? "" : ", with ids mapped")
        case .makeTree(let mount, let root, let copies, let mappings, _):
            "make a \(mount.type) for \(mount.target.path)" + optionText(mount.options, mount.attributes)
                + (copies ? ", with a copy of \(root)\(mount.target.path)" : "")
                + (mappings == nil ? "" : ", with ids mapped")
        case .openControlGroupTree(let hierarchy, let attributes, _):
            "open the container's control group\(hierarchy.isEmpty ? "" : " of \(hierarchy)")" + optionText([], attributes)
        case .openControlGroupTasks(let hierarchy, _): "open the control group of \(hierarchy) for joining"
        case .openNamespace(let kind, let path, _): "open the \(kind.rawValue) namespace \(path)"
        case .openContainerProcess: "open the container's process and its root"
        case .connectConsole(let path?, _): "connect to the console socket \(path)"
        case .connectConsole(nil, _): "make a socket for the terminal"
        case .makeStartPipe: "make the pipe that start writes to"
        case .attachRoot(_, let path): "attach the root at \(path), on the host"
        case .cloneProcess(let kinds):
            "clone the container's process"
                + (kinds.isEmpty ? "" : " into new namespaces: \(kinds.map { $0.rawValue }.joined(separator: ", "))")
        case .writeMappings(let uid, let gid):
            "map users \(HostStep.text(uid)) and groups \(HostStep.text(gid))"
        case .writeTimeOffset(let clock, let seconds, let nanoseconds):
            "shift the clock \(clock) by \(seconds) s and \(nanoseconds) ns"
        case .moveNetworkDevice(let name, let newName):
            "move the network device \(name)" + (name == newName ? "" : " and rename it to \(newName)")
        case .setOOMScore(let score): "set the out-of-memory score to \(score)"
        case .runHook(let kind, let hook): "run the \(kind.rawValue) hook \(hook.path)"
        case .sendListener(let path): "send the seccomp listener to \(path)"
        case .setLimit(let kind, let soft, let hard): HostStep.limitText(kind, soft: soft, hard: hard)
        case .writeState: "write the container's state"
        case .writePidFile(let path): "write the pid to \(path)"
        case .joinCacheControl(let group): "join the cache control group \(group ?? "")"
        }
    }

    private static func text(_ mappings: [IDMapping]) -> String {
        mappings.map { "\($0.containerID)→\($0.hostID)+\($0.size)" }.joined(separator: " ")
    }

    static func limitText(_ kind: RlimitKind, soft: UInt64, hard: UInt64) -> String {
        "limit \(kind.rawValue) to \(limit(soft)), at most \(limit(hard))"
    }

    private static func limit(_ value: UInt64) -> String { value == .max ? "unlimited" : "\(value)" }
}
