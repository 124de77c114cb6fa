import CHarness
import RuntimeSpec

/// config-linux.md#intelrdt. All but the first need a machine with resctrl mounted.
enum IntelRdtCases {
    private static let root = "/sys/fs/resctrl"
    private static let isMounted = MountInfo.parse(Files.text("/proc/self/mountinfo") ?? "").contains { $0.type == "resctrl" }

    private static func needMount() throws(Verdict) {
        if !isMounted { throw Verdict.skipped("this machine has no resctrl file system mounted") }
    }

    private static func one(
        _ id: String, _ rules: [String], _ title: String, _ value: JSONValue?, without: JSONValue? = nil,
        prepare: @escaping @Sendable () throws(Verdict) -> Void = {}, after: @escaping @Sendable () -> Void = {},
        check: @escaping @Sendable (Trial) throws(Verdict) -> Void
    ) -> Case {
        .steps("intel-rdt-" + id, rules, title, sabotage: .configuration { $0["linux.intelRdt"] = without }) {
            trial throws(Verdict) in
            try prepare()
            defer { after() }
            trial.bundle["linux.intelRdt"] = value
            trial.bundle.operations = ["sleep", "60000"]
            try trial.succeed("create", try trial.create())
            defer { _ = try? trial.call(["delete", "--force", trial.id]) }
            try check(trial)
        }
        .needing(needMount)
    }

    private static func isIn(_ trial: Trial, _ directory: String) throws(Verdict) {
        let tasks = (Files.text(directory + "/tasks") ?? "no file").split(separator: "\n").map(String.init)
        try trial.expect(
            tasks.contains("\(trial.pid() ?? 0)"), "the process in \(directory)/tasks", seen: tasks.joined(separator: " "))
    }

    private static let schema = (Files.text(root + "/schemata") ?? "").split(separator: "\n").map { $0.trimmed }
    private static var l3: String { schema.first { $0.hasPrefix("L3:") } ?? "L3:0=f" }
    private static var bandwidth: String { schema.first { $0.hasPrefix("MB:") } ?? "MB:0=100" }

    private static func refusal(_ id: String, _ rules: [String], _ title: String, _ value: JSONValue, valid: JSONValue) -> Case {
        .refused("intel-rdt-" + id, rules, title) {
            $0["linux.intelRdt"] = value
        } valid: {
            $0["linux.intelRdt"] = valid
        }
        .needing(needMount)
    }

    static let cases: [Case] = [
        .refused("intel-rdt-not-mounted", ["intelRdt.mounted"], "intelRdt without a mounted resctrl is refused") {
            $0["linux.intelRdt"] = ["closID": "group"]
        } valid: {
            $0["linux.intelRdt"] = nil
        }
        .needing { () throws(Verdict) in if isMounted { throw Verdict.skipped("resctrl is mounted") } },
        one(
            "own-directory", ["intelRdt.closID.unset", "intelRdt.tasks", "intelRdt.either"],
            "Without closID a directory with the container's id is made", ["l3CacheSchema": .string(l3)]
        ) { trial throws(Verdict) in
            try isIn(trial, root + "/" + trial.id)
        },
        one("removed", ["intelRdt.remove"], "That directory is removed with the container", ["l3CacheSchema": .string(l3)]) {
            trial throws(Verdict) in
            try trial.expect(Files.isDirectory(root + "/" + trial.id), "the directory", seen: "none")
            try trial.succeed("delete", try trial.delete(force: true))
            try trial.expect(!Files.isDirectory(root + "/" + trial.id), "no directory", seen: "it is there")
        },
        one("unset", ["intelRdt.unset"], "Without intelRdt nothing is made", nil, without: [:]) { trial throws(Verdict) in
            try trial.expect(!Files.isDirectory(root + "/" + trial.id), "no directory", seen: "it is there")
        },
        one(
            "none", ["intelRdt.none"], "Without schemata none are written", ["closID": "/"],
            without: ["closID": "/", "schemata": ["L3:0=1"]]
        ) { trial throws(Verdict) in
            let now = (Files.text(root + "/schemata") ?? "").split(separator: "\n").map { $0.trimmed }
            try expect("schemata of the root", now, is: schema)
        },
        one("root", ["intelRdt.root"], "closID / is the root", ["closID": "/"]) { trial throws(Verdict) in try isIn(trial, root)
        },
        one(
            "created", ["intelRdt.closID.create", "intelRdt.both"], "A closID directory is made for schemata",
            ["closID": "ociprobe", "l3CacheSchema": .string(l3), "memBwSchema": .string(bandwidth)],
            after: { unsafe rmdir(root + "/ociprobe") }
        ) { trial throws(Verdict) in
            try isIn(trial, root + "/ociprobe")
        },
        one(
            "kept", ["intelRdt.keep"], "A directory that was there is not removed", ["closID": "ociprobe"],
            prepare: { unsafe mkdir(root + "/ociprobe", 0o755) }, after: { unsafe rmdir(root + "/ociprobe") }
        ) { trial throws(Verdict) in
            try trial.succeed("delete", try trial.delete(force: true))
            try trial.expect(Files.isDirectory(root + "/ociprobe"), "the directory", seen: "none")
        },
        one("schemata", ["intelRdt.schemata"], "schemata is written", ["schemata": [.string(l3)]]) { trial throws(Verdict) in
            let text = Files.text(root + "/\(trial.id)/schemata") ?? ""
            try trial.expect(text.split(separator: "\n").map { $0.trimmed }.contains(l3), l3, seen: text)
        },
        one(
            "monitoring", ["intelRdt.monitoring"], "enableMonitoring makes a group of its own",
            ["closID": "/", "enableMonitoring": true], without: ["closID": "/"]
        ) { trial throws(Verdict) in
            try isIn(trial, root + "/mon_groups/" + trial.id)
        },
        refusal(
            "missing-directory", ["intelRdt.closID.exists"], "closID without schemata and without its directory is refused",
            ["closID": "no-such-directory"], valid: ["closID": "/"]),
        refusal(
            "mismatch", ["intelRdt.closID.compare"], "A closID directory with other schemata is refused",
            ["closID": "/", "l3CacheSchema": "L3:0=1"], valid: ["closID": "/"]),
        refusal(
            "l3-newline", ["intelRdt.l3.form"], "An l3CacheSchema with a newline is refused",
            ["l3CacheSchema": "L3:0=f\nMB:0=10"], valid: ["closID": "/"]),
        refusal(
            "mb-prefix", ["intelRdt.mb.form"], "A memBwSchema without MB: is refused", ["memBwSchema": "L3:0=f"],
            valid: ["closID": "/"]),
        refusal(
            "schemata-newline", ["intelRdt.schemata.form"], "schemata with a newline is refused",
            ["schemata": ["L3:0=f\nMB:0=10"]], valid: ["closID": "/"]),
    ]
}
