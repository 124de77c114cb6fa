import RuntimeSpec

/// features.md and features-linux.md, by the subcommand `features`.
enum FeatureCases {
    static let cases: [Case] = version + lists + others

    /// The features of the runtime. Skips if it tells none: the specification does not demand it.
    private static func features(_ trial: Trial) throws(Verdict) -> JSONMembers {
        let plain = try trial.call(["features"])
        guard plain.succeeded else { throw Verdict.skipped("this runtime tells no features: \(plain.summary)") }
        let outcome = try trial.operate("features", [])
        guard let object = (try? JSONValue.decode(outcome.output))?.object else {
            throw Verdict.failed(expected: "the features as a JSON object", seen: outcome.output)
        }
        return object
    }

    /// A wrapper that changes the features.
    private static func forged(_ change: @escaping @Sendable (inout JSONValue) -> Void) -> Sabotage {
        .wrapper(
            .rewrite("features") { text in
                guard var value = try? JSONValue.decode(text) else { return text }
                change(&value)
                return value.encodedText()
            })
    }

    private static func path(_ text: String) -> JSONPath { Bundle.path(text) }

    private static func accepts(_ trial: Trial, _ what: String, _ change: (inout Bundle) -> Void) throws(Verdict) {
        var fresh = Bundle.baseline
        fresh.path = trial.bundleDirectory
        fresh["ociVersion"] = .string(trial.baselineVersion)
        trial.bundle = fresh
        change(&trial.bundle)
        try trial.succeed("create with \(what)", try trial.create())
        try trial.call(["delete", "--force", trial.id])
        try trial.resetForNextCreate()
    }

    private static func versionOf(_ features: JSONMembers, _ name: String) throws(Verdict) -> Version {
        let text = features[name]?.string
        guard let version = text.flatMap(Version.init) else {
            throw Verdict.failed(expected: "\(name) as a version", seen: text ?? "nothing")
        }
        return version
    }

    private static let version: [Case] =
        [("min", "ociVersionMin"), ("max", "ociVersionMax")].flatMap { (short, name) in
            [
                Case.steps(
                    "features-\(short)", ["features.\(short).required"], "\(name) is told",
                    sabotage: forged { $0[path(name)] = nil }
                ) { trial throws(Verdict) in
                    _ = try versionOf(try features(trial), name)
                },
                .steps(
                    "features-\(short)-accepted", ["features.\(short).accepted"],
                    "\(name) is accepted as a configuration's ociVersion",
                    sabotage: forged { $0[path(name)] = "this is no version" }
                ) { trial throws(Verdict) in
                    let text = try features(trial)[name]?.string ?? ""
                    _ = try versionOf(try features(trial), name)
                    try accepts(trial, "ociVersion \(text)") { $0["ociVersion"] = .string(text) }
                },
            ]
        } + [
            .steps(
                "features-order", ["features.max.order"], "ociVersionMax is not less than ociVersionMin",
                sabotage: forged { $0[path("ociVersionMax")] = "0.1.0" }
            ) { trial throws(Verdict) in
                let features = try features(trial)
                let (low, high) = (try versionOf(features, "ociVersionMin"), try versionOf(features, "ociVersionMax"))
                try trial.expect(low <= high, "min ≤ max", seen: "\(low), \(high)")
            },
            .steps(
                "features-properties", ["features.max.properties"], "No property is newer than ociVersionMax",
                sabotage: forged { $0[path("ociVersionMax")] = "1.0.2" }
            ) { trial throws(Verdict) in
                let features = try features(trial)
                let high = try versionOf(features, "ociVersionMax")
                let all = JSONValue.object(features)
                for (name, since) in newer where all[path(name)] != nil {
                    try trial.expect(
                        high >= Version(since)!, "no \(name), which version \(since) defined", seen: "ociVersionMax \(high)")
                }
            },
        ]

    /// Properties of the features and the version that has them first.
    private static let newer = [
        ("hooks", "1.1.0"), ("mountOptions", "1.1.0"), ("linux", "1.1.0"), ("potentiallyUnsafeConfigAnnotations", "1.2.0"),
        ("linux.mountExtensions", "1.2.0"), ("linux.memoryPolicy", "1.3.0"), ("linux.netDevices", "1.3.0"),
        ("linux.intelRdt.schemata", "1.3.0"), ("linux.intelRdt.monitoring", "1.3.0"),
    ]

