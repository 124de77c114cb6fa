import CHarness
import RuntimeSpec

/// bundle.md, glossary.md#json, and the parts of config.md that concern the document as a whole.
enum DocumentCases {
    static let cases: [Case] = bundle + json + version + extensibility + annotations

    private static let bundle: [Case] = [
        .refused("bundle-no-config", ["bundle.config-file"], "A bundle without config.json is refused") {
            $0.hasConfig = false
        } valid: {
            $0.hasConfig = true
        },
        .refused("bundle-other-name", ["bundle.config-file"], "A configuration under another name is not taken") {
            $0.hasConfig = false
            $0.prepare = { folder throws(Verdict) in
                try Files.write(folder + "/Config.json", Bundle.baseline.config.encoded(.pretty))
            }
        } valid: {
            $0.hasConfig = true
        },
        .refused("create-no-bundle", ["create.no-bundle"], "create of a bundle that is not there is refused") {
            $0.hasConfig = false
            $0.prepare = { Files.removeTree($0) }
        } valid: {
            $0.hasConfig = true
            $0.prepare = nil
        },
        .inside(
            "bundle-root", ["bundle.root"], "The root file system is the directory of root.path", operations: ["read", "/mark"]
        ) {
            $0.files["rootfs/mark"] = "of the root"
        } sabotage: {
            $0.files["rootfs/mark"] = "other"
        } check: { inside throws(Verdict) in
            try expect("content of /mark", try inside.operation("read")["text"]?.string, is: "of the root")
        },
    ]

    /// A configuration as text with one place changed.
    private static func text(_ bundle: inout Bundle, _ change: (String) -> String) {
        bundle.text = Array(change(bundle.config.encodedText()).utf8)
    }

    private static let json: [Case] = [
        .refused("json-not-utf8", ["json.utf8"], "A configuration that is not UTF-8 is refused") {
            $0["annotations"] = ["com.example.key": "BYTE"]
            let bytes = $0.config.encoded()
            let word = Array("BYTE".utf8)
            guard let place = bytes.indices.first(where: { bytes[$0...].starts(with: word) }) else { return }
            $0.text = Array(bytes[..<place]) + [0xff, 0xfe] + Array(bytes[(place + 4)...])
        } valid: {
            $0.text = nil
        },
        .refused("json-duplicate-names", ["json.duplicates"], "Two members of one name are refused") {
            text(&$0) { $0.replaced("\"process\":{", by: "\"hostname\":\"a\",\"hostname\":\"b\",\"process\":{") }
        } valid: {
            $0.text = nil
        },
        .refused("json-trailing-text", ["json.one-document"], "Text after the configuration is refused") {
            text(&$0) { $0 + " {\"ociVersion\":\"1.0.0\"}" }
        } valid: {
            $0.text = nil
        },
        .refused("json-truncated", ["json.one-document"], "A truncated configuration is refused") {
            text(&$0) { String($0.dropLast(3)) }
        } valid: {
            $0.text = nil
        },
        .refused("json-array", ["json.one-document", "values.invalid"], "A configuration that is an array is refused") {
            text(&$0) { "[" + $0 + "]" }
        } valid: {
            $0.text = nil
        },
        .refused(
            "json-deep", ["json.one-document", "values.invalid"], "A configuration nested 100,000 deep is refused without a crash"
        ) {
            text(&$0) { "{\"deep\":" + String(repeating: "[", count: 100_000) + $0.dropFirst() }
        } valid: {
            $0.text = nil
        },
        .accepted("json-order", ["json.order"], "The order of members means nothing") {
            guard let object = $0.config.object else { return }
            var reversed = JSONMembers()
            for member in object.members.reversed() { reversed[member.name] = member.value }
            $0["hostname"] = nil
            $0.text = JSONValue.object(reversed).encoded()
        },
    ]

