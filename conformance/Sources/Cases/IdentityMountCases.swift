import CHarness
import RuntimeSpec

/// config.md#posix-platform-mounts: mounts with id mappings of their own.
enum IdentityMountCases {
    private static let map: JSONValue = [["containerID": 0, "hostID": 5000, "size": 1000]]

    /// - Parameter isFlat: no mount below. KERNEL: in a user namespace nobody may bind a mount without those that cover parts of it.
    private static func add(_ options: [JSONValue], mapped: Bool, isFlat: Bool = false, to bundle: inout Bundle) {
        bundle.directories.append("rootfs/m")
        bundle.prepare = { folder throws(Verdict) in
            if isFlat {
                try Files.makeDirectories(folder + "/tree")
                try System.mount("tmpfs", folder + "/tree", "tmpfs", 0)
            } else {
                try MountOptionCases.makeTree(folder + "/tree")
                unsafe chown(folder + "/tree/sub/.mark", 7, 8)
            }
            try Files.write(folder + "/tree/file", "of root")
            unsafe chown(folder + "/tree/file", 7, 8)
        }
        var mount: JSONValue = [
            "destination": "/m", "type": "bind", "source": .string(bundle.path + "/tree"), "options": .array(options),
        ]
        if mapped {
            mount[JSONPath([.member("uidMappings")])] = map
            mount[JSONPath([.member("gidMappings")])] = map
        }
        bundle.append("mounts", mount)
    }

    private static func addFileSystem(_ options: [JSONValue], host: Int = 5000, to bundle: inout Bundle) {
        let map: JSONValue = [["containerID": 0, "hostID": .number(JSONNumber(host)), "size": 900]]
        bundle.directories.append("rootfs/m")
        bundle.append(
            "mounts",
            [
                "destination": "/m", "type": "tmpfs", "source": "tmpfs", "options": .array(options), "uidMappings": map,
                "gidMappings": map,
            ])
    }

    private static func owner(_ inside: Inside, _ index: Int = 0) throws(Verdict) -> [Int] {
        let node = try inside.operation("stat", index)
        return [node["uid"]?.integer ?? -1, node["gid"]?.integer ?? -1]
    }

