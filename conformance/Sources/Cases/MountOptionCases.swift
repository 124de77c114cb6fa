import CHarness
import RuntimeSpec

/// config.md#linux-mount-options: each option of the table.
enum MountOptionCases {
    static let cases: [Case] =
        flags.map(flagCase) + propagation.map(propagationCase) + accepted.map(acceptedCase) + recursive.map(recursiveCase)
        + others

    /// What mountinfo must tell: `has` and `lacks` of the mount's options or of its file system's.
    private struct Flag: Sendable {
        var option: String
        /// All options of the mount, in order.
        var options: [String]
        /// The same without the property that is tested.
        var without: [String]
        var has: [String] = []
        var lacks: [String] = []
    }

    private static let flags: [Flag] = [
        Flag(option: "ro", options: ["ro"], without: [], has: ["ro"]),
        Flag(option: "rw", options: ["ro", "rw"], without: ["ro"], has: ["rw"]),
        Flag(option: "nosuid", options: ["nosuid"], without: [], has: ["nosuid"]),
        Flag(option: "suid", options: ["nosuid", "suid"], without: ["nosuid"], lacks: ["nosuid"]),
        Flag(option: "nodev", options: ["nodev"], without: [], has: ["nodev"]),
        Flag(option: "dev", options: ["nodev", "dev"], without: ["nodev"], lacks: ["nodev"]),
        Flag(option: "noexec", options: ["noexec"], without: [], has: ["noexec"]),
        Flag(option: "exec", options: ["noexec", "exec"], without: ["noexec"], lacks: ["noexec"]),
        Flag(option: "noatime", options: ["noatime"], without: [], has: ["noatime"]),
        Flag(option: "atime", options: ["noatime", "atime"], without: ["noatime"], lacks: ["noatime"]),
        Flag(option: "nodiratime", options: ["nodiratime"], without: [], has: ["nodiratime"]),
        Flag(option: "diratime", options: ["nodiratime", "diratime"], without: ["nodiratime"], lacks: ["nodiratime"]),
        Flag(option: "strictatime", options: ["strictatime"], without: [], lacks: ["relatime", "noatime"]),
        Flag(
            option: "nostrictatime", options: ["strictatime", "nostrictatime"], without: ["strictatime"],
            has: ["relatime"]),
        Flag(option: "sync", options: ["sync"], without: [], has: ["sync"]),
        Flag(option: "async", options: ["sync", "async"], without: ["sync"], lacks: ["sync"]),
        Flag(option: "dirsync", options: ["dirsync"], without: [], has: ["dirsync"]),
        Flag(option: "lazytime", options: ["lazytime"], without: [], has: ["lazytime"]),
        Flag(option: "nolazytime", options: ["lazytime", "nolazytime"], without: ["lazytime"], lacks: ["lazytime"]),
        Flag(option: "nosymfollow", options: ["nosymfollow"], without: [], has: ["nosymfollow"]),
        Flag(option: "symfollow", options: ["nosymfollow", "symfollow"], without: ["nosymfollow"], lacks: ["nosymfollow"]),
    ]

    private static func words(_ mount: MountInfo) -> Set<String> {
        Set(mount.options + mount.superOptions + mount.propagation.map { String($0.prefix { $0 != ":" }) })
    }

    private static func judge(_ mount: MountInfo, has: [String], lacks: [String]) throws(Verdict) {
        // `rw` and `ro` of the file system say nothing about the mount.
        var words = words(mount)
        for word in ["ro", "rw"] where !mount.options.contains(word) { words.remove(word) }
        let text = words.sorted().joined(separator: ",")
        for word in has { try expect(words.contains(word), "\(mount.target) has \(word)", seen: text) }
        for word in lacks { try expect(!words.contains(word), "\(mount.target) lacks \(word)", seen: text) }
    }

