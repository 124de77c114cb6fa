import RuntimeSpec

/// config.md#root and #mounts.
enum RootAndMountCases {
    static let cases: [Case] = root + mounts

    private static let root: [Case] = [
        .inside("root-relative", ["root.path"], "A relative root.path is taken from the bundle", operations: ["stat", "/mark"]) {
            $0["root.path"] = "rootfs"
            $0.files["rootfs/mark"] = "here"
        } sabotage: {
            $0.files["rootfs/mark"] = nil
        } check: { inside throws(Verdict) in
            try expect("errno of stat /mark", try inside.errno("stat"), is: 0)
        },
        .steps(
            "root-absolute", ["root.path"], "An absolute root.path is taken as it is",
            sabotage: .configuration {
                $0.files["rootfs/mark"] = nil
            }
        ) { trial throws(Verdict) in
            trial.bundle["root.path"] = .string(trial.rootfs)
            trial.bundle.files["rootfs/mark"] = "here"
            trial.bundle.operations = ["stat", "/mark"]
            try expect("errno of stat /mark", try trial.run().errno("stat"), is: 0)
        },
        .inside(
            "root-other-name", ["root.path"], "A root.path with another name than rootfs works", operations: ["stat", "/mark"]
        ) {
            $0["root.path"] = "other/tree"
            $0.files["other/tree/mark"] = "here"
            $0.prepare = { bundle throws(Verdict) in
                try Files.write(bundle + "/other/tree/probe", Probe.image, mode: 0o755)
                for name in ["proc", "dev", "sys"] { try Files.makeDirectories(bundle + "/other/tree/" + name) }
            }
        } sabotage: {
            $0["root.path"] = "rootfs"
        } check: { inside throws(Verdict) in
            try expect("errno of stat /mark", try inside.errno("stat"), is: 0)
        },
        .refused("root-missing-directory", ["root.path.exists"], "A root.path without a directory is refused") {
            $0["root.path"] = "nowhere"
        } valid: {
            $0["root.path"] = "rootfs"
        },
        .refused("root-is-file", ["root.path.exists"], "A root.path that is a file is refused") {
            $0["root.path"] = "file"
            $0.files["file"] = "no directory"
        } valid: {
            $0["root.path"] = "rootfs"
        },
        .refused("root-no-path", ["root.path.required"], "A root without path is refused") {
            $0["root"] = ["readonly": false]
        } valid: {
            $0["root"] = ["path": "rootfs"]
        },
        .refused("root-missing", ["root.required"], "A configuration without root is refused") {
            $0["root"] = nil
        } valid: {
            $0["root"] = ["path": "rootfs"]
        },
        .inside(
            "root-readonly", ["root.readonly"], "root.readonly makes the root read-only",
            operations: ["create", "/new", "report"]
        ) {
            $0["root.readonly"] = true
        } sabotage: {
            $0["root.readonly"] = false
        } check: { inside throws(Verdict) in
            try expect("errno of creating a file (EROFS is 30)", try inside.errno("create"), is: 30)
        },
        .inside(
            "root-writable", ["root.readonly.default"], "Without root.readonly the root is writable",
            operations: ["create", "/new"]
        ) { _ in
        } sabotage: {
            $0["root.readonly"] = true
        } check: { inside throws(Verdict) in
            try expect("errno of creating a file", try inside.errno("create"), is: 0)
        },
    ]

