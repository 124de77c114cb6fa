import CHarness
import RuntimeSpec

/// config-linux.md: rootfsPropagation, maskedPaths, readonlyPaths.
enum RootPropagationCases {
    static let cases: [Case] = propagation + recursive + masked + readonly

    /// The root is a mount of its own that is shared with the runtime's namespace.
    private static func shareRoot(_ bundle: inout Bundle) {
        bundle.prepare = { folder throws(Verdict) in
            // The mount that the bundle lies on must propagate, or there is nothing to get from the host.
            try System.mount("none", String(folder.dropLast("/bundle".count)), "", System.shared)
        }
    }

    private static func seen(_ inside: Inside) throws(Verdict) -> Set<String> {
        Set(try inside.mount("/").propagation.map { String($0.prefix { $0 != ":" }) })
    }

    private static let propagation: [Case] = [
        .inside("root-propagation-shared", ["rootfsPropagation.shared"], "shared makes the root a peer group of its own") {
            shareRoot(&$0)
            $0["linux.rootfsPropagation"] = "shared"
        } sabotage: {
            $0["linux.rootfsPropagation"] = "private"
        } check: { inside throws(Verdict) in
            let seen = try seen(inside)
            try expect(seen.contains("shared"), "a shared root mount", seen: "\(seen.sorted())")
            let host = MountInfo.parse(Files.text("/proc/self/mountinfo") ?? "").flatMap { $0.propagation }
            let peers = try inside.mount("/").propagation.first { $0.hasPrefix("shared:") } ?? ""
            try expect(!host.contains(peers), "a peer group without a mount of the host", seen: peers)
        },
        .inside("root-propagation-slave", ["rootfsPropagation.slave"], "slave makes the root follow the host") {
            shareRoot(&$0)
            $0["linux.rootfsPropagation"] = "slave"
        } sabotage: {
            $0["linux.rootfsPropagation"] = "private"
        } check: { inside throws(Verdict) in
            let seen = try seen(inside)
            try expect(
                seen.contains("master") && !seen.contains("shared"), "a root mount that is a slave only", seen: "\(seen.sorted())"
            )
        },
        .inside("root-propagation-private", ["rootfsPropagation.private"], "private cuts the root off") {
            shareRoot(&$0)
            $0["linux.rootfsPropagation"] = "private"
        } sabotage: {
            $0["linux.rootfsPropagation"] = "shared"
        } check: { inside throws(Verdict) in
            let seen = try seen(inside)
            try expect(seen.isDisjoint(with: ["shared", "master"]), "a private root mount", seen: "\(seen.sorted())")
        },
        .inside(
            "root-propagation-unbindable", ["rootfsPropagation.unbindable"], "unbindable keeps the root from being bound",
            operations: ["report", "mkdir", "/copy", "mount", "/", "/copy", "none", "4096"]
        ) {
            $0["linux.rootfsPropagation"] = "unbindable"
        } sabotage: {
            $0["linux.rootfsPropagation"] = "private"
        } check: { inside throws(Verdict) in
            let seen = try seen(inside)
            try expect(seen.contains("unbindable"), "an unbindable root mount", seen: "\(seen.sorted())")
            try expect("errno of binding the root (EINVAL is 22)", try inside.errno("mount"), is: 22)
        },
        .steps(
            "root-propagation-slave-receives", ["rootfsPropagation.slave"],
            "A mount that the host makes later appears in a slave root",
            sabotage: .configuration { $0["linux.rootfsPropagation"] = "private" }
        ) { trial throws(Verdict) in
            shareRoot(&trial.bundle)
            trial.bundle["linux.rootfsPropagation"] = "slave"
            trial.bundle.directories.append("rootfs/later")
            trial.bundle.operations = ["signals", "15", "report"]
            try trial.succeed("create", try trial.create())
            try trial.succeed("start", try trial.start())
            _ = try trial.waitForLine("the program runs") { $0.object?["ready"] != nil }
            try System.mount("tmpfs", trial.rootfs + "/later", "tmpfs")
            try trial.succeed("kill", try trial.kill("TERM"))
            try trial.waitForEnd()
            let inside = Inside(lines: trial.lines(), exitStatus: 0)
            try expect("type of the mount that was made later", try inside.mount("/later").type, is: "tmpfs")
        },
        .refused("root-propagation-unknown", ["rootfsPropagation.value", "values.invalid"], "An unknown value is refused") {
            $0["linux.rootfsPropagation"] = "sometimes"
        } valid: {
            $0["linux.rootfsPropagation"] = "private"
        },
    ]

    /// The schema has four values; every runtime takes those of mount(8) as well, which concern the mounts below too.
    private static let recursive: [Case] = [
        ("rshared", "shared", "private"), ("rslave", "slave", "shared"), ("rprivate", "private", "shared"),
        ("runbindable", "unbindable", "private"),
    ].map { (value, rule, other) in
        .inside(
            "root-propagation-\(value)", ["practice.rootfsPropagation-recursive"],
            "\(value) concerns the root and the mounts below"
        ) {
            shareRoot(&$0)
            $0["linux.rootfsPropagation"] = .string(value)
        } sabotage: {
            $0["linux.rootfsPropagation"] = .string(other)
        } check: { inside throws(Verdict) in
            let root = try seen(inside)
            let below = Set(try inside.mount("/proc").propagation.map { String($0.prefix { $0 != ":" }) })
            switch value {
            case "rslave":
                try expect(
                    root.contains("master") && !root.contains("shared"), "a root mount that is a slave only",
                    seen: "\(root.sorted())")
            case "rprivate":
                let both = root.union(below)
                try expect(both.isDisjoint(with: ["shared", "master"]), "private mounts", seen: "\(both.sorted())")
            default:
                let both = root.intersection(below)
                try expect(both.contains(rule), "\(rule) mounts at / and /proc", seen: "\(root.sorted()), \(below.sorted())")
            }
        }
    }

