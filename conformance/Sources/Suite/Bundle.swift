import RuntimeSpec

/// The bundle that a case hands to the runtime: a configuration as JSON, and files of the root file system.
struct Bundle: Sendable {
    var config: JSONValue
    /// The absolute path of the bundle directory.
    var path = ""
    /// The text of config.json if it is not simply `config`, and nil for no file at all.
    var text: [UInt8]?
    var hasConfig = true
    /// Files to make below the bundle directory, by path; the value is their content.
    var files: [String: String] = [:]
    /// Directories to make below the bundle directory.
    var directories: [String] = []
    /// What to do with the finished directory before the runtime sees it.
    var prepare: (@Sendable (String) throws(Verdict) -> Void)?

    /// The value at a path such as `linux.namespaces[1].type`.
    subscript(path: String) -> JSONValue? {
        get { config[Bundle.path(path)] }
        set { config[Bundle.path(path)] = newValue }
    }

    static func path(_ text: String) -> JSONPath {
        guard let path = JSONPath(text) else { stop("no path: \(text)") }
        return path
    }

    /// Appends to an array, which is made if there is none.
    mutating func append(_ path: String, _ value: JSONValue) {
        self[path] = .array((self[path]?.array ?? []) + [value])
    }

    /// Removes the elements of an array that satisfy the predicate.
    mutating func remove(_ path: String, where predicate: (JSONValue) -> Bool) {
        self[path] = .array((self[path]?.array ?? []).filter { !predicate($0) })
    }

    /// What the probe shall do.
    var operations: [String] {
        get { (self["process.args"]?.array ?? []).dropFirst().compactMap { $0.string } }
        set { self["process.args"] = .array((["/probe"] + newValue).map { .string($0) }) }
    }

    mutating func addMount(
        _ destination: String, _ type: String?, _ source: String?, _ options: [String] = []
    ) {
        var mount: JSONValue = ["destination": .string(destination)]
        if let type { mount[Bundle.path("type")] = .string(type) }
        if let source { mount[Bundle.path("source")] = .string(source) }
        if !options.isEmpty { mount[Bundle.path("options")] = .array(options.map { .string($0) }) }
        append("mounts", mount)
    }

    /// A hook of the host's side whose program is the probe: not every machine has the same programs.
    func hook(_ operations: String..., timeout: Int? = nil) -> JSONValue {
        var hook: JSONMembers = [
            "path": .string(path + "/rootfs/probe"), "args": .array((["probe"] + operations).map { .string($0) }),
        ]
        if let timeout { hook["timeout"] = .number(JSONNumber(timeout)) }
        return .object(hook)
    }

    /// Takes a file away from the container before its program starts, as if the runtime had not made it.
    mutating func takeAway(_ path: String) {
        append("hooks.startContainer", ["path": "/probe", "args": ["probe", "remove", .string(path)]])
    }

    mutating func removeNamespace(_ type: String) {
        remove("linux.namespaces") { $0.object?["type"]?.string == type }
    }

    mutating func setNamespace(_ type: String, path: String? = nil) {
        removeNamespace(type)
        append("linux.namespaces", path.map { ["type": .string(type), "path": .string($0)] } ?? ["type": .string(type)])
    }

    /// A root user namespace with 1000 ids from 100000 on.
    mutating func addUserNamespace() {
        setNamespace("user")
        self["linux.uidMappings"] = [["containerID": 0, "hostID": 100000, "size": 1000]]
        self["linux.gidMappings"] = [["containerID": 0, "hostID": 100000, "size": 1000]]
    }

    /// What every case starts from: a configuration that asks for little and that every runtime accepts.
    static var baseline: Bundle {
        let capabilities: JSONValue = [
            "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL", "CAP_MKNOD", "CAP_SETGID", "CAP_SETUID",
            "CAP_SYS_ADMIN",
        ]
        var bundle = Bundle(config: [
            "ociVersion": "1.0.2",
            "root": ["path": "rootfs"],
            "process": [
                "user": ["uid": 0, "gid": 0], "args": ["/probe", "report"], "env": ["PATH=/"], "cwd": "/",
                "capabilities": ["bounding": capabilities, "permitted": capabilities, "effective": capabilities],
            ],
            "linux": [
                "namespaces": [
                    ["type": "pid"], ["type": "network"], ["type": "ipc"], ["type": "uts"], ["type": "mount"],
                ]
            ],
        ])
        bundle.addMount("/proc", "proc", "proc")
        bundle.addMount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"])
        bundle.addMount(
            "/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"])
        bundle.addMount("/dev/shm", "tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"])
        bundle.addMount("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"])
        bundle.directories = ["rootfs/proc", "rootfs/dev", "rootfs/sys", "rootfs/tmp", "rootfs/etc"]
        return bundle
    }
}