    private static func flagCase(_ flag: Flag) -> Case {
        .inside(
            "mount-option-\(flag.option)", ["mounts.option.\(flag.option)"], "The option \(flag.option) takes effect on a tmpfs"
        ) {
            $0.addMount("/m", "tmpfs", "tmpfs", flag.options)
        } sabotage: {
            $0.remove("mounts") { $0.object?["destination"]?.string == "/m" }
            $0.addMount("/m", "tmpfs", "tmpfs", flag.without)
        } check: { inside throws(Verdict) in
            try judge(try inside.mount("/m"), has: flag.has, lacks: flag.lacks)
        }
    }

    /// What becomes of a bind mount of a tree whose mounts are shared, or private if `isPrivate`.
    private struct Propagation: Sendable {
        var option: String
        var isPrivate = false
        /// Another option instead, which gives something else.
        var other: String
        var has: [String] = []
        var lacks: [String] = []
    }

    private static let propagation: [Propagation] = [
        Propagation(option: "shared", isPrivate: true, other: "private", has: ["shared"]),
        Propagation(option: "slave", other: "private", has: ["master"], lacks: ["shared"]),
        Propagation(option: "private", other: "shared", lacks: ["shared", "master"]),
        Propagation(option: "unbindable", other: "private", has: ["unbindable"]),
        Propagation(option: "rshared", isPrivate: true, other: "rprivate", has: ["shared"]),
        Propagation(option: "rslave", other: "rprivate", has: ["master"], lacks: ["shared"]),
        Propagation(option: "rprivate", other: "rshared", lacks: ["shared", "master"]),
        Propagation(option: "runbindable", other: "rprivate", has: ["unbindable"]),
    ]

    private static func propagationCase(_ test: Propagation) -> Case {
        let isRecursive = test.option.hasPrefix("r")
        let bind: JSONValue = isRecursive ? "rbind" : "bind"
        return .inside(
            "mount-option-\(test.option)", ["mounts.option.\(test.option)"],
            "The option \(test.option) takes effect on \(isRecursive ? "all mounts of a bound tree" : "a bind mount")"
        ) {
            $0.prepare = { folder throws(Verdict) in
                try makeTree(folder + "/tree")
                if !test.isPrivate { try System.mount("none", folder + "/tree", "", System.shared | System.recursive) }
            }
            $0.addMount("/m", "bind", "tree")
            $0["mounts[5].options"] = [bind, .string(test.option)]
        } sabotage: {
            $0["mounts[5].options"] = [bind, .string(test.other)]
        } check: { inside throws(Verdict) in
            try judge(try inside.mount("/m"), has: test.has, lacks: test.lacks)
            if isRecursive { try judge(try inside.mount("/m/sub"), has: test.has, lacks: test.lacks) }
        }
    }

    /// Options whose effect the kernel does not show: they must not be refused, and not be handed to the file system,
    /// which would refuse them.
    private static let accepted = [
        "defaults", "iversion", "noiversion", "loud", "silent", "norelatime", "rnorelatime", "mand", "nomand",
    ]

    private static func acceptedCase(_ option: String) -> Case {
        .inside(
            "mount-option-\(option)", ["mounts.option.\(option)"],
            "The option \(option) is accepted on a tmpfs and on a bind mount"
        ) {
            $0.directories.append("volume")
            $0.addMount("/m", "tmpfs", "tmpfs", [option])
            $0.addMount("/b", "bind", "volume", ["bind", option])
        } sabotage: {
            $0["mounts[5].options[0]"] = .string("no-such-" + option)
        } check: { inside throws(Verdict) in
            try expect("type of /m", try inside.mount("/m").type, is: "tmpfs")
            _ = try inside.mount("/b")
        }
        .blind(to: "what the option does: the kernel shows nothing of it")
    }

    /// A tree of two mounts is bound with a recursive option.
    private struct Recursive: Sendable {
        var option: String
        /// The flags of mount(2) that the two source mounts have.
        var flags: UInt = 0
        var has: [String] = []
        var lacks: [String] = []
    }