    private static let masked: [Case] = [
        .inside("masked-file", ["maskedPaths.unreadable"], "A masked file cannot be read", operations: ["read", "/secret/file"]) {
            $0.files["rootfs/secret/file"] = "secret"
            $0["linux.maskedPaths"] = ["/secret/file"]
        } sabotage: {
            $0["linux.maskedPaths"] = []
        } check: { inside throws(Verdict) in
            let read = try inside.operation("read")
            try expect(
                read["errno"]?.integer != 0 || read["text"]?.string == "", "nothing to read", seen: read["text"]?.string ?? "")
        },
        .inside(
            "masked-directory", ["maskedPaths.unreadable"], "A masked directory is empty and cannot be written",
            operations: ["list", "/secret", "create", "/secret/new"]
        ) {
            $0.files["rootfs/secret/file"] = "secret"
            $0["linux.maskedPaths"] = ["/secret"]
        } sabotage: {
            $0["linux.maskedPaths"] = []
        } check: { inside throws(Verdict) in
            let list = try inside.operation("list")
            try expect("entries", list["entries"]?.array?.count ?? 0, is: 0)
            try expect(try inside.errno("create") != 0, "creating a file fails", seen: "it succeeds")
        },
        .inside(
            "masked-proc", ["maskedPaths.unreadable"], "A file of /proc can be masked", operations: ["read", "/proc/meminfo"]
        ) {
            $0["linux.maskedPaths"] = ["/proc/meminfo"]
        } sabotage: {
            $0["linux.maskedPaths"] = ["/proc/kcore"]
        } check: { inside throws(Verdict) in
            let read = try inside.operation("read")
            try expect(
                read["errno"]?.integer != 0 || read["text"]?.string == "", "nothing to read",
                seen: String((read["text"]?.string ?? "").prefix(40)))
        },
        .accepted("masked-missing", ["practice.masked-missing"], "A masked path that does not exist is no error") {
            $0["linux.maskedPaths"] = ["/nowhere/at/all", "/proc/acpi"]
        },
        .refused("masked-relative", ["maskedPaths.absolute"], "A relative masked path is refused") {
            $0["linux.maskedPaths"] = ["proc/meminfo"]
        } valid: {
            $0["linux.maskedPaths"] = ["/proc/meminfo"]
        },
    ]

    private static let readonly: [Case] = [
        .inside(
            "readonly-directory", ["readonlyPaths.readonly"], "A read-only directory cannot be written",
            operations: ["create", "/fixed/new", "read", "/fixed/file"]
        ) {
            $0.files["rootfs/fixed/file"] = "content"
            $0["linux.readonlyPaths"] = ["/fixed"]
        } sabotage: {
            $0["linux.readonlyPaths"] = []
        } check: { inside throws(Verdict) in
            try expect("errno of creating a file (EROFS is 30)", try inside.errno("create"), is: 30)
            try expect("content", try inside.operation("read")["text"]?.string, is: "content")
        },
        .inside(
            "readonly-file", ["readonlyPaths.readonly"], "A read-only file cannot be written",
            operations: ["open", "/fixed", "w"]
        ) {
            $0.files["rootfs/fixed"] = "content"
            $0["linux.readonlyPaths"] = ["/fixed"]
        } sabotage: {
            $0["linux.readonlyPaths"] = []
        } check: { inside throws(Verdict) in
            try expect("errno of open (EROFS is 30)", try inside.errno("open"), is: 30)
        },
        .inside(
            "readonly-proc", ["readonlyPaths.readonly"], "/proc/sys can be made read-only",
            operations: ["open", "/proc/sys/kernel/hostname", "w"]
        ) {
            $0["linux.readonlyPaths"] = ["/proc/sys"]
        } sabotage: {
            $0["linux.readonlyPaths"] = ["/proc/bus"]
        } check: { inside throws(Verdict) in
            try expect("errno of open (EROFS is 30)", try inside.errno("open"), is: 30)
        },
        .inside(
            "readonly-root", ["readonlyPaths.readonly"], "The root itself can be made read-only",
            operations: ["create", "/new", "create", "/etc/new"]
        ) {
            $0["linux.readonlyPaths"] = ["/"]
        } sabotage: {
            $0["linux.readonlyPaths"] = []
        } check: { inside throws(Verdict) in
            try expect("errno of creating a file (EROFS is 30)", try inside.errno("create"), is: 30)
        },
        .refused("readonly-relative", ["readonlyPaths.absolute"], "A relative read-only path is refused") {
            $0["linux.readonlyPaths"] = ["proc/sys"]
        } valid: {
            $0["linux.readonlyPaths"] = ["/proc/sys"]
        },
    ]
}
