import CHarness
import RuntimeSpec

/// config-linux.md#namespaces and #user-namespace-mappings.
enum NamespaceCases {
    static let cases: [Case] = created + inherited + joined + refused + mappings

    /// The types as config.json names them, and the files of /proc/self/ns.
    static let types = [
        ("pid", "pid"), ("network", "net"), ("mount", "mnt"), ("ipc", "ipc"), ("uts", "uts"), ("user", "user"),
        ("cgroup", "cgroup"), ("time", "time"),
    ]

    private static func own(_ file: String) -> String { Files.link("/proc/self/ns/" + file) ?? "" }

    private static func add(_ type: String, to bundle: inout Bundle) {
        if type == "user" { bundle.addUserNamespace() } else { bundle.setNamespace(type) }
    }

    private static func drop(_ type: String, from bundle: inout Bundle) {
        bundle.removeNamespace(type)
        if type == "user" {
            bundle["linux.uidMappings"] = nil
            bundle["linux.gidMappings"] = nil
        }
        if type == "network" {
            // Without a network namespace of one's own sysfs cannot be mounted in a user namespace; bind it instead.
            bundle.remove("mounts") { $0.object?["destination"]?.string == "/sys" }
        }
        if type == "ipc" { bundle.remove("mounts") { $0.object?["type"]?.string == "mqueue" } }
    }

    /// The rule that a type came with, if it came later than the others: such a case belongs to that version.
    private static func newer(_ type: String) -> [String] { type == "time" ? ["namespaces.time"] : [] }

    private static let created: [Case] = types.map { (type, file) in
        .inside(
            "namespace-\(type)-new",
            newer(type) + ["namespaces.new"] + (newer(type).isEmpty ? ["namespaces.\(type)"] : []),
            "A namespace of type \(type) without path is new"
        ) {
            add(type, to: &$0)
        } sabotage: {
            drop(type, from: &$0)
        } check: { inside throws(Verdict) in
            let seen = try inside.namespace(file)
            try expect(!seen.isEmpty && seen != own(file), "a \(type) namespace other than \(own(file))", seen: seen)
        }
    }

    private static let inherited: [Case] = types.map { (type, file) in
        .steps(
            "namespace-\(type)-inherited", ["namespaces.inherited"],
            "Without an entry of type \(type) the runtime's namespace is inherited",
            sabotage: .configuration { add(type, to: &$0) }
        ) { trial throws(Verdict) in
            drop(type, from: &trial.bundle)
            try trial.runUntilSignal()
            // Seen from outside: a container without a mount namespace of its own may have no /proc.
            let seen = Files.link("/proc/\(trial.pid() ?? 0)/ns/\(file)") ?? "no process"
            try expect("\(type) namespace", seen, is: own(file))
        }
    }

    private static let joined: [Case] = types.filter { $0.0 != "mount" }.map { (type, file) in
        .steps(
            "namespace-\(type)-path", newer(type) + ["namespaces.path", "namespaces.path.runtime"],
            "The container is placed in the \(type) namespace of path",
            sabotage: .configuration { add(type, to: &$0) }
        ) { trial throws(Verdict) in
            // Another container holds the namespace.
            let kept = trial.bundle
            let holder = trial.id + "-holder"
            trial.isControl = true
            add(type, to: &trial.bundle)
            try trial.succeed("create of the container that holds the namespace", try trial.create(id: holder))
            trial.isControl = false
            guard let pid = trial.pid(id: holder) else { throw Verdict.broken("no pid file") }
            // The namespace of a process that has not been placed yet is that of its children.
            let name = type == "time" ? "time_for_children" : type == "pid" ? "pid_for_children" : file
            let path = "/proc/\(pid)/ns/\(file)"
            let wanted = Files.link("/proc/\(pid)/ns/\(name)") ?? Files.link(path) ?? ""
            trial.bundle = kept
            if type == "network" { trial.bundle.remove("mounts") { $0.object?["destination"]?.string == "/sys" } }
            trial.bundle.setNamespace(type, path: path)
            let inside = try trial.run()
            try expect("\(type) namespace", try inside.namespace(file), is: wanted)
        }
    }

