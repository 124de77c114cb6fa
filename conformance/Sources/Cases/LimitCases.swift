import CHarness
import RuntimeSpec

/// config.md#posix-process (rlimits) and the privileges of config.md#linux-process.
enum LimitCases {
    static let cases: [Case] = limits + refusedLimits + capabilities + privileges

    /// The types with the kernel's numbers, and a value that harms neither a runtime nor the probe.
    private static let types: [(name: String, number: Int, value: UInt64)] = [
        ("CPU", 0, 500), ("FSIZE", 1, 1 << 34), ("DATA", 2, 1 << 36), ("STACK", 3, 1 << 22), ("CORE", 4, 0),
        ("RSS", 5, 1 << 36), ("NPROC", 6, 3000), ("NOFILE", 7, 900), ("MEMLOCK", 8, 1 << 15), ("AS", 9, 1 << 40),
        ("LOCKS", 10, 500), ("SIGPENDING", 11, 500), ("MSGQUEUE", 12, 4096), ("NICE", 13, 5), ("RTPRIO", 14, 5),
        ("RTTIME", 15, 1 << 30),
    ]

    /// The harness's own limit, through the probe's eyes the default of every container.
    private static func own(_ number: Int) -> (soft: UInt64, hard: UInt64) {
        var limit = rlimit()
        unsafe harness_limit(Int32(number), &limit)
        return (UInt64(limit.rlim_cur), UInt64(limit.rlim_max))
    }

    private static func entry(_ name: String, _ soft: UInt64, _ hard: UInt64) -> JSONValue {
        ["type": .string("RLIMIT_" + name), "soft": .number(JSONNumber(soft)), "hard": .number(JSONNumber(hard))]
    }

    private static let limits: [Case] = types.map { (name, number, value) in
        .inside("rlimit-\(name.lowercased())", ["rlimits.applied"], "RLIMIT_\(name) has the configured values") {
            let hard = min(value + 1, own(number).hard)
            $0["process.rlimits"] = [entry(name, min(value, hard), hard)]
        } sabotage: {
            $0["process.rlimits"] = nil
        } check: { inside throws(Verdict) in
            let hard = min(value + 1, own(number).hard)
            let seen = try inside.limit(number)
            try expect("soft and hard limit", [seen.soft, seen.hard], is: [min(value, hard), hard])
        }
        .needing { () throws(Verdict) in
            let (soft, hard) = own(number)
            if min(value + 1, hard) == hard && min(value, hard) == soft {
                throw Verdict.skipped("this process may not set RLIMIT_\(name) to another value than it has")
            }
        }
    }

    private static let refusedLimits: [Case] = [
        .refused("rlimit-unknown", ["rlimits.type.unknown"], "An unknown type is refused", mayBeLate: true) {
            $0["process.rlimits"] = [["type": "RLIMIT_PATIENCE", "soft": 1, "hard": 1]]
        } valid: {
            $0["process.rlimits"] = [["type": "RLIMIT_NOFILE", "soft": 100, "hard": 100]]
        },
        .refused("rlimit-no-type", ["rlimits.type.required"], "An entry without type is refused", mayBeLate: true) {
            $0["process.rlimits"] = [["soft": 100, "hard": 100]]
        } valid: {
            $0["process.rlimits"] = [["type": "RLIMIT_NOFILE", "soft": 100, "hard": 100]]
        },
        .refused("rlimit-no-soft", ["rlimits.values.required"], "An entry without soft is refused", mayBeLate: true) {
            $0["process.rlimits"] = [["type": "RLIMIT_NOFILE", "hard": 100]]
        } valid: {
            $0["process.rlimits"] = [["type": "RLIMIT_NOFILE", "soft": 100, "hard": 100]]
        },
        .refused("rlimit-no-hard", ["rlimits.values.required"], "An entry without hard is refused", mayBeLate: true) {
            $0["process.rlimits"] = [["type": "RLIMIT_CORE", "soft": 0]]
        } valid: {
            $0["process.rlimits"] = [["type": "RLIMIT_CORE", "soft": 0, "hard": 0]]
        },
        .refused("rlimit-soft-above-hard", ["values.invalid"], "A soft limit above the hard one is refused", mayBeLate: true) {
            $0["process.rlimits"] = [["type": "RLIMIT_NOFILE", "soft": 200, "hard": 100]]
        } valid: {
            $0["process.rlimits"] = [["type": "RLIMIT_NOFILE", "soft": 100, "hard": 100]]
        },
        .refused("rlimit-duplicate", ["rlimits.duplicate"], "Two entries of one type are refused", mayBeLate: true) {
            $0["process.rlimits"] = [
                ["type": "RLIMIT_NOFILE", "soft": 100, "hard": 100], ["type": "RLIMIT_NOFILE", "soft": 90, "hard": 90],
            ]
        } valid: {
            $0["process.rlimits"] = [["type": "RLIMIT_NOFILE", "soft": 100, "hard": 100]]
        },
    ]

    /// The effective and permitted sets of root come from the bounding set when it executes; `capabilities-user` has them.
    private static let sets = [("bounding", "CapBnd"), ("inheritable", "CapInh"), ("ambient", "CapAmb")]