    private static let version: [Case] = [
        .refused("version-missing", ["version.required"], "A configuration without ociVersion is refused") {
            $0["ociVersion"] = nil
        } valid: {
            $0["ociVersion"] = "1.0.2"
        },
        .refused("version-empty", ["version.required"], "An empty ociVersion is refused") {
            $0["ociVersion"] = ""
        } valid: {
            $0["ociVersion"] = "1.0.2"
        },
        .refused("version-no-semver", ["version.semver"], "An ociVersion that is no version is refused") {
            $0["ociVersion"] = "newest"
        } valid: {
            $0["ociVersion"] = "1.0.2"
        },
        .refused("version-two-numbers", ["version.semver"], "An ociVersion of two numbers is refused") {
            $0["ociVersion"] = "1.0"
        } valid: {
            $0["ociVersion"] = "1.0.2"
        },
        .refused("version-number", ["version.semver"], "An ociVersion that is a number is refused") {
            $0["ociVersion"] = .number(JSONNumber(1))
        } valid: {
            $0["ociVersion"] = "1.0.2"
        },
        .refused("version-other-major", ["version.unsupported"], "A version of another major number is refused") {
            $0["ociVersion"] = "2.0.0"
        } valid: {
            $0["ociVersion"] = "1.0.2"
        },
        .accepted("version-oldest", ["version.compatible"], "A configuration of version 1.0.0 works") {
            $0["ociVersion"] = "1.0.0"
        },
        .accepted("version-with-labels", ["version.semver"], "A version with pre-release and build labels works") {
            $0["ociVersion"] = "1.0.2-rc.1+build.5"
        },
    ]

    private static let extensibility: [Case] = [
        .accepted(
            "optional-left-out", ["configuration.optional"], "A configuration with hardly more than what is required works"
        ) {
            // Without a mount namespace some runtimes refuse to change the root.
            $0.config = [
                "ociVersion": "1.0.2", "root": ["path": "rootfs"],
                "process": ["user": ["uid": 0, "gid": 0], "args": ["/probe", "echo", "ran"], "cwd": "/"],
                "linux": ["namespaces": [["type": "mount"]]],
            ]
        },
        .accepted("unknown-top", ["extensibility.unknown"], "An unknown property at the top is ignored") {
            $0["com.example.unknown"] = ["any": ["thing", 1, true, nil]]
        },
        .accepted(
            "unknown-everywhere", ["extensibility.unknown"], "Unknown properties in process, root, linux and mounts are ignored"
        ) {
            for path in ["process", "process.user", "root", "linux", "mounts[0]", "linux.namespaces[0]"] {
                $0[path + ".somethingNew"] = ["any": [1, "two"]]
            }
        },
        .accepted("unknown-resource", ["extensibility.unknown"], "An unknown property in linux.resources is ignored") {
            $0["linux.resources"] = ["antimatter": ["limit": 1], "memory": ["somethingNew": 2]]
        },
        .accepted(
            "other-platforms", ["extensibility.unknown", "platform.others", "platform.linux"],
            "Sections of other platforms mean nothing on Linux"
        ) {
            $0["windows"] = ["layerFolders": ["a layer"]]
            $0["freebsd"] = ["jail": ["host": "new"]]
            $0["zos"] = ["namespaces": []]
            $0["solaris"] = ["milestone": "svc:/milestone/container:default"]
            $0["vm"] = ["kernel": ["path": "/kernel"]]
        },
    ]

    private static let annotations: [Case] = [
        .accepted("annotations-empty", ["annotations.map"], "An empty map of annotations is accepted") {
            $0["annotations"] = [:]
        },
        .accepted(
            "annotations-values", ["annotations.values", "annotations.unknown"], "Unknown keys and empty values are accepted"
        ) {
            $0["annotations"] = ["com.example.unknown": "", "plain": "x"]
        },
        .accepted("annotations-image", ["annotations.unknown", "annotations.image"], "The annotations of images are accepted") {
            $0["annotations"] = [
                "org.opencontainers.image.os": "linux", "org.opencontainers.image.architecture": "amd64",
                "org.opencontainers.image.stopSignal": "SIGTERM",
            ]
        },
        .refused("annotations-empty-key", ["annotations.keys"], "An empty key is refused") {
            $0["annotations"] = ["": "value"]
        } valid: {
            $0["annotations"] = ["com.example.key": "value"]
        },
        .refused("annotations-number", ["annotations.values"], "A value that is no string is refused") {
            $0["annotations"] = ["com.example.key": .number(JSONNumber(5))]
        } valid: {
            $0["annotations"] = ["com.example.key": "5"]
        },
    ]
}