    private static let refused: [Case] = [
        .refused("namespace-type-unknown", ["values.invalid", "namespaces.type"], "A namespace of an unknown type is refused") {
            $0.append("linux.namespaces", ["type": "universe"])
        } valid: {
            $0.remove("linux.namespaces") { $0.object?["type"]?.string == "universe" }
        },
        .refused("namespace-type-missing", ["namespaces.type", "values.invalid"], "A namespace without type is refused") {
            $0.append("linux.namespaces", ["path": "/proc/self/ns/uts"])
        } valid: {
            $0.remove("linux.namespaces") { $0.object?["type"] == nil }
        },
        .refused("namespace-duplicate", ["namespaces.duplicate"], "Two namespaces of one type are refused") {
            $0.append("linux.namespaces", ["type": "uts"])
        } valid: {
            $0.setNamespace("uts")
        },
        .refused("namespace-path-missing", ["namespaces.path.type"], "A path without a file is refused") {
            $0.setNamespace("uts", path: "/nowhere")
        } valid: {
            $0.setNamespace("uts")
        },
        .refused("namespace-path-other-type", ["namespaces.path.type"], "A path to a namespace of another type is refused") {
            $0.setNamespace("uts", path: "/proc/self/ns/ipc")
        } valid: {
            $0.setNamespace("uts")
        },
        .refused("namespace-path-no-namespace", ["namespaces.path.type"], "A path to a file that is no namespace is refused") {
            $0.setNamespace("uts", path: "/dev/null")
        } valid: {
            $0.setNamespace("uts")
        },
        .refused("namespace-path-relative", ["namespaces.path.absolute"], "A relative path is refused") {
            $0.setNamespace("uts", path: "proc/self/ns/uts")
        } valid: {
            $0.setNamespace("uts")
        },
    ]

    private static let mappings: [Case] = [
        .inside(
            "mappings-uid", ["mappings.uid"], "uidMappings map the host's ids",
            operations: ["report", "read", "/proc/self/uid_map"]
        ) {
            $0.addUserNamespace()
            $0["linux.uidMappings"] = [
                ["containerID": 0, "hostID": 200000, "size": 10], ["containerID": 10, "hostID": 300000, "size": 5],
            ]
        } sabotage: {
            $0["linux.uidMappings"] = [["containerID": 0, "hostID": 200000, "size": 10]]
        } check: { inside throws(Verdict) in
            try expect("uid_map", numbers(try inside.operation("read")), is: [[0, 200000, 10], [10, 300000, 5]])
        },
        .inside(
            "mappings-gid", ["mappings.gid"], "gidMappings map the host's ids",
            operations: ["report", "read", "/proc/self/gid_map"]
        ) {
            $0.addUserNamespace()
            $0["linux.gidMappings"] = [
                ["containerID": 0, "hostID": 200000, "size": 10], ["containerID": 10, "hostID": 300000, "size": 5],
            ]
        } sabotage: {
            $0["linux.gidMappings"] = [["containerID": 0, "hostID": 200000, "size": 10]]
        } check: { inside throws(Verdict) in
            try expect("gid_map", numbers(try inside.operation("read")), is: [[0, 200000, 10], [10, 300000, 5]])
        },
        .refused("mappings-no-size", ["mappings.members"], "A mapping without size is refused") {
            $0.addUserNamespace()
            $0["linux.uidMappings"] = [["containerID": 0, "hostID": 100000]]
        } valid: {
            $0.addUserNamespace()
        },
        .refused("mappings-no-container", ["mappings.members"], "A mapping without containerID is refused") {
            $0.addUserNamespace()
            $0["linux.gidMappings"] = [["hostID": 100000, "size": 1000]]
        } valid: {
            $0.addUserNamespace()
        },
        .refused("mappings-no-host", ["mappings.members"], "A mapping without hostID is refused") {
            $0.addUserNamespace()
            $0["linux.uidMappings"] = [["containerID": 0, "size": 1000]]
        } valid: {
            $0.addUserNamespace()
        },
        .steps(
            "mappings-no-chown", ["mappings.no-chown"], "The root file system's owners stay as they are",
            sabotage: .configuration { $0.prepare = { unsafe chown($0 + "/rootfs/mark", 100000, 100000) } }
        ) { trial throws(Verdict) in
            trial.bundle.addUserNamespace()
            trial.bundle.files["rootfs/mark"] = "of the host's root"
            try trial.run()
            var status = stat()
            unsafe stat(trial.rootfs + "/mark", &status)
            try expect("owner of the file", status.st_uid, is: 0)
        },
    ]

    private static func numbers(_ read: JSONMembers) -> [[Int]] {
        (read["text"]?.string ?? "").split(separator: "\n").map { $0.split(separator: " ").compactMap { Int($0) } }
    }
}