    private static let recursive: [Recursive] = [
        Recursive(option: "rro", has: ["ro"]),
        Recursive(option: "rrw", flags: 1, has: ["rw"]),
        Recursive(option: "rnosuid", has: ["nosuid"]),
        Recursive(option: "rsuid", flags: 2, lacks: ["nosuid"]),
        Recursive(option: "rnodev", has: ["nodev"]),
        Recursive(option: "rdev", flags: 4, lacks: ["nodev"]),
        Recursive(option: "rnoexec", has: ["noexec"]),
        Recursive(option: "rexec", flags: 8, lacks: ["noexec"]),
        Recursive(option: "rnoatime", has: ["noatime"]),
        Recursive(option: "ratime", flags: 1024, lacks: ["noatime"]),
        Recursive(option: "rnodiratime", has: ["nodiratime"]),
        Recursive(option: "rdiratime", flags: 2048, lacks: ["nodiratime"]),
        Recursive(option: "rrelatime", flags: 1024, has: ["relatime"], lacks: ["nosymfollow"]),
        Recursive(option: "rstrictatime", lacks: ["relatime", "noatime"]),
        Recursive(option: "rnostrictatime", flags: 1 << 24, has: ["relatime"]),
        Recursive(option: "rnosymfollow", has: ["nosymfollow"]),
        Recursive(option: "rsymfollow", flags: 256, lacks: ["nosymfollow"]),
    ]

    /// A tmpfs with another one in it, as the source of bind mounts; `flags` are mount(2)'s for both.
    static func makeTree(_ path: String, flags: UInt = 0) throws(Verdict) {
        try Files.makeDirectories(path)
        try System.mount("tmpfs", path, "tmpfs", 0)
        try Files.makeDirectories(path + "/sub")
        try System.mount("tmpfs", path + "/sub", "tmpfs", 0)
        try Files.write(path + "/sub/.mark", "inner")
        guard flags != 0 else { return }
        for mount in [path, path + "/sub"] { try System.mount("none", mount, "", System.remount | System.bind | flags) }
    }

    private static func recursiveCase(_ test: Recursive) -> Case {
        .inside(
            // The specification's table has no rnodev, though it has rdev; mount(8) knows both.
            "mount-option-\(test.option)",
            test.option == "rnodev" ? ["mounts.options.mount8", "mounts.options.custom"] : ["mounts.option.\(test.option)"],
            "The option \(test.option) takes effect on the mount and on those below it"
        ) {
            $0.prepare = { folder throws(Verdict) in try makeTree(folder + "/tree", flags: test.flags) }
            $0.addMount("/m", "bind", "tree", ["rbind", test.option])
        } sabotage: {
            $0.remove("mounts") { $0.object?["destination"]?.string == "/m" }
            $0.addMount("/m", "bind", "tree", ["rbind"])
        } check: { inside throws(Verdict) in
            try judge(try inside.mount("/m"), has: test.has, lacks: test.lacks)
            try judge(try inside.mount("/m/sub"), has: test.has, lacks: test.lacks)
        }
    }