    private static let mounts: [Case] = [
        .inside(
            "mounts-order", ["mounts.order"], "Mounts are made in the order of the list",
            operations: ["stat", "/a/b/mark", "stat", "/a/mark"]
        ) {
            $0.files["outer/mark"] = "outer"
            $0.directories.append("outer/b")
            $0.files["inner/mark"] = "inner"
            $0.addMount("/a", "bind", "outer", ["bind"])
            $0.addMount("/a/b", "bind", "inner", ["bind"])
        } sabotage: {
            let mounts = $0["mounts"]?.array ?? []
            $0["mounts"] = .array(mounts.dropLast(2) + mounts.suffix(2).reversed())
        } check: { inside throws(Verdict) in
            try expect("errno of stat /a/mark", try inside.errno("stat", 1), is: 0)
            try expect("errno of stat /a/b/mark", try inside.errno("stat", 0), is: 0)
        },
        .inside("mounts-relative-destination", ["mounts.destination.relative"], "A relative destination is taken from /") {
            $0.addMount("relative/place", "tmpfs", "tmpfs")
        } sabotage: {
            $0.remove("mounts") { $0.object?["destination"]?.string == "relative/place" }
        } check: { inside throws(Verdict) in
            try expect("type of the mount", try inside.mount("/relative/place").type, is: "tmpfs")
        },
        .inside("mounts-type", ["mounts.type"], "The file system of type is mounted") {
            $0.addMount("/ram", "ramfs", "ramfs")
        } sabotage: {
            $0.remove("mounts") { $0.object?["destination"]?.string == "/ram" }
        } check: { inside throws(Verdict) in
            try expect("type of the mount", try inside.mount("/ram").type, is: "ramfs")
        },
        .inside("mounts-source-name", ["mounts.source"], "source is the mount's source") {
            $0.addMount("/named", "tmpfs", "my-name")
        } sabotage: {
            $0.remove("mounts") { $0.object?["destination"]?.string == "/named" }
            $0.addMount("/named", "tmpfs", "other-name")
        } check: { inside throws(Verdict) in
            try expect("source of the mount", try inside.mount("/named").source, is: "my-name")
        },
        .inside(
            "mounts-bind-relative-source", ["mounts.source.bundle"], "A relative bind source is taken from the bundle",
            operations: ["stat", "/volume/mark"]
        ) {
            $0.files["volume/mark"] = "here"
            $0.addMount("/volume", "none", "volume", ["bind"])
        } sabotage: {
            $0.files["volume/mark"] = nil
            $0.directories.append("volume")
        } check: { inside throws(Verdict) in
            try expect("errno of stat", try inside.errno("stat"), is: 0)
        },
        .inside("mounts-bind-file", ["mounts.source.bind"], "A file can be bound", operations: ["read", "/bound"]) {
            $0.files["file"] = "content"
            $0.addMount("/bound", nil, "file", ["bind"])
        } sabotage: {
            $0.files["file"] = "other"
        } check: { inside throws(Verdict) in
            try expect("content", try inside.operation("read")["text"]?.string, is: "content")
        },
        .inside(
            "mounts-bind-without-type", ["mounts.source.bind"], "bind in options is enough to make a bind mount",
            operations: ["stat", "/volume/mark"]
        ) {
            $0.files["volume/mark"] = "here"
            $0.addMount("/volume", nil, "volume", ["bind"])
        } sabotage: {
            $0.files["volume/mark"] = nil
            $0.directories.append("volume")
        } check: { inside throws(Verdict) in
            try expect("errno of stat", try inside.errno("stat"), is: 0)
        },
        .inside(
            "mounts-data", ["mounts.options.data"], "Options that the runtime does not know reach the file system",
            operations: ["report", "stat", "/small"]
        ) {
            $0.addMount("/small", "tmpfs", "tmpfs", ["nosuid", "size=128k", "mode=1750"])
        } sabotage: {
            $0.remove("mounts") { $0.object?["destination"]?.string == "/small" }
            $0.addMount("/small", "tmpfs", "tmpfs", ["nosuid"])
        } check: { inside throws(Verdict) in
            let mount = try inside.mount("/small")
            try expect(mount.superOptions.contains("size=128k"), "size=128k", seen: mount.superOptions.joined(separator: ","))
            try expect("mode", try inside.operation("stat")["mode"]?.integer, is: 0o41750)
        },
        .refused(
            "mounts-bind-missing-source", ["mounts.source.bind", "create.cannot-apply"],
            "A bind mount without its source is refused"
        ) {
            $0.addMount("/volume", "bind", "nowhere", ["bind"])
        } valid: {
            $0.directories.append("nowhere")
            $0.remove("mounts") { $0.object?["destination"]?.string == "/volume" }
            $0.addMount("/volume", "bind", "nowhere", ["bind"])
        },
        .refused("mounts-no-destination", ["mounts.destination.required"], "A mount without destination is refused") {
            $0.append("mounts", ["type": "tmpfs", "source": "tmpfs"])
        } valid: {
            $0.remove("mounts") { $0.object?["destination"] == nil }
        },
        .refused(
            "mounts-unknown-type", ["values.invalid", "mounts.type"], "A file system that the kernel does not have is refused"
        ) {
            $0.addMount("/volume", "no-such-file-system", "none")
        } valid: {
            $0.remove("mounts") { $0.object?["destination"]?.string == "/volume" }
            $0.addMount("/volume", "tmpfs", "none")
        },
    ]
}