    /// A list of names of which each must be accepted in a configuration.
    private static func list(
        _ id: String, _ rule: String, _ place: String, _ title: String, forgery: JSONValue = "NO_SUCH_THING",
        without: Set<String> = [], _ use: @escaping @Sendable (inout Bundle, String) -> Void
    ) -> Case {
        .steps(
            id, [rule], title,
            sabotage: forged { value in
                value[path(place)] = .array((value[path(place)]?.array ?? []) + [forgery])
            }
        ) { trial throws(Verdict) in
            let all = JSONValue.object(try features(trial))
            guard let names = all[path(place)]?.array?.compactMap({ $0.string }) else {
                throw Verdict.skipped("this runtime does not tell \(place)")
            }
            for name in names where !without.contains(name) {
                try accepts(trial, "\(name), which \(place) lists,") { use(&$0, name) }
            }
        }
    }

    private static func rule(_ action: String, _ more: [(String, JSONValue)] = []) -> JSONValue {
        var rule: JSONMembers = ["names": ["sched_rr_get_interval"], "action": .string(action)]
        for (key, value) in more { rule[key] = value }
        return ["defaultAction": "SCMP_ACT_ALLOW", "syscalls": [.object(rule)]]
    }

    private static let lists: [Case] = [
        .steps(
            "features-hooks", ["features.hooks"], "Each listed hook runs",
            sabotage: forged { $0[path("hooks")] = ["prestart", "noSuchHook"] }
        ) { trial throws(Verdict) in
            guard let names = try features(trial)["hooks"]?.array?.compactMap({ $0.string }) else {
                throw Verdict.skipped("this runtime does not tell hooks")
            }
            for name in names { trial.bundle.append("hooks." + name, HookCases.hook(name, trial.bundle, [])) }
            trial.bundle.operations = ["sleep", "300"]
            try trial.run()
            try trial.succeed("delete", try trial.delete())
            let ran = Set(trial.lines(of: trial.rootfs + "/log").compactMap { $0.object?["text"]?.string })
            try trial.expect(ran.isSuperset(of: names), "hooks \(names)", seen: "\(ran.sorted())")
        },
        list(
            "features-mount-options", "features.mountOptions", "mountOptions", "Each listed mount option is accepted",
            without: ["remount", "idmap", "ridmap", "bind", "rbind"]
        ) {
            $0.directories.append("volume")
            $0.addMount("/m", $1 == "tmpcopyup" ? "tmpfs" : "bind", $1 == "tmpcopyup" ? "tmpfs" : "volume")
            $0["mounts[5].options"] = $1 == "tmpcopyup" ? ["tmpcopyup"] : ["rbind", .string($1)]
        },
        .steps(
            "features-mount-options-complete", ["practice.features-complete"],
            "The list has the options that every runtime must implement",
            sabotage: forged { $0[path("mountOptions")] = ["ro", "rw"] }
        ) { trial throws(Verdict) in
            guard let names = try features(trial)["mountOptions"]?.array?.compactMap({ $0.string }) else {
                throw Verdict.skipped("this runtime does not tell mountOptions")
            }
            let rules = Tables.rules.filter { $0.id.hasPrefix("mounts.option.") && $0.level == .must }
            let wanted = Set(rules.map { String($0.id.dropFirst("mounts.option.".count)) })
            let missing = wanted.subtracting(names).sorted()
            try trial.expect(missing.isEmpty, "all options of level MUST", seen: "without \(missing.joined(separator: " "))")
        },
        .steps(
            "features-mount-options-no-data", ["features.mountOptions.no-data"], "The list has no option of a file system",
            sabotage: forged { $0[path("mountOptions")] = ["ro", "rw", "size"] }
        ) { trial throws(Verdict) in
            guard let names = try features(trial)["mountOptions"]?.array?.compactMap({ $0.string }) else {
                throw Verdict.skipped("this runtime does not tell mountOptions")
            }
            let data = Set(names).intersection(["size", "mode", "nr_inodes", "uid", "gid", "newinstance", "ptmxmode", "gid=5"])
            try trial.expect(data.isEmpty, "no option of a file system", seen: data.sorted().joined(separator: " "))
        },
        list(
            "features-namespaces", "features.namespaces", "linux.namespaces", "Each listed namespace is accepted",
            forgery: "universe"
        ) {
            if $1 == "user" { $0.addUserNamespace() } else { $0.setNamespace($1) }
        },
        list(
            "features-capabilities", "features.capabilities", "linux.capabilities",
            "Each listed capability has the form of one and is accepted", forgery: "NO_CAPABILITY"
        ) {
            // An unknown capability is a warning only, so a name that is none is made an error here. What has the form of one may
            // be of a later kernel than this program knows.
            let hasForm = $1.hasPrefix("CAP_") && $1.allSatisfy { $0.isUppercase || $0 == "_" || $0.isNumber }
            $0["process.capabilities.bounding"] = hasForm ? [.string($1)] : .string("unknown: " + $1)
        },
        list(
            "features-seccomp-actions", "features.seccomp.actions", "linux.seccomp.actions", "Each listed action is accepted",
            without: ["SCMP_ACT_NOTIFY"]
        ) {
            $0["linux.seccomp"] = rule($1)
        },
        list(
            "features-seccomp-operators", "features.seccomp.operators", "linux.seccomp.operators",
            "Each listed operator is accepted"
        ) {
            $0["linux.seccomp"] = rule("SCMP_ACT_ERRNO", [("args", [["index": 0, "value": 1, "op": .string($1)]])])
        },
        .steps(
            "features-seccomp-archs", ["features.seccomp.archs"],
            "The listed architectures are of the specification, and this machine's are accepted",
            sabotage: forged { $0[path("linux.seccomp.archs")] = ["SCMP_ARCH_ABACUS"] }
        ) { trial throws(Verdict) in
            let all = JSONValue.object(try features(trial))
            guard let names = all[path("linux.seccomp.archs")]?.array?.compactMap({ $0.string }) else {
                throw Verdict.skipped("this runtime does not tell linux.seccomp.archs")
            }
            let known = Set(SeccompCases.architectureNames.map { "SCMP_ARCH_" + $0 })
            try trial.expect(known.isSuperset(of: names), "architectures of the specification", seen: "\(names)")
            // Whether a filter can have another machine's architecture depends on libseccomp.
            for name in names where SeccompCases.nativeArchitectures.contains(name) {
                try accepts(trial, name) {
                    $0["linux.seccomp"] = rule("SCMP_ACT_ERRNO")
                    $0["linux.seccomp.architectures"] = [.string(name)]
                }
            }
        },
        list(
            "features-seccomp-supported-flags", "features.seccomp.supportedFlags", "linux.seccomp.supportedFlags",
            "Each supported flag is accepted", without: ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]
        ) {
            $0["linux.seccomp"] = rule("SCMP_ACT_ERRNO")
            $0["linux.seccomp.flags"] = [.string($1)]
        },
        .steps(
            "features-seccomp-known-flags", ["features.seccomp.knownFlags", "features.seccomp.supportedFlags"],
            "The known flags are of the specification, and have the supported ones",
            sabotage: forged { $0[path("linux.seccomp.knownFlags")] = ["SECCOMP_FILTER_FLAG_MAYBE"] }
        ) { trial throws(Verdict) in
            let all = JSONValue.object(try features(trial))
            guard let known = all[path("linux.seccomp.knownFlags")]?.array?.compactMap({ $0.string }) else {
                throw Verdict.skipped("this runtime does not tell linux.seccomp.knownFlags")
            }
            let flags = Set(["TSYNC", "LOG", "SPEC_ALLOW", "WAIT_KILLABLE_RECV"].map { "SECCOMP_FILTER_FLAG_" + $0 })
            try trial.expect(flags.isSuperset(of: known), "flags of the specification", seen: "\(known)")
            let supported = all[path("linux.seccomp.supportedFlags")]?.array?.compactMap { $0.string } ?? []
            try trial.expect(Set(known).isSuperset(of: supported), "all supported flags", seen: "\(known)")
        },
        list("features-memory-modes", "features.memoryPolicy.modes", "linux.memoryPolicy.modes", "Each listed mode is accepted") {
            $0["linux.memoryPolicy"] = ["mode": .string($1)]
            if !["MPOL_DEFAULT", "MPOL_LOCAL"].contains($1) { $0["linux.memoryPolicy.nodes"] = "0" }
        },
        list("features-memory-flags", "features.memoryPolicy.flags", "linux.memoryPolicy.flags", "Each listed flag is accepted") {
            $0["linux.memoryPolicy"] = ["mode": "MPOL_BIND", "nodes": "0", "flags": [.string($1)]]
        },
    ]

    private static func boolean(_ id: String, _ rule: String, _ places: [String]) -> Case {
        .steps(
            id, [rule], "\(places.joined(separator: ", ")) are truth values, if told",
            sabotage: forged { value in
                for place in places { value[path(place)] = "yes" }
            }
        ) { trial throws(Verdict) in
            let all = JSONValue.object(try features(trial))
            for place in places {
                guard let value = all[path(place)], value != .null else { continue }
                try trial.expect(value.bool != nil, "\(place) is true or false", seen: value.encodedText())
            }
        }
    }

    private static let others: [Case] = [
        boolean(
            "features-cgroup", "features.cgroup", ["v1", "v2", "systemd", "systemdUser", "rdma"].map { "linux.cgroup." + $0 }),
        boolean("features-apparmor", "features.apparmor", ["linux.apparmor.enabled"]),
        boolean("features-selinux", "features.selinux", ["linux.selinux.enabled"]),
        boolean("features-intel-rdt", "features.intelRdt", ["enabled", "schemata", "monitoring"].map { "linux.intelRdt." + $0 }),
        boolean("features-net-devices", "features.netDevices", ["linux.netDevices.enabled"]),
        boolean("features-seccomp-enabled", "features.seccomp.enabled", ["linux.seccomp.enabled"]),
        .steps(
            "features-idmap", ["features.idmap"], "mountExtensions.idmap.enabled is true if mappings of mounts work",
            sabotage: forged { $0[path("linux.mountExtensions.idmap.enabled")] = false }
        ) { trial throws(Verdict) in
            let all = JSONValue.object(try features(trial))
            guard let told = all[path("linux.mountExtensions.idmap.enabled")]?.bool else {
                throw Verdict.skipped("this runtime does not tell linux.mountExtensions.idmap")
            }
            trial.bundle.directories += ["volume", "rootfs/m"]
            trial.bundle["mounts[5]"] = [
                "destination": "/m", "type": "bind", "source": .string(trial.bundleDirectory + "/volume"),
                "options": ["bind", "idmap"],
                "uidMappings": [["containerID": 0, "hostID": 5000, "size": 10]],
                "gidMappings": [["containerID": 0, "hostID": 5000, "size": 10]],
            ]
            trial.bundle.operations = ["stat", "/m"]
            let works = try trial.create().succeeded
            try expect("linux.mountExtensions.idmap.enabled", told, is: works)
        },
        .steps(
            "features-annotations", ["features.annotations"], "annotations is a map of strings",
            sabotage: forged { $0[path("annotations")] = ["com.example.key": 5] }
        ) { trial throws(Verdict) in
            for member in try features(trial)["annotations"]?.object?.members ?? [] {
                try trial.expect(
                    !member.name.isEmpty && member.value.string != nil, "strings",
                    seen: "\(member.name): \(member.value.encodedText())")
            }
        },
        .steps(
            "features-unsafe-annotations", ["features.unsafeAnnotations"],
            "potentiallyUnsafeConfigAnnotations is a list of strings",
            sabotage: forged { $0[path("potentiallyUnsafeConfigAnnotations")] = ["", 5] }
        ) { trial throws(Verdict) in
            for value in try features(trial)["potentiallyUnsafeConfigAnnotations"]?.array ?? [] {
                try trial.expect(!(value.string ?? "").isEmpty, "keys and prefixes", seen: value.encodedText())
            }
        },
        .steps(
            "features-same-everywhere", ["features.compile-time"], "The features do not depend on this machine's control groups",
            sabotage: .wrapper(.rewrite("features") { $0.replaced("ociVersionMin", by: "now") })
        ) { trial throws(Verdict) in
            let told = try features(trial)
            try System.mount("tmpfs", "/sys/fs/cgroup", "tmpfs")
            let outcome = try trial.call(["features"])
            let seen = (try? JSONValue.decode(outcome.output))?.encodedText()
            try expect("features without control groups", seen, is: JSONValue.object(told).encodedText())
        },
    ]
}