    private static let others: [Case] = [
        .inside(
            // On a new file system it is the kernel's default, and cannot be seen.
            "mount-option-relatime", ["mounts.option.relatime"],
            "The option relatime takes effect on a bind mount of a noatime source"
        ) {
            $0.prepare = { folder throws(Verdict) in try makeTree(folder + "/tree", flags: 1024) }
            $0.addMount("/m", "bind", "tree", ["bind", "relatime"])
        } sabotage: {
            $0["mounts[5].options"] = ["bind"]
        } check: { inside throws(Verdict) in
            try judge(try inside.mount("/m"), has: ["relatime"], lacks: ["noatime"])
        },
        .inside(
            "mount-option-bind", ["mounts.option.bind"], "bind binds the mount alone",
            operations: ["stat", "/m/sub/.mark", "report"]
        ) {
            $0.prepare = { folder throws(Verdict) in try makeTree(folder + "/tree") }
            $0.addMount("/m", "bind", "tree", ["bind"])
        } sabotage: {
            $0["mounts[5].options"] = ["rbind"]
        } check: { inside throws(Verdict) in
            _ = try inside.mount("/m")
            try expect("errno of stat of a file in a mount below (ENOENT is 2)", try inside.errno("stat"), is: 2)
        },
        .inside(
            "mount-option-rbind", ["mounts.option.rbind"], "rbind binds the mount and all below it",
            operations: ["stat", "/m/sub/.mark"]
        ) {
            $0.prepare = { folder throws(Verdict) in try makeTree(folder + "/tree") }
            $0.addMount("/m", "bind", "tree", ["rbind"])
        } sabotage: {
            $0["mounts[5].options"] = ["bind"]
        } check: { inside throws(Verdict) in
            try expect("errno of stat of a file in a mount below", try inside.errno("stat"), is: 0)
        },
        .inside(
            "mount-option-ro-bind", ["mounts.option.ro"], "ro takes effect on a bind mount", operations: ["create", "/m/new"]
        ) {
            $0.directories.append("volume")
            $0.addMount("/m", "bind", "volume", ["bind", "ro"])
        } sabotage: {
            $0["mounts[5].options"] = ["bind"]
        } check: { inside throws(Verdict) in
            try expect("errno of creating a file (EROFS is 30)", try inside.errno("create"), is: 30)
        },
        .inside(
            "mount-option-ro-rbind", ["mounts.option.ro"], "ro with rbind concerns the top mount only", operations: ["report"]
        ) {
            $0.prepare = { folder throws(Verdict) in try makeTree(folder + "/tree") }
            $0.addMount("/m", "bind", "tree", ["rbind", "ro"])
        } sabotage: {
            $0["mounts[5].options"] = ["rbind"]
        } check: { inside throws(Verdict) in
            try judge(try inside.mount("/m"), has: ["ro"], lacks: [])
            try judge(try inside.mount("/m/sub"), has: ["rw"], lacks: [])
        },
        .inside("mount-option-remount", ["mounts.option.remount"], "remount changes the options of a mount that is there") {
            $0.addMount("/m", "tmpfs", "tmpfs", ["nosuid"])
            $0.addMount("/m", "tmpfs", "tmpfs", ["remount", "ro"])
        } sabotage: {
            $0.remove("mounts") { $0.object?["options"]?.array?.contains("remount") ?? false }
        } check: { inside throws(Verdict) in
            try judge(try inside.mount("/m"), has: ["ro"], lacks: [])
            try expect("mounts at /m", try inside.mounts.filter { $0.target == "/m" }.count, is: 1)
        },
        remount("access-time", "remount changes how access times are kept", [], ["noatime"]) { mount throws(Verdict) in
            try judge(mount, has: ["noatime"], lacks: ["relatime"])
        },
        remount("writable", "remount with rw makes a read-only file system writable", ["ro"], ["rw"], "create", "/m/new") {
            mount throws(Verdict) in
            try judge(mount, has: ["rw"], lacks: [])
        },
        remount("data", "remount hands unknown options to the file system", ["size=1m"], ["size=2m"]) { mount throws(Verdict) in
            try judge(mount, has: ["size=2048k"], lacks: [])
        },
        .inside(
            "mount-option-remount-bind", ["mounts.option.remount"], "remount changes a bind mount and not what is bound",
            operations: ["create", "/a/one", "create", "/b/other"]
        ) {
            $0.directories.append("volume")
            $0.addMount("/a", "bind", "volume", ["bind"])
            $0.addMount("/b", "bind", "volume", ["bind"])
            $0.addMount("/b", "bind", "volume", ["remount", "bind", "ro"])
        } sabotage: {
            $0.remove("mounts") { $0.object?["options"]?.array?.contains("remount") ?? false }
        } check: { inside throws(Verdict) in
            try expect("errno of creating a file in the other mount", try inside.errno("create", 0), is: 0)
            try expect("errno of creating a file (EROFS is 30)", try inside.errno("create", 1), is: 30)
        },
        .inside(
            "mount-option-tmpcopyup", ["mounts.option.tmpcopyup"], "tmpcopyup fills the tmpfs with what it covers",
            operations: ["read", "/filled/file"]
        ) {
            $0.files["rootfs/filled/file"] = "of the image"
            $0.addMount("/filled", "tmpfs", "tmpfs", ["tmpcopyup"])
        } sabotage: {
            $0["mounts[5].options"] = ["nosuid"]
        } check: { inside throws(Verdict) in
            try expect("content", try inside.operation("read")["text"]?.string, is: "of the image")
        },
        .inside(
            "mount-option-tmpcopyup-tree", ["mounts.option.tmpcopyup"],
            "tmpcopyup copies directories, links, owners and modes, and the image stays as it is",
            operations: ["stat", "/filled/sub/file", "read", "/filled/link", "create", "/filled/new", "list", "/again"]
        ) {
            $0.files["rootfs/filled/sub/file"] = "of the image"
            $0.prepare = {
                unsafe chown($0 + "/rootfs/filled/sub/file", 7, 8)
                unsafe chmod($0 + "/rootfs/filled/sub/file", 0o640)
                unsafe symlink("sub/file", $0 + "/rootfs/filled/link")
            }
            $0.addMount("/again", "bind", $0.path + "/rootfs/filled", ["bind"])
            $0.addMount("/filled", "tmpfs", "tmpfs", ["tmpcopyup"])
        } sabotage: {
            $0.remove("mounts") { $0.object?["destination"]?.string == "/filled" }
        } check: { inside throws(Verdict) in
            let file = try inside.operation("stat")
            try expect("owner", [file["uid"]?.integer, file["gid"]?.integer], is: [7, 8])
            try expect("mode", (file["mode"]?.integer ?? 0) & 0o7777, is: 0o640)
            try expect("what the link leads to", try inside.operation("read")["text"]?.string, is: "of the image")
            try expect("errno of creating a file", try inside.errno("create"), is: 0)
            let names = try inside.operation("list")["entries"]?.array?.compactMap { $0.string } ?? []
            try expect(Set(names).subtracting([".", ".."]) == ["sub", "link"], "sub and link in the image", seen: "\(names)")
        },
        .inside(
            "mount-option-tmpcopyup-ro", ["mounts.option.tmpcopyup", "mounts.option.ro"],
            "tmpcopyup with ro is filled, then read-only",
            operations: ["read", "/filled/file", "create", "/filled/new"]
        ) {
            $0.files["rootfs/filled/file"] = "of the image"
            $0.addMount("/filled", "tmpfs", "tmpfs", ["tmpcopyup", "ro"])
        } sabotage: {
            $0["mounts[5].options"] = ["tmpcopyup"]
        } check: { inside throws(Verdict) in
            try expect("content", try inside.operation("read")["text"]?.string, is: "of the image")
            try expect("errno of creating a file (EROFS is 30)", try inside.errno("create"), is: 30)
        },
    ]

    /// A tmpfs at /m, and a second entry that changes it.
    private static func remount(
        _ id: String, _ title: String, _ first: [String], _ second: [String], _ operations: String...,
        check: @escaping @Sendable (MountInfo) throws(Verdict) -> Void
    ) -> Case {
        .inside(
            "mount-option-remount-\(id)", ["mounts.option.remount"], title, operations: ["report"] + operations
        ) {
            $0.addMount("/m", "tmpfs", "tmpfs", first)
            $0.addMount("/m", "tmpfs", "tmpfs", ["remount"] + second)
        } sabotage: {
            $0.remove("mounts") { $0.object?["options"]?.array?.contains("remount") ?? false }
        } check: { inside throws(Verdict) in
            try check(try inside.mount("/m"))
            try expect("mounts at /m", try inside.mounts.filter { $0.target == "/m" }.count, is: 1)
            if !operations.isEmpty { try expect("errno of \(operations)", try inside.errno(operations[0]), is: 0) }
        }
    }
}