    private static let capabilities: [Case] =
        sets.map { (name, field) in
            .inside(
                "capabilities-\(name)", ["capabilities.sets"], "The process has exactly the \(name) capabilities that are listed"
            ) {
                let all: JSONValue = ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID"]
                $0["process.capabilities"] = [
                    "bounding": all, "permitted": all, "effective": all, "inheritable": all, "ambient": all,
                ]
                $0["process.capabilities." + name] = ["CAP_KILL"]
                // The kernel keeps ambient within inheritable, and inheritable within bounding.
                if name == "bounding" { $0["process.capabilities.inheritable"] = ["CAP_KILL"] }
                if name != "ambient" { $0["process.capabilities.ambient"] = ["CAP_KILL"] }
            } sabotage: {
                $0["process.capabilities." + name] = ["CAP_CHOWN", "CAP_KILL"]
            } check: { inside throws(Verdict) in
                try expect(name, try inside.capabilities(field), is: ["CAP_KILL"])
            }
        } + [
            .inside(
                "capabilities-user", ["capabilities.sets"],
                "A user other than root gets the listed effective and permitted capabilities"
            ) {
                let some: JSONValue = ["CAP_CHOWN", "CAP_KILL"]
                $0["process.capabilities"] = [
                    "bounding": some, "permitted": some, "effective": some, "inheritable": some, "ambient": some,
                ]
                $0["process.user"] = ["uid": 1000, "gid": 1000]
            } sabotage: {
                $0["process.capabilities.ambient"] = nil
            } check: { inside throws(Verdict) in
                for field in ["CapEff", "CapPrm", "CapInh", "CapAmb", "CapBnd"] {
                    try expect(field, try inside.capabilities(field), is: ["CAP_CHOWN", "CAP_KILL"])
                }
            },
            .inside("capabilities-none", ["capabilities.sets"], "Empty sets leave no capability") {
                $0["process.capabilities"] = ["bounding": [], "permitted": [], "effective": []]
            } sabotage: {
                $0["process.capabilities"] = ["bounding": ["CAP_KILL"], "permitted": ["CAP_KILL"], "effective": ["CAP_KILL"]]
            } check: { inside throws(Verdict) in
                for field in ["CapEff", "CapPrm", "CapInh", "CapAmb", "CapBnd"] {
                    try expect(field, try inside.capabilities(field), is: [])
                }
            },
            .steps(
                "capabilities-unknown", ["capabilities.no-failure", "warnings.continue"],
                "An unknown capability does not fail the container", sabotage: .wrapper(.refuse("create"))
            ) { trial throws(Verdict) in
                let some: JSONValue = ["CAP_KILL", "CAP_NO_SUCH_THING"]
                trial.bundle["process.capabilities"] = ["bounding": some, "permitted": some, "effective": some]
                try expect("bounding", try trial.run().capabilities("CapBnd"), is: ["CAP_KILL"])
            },
            .steps(
                "capabilities-warning", ["practice.warning-shown"], "An unknown capability is logged as a warning",
                sabotage: .configuration { $0["process.capabilities.bounding"] = ["CAP_KILL"] }
            ) { trial throws(Verdict) in
                trial.bundle["process.capabilities"] = ["bounding": ["CAP_KILL", "CAP_NO_SUCH_THING"]]
                trial.logs = true
                let created = try trial.succeed("create", try trial.create())
                let text = created.errors + trial.log
                try trial.expect(
                    text.holds("CAP_NO_SUCH_THING"), "a warning that names CAP_NO_SUCH_THING",
                    seen: text.isEmpty ? "nothing on standard error and in the log" : text)
            },
            .inside(
                "capabilities-outside-bounding", ["capabilities.no-failure"],
                "An inheritable capability that the bounding set leaves out does not fail the container"
            ) {
                $0["process.capabilities"] = [
                    "bounding": ["CAP_CHOWN"], "inheritable": ["CAP_CHOWN", "CAP_KILL"], "permitted": ["CAP_CHOWN"],
                    "effective": ["CAP_CHOWN"],
                ]
            } sabotage: {
                $0["process.capabilities.inheritable"] = ["CAP_KILL"]
            } check: { inside throws(Verdict) in
                try expect("inheritable", try inside.capabilities("CapInh"), is: ["CAP_CHOWN"])
            },
        ]

    /// The first profile that is loaded; nil without AppArmor.
    private static var anyProfile: String? {
        Files.line("/sys/kernel/security/apparmor/profiles")?.split(separator: " ").first.map(String.init)
    }

    @Sendable private static func needSELinux() throws(Verdict) {
        if !Files.exists("/sys/fs/selinux/policyvers") { throw Verdict.skipped("this machine has no SELinux") }
    }

    /// The harness's own label with another level.
    private static func label(level: String) -> String {
        let own = (Files.text("/proc/self/attr/current") ?? "").split(separator: "\0").first.map(String.init)?.trimmed ?? ""
        return own.split(separator: ":").prefix(3).joined(separator: ":") + ":" + level
    }

