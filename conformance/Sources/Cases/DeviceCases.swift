import CHarness
import RuntimeSpec

/// config-linux.md#devices and #default-devices, runtime-linux.md.
enum DeviceCases {
    static let cases: [Case] = listed + refused + standard + terminal

    private static func device(
        _ type: String, _ path: String, _ numbers: (Int, Int)? = nil, mode: Int? = nil, owner: (Int, Int)? = nil
    ) -> JSONValue {
        var value: JSONMembers = ["type": .string(type), "path": .string(path)]
        if let numbers {
            value["major"] = .number(JSONNumber(numbers.0))
            value["minor"] = .number(JSONNumber(numbers.1))
        }
        if let mode { value["fileMode"] = .number(JSONNumber(mode)) }
        if let owner {
            value["uid"] = .number(JSONNumber(owner.0))
            value["gid"] = .number(JSONNumber(owner.1))
        }
        return .object(value)
    }

    private static func expectNode(_ node: JSONMembers, type: Int, major: Int, minor: Int) throws(Verdict) {
        try expect("errno of stat", node["errno"]?.integer, is: 0)
        try expect("type", (node["mode"]?.integer ?? 0) & 0o170000, is: type)
        try expect("numbers", [node["major"]?.integer ?? -1, node["minor"]?.integer ?? -1], is: [major, minor])
    }

