import CHarness
import RuntimeSpec

/// config-linux.md#cgroups-path, #cgroup-ownership, #allowed-device-list.
enum CgroupCases {
    static let cases: [Case] = paths + fitness + ownership + [.version1, .version2].flatMap(deviceRules) + refused

    /// The group of a process in the given view: of a hierarchy of version 1 that every machine has, or of version 2.
    private static func group(_ pid: pid_t?, _ view: CgroupView, controller: String = "memory") -> String {
        for line in (Files.text("/proc/\(pid ?? 0)/cgroup") ?? "").split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            if fields.count == 3,
                view == .version2 ? fields[1].isEmpty : fields[1].split(separator: ",").map(String.init).contains(controller)
            {
                return fields[2]
            }
        }
        return "unknown"
    }

    private static func directory(_ view: CgroupView) -> String { "/sys/fs/cgroup" + (view == .version1 ? "/memory" : "") }

    private static let paths: [Case] =
        [CgroupView.version1, .version2].flatMap { view in
            [
                Case.steps(
                    "cgroup-\(view.rawValue)-path-absolute", ["cgroupsPath.absolute", "cgroups.created"],
                    "An absolute cgroupsPath is taken from the mount point, and made", view: view,
                    sabotage: .configuration { $0["linux.cgroupsPath"] = "/elsewhere" }
                ) { trial throws(Verdict) in
                    trial.bundle["linux.cgroupsPath"] = "/outer/inner"
                    try trial.succeed("create", try trial.create())
                    try expect("group of the process", group(trial.pid(), view), is: "/outer/inner")
                    let processes = Files.text(directory(view) + "/outer/inner/cgroup.procs") ?? "no group"
                    try trial.expect(
                        processes.split(separator: "\n").contains("\(trial.pid() ?? 0)"), "the process in the group",
                        seen: processes)
                },
                .steps(
                    "cgroup-\(view.rawValue)-path-relative", ["cgroupsPath.consistent", "cgroupsPath.relative"],
                    "A relative cgroupsPath always means the same group", view: view,
                    sabotage: .wrapper(
                        .arguments("create") { arguments in
                            // The second create gets another configuration.
                            let path = (arguments[1]) + "/config.json"
                            if Files.exists(arguments[1] + "/../second") {
                                try? Files.write(path, (Files.text(path) ?? "").replaced("some/group", by: "other/group"))
                            }
                            return arguments
                        })
                ) { trial throws(Verdict) in
                    trial.bundle["linux.cgroupsPath"] = "some/group"
                    try trial.succeed("create", try trial.create())
                    let first = group(trial.pid(), view)
                    try trial.succeed("delete", try trial.delete(force: true))
                    try trial.resetForNextCreate()
                    try Files.write(trial.directory + "/second", "")
                    try trial.succeed("create", try trial.create())
                    try expect("group of the second process", group(trial.pid(), view), is: first)
                },
                .steps(
                    "cgroup-\(view.rawValue)-path-relative-limit", ["cgroupsPath.consistent", "pids.limit"],
                    "A limit is applied to the group of a relative cgroupsPath", view: view,
                    sabotage: .configuration { $0["linux.resources"] = nil }
                ) { trial throws(Verdict) in
                    try ResourceTest.need("pids", view)
                    trial.bundle["linux.cgroupsPath"] = "some/group"
                    trial.bundle["linux.resources"] = ["pids": ["limit": 42]]
                    try trial.succeed("create", try trial.create())
                    let path = group(trial.pid(), view, controller: "pids")
                    let file = "/sys/fs/cgroup" + (view == .version1 ? "/pids" : "") + path + "/pids.max"
                    try expect(file, Files.line(file), is: "42")
                },
                .steps(
                    "cgroup-\(view.rawValue)-removed", ["delete.resources", "lifecycle.destroy"],
                    "delete removes the group that create made",
                    view: view, sabotage: .wrapper(.skip("delete"))
                ) { trial throws(Verdict) in
                    trial.bundle["linux.cgroupsPath"] = "/conformance"
                    try trial.run()
                    try trial.succeed("delete", try trial.delete())
                    try trial.expect(!Files.isDirectory(directory(view) + "/conformance"), "no group", seen: "it is there")
                },
                .steps(
                    "cgroup-\(view.rawValue)-others-kept", ["delete.others"], "delete keeps a group that was there before",
                    view: view,
                    sabotage: .configuration {
                        $0.prepare = { _ in
                            unsafe rmdir(directory(view) + "/before/other")
                            unsafe rmdir(directory(view) + "/before")
                        }
                    }
                ) { trial throws(Verdict) in
                    try Files.makeDirectories(directory(view) + "/before/other")
                    trial.bundle["linux.cgroupsPath"] = "/before/inner"
                    try trial.run()
                    try trial.succeed("delete", try trial.delete())
                    try trial.expect(
                        !Files.isDirectory(directory(view) + "/before/inner"), "no group of the container", seen: "it is there")
                    try trial.expect(
                        Files.isDirectory(directory(view) + "/before/other"), "the group that was there before",
                        seen: "it is gone")
                },
            ]
        } + [
            .accepted(
                "cgroup-path-unset", ["configuration.optional", "cgroupsPath.unset", "cgroups.additional"],
                "Without cgroupsPath the container runs"
            ) {
                $0["linux.cgroupsPath"] = nil
            },
            .steps(
                "cgroup-path-outside", ["cgroupsPath.invalid", "cgroupsPath.absolute"],
                "A cgroupsPath that climbs is refused or stays within the mount point",
                view: .version2,
                // A runtime that refuses every path has not looked at this one.
                sabotage: .wrapper(.refuse("create"))
            ) { trial throws(Verdict) in
                trial.bundle["linux.cgroupsPath"] = "/../../outside"
                let created = try trial.create()
                if !created.succeeded {
                    try trial.refuse("create", created)
                    try expect("status", try trial.status(), is: "none")
                    // An invalid path is an error; so it must be an error of the path.
                    trial.bundle["linux.cgroupsPath"] = "/inside"
                    try trial.succeed("create with another path", try trial.create())
                } else {
                    let seen = group(trial.pid(), .version2)
                    try trial.expect(
                        seen.hasPrefix("/") && !seen.holds(".."), "a group within the mount point", seen: seen)
                }
            },
        ]

    private static let fitness: [Case] = [
        .steps(
            "cgroup-frozen", ["practice.cgroup-frozen"], "A frozen group is refused or does not stop create", view: .version2,
            sabotage: .wrapper(.hideFailure("create"))
        ) { trial throws(Verdict) in
            try Files.makeDirectories("/sys/fs/cgroup/frozen")
            try Files.set("/sys/fs/cgroup/frozen/cgroup.freeze", "1")
            defer { try? Files.set("/sys/fs/cgroup/frozen/cgroup.freeze", "0") }
            trial.bundle["linux.cgroupsPath"] = "/frozen"
            let created = try trial.create()
            try trial.expect(!created.timedOut && created.signal == 0, "an orderly end of create", seen: created.summary)
            try expect("status", try trial.status(), is: created.succeeded ? "created" : "none")
            try Files.set("/sys/fs/cgroup/frozen/cgroup.freeze", "0")
            if created.succeeded { try trial.succeed("delete --force", try trial.delete(force: true)) }
        },
        .steps(
            "cgroup-foreign-process", ["delete.others", "cgroups.fit"],
            "A process that was in the group before lives on when the container is deleted",
            view: .version2,
            sabotage: .configuration {
                $0.prepare = { bundle in
                    if let pid = Files.line(bundle + "/../foreign").flatMap({ pid_t($0) }) { kill(pid, SIGKILL) }
                }
            }
        ) { trial throws(Verdict) in
            try Files.makeDirectories("/sys/fs/cgroup/shared")
            let null = open("/dev/null", O_RDWR)
            let program = trial.directory + "/foreign-program"
            try Files.write(program, Probe.image, mode: 0o755)
            let foreign = try Processes.spawn([program, "sleep", "60000"], descriptors: [null, null, null])
            try Files.set("/sys/fs/cgroup/shared/cgroup.procs", String(foreign))
            try Files.write(trial.directory + "/foreign", String(foreign))
            trial.bundle["linux.cgroupsPath"] = "/shared"
            trial.bundle.operations = ["echo", "ran"]
            // A runtime may find the group unfit, as it has a process.
            if try trial.create().succeeded {
                try trial.succeed("start", try trial.start())
                try trial.waitForEnd()
                try trial.delete()
            }
            System.sleep(milliseconds: 50)
            try trial.expect(Processes.wait(foreign, milliseconds: 0) == nil, "the process lives", seen: "it was ended")
        },
    ]

    private static func owned(_ bundle: inout Bundle) {
        bundle.addUserNamespace()
        bundle.setNamespace("cgroup")
        bundle["linux.cgroupsPath"] = "/owned"
        bundle.directories.append("rootfs/sys/fs/cgroup")
        bundle.addMount("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev"])
    }

    private static func owner(_ path: String) -> Int {
        var status = stat()
        return unsafe lstat(path, &status) == 0 ? Int(status.st_uid) : -1
    }

    private static func ownership(
        _ id: String, _ rules: [String], _ title: String, view: CgroupView = .version2, wanted: Int,
        sabotage: @escaping @Sendable (inout Bundle) -> Void, configure: @escaping @Sendable (inout Bundle) -> Void = { _ in }
    ) -> Case {
        .steps(id, rules, title, view: view, sabotage: .configuration(sabotage)) { trial throws(Verdict) in
            owned(&trial.bundle)
            configure(&trial.bundle)
            try trial.succeed("create", try trial.create())
            if wanted != 0 { try needsUse(view) }
            try expect("owner of the group", owner(directory(view) + "/owned"), is: wanted)
        }
    }

    /// Whoever leaves the owner as it is has no duties about it.
    private static func needsUse(_ view: CgroupView) throws(Verdict) {
        if owner(directory(view) + "/owned") == 0 {
            throw Verdict.declined("this runtime does not change the owner, which it may")
        }
    }

    private static let ownership: [Case] = [
        ownership(
            "ownership-writable", ["ownership.writable", "ownership.uid"],
            "With a writable cgroup mount the group belongs to the container's user", wanted: 100_000
        ) {
            $0.remove("mounts") { $0.object?["destination"]?.string == "/sys/fs/cgroup" }
        },
        ownership(
            "ownership-user", ["ownership.uid"], "The owner is the host's id of process.user.uid", wanted: 100_007,
            sabotage: { $0["process.user.uid"] = 8 }
        ) {
            $0["process.user.uid"] = 7
        },
        ownership("ownership-readonly", ["ownership.writable"], "With a read-only cgroup mount the owner stays", wanted: 0) {
            $0["mounts[5].options"] = ["nosuid", "noexec", "nodev"]
        } configure: {
            $0["mounts[5].options"] = ["nosuid", "noexec", "nodev", "ro"]
        },
        ownership("ownership-no-namespace", ["ownership.namespace"], "Without a cgroup namespace the owner stays", wanted: 0) {
            $0.setNamespace("cgroup")
        } configure: {
            $0.removeNamespace("cgroup")
        },
        ownership("ownership-v1", ["ownership.version1"], "In version 1 the owner stays", view: .version1, wanted: 0) {
            $0.prepare = { _ in
                unsafe mkdir("/sys/fs/cgroup/memory/owned", 0o755)
                unsafe chown("/sys/fs/cgroup/memory/owned", 100_000, 0)
            }
        },
        .steps(
            "ownership-files", ["ownership.files", "ownership.missing-files"],
            "Only the files of /sys/kernel/cgroup/delegate change owner",
            view: .version2, sabotage: .configuration { $0.removeNamespace("cgroup") }
        ) { trial throws(Verdict) in
            owned(&trial.bundle)
            try trial.succeed("create", try trial.create())
            try needsUse(.version2)
            let listed = Set((Files.text("/sys/kernel/cgroup/delegate") ?? "").split(separator: "\n").map(String.init))
            for name in Files.list("/sys/fs/cgroup/owned") where !Files.isDirectory("/sys/fs/cgroup/owned/" + name) {
                try expect("owner of \(name)", owner("/sys/fs/cgroup/owned/" + name), is: listed.contains(name) ? 100_000 : 0)
            }
        },
        .steps(
            "ownership-fallback", ["ownership.fallback"],
            "Without /sys/kernel/cgroup/delegate three files change owner", view: .version2,
            sabotage: .configuration { $0.removeNamespace("cgroup") }
        ) { trial throws(Verdict) in
            owned(&trial.bundle)
            // Every kernel has the file; this case's runtime does not see it. Then a user namespace may not mount sysfs.
            try System.mount("tmpfs", "/sys/kernel/cgroup", "tmpfs")
            trial.bundle.remove("mounts") { $0.object?["destination"]?.string == "/sys" }
            try trial.succeed("create", try trial.create())
            try needsUse(.version2)
            let listed = ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"]
            for name in Files.list("/sys/fs/cgroup/owned") where !Files.isDirectory("/sys/fs/cgroup/owned/" + name) {
                try expect("owner of \(name)", owner("/sys/fs/cgroup/owned/" + name), is: listed.contains(name) ? 100_000 : 0)
            }
        },
    ]

    private static let deny: JSONValue = ["allow": false, "access": "rwm"]

    /// The device of /dev/fuse, which no runtime allows by itself and which anyone may open.
    private static func rule(_ allow: Bool, _ access: String, minor: Bool = true) -> JSONValue {
        var value: JSONMembers = ["allow": .bool(allow), "type": "c", "major": 10, "access": .string(access)]
        if minor { value["minor"] = 229 }
        return .object(value)
    }

    private static func deviceRules(_ view: CgroupView) -> [Case] {
        func one(
            _ name: String, _ rule: String, _ title: String, _ rules: [JSONValue], without: [JSONValue], read: Int, write: Int
        ) -> Case {
            .inside(
                "device-rule-\(view.rawValue)-\(name)",
                ["resources.devices.\(rule)"] + (name == "deny" ? ["devices.others"] : []), title,
                operations: ["mknod", "/dev/x", "c", "10", "229", "open", "/dev/x", "r", "open", "/dev/x", "w"], view: view
            ) {
                $0["linux.resources.devices"] = .array(rules)
            } sabotage: {
                $0["linux.resources.devices"] = .array(without)
            } check: { inside throws(Verdict) in
                try expect("errno of mknod", try inside.errno("mknod"), is: 0)
                try expect("errno of opening for reading (EPERM is 1)", try inside.errno("open", 0), is: read)
                try expect("errno of opening for writing (EPERM is 1)", try inside.errno("open", 1), is: write)
            }
            .needing { () throws(Verdict) in
                if !(Files.text("/proc/misc") ?? "").holds("229 fuse") {
                    throw Verdict.skipped("this kernel has no fuse device")
                }
                if view == .version1 { try ResourceTest.need("devices", view) }
            }
        }
        let mknod: JSONValue = ["allow": true, "type": "c", "access": "m"]
        return [
            one(
                "deny", "allow", "A device that is denied cannot be opened", [deny, mknod], without: [deny, rule(true, "rwm")],
                read: 1, write: 1),
            one(
                "allow", "allow", "A device that is allowed can be opened", [deny, rule(true, "rwm")], without: [deny, mknod],
                read: 0, write: 0),
            one(
                "order", "order", "A later rule takes back what an earlier one allowed",
                [deny, mknod, rule(true, "rwm"), rule(false, "rw")],
                without: [deny, mknod, rule(false, "rw"), rule(true, "rwm")], read: 1, write: 1),
            one(
                "read-only", "access", "access r lets read only", [deny, rule(true, "rm")], without: [deny, rule(true, "rwm")],
                read: 0, write: 1),
            one(
                "any-minor", "numbers", "Without minor all minors are meant", [deny, rule(true, "rwm", minor: false)],
                without: [deny, mknod], read: 0, write: 0),
            one(
                "any-type", "type", "Without type all devices are meant", [deny, ["allow": true, "access": "rwm"]],
                without: [deny, mknod], read: 0, write: 0),
            one(
                "type-a", "type", "Type a means all devices", [deny, ["allow": true, "type": "a", "access": "rwm"]],
                without: [deny, mknod], read: 0, write: 0),
        ]
    }

    private static let refused: [Case] = [
        .refused("device-rule-access", ["resources.devices.access"], "An access of other letters is refused", view: .version1) {
            $0["linux.resources.devices"] = [["allow": true, "type": "c", "major": 10, "minor": 229, "access": "rx"]]
        } valid: {
            $0["linux.resources.devices"] = [["allow": true, "type": "c", "major": 10, "minor": 229, "access": "r"]]
        },
        .refused("device-rule-type", ["resources.devices.type"], "An unknown type is refused", view: .version1) {
            $0["linux.resources.devices"] = [["allow": true, "type": "z", "major": 10, "minor": 229, "access": "r"]]
        } valid: {
            $0["linux.resources.devices"] = [["allow": true, "type": "c", "major": 10, "minor": 229, "access": "r"]]
        },
        .refused("device-rule-no-allow", ["resources.devices.allow"], "A rule without allow is refused", view: .version1) {
            $0["linux.resources.devices"] = [["type": "c", "major": 10, "minor": 229, "access": "r"]]
        } valid: {
            $0["linux.resources.devices"] = [["allow": true, "type": "c", "major": 10, "minor": 229, "access": "r"]]
        },
    ]
}
