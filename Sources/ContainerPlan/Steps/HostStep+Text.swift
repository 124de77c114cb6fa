internal import RuntimeSpec

extension HostStep {
    /// What the step does, to complete "cannot …" and "1. …".
    public var text: String {
        switch self {
        case .makeStateDirectory: "make the state directory"
        case .writeRecord: "write down how all that follows is taken back"
        case .keepConfiguration: "keep a copy of config.json"
        case .makeNotifyDirectory: "make the directory of the notify socket"
        case .listenForReadiness: "make the notify socket"
        case .holdUnit(let name): "start a process that holds the unit \(name)"
        case .startUnit(let request):
            "have systemd start the unit \(request.name) with \(request.text)"
        case .makeControlGroup(let request): "\(request.isOfUnit ? "take" : "make") the control group \(request.path)"
        case .limit(let limit): limit.text
        case .giveControlGroup(let user): "give the control group to user \(user)"
        case .makeCacheGroup(let rdt): "make the cache control group \(rdt.closID ?? "")"
        case .openRoot(let path, let attributes, _): "open a copy of the mounts at \(path)" + optionText([], attributes)
        case .openTree(let path, let recursive, let followsLink, let attributes, let mappings, _):
            "open a copy of the mount\(recursive ? "s" : "") at \(followsLink ? "" : "the link ")\(path)"
                + optionText([], attributes)
                + (mappings == nil ? "" : ", with ids mapped")
        case .makeTree(let mount, let root, let copy, let mappings, let owners, _):
            "make a \(mount.type) for \(mount.target.path)" + optionText(mount.options, mount.attributes)
                + (copy == nil ? "" : ", with a copy of \(root.words(for: mount.target.path))")
                + (copy?.limit.map { " of up to \($0) bytes" } ?? "")
                + (owners == nil ? "" : " that belongs to ids of the user namespace")
                + (mappings == nil ? "" : ", with ids mapped")
        case .makeDeviceNodes(let nodes, _, _): "make the devices \(nodes.map { $0.path.text }.joined(separator: ", "))"
        case .raiseOpenFileLimit(let soft, _): "have up to \(soft) descriptors open"
        case .openControlGroupTree(let hierarchy, let attributes, _):
            "open the container's control group\(hierarchy.isEmpty ? "" : " of \(hierarchy)")" + optionText([], attributes)
        case .openControlGroupTasks(let hierarchy, _): "open the control group of \(hierarchy) for joining"
        case .openNamespace(let kind, let path, _): "open the \(kind.rawValue) namespace \(path)"
        case .openContainerProcess: "open the container's process and its root"
        case .connectConsole(let path?, _): "connect to the console socket \(path)"
        case .connectConsole(nil, _): "make a socket for the terminal"
        case .makeStartPipe: "make the pipe that start writes to"
        case .attachRoot(_, let path): "attach the root at \(path), on the host"
        case .makeProgressPage: "make the page that tells how far the container's process is"
        case .cloneProcess(let kinds, let inControlGroup):
            "clone the container's process" + (inControlGroup ? " inside its control group" : "")
                + (kinds.isEmpty ? "" : " into new namespaces: \(kinds.map({ $0.rawValue }).joined(separator: ", "))")
        case .writeMappings(let uid, let gid):
            "map users \(HostStep.text(uid)) and groups \(HostStep.text(gid))"
        case .writeTimeOffset(let clock, let seconds, let nanoseconds):
            "shift the clock \(clock) by \(seconds) s and \(nanoseconds) ns"
        case .moveNetworkDevice(let name, let newName):
            "move the network device \(name)" + (name == newName ? "" : " and rename it to \(newName)")
        case .setOOMScore(let score): "set the out-of-memory score to \(score)"
        case .setNetworkControl(let key, let value): "set \(key) to \(value) in the network namespace"
        case .runHook(let kind, let hook): "run the \(kind.rawValue) hook \(hook.path)"
        case .callHost: "call the function of the host program"
        case .sendListener(let path): "send the seccomp listener to \(path)"
        case .setLimit(let kind, let soft, let hard): HostStep.limitText(kind, soft: soft, hard: hard)
        case .moveIntoUnit(let name?): "have systemd move the process into the unit \(name), if it could not be born there"
        case .moveIntoUnit(nil): "warn if the process could not be born in the container's control group"
        case .receiveTerminal: "receive the terminal"
        case .releaseUnit(let name): "end the process that holds the unit \(name)"
        case .tellUnit(let change):
            "tell systemd of \(change.text) for the unit \(change.name)"
        case .joinCacheGroup(let group): "join the cache control group \(group ?? "")"
        case .shareImages(let path, let group): "let group \(group) search \(path)"
        case .bindRoot(let path, let place): "attach a copy of the mounts at \(path) at \(place) for CRIU"
        case .makeMountPoints(let points, _):
            "make what is missing of \(points.map { $0.path.text }.joined(separator: ", ")) in the root"
        case .attachDevices(let nodes, let place):
            "make the devices \(nodes.map { $0.path.text }.joined(separator: ", ")) at \(place)"
        case .startRestorer(let unified, let legacy):
            "start CRIU" + (unified || legacy ? " in the container's control group" : "")
        case .restoreProcesses(let order): "have CRIU restore the processes from \(order.text)"
        case .detachRestorePlace: "detach what was attached for CRIU"
        case .makeImageDirectory(let options):
            "make the directory of the images \(options.imagePath)"
                + (options.workPath.map { " and that of CRIU's log \($0)" } ?? "")
        case .noteStreams(let options): "write down what the standard streams are, in \(options.imagePath)"
        case .dumpProcesses(let order):
            "have CRIU write the \(order.options.isPreDump ? "memory" : "processes") to \(order.text)"
        case .deleteContainer: "delete the container"
        case .noteRunning: "note that the program runs"
        case .recordProcess: "write the container's state"
        case .sendProcessDescriptor(let path): "send a descriptor of the process to \(path)"
        case .writePidFile(let path): "write the pid to \(path)"
        case .passOnReadiness(let path): "tell \(path) when the container is ready"
        }
    }

    static func text(_ mappings: [IDMapping]) -> String {
        mappings.isEmpty ? "none" : mappings.map { "\($0.containerID)→\($0.hostID)+\($0.size)" }.joined(separator: " ")
    }

    static func limitText(_ kind: RlimitKind, soft: UInt64, hard: UInt64) -> String {
        "limit \(kind.rawValue) to \(limit(soft)), at most \(limit(hard))"
    }

    private static func limit(_ value: UInt64) -> String { value == .max ? "unlimited" : "\(value)" }
}