    private static let listed: [Case] = [
        .inside(
            "device-character", ["devices.available", "devices.type", "devices.numbers"], "A character device is there",
            operations: ["stat", "/dev/extra"]
        ) {
            $0["linux.devices"] = [device("c", "/dev/extra", (1, 5))]
        } sabotage: {
            $0["linux.devices"] = [device("c", "/dev/extra", (1, 7))]
        } check: { inside throws(Verdict) in
            try expectNode(try inside.operation("stat"), type: 0o020000, major: 1, minor: 5)
        },
        .inside("device-u", ["devices.type"], "Type u is a character device", operations: ["stat", "/dev/extra"]) {
            $0["linux.devices"] = [device("u", "/dev/extra", (1, 5))]
        } sabotage: {
            $0["linux.devices"] = []
        } check: { inside throws(Verdict) in
            try expectNode(try inside.operation("stat"), type: 0o020000, major: 1, minor: 5)
        },
        .inside(
            "device-block", ["devices.available", "devices.type"], "A block device is there", operations: ["stat", "/dev/extra"]
        ) {
            $0["linux.devices"] = [device("b", "/dev/extra", (7, 300))]
        } sabotage: {
            $0["linux.devices"] = [device("c", "/dev/extra", (7, 300))]
        } check: { inside throws(Verdict) in
            try expectNode(try inside.operation("stat"), type: 0o060000, major: 7, minor: 300)
        },
        .inside(
            "device-fifo", ["devices.type", "devices.numbers"], "A FIFO needs no numbers", operations: ["stat", "/dev/extra"]
        ) {
            $0["linux.devices"] = [device("p", "/dev/extra")]
        } sabotage: {
            $0["linux.devices"] = []
        } check: { inside throws(Verdict) in
            try expect("type", (try inside.operation("stat")["mode"]?.integer ?? 0) & 0o170000, is: 0o010000)
        },
        .inside(
            "device-mode", ["devices.fileMode"], "fileMode is the mode, whatever the umask", operations: ["stat", "/dev/extra"]
        ) {
            $0["linux.devices"] = [device("c", "/dev/extra", (1, 5), mode: 0o666)]
        } sabotage: {
            $0["linux.devices"] = [device("c", "/dev/extra", (1, 5), mode: 0o640)]
        } check: { inside throws(Verdict) in
            try expect("mode", (try inside.operation("stat")["mode"]?.integer ?? 0) & 0o7777, is: 0o666)
        },
        .inside("device-owner", ["devices.owner"], "uid and gid are the owner", operations: ["stat", "/dev/extra"]) {
            $0["linux.devices"] = [device("c", "/dev/extra", (1, 5), owner: (12, 34))]
        } sabotage: {
            $0["linux.devices"] = [device("c", "/dev/extra", (1, 5))]
        } check: { inside throws(Verdict) in
            let node = try inside.operation("stat")
            try expect("owner", [node["uid"]?.integer, node["gid"]?.integer], is: [12, 34])
        },
        .inside(
            "device-elsewhere", ["devices.available", "devices.path.anywhere"], "A device outside of /dev is there",
            operations: ["stat", "/etc/extra"]
        ) {
            $0["linux.devices"] = [device("c", "/etc/extra", (1, 5))]
        } sabotage: {
            $0["linux.devices"] = []
        } check: { inside throws(Verdict) in
            try expectNode(try inside.operation("stat"), type: 0o020000, major: 1, minor: 5)
        },
        .inside(
            "device-deep", ["devices.available"], "Directories on the way to a device are made",
            operations: ["stat", "/dev/a/b/extra"]
        ) {
            $0["linux.devices"] = [device("c", "/dev/a/b/extra", (1, 5))]
        } sabotage: {
            $0["linux.devices"] = []
        } check: { inside throws(Verdict) in
            try expectNode(try inside.operation("stat"), type: 0o020000, major: 1, minor: 5)
        },
        .inside(
            "device-usable", ["devices.available"], "A listed device can be opened",
            operations: ["open", "/dev/extra", "r"]
        ) {
            $0["linux.devices"] = [device("c", "/dev/extra", (1, 5), mode: 0o666)]
            $0["linux.resources.devices"] = [
                ["allow": false, "access": "rwm"], ["allow": true, "type": "c", "major": 1, "minor": 5, "access": "rwm"],
            ]
        } sabotage: {
            $0["linux.devices"] = []
        } check: { inside throws(Verdict) in
            try expect("errno of open", try inside.errno("open"), is: 0)
        },
        .inside(
            "device-same-exists", ["devices.path.mismatch"], "The device itself at path is no error",
            operations: ["stat", "/etc/extra"]
        ) {
            $0["linux.devices"] = [device("c", "/etc/extra", (1, 5))]
            $0.prepare = { unsafe mknod($0 + "/rootfs/etc/extra", 0o020666, 1 << 8 | 5) }
        } sabotage: {
            $0.prepare = { folder throws(Verdict) in try Files.write(folder + "/rootfs/etc/extra", "no device") }
        } check: { inside throws(Verdict) in
            try expectNode(try inside.operation("stat"), type: 0o020000, major: 1, minor: 5)
        },
    ]

    private static func refusedDevice(_ id: String, _ rules: [String], _ title: String, _ value: JSONValue) -> Case {
        .refused(id, rules, title) {
            $0["linux.devices"] = [value]
        } valid: {
            $0["linux.devices"] = [device("c", "/dev/extra", (1, 5))]
        }
    }

    private static let refused: [Case] = [
        .refused("device-mismatch-file", ["devices.path.mismatch"], "A plain file at path is refused") {
            $0["linux.devices"] = [device("c", "/etc/extra", (1, 5))]
            $0.files["rootfs/etc/extra"] = "no device"
        } valid: {
            $0["linux.devices"] = [device("c", "/etc/extra", (1, 5))]
            $0.files = [:]
        },
        .refused("device-mismatch-numbers", ["devices.path.mismatch"], "Another device at path is refused") {
            $0["linux.devices"] = [device("c", "/etc/extra", (1, 5))]
            $0.prepare = { unsafe mknod($0 + "/rootfs/etc/extra", 0o020666, 1 << 8 | 3) }
        } valid: {
            $0["linux.devices"] = [device("c", "/etc/extra", (1, 5))]
            $0.prepare = nil
        },
        .refused("device-mismatch-directory", ["devices.path.mismatch"], "A directory at path is refused") {
            $0["linux.devices"] = [device("c", "/etc/extra", (1, 5))]
            $0.directories.append("rootfs/etc/extra")
        } valid: {
            $0["linux.devices"] = [device("c", "/etc/extra", (1, 5))]
            $0.directories.removeAll { $0.hasSuffix("extra") }
        },
        refusedDevice("device-unknown-type", ["devices.type"], "An unknown type is refused", device("x", "/dev/extra", (1, 5))),
        refusedDevice(
            "device-no-type", ["devices.type"], "A device without type is refused",
            ["path": "/dev/extra", "major": 1, "minor": 5]),
        refusedDevice(
            "device-no-path", ["devices.path.required"], "A device without path is refused",
            ["type": "c", "major": 1, "minor": 5]),
        refusedDevice(
            "device-no-numbers", ["devices.numbers"], "A character device without numbers is refused",
            ["type": "c", "path": "/dev/extra"]),
    ]