    static let cases: [Case] = [
        .inside(
            "idmap-own",
            [
                "mounts.idmap.applied", "mounts.idmap.own", "mounts.mappings.applied", "mounts.option.idmap",
                "mounts.idmap.not-data",
            ],
            "A mount with idmap and mappings shows the mapped owners", operations: ["stat", "/m/file"]
        ) {
            add(["bind", "idmap"], mapped: true, to: &$0)
        } sabotage: {
            $0["mounts[5].uidMappings"] = nil
            $0["mounts[5].gidMappings"] = nil
            $0["mounts[5].options"] = ["bind"]
        } check: { inside throws(Verdict) in
            try expect("owner of a file of 7:8", try owner(inside), is: [5007, 5008])
        },
        .inside(
            "idmap-top-only", ["mounts.idmap.applied"], "idmap with rbind maps the top mount only",
            operations: ["stat", "/m/file", "stat", "/m/sub/.mark"]
        ) {
            add(["rbind", "idmap"], mapped: true, to: &$0)
        } sabotage: {
            $0["mounts[5].options"] = ["rbind"]
            $0["mounts[5].uidMappings"] = nil
            $0["mounts[5].gidMappings"] = nil
        } check: { inside throws(Verdict) in
            try expect("owner of a file of 7:8", try owner(inside, 0), is: [5007, 5008])
            try expect("owner of a file of 7:8 in the mount below", try owner(inside, 1), is: [7, 8])
        },
        .inside(
            "ridmap-own", ["mounts.ridmap.applied", "mounts.ridmap.own", "mounts.option.ridmap"],
            "A mount with ridmap maps the mounts below as well", operations: ["stat", "/m/file", "stat", "/m/sub/.mark"]
        ) {
            add(["rbind", "ridmap"], mapped: true, to: &$0)
        } sabotage: {
            $0["mounts[5].options"] = ["rbind", "idmap"]
        } check: { inside throws(Verdict) in
            try expect("owner of a file of 7:8", try owner(inside, 0), is: [5007, 5008])
            try expect("owner of a file of 7:8 in the mount below", try owner(inside, 1), is: [5007, 5008])
        },
        .inside(
            "ridmap-container", ["mounts.ridmap.applied", "mounts.ridmap.container"],
            "ridmap without mappings uses those of the container, for the mounts below as well",
            operations: ["stat", "/m/file", "stat", "/m/sub/.mark"]
        ) {
            $0.addUserNamespace()
            add(["rbind", "ridmap"], mapped: false, to: &$0)
        } sabotage: {
            $0["mounts[5].options"] = ["rbind", "idmap"]
        } check: { inside throws(Verdict) in
            try expect("owner of a file of 7:8", try owner(inside, 0), is: [7, 8])
            try expect("owner of a file of 7:8 in the mount below", try owner(inside, 1), is: [7, 8])
        },
        .inside(
            "ridmap-file-system", ["mounts.ridmap.not-data", "mounts.ridmap.own"],
            "ridmap is not handed to a file system, which would refuse it", operations: ["stat", "/m"]
        ) {
            addFileSystem(["mode=777", "ridmap"], to: &$0)
        } sabotage: {
            $0["mounts[5].options"] = ["mode=777", "no-ridmap"]
        } check: { inside throws(Verdict) in
            try expect("owner of a file system of 0:0", try owner(inside), is: [5000, 5000])
        },
        .inside(
            "mappings-without-option", ["mounts.mappings.applied"], "Mappings take effect without the option idmap",
            operations: ["stat", "/m/file"]
        ) {
            add(["bind"], mapped: true, to: &$0)
        } sabotage: {
            $0["mounts[5].uidMappings"] = nil
            $0["mounts[5].gidMappings"] = nil
        } check: { inside throws(Verdict) in
            try expect("owner of a file of 7:8", try owner(inside), is: [5007, 5008])
        },
        .inside(
            "idmap-container", ["mounts.idmap.applied", "mounts.idmap.container"],
            "idmap without mappings uses those of the container",
            operations: ["stat", "/m/file"]
        ) {
            $0.addUserNamespace()
            add(["bind", "idmap"], mapped: false, isFlat: true, to: &$0)
        } sabotage: {
            $0["mounts[5].options"] = ["bind"]
        } check: { inside throws(Verdict) in
            try expect("owner of a file of 7:8", try owner(inside), is: [7, 8])
        },
        .inside(
            "idmap-file-system", ["mounts.mappings.applied", "mounts.idmap.own", "mounts.idmap.not-data"],
            "Mappings take effect on a new file system", operations: ["stat", "/m", "create", "/m/new"]
        ) {
            addFileSystem(["mode=777", "idmap"], to: &$0)
        } sabotage: {
            $0["mounts[5].uidMappings"] = nil
            $0["mounts[5].gidMappings"] = nil
            $0["mounts[5].options"] = ["mode=777"]
        } check: { inside throws(Verdict) in
            try expect("owner of a file system of 0:0", try owner(inside), is: [5000, 5000])
            // EOVERFLOW: the kernel stores no owner that the mapping cannot name.
            try expect("errno of creating a file as an unmapped user", try inside.errno("create"), is: 75)
        },
        .inside(
            "idmap-file-system-in-user-namespace", ["mounts.mappings.applied"],
            "Mappings take effect on a new file system of a container with a user namespace",
            operations: ["stat", "/m"]
        ) {
            $0.addUserNamespace()
            addFileSystem(["idmap"], host: 100007, to: &$0)
        } sabotage: {
            $0["mounts[5].uidMappings"] = nil
            $0["mounts[5].gidMappings"] = nil
        } check: { inside throws(Verdict) in
            try expect("owner of a file system of 0:0", try owner(inside), is: [7, 7])
        },
        .inside(
            "idmap-file-system-container", ["mounts.idmap.applied", "mounts.idmap.container", "mounts.idmap.not-data"],
            "idmap without mappings on a new file system uses those of the container",
            operations: ["stat", "/m", "create", "/m/new"]
        ) {
            $0.addUserNamespace()
            $0.directories.append("rootfs/m")
            $0.addMount("/m", "tmpfs", "tmpfs", ["mode=777", "idmap"])
        } sabotage: {
            $0["mounts[5].options"] = ["mode=777", "idmaps"]
        } check: { inside throws(Verdict) in
            try expect("owner", try owner(inside), is: [0, 0])
            try expect("errno of creating a file", try inside.errno("create"), is: 0)
        },
        .steps(
            "idmap-joined", ["mounts.idmap.applied", "mounts.idmap.container"],
            "idmap without mappings uses those of a user namespace that is joined",
            sabotage: .configuration { $0["mounts[5].options"] = ["bind"] }
        ) { trial throws(Verdict) in
            let kept = trial.bundle
            let holder = trial.id + "-holder"
            trial.isControl = true
            trial.bundle.addUserNamespace()
            try trial.succeed("create of the container that holds the namespace", try trial.create(id: holder))
            trial.isControl = false
            guard let pid = trial.pid(id: holder) else { throw Verdict.broken("no pid file") }
            trial.bundle = kept
            trial.bundle.operations = ["stat", "/m/file"]
            add(["bind", "idmap"], mapped: false, isFlat: true, to: &trial.bundle)
            trial.bundle.setNamespace("user", path: "/proc/\(pid)/ns/user")
            try expect("owner of a file of 7:8", try owner(try trial.run()), is: [7, 8])
        },
        .refused(
            "idmap-unsupported", ["mounts.mappings.applied", "values.invalid"],
            "Mappings of a file system that has no support for them are refused"
        ) {
            addFileSystem(["idmap"], to: &$0)
            $0["mounts[5].type"] = "mqueue"
        } valid: {
            $0.remove("mounts") { $0.object?["destination"]?.string == "/m" }
            $0.addMount("/m", "mqueue", "mqueue")
        },
        .refused("idmap-no-mapping", ["mounts.idmap.no-mapping"], "idmap without any mapping is refused") {
            add(["bind", "idmap"], mapped: false, to: &$0)
        } valid: {
            $0.remove("mounts") { $0.object?["destination"]?.string == "/m" }
        },
        .refused("ridmap-no-mapping", ["mounts.ridmap.no-mapping"], "ridmap without any mapping is refused") {
            add(["rbind", "ridmap"], mapped: false, to: &$0)
        } valid: {
            $0.remove("mounts") { $0.object?["destination"]?.string == "/m" }
        },
        .refused("mappings-uid-only", ["mounts.mappings.both"], "uidMappings without gidMappings are refused") {
            add(["bind", "idmap"], mapped: true, to: &$0)
            $0["mounts[5].gidMappings"] = nil
        } valid: {
            $0.remove("mounts") { $0.object?["destination"]?.string == "/m" }
            add(["bind"], mapped: false, to: &$0)
        },
        .refused("mappings-gid-only", ["mounts.mappings.both"], "gidMappings without uidMappings are refused") {
            add(["bind", "idmap"], mapped: true, to: &$0)
            $0["mounts[5].uidMappings"] = nil
        } valid: {
            $0.remove("mounts") { $0.object?["destination"]?.string == "/m" }
            add(["bind"], mapped: false, to: &$0)
        },
    ]
}
