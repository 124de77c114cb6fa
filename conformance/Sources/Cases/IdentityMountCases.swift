import Glibc
import RuntimeSpec

/// config.md#posix-platform-mounts: mounts with id mappings of their own.
enum IdentityMountCases {
    private static let map: JSONValue = [["containerID": 0, "hostID": 5000, "size": 1000]]

    private static func add(_ options: [JSONValue], mapped: Bool, to bundle: inout Bundle) {
        bundle.directories.append("rootfs/m")
        bundle.prepare = {
            try MountOptionCases.makeTree($0 + "/tree")
            try Files.write($0 + "/tree/file", "of root")
            chown($0 + "/tree/file", 7, 8)
            chown($0 + "/tree/sub/.mark", 7, 8)
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

    private static func owner(_ inside: Inside, _ index: Int = 0) throws -> [Int] {
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
        } check: {
            try expect("owner of a file of 7:8", try owner($0), is: [5007, 5008])
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
        } check: {
            try expect("owner of a file of 7:8", try owner($0, 0), is: [5007, 5008])
            try expect("owner of a file of 7:8 in the mount below", try owner($0, 1), is: [7, 8])
        },
        .inside(
            "ridmap-own", ["mounts.ridmap.applied", "mounts.option.ridmap"],
            "A mount with ridmap maps the mounts below as well", operations: ["stat", "/m/file", "stat", "/m/sub/.mark"]
        ) {
            add(["rbind", "ridmap"], mapped: true, to: &$0)
        } sabotage: {
            $0["mounts[5].options"] = ["rbind", "idmap"]
        } check: {
            try expect("owner of a file of 7:8", try owner($0, 0), is: [5007, 5008])
            try expect("owner of a file of 7:8 in the mount below", try owner($0, 1), is: [5007, 5008])
        },
        .inside(
            "mappings-without-option", ["mounts.mappings.applied"], "Mappings take effect without the option idmap",
            operations: ["stat", "/m/file"]
        ) {
            add(["bind"], mapped: true, to: &$0)
        } sabotage: {
            $0["mounts[5].uidMappings"] = nil
            $0["mounts[5].gidMappings"] = nil
        } check: {
            try expect("owner of a file of 7:8", try owner($0), is: [5007, 5008])
        },
        .inside(
            "idmap-container", ["mounts.idmap.container"], "idmap without mappings uses those of the container",
            operations: ["stat", "/m/file"]
        ) {
            $0.addUserNamespace()
            add(["bind", "idmap"], mapped: false, to: &$0)
        } sabotage: {
            $0["mounts[5].options"] = ["bind"]
        } check: {
            try expect("owner of a file of 7:8", try owner($0), is: [7, 8])
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