    private static let privileges: [Case] = [
        .inside("no-new-privileges", ["process.noNewPrivileges"], "noNewPrivileges true is in force") {
            $0["process.noNewPrivileges"] = true
        } sabotage: {
            $0["process.noNewPrivileges"] = false
        } check: { inside throws(Verdict) in
            try expect("no_new_privs", try inside["noNewPrivileges"]?.integer, is: 1)
        },
        .inside("no-new-privileges-unset", ["process.noNewPrivileges"], "noNewPrivileges is not in force when unset") { _ in
        } sabotage: {
            $0["process.noNewPrivileges"] = true
        } check: { inside throws(Verdict) in
            try expect("no_new_privs", try inside["noNewPrivileges"]?.integer, is: 0)
        },
        .inside("oom-score", ["process.oomScoreAdj"], "oomScoreAdj is set") {
            $0["process.oomScoreAdj"] = 321
        } sabotage: {
            $0["process.oomScoreAdj"] = 320
        } check: { inside throws(Verdict) in
            try expect("oom_score_adj", try inside.text("oomScoreAdj").trimmed, is: "321")
        },
        .inside("oom-score-zero", ["process.oomScoreAdj"], "oomScoreAdj 0 is set") {
            try? Files.set("/proc/self/oom_score_adj", "77")
            $0["process.oomScoreAdj"] = 0
        } sabotage: {
            $0["process.oomScoreAdj"] = nil
        } check: { inside throws(Verdict) in
            try expect("oom_score_adj", try inside.text("oomScoreAdj").trimmed, is: "0")
        },
        .inside("oom-score-unset", ["process.oomScoreAdj.unset"], "Without oomScoreAdj the value of the caller stays") { _ in
            try? Files.set("/proc/self/oom_score_adj", "77")
        } sabotage: {
            $0["process.oomScoreAdj"] = 78
        } check: { inside throws(Verdict) in
            try expect("oom_score_adj", try inside.text("oomScoreAdj").trimmed, is: "77")
        },
        .refused("oom-score-invalid", ["values.invalid"], "An oomScoreAdj beyond 1000 is refused", mayBeLate: true) {
            $0["process.oomScoreAdj"] = 1001
        } valid: {
            $0["process.oomScoreAdj"] = 10
        },
        .refused(
            "apparmor-unavailable", ["apparmor.applied", "values.invalid"], "An AppArmor profile without AppArmor is refused",
            mayBeLate: true
        ) {
            $0["process.apparmorProfile"] = "no-such-profile"
        } valid: {
            $0["process.apparmorProfile"] = nil
        },
        .refused(
            "selinux-unavailable", ["selinux.applied", "values.invalid"], "An SELinux label without SELinux is refused",
            mayBeLate: true
        ) {
            $0["process.selinuxLabel"] = "system_u:system_r:container_t:s0"
        } valid: {
            $0["process.selinuxLabel"] = nil
        }
        .needing { () throws(Verdict) in if Files.isDirectory("/sys/fs/selinux") { throw Verdict.skipped("SELinux is there") } },
        .inside("apparmor-profile", ["apparmor.applied"], "The program has the AppArmor profile") {
            $0["process.apparmorProfile"] = .string(anyProfile ?? "none")
        } sabotage: {
            $0["process.apparmorProfile"] = nil
        } check: { inside throws(Verdict) in
            let seen = try inside.text("securityLabel").split(separator: " ").first.map(String.init)?.trimmed
            try expect("profile", seen, is: anyProfile)
        }
        .needing { () throws(Verdict) in if anyProfile == nil { throw Verdict.skipped("no AppArmor profile is loaded here") } },
        .inside("selinux-label", ["selinux.applied"], "The program has the SELinux label") {
            $0["process.selinuxLabel"] = .string(label(level: "s0:c1,c2"))
        } sabotage: {
            $0["process.selinuxLabel"] = nil
        } check: { inside throws(Verdict) in
            let seen = try inside.text("securityLabel").split(separator: "\0").first.map(String.init)?.trimmed
            try expect("label", seen, is: label(level: "s0:c1,c2"))
        }
        .needing(needSELinux),
        .inside("mount-label", ["mountLabel.applied"], "Mounts have the SELinux context of mountLabel") {
            $0["linux.mountLabel"] = "system_u:object_r:tmpfs_t:s0:c1,c2"
            $0.addMount("/m", "tmpfs", "tmpfs")
        } sabotage: {
            $0["linux.mountLabel"] = nil
        } check: { inside throws(Verdict) in
            let options = try inside.mount("/m").superOptions
            try expect(
                options.contains { $0.holds("object_r:tmpfs_t:s0:c1") }, "the context of mountLabel",
                seen: options.joined(separator: ","))
        }
        .needing(needSELinux),
        .refused("mount-label-unavailable", ["mountLabel.applied"], "A mountLabel without SELinux is refused") {
            $0["linux.mountLabel"] = "system_u:object_r:container_file_t:s0"
        } valid: {
            $0["linux.mountLabel"] = nil
        }
        .needing { () throws(Verdict) in if Files.isDirectory("/sys/fs/selinux") { throw Verdict.skipped("SELinux is there") } },
    ]
}