    private static let defaults: [(name: String, major: Int, minor: Int)] = [
        ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0),
    ]

    private static let links = [
        ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"), ("stderr", "/proc/self/fd/2"),
    ]

    private static let standard: [Case] =
        defaults.map { (name, major, minor) in
            .inside(
                "device-default-\(name)", ["devices.default"], "/dev/\(name) is there without being listed",
                operations: ["stat", "/dev/" + name]
            ) { _ in
            } sabotage: {
                $0.takeAway("/dev/" + name)
            } check: { inside throws(Verdict) in
                try expectNode(try inside.operation("stat"), type: 0o020000, major: major, minor: minor)
            }
        }
        + links.map { (name, target) in
            .inside(
                "dev-link-\(name)", ["dev.symlinks"], "/dev/\(name) is a link to \(target)", operations: ["stat", "/dev/" + name]
            ) { _ in
            } sabotage: {
                $0.takeAway("/dev/" + name)
            } check: { inside throws(Verdict) in
                try expect("target", try inside.operation("stat")["target"]?.string, is: target)
            }
        } + [
            .inside(
                "device-defaults-usable", ["devices.default"], "The default devices can be used with an empty list of rules",
                operations: [
                    "open", "/dev/null", "rw", "open", "/dev/zero", "r", "open", "/dev/full", "w", "open", "/dev/urandom", "r",
                    "open", "/dev/random", "r",
                ]
            ) {
                $0["linux.resources.devices"] = [["allow": false, "access": "rwm"]]
            } sabotage: {
                $0.takeAway("/dev/full")
            } check: { inside throws(Verdict) in
                try expect(
                    "errnos of open", try (0..<5).map { number throws(Verdict) in try inside.errno("open", number) },
                    is: [0, 0, 0, 0, 0])
            },
            .inside("device-ptmx", ["devices.ptmx"], "/dev/ptmx is that of the container's /dev/pts") { _ in
            } sabotage: {
                $0.takeAway("/dev/ptmx")
            } check: { inside throws(Verdict) in
                let node = try inside.device("ptmx")
                let target = node?["target"]?.string
                let isBound = try inside.mounts.contains { $0.target == "/dev/ptmx" && $0.type == "devpts" }
                try expect(
                    target == "pts/ptmx" || target == "/dev/pts/ptmx" || isBound, "a link to, or a bind mount of, pts/ptmx",
                    seen: target ?? (node == nil ? "nothing" : "another node"))
            },
            .steps(
                "descriptors-only-standard", ["descriptors.standard"],
                "Only descriptors 0, 1 and 2 are open, whatever the runtime was started with",
                sabotage: .wrapper(.arguments("create") { ["--preserve-fds", "1"] + $0 })
            ) { trial throws(Verdict) in
                trial.bundle.operations = ["report"]
                try Files.write(trial.directory + "/open", "content")
                trial.inheritedFile = trial.directory + "/open"
                let seen = try trial.run()["descriptors"]?.object?.members.map { $0.name }.sorted() ?? []
                try expect("open descriptors", seen, is: ["0", "1", "2"])
            },
            .steps(
                "descriptors-preserved", ["descriptors.additional"], "Descriptors can be passed on request",
                sabotage: .wrapper(.arguments("create") { $0.filter { !["--preserve-fds", "1"].contains($0) } })
            ) { trial throws(Verdict) in
                trial.bundle.operations = ["report"]
                try Files.write(trial.directory + "/passed", "content")
                trial.inheritedFile = trial.directory + "/passed"
                try trial.succeed("create", try trial.create(extra: ["--preserve-fds", "1"]))
                try trial.succeed("start", try trial.start())
                try trial.waitForEnd()
                let inside = Inside(lines: trial.lines(), exitStatus: 0)
                let seen = try inside["descriptors"]?.object?.members.map { $0.name }.sorted() ?? []
                try expect("open descriptors", seen, is: ["0", "1", "2", "3"])
            },
        ]

    private static let terminal: [Case] = [
        terminalCase("terminal", ["process.terminal"], "With terminal the standard streams are a terminal") {
            inside throws(Verdict) in
            let seen = try inside["terminals"]?.array?.map { $0.object?["errno"]?.integer ?? -1 } ?? []
            try expect("errnos of asking for a terminal's size", seen, is: [0, 0, 0])
        },
        terminalCase("terminal-session", ["process.terminal"], "The terminal is the controlling one of a new session") {
            inside throws(Verdict) in
            try expect("session", try inside["session"]?.integer, is: try inside["pid"]?.integer ?? -1)
            try expect("errno of opening /dev/tty", try inside.errno("open"), is: 0)
        },
        terminalCase("terminal-size", ["process.consoleSize"], "consoleSize is the terminal's size") { inside throws(Verdict) in
            let first = try inside["terminals"]?.array?.first?.object
            try expect("size", [first?["height"]?.integer ?? 0, first?["width"]?.integer ?? 0], is: [33, 77])
        },
        terminalCase("terminal-console", ["devices.console"], "/dev/console is the terminal") { inside throws(Verdict) in
            let streams = try inside["descriptors"]?.object?["0"]?.string ?? ""
            let node = try inside.device("console")
            let isBound = try inside.mounts.contains { $0.target == "/dev/console" && $0.type == "devpts" }
            let target = node?["target"]?.string ?? ""
            try expect(
                isBound || (target.hasPrefix("/dev/pts/") && target == streams) || streams == "/dev/console",
                "the terminal at /dev/console", seen: "\(streams), \(target)")
        },
        .steps(
            "console-size-no-width", ["process.consoleSize.members"], "A consoleSize without width is refused",
            sabotage: .configuration { $0["process.consoleSize.width"] = 20 }
        ) { trial throws(Verdict) in
            let path = trial.directory + "/console.sock"
            let socket = try UnixSocket(path)
            defer { _ = socket }
            let extra = ["--console-socket", path]
            trial.bundle["process.terminal"] = true
            trial.bundle["process.consoleSize"] = ["height": 10]
            try trial.control(extra: extra) { $0["process.consoleSize.width"] = 20 }
            try trial.expectRefusal(mayBeLate: true, extra: extra)
        },
    ]

    /// The program runs with a terminal of 33 × 77 that the harness gets over a socket.
    private static func terminalCase(
        _ id: String, _ rules: [String], _ title: String, check: @escaping @Sendable (Inside) throws(Verdict) -> Void
    ) -> Case {
        .steps(
            id, rules, title,
            sabotage: .configuration {
                $0["process.terminal"] = false
                $0["process.consoleSize"] = nil
            }
        ) { trial throws(Verdict) in
            trial.bundle["process.terminal"] = true
            trial.bundle["process.consoleSize"] = ["height": 33, "width": 77]
            trial.bundle.operations = ["to", "/seen", "report", "open", "/dev/tty", "r"]
            try check(try trial.runWithConsole())
        }
    }
}
