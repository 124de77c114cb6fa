import CHarness
import RuntimeSpec

/// config.md#process and #posix-platform-user.
enum ProcessCases {
    static let cases: [Case] = program + user

    private static let program: [Case] = [
        .inside("process-args", ["process.args"], "The program gets exactly process.args") {
            $0["process.args"] = ["/probe", "report", "echo", "two words", "echo", ""]
        } sabotage: {
            $0["process.args"] = ["/probe", "report", "echo", "two words"]
        } check: { inside throws(Verdict) in
            try expect("args", try inside.strings("args"), is: ["/probe", "report", "echo", "two words", "echo", ""])
        },
        .inside("process-args-path", ["process.args"], "A name without a slash is looked for in PATH of process.env") {
            $0["process.args"] = ["probe", "report"]
            $0["process.env"] = ["PATH=/nowhere:/tools"]
            $0.prepare = { folder throws(Verdict) in try Files.write(folder + "/rootfs/tools/probe", Probe.image, mode: 0o755) }
            $0.directories.append("rootfs/tools")
        } sabotage: {
            $0["process.env"] = ["PATH=/nowhere"]
        } check: { inside throws(Verdict) in
            try expect("args", try inside.strings("args"), is: ["probe", "report"])
        },
        .refused("process-args-missing", ["process.args.required"], "A process without args is refused", mayBeLate: true) {
            $0["process.args"] = nil
        } valid: {
            $0.operations = ["report"]
        },
        .refused("process-args-empty", ["process.args.required"], "A process with an empty args is refused", mayBeLate: true) {
            $0["process.args"] = []
        } valid: {
            $0.operations = ["report"]
        },
        .inside("process-env", ["process.env"], "The program gets the variables of process.env") {
            $0["process.env"] = ["PATH=/", "FIRST=one", "EMPTY=", "SPACES=a b = c"]
        } sabotage: {
            $0["process.env"] = ["PATH=/", "FIRST=one"]
        } check: { inside throws(Verdict) in
            let env = Set(try inside.strings("env"))
            let wanted: Set = ["PATH=/", "FIRST=one", "EMPTY=", "SPACES=a b = c"]
            try expect(env.isSuperset(of: wanted), "env contains \(wanted.sorted())", seen: "\(env.sorted())")
        },
        .inside("process-env-no-host", ["process.env"], "No variable of the runtime's own environment reaches the program") {
            $0["process.env"] = ["PATH=/"]
        } sabotage: {
            $0["process.env"] = ["PATH=/", "PWD=/"]
        } check: { inside throws(Verdict) in
            // HOME is set by every runtime from the image's passwd; the specification says nothing about it.
            let env = try inside.strings("env").filter { !$0.hasPrefix("HOME=") }
            try expect("env", env, is: ["PATH=/"])
        },
        .inside("process-cwd", ["process.cwd"], "The program starts in process.cwd") {
            $0["process.cwd"] = "/etc"
        } sabotage: {
            $0["process.cwd"] = "/"
        } check: { inside throws(Verdict) in
            try expect("cwd", try inside.text("cwd"), is: "/etc")
        },
        .refused("process-cwd-relative", ["process.cwd.absolute"], "A relative cwd is refused", mayBeLate: true) {
            $0["process.cwd"] = "etc"
        } valid: {
            $0["process.cwd"] = "/etc"
        },
        .refused("process-cwd-missing", ["process.cwd.required"], "A process without cwd is refused", mayBeLate: true) {
            $0["process.cwd"] = nil
        } valid: {
            $0["process.cwd"] = "/"
        },
        withoutTerminal("process-no-terminal", ["process.terminal"], "Without terminal no standard stream is a terminal") {
            inside throws(Verdict) in
            let seen = try inside["terminals"]?.array?.compactMap { $0.object?["errno"]?.integer } ?? []
            try expect(seen.count == 3 && !seen.contains(0), "three streams that are no terminal", seen: "errnos \(seen)")
        },
        withoutTerminal(
            "process-console-size-ignored", ["process.consoleSize.ignored"], "consoleSize is ignored when terminal is false"
        ) { inside throws(Verdict) in
            let seen = try inside["terminals"]?.array?.compactMap { $0.object?["height"]?.integer } ?? []
            try expect("heights of the standard streams", seen, is: [0, 0, 0])
        },
    ]

    /// Without a terminal, and with one as the sabotage.
    private static func withoutTerminal(
        _ id: String, _ rules: [String], _ title: String, check: @escaping @Sendable (Inside) throws(Verdict) -> Void
    ) -> Case {
        .steps(id, rules, title, sabotage: .configuration { $0["process.terminal"] = true }) { trial throws(Verdict) in
            trial.bundle["process.terminal"] = false
            trial.bundle["process.consoleSize"] = ["height": 10, "width": 20]
            trial.bundle.operations = ["to", "/seen", "report"]
            try check(try trial.runWithConsole())
        }
    }

    private static let user: [Case] = [
        .inside("user-uid", ["user.uid"], "The program runs with user.uid as all its user ids") {
            $0["process.user.uid"] = 1234
        } sabotage: {
            $0["process.user.uid"] = 1235
        } check: { inside throws(Verdict) in
            try expect("uids", try inside.integers("uids"), is: [1234, 1234, 1234])
        },
        .inside("user-gid", ["user.gid"], "The program runs with user.gid as all its group ids") {
            $0["process.user.gid"] = 1234
        } sabotage: {
            $0["process.user.gid"] = 1235
        } check: { inside throws(Verdict) in
            try expect("gids", try inside.integers("gids"), is: [1234, 1234, 1234])
        },
        .inside("user-in-namespace", ["user.uid", "user.gid"], "uid and gid are those of the container's user namespace") {
            $0.addUserNamespace()
            $0["process.user"] = ["uid": 7, "gid": 8]
            // The root file system belongs to the host's root, which is nobody inside; mounts need no more than to be entered.
        } sabotage: {
            $0["process.user"] = ["uid": 8, "gid": 9]
        } check: { inside throws(Verdict) in
            try expect("uids", try inside.integers("uids"), is: [7, 7, 7])
            try expect("gids", try inside.integers("gids"), is: [8, 8, 8])
        },
        .inside("user-umask", ["user.umask"], "umask is set to user.umask") {
            $0["process.user.umask"] = 63
        } sabotage: {
            $0["process.user.umask"] = 18
        } check: { inside throws(Verdict) in
            try expect("umask", try inside["umask"]?.integer, is: 63)
        },
        .steps(
            "user-umask-unset", ["user.umask.unset"], "Without user.umask the caller's umask stays",
            sabotage: .configuration { $0["process.user.umask"] = 18 }
        ) { trial throws(Verdict) in
            umask(0o027)
            trial.bundle.operations = ["report"]
            let inside = try trial.run()
            try expect("umask", try inside["umask"]?.integer, is: 0o027)
        },
        .inside("user-additional-gids", ["user.additionalGids"], "The program has the groups of additionalGids") {
            $0["process.user.additionalGids"] = [5, 60, 700]
        } sabotage: {
            $0["process.user.additionalGids"] = [5, 60]
        } check: { inside throws(Verdict) in
            let seen = Set(try inside.integers("groups"))
            try expect(seen.isSuperset(of: [5, 60, 700]), "groups contain 5, 60, 700", seen: "\(seen.sorted())")
        },
        .inside("user-no-groups", ["user.additionalGids"], "Without additionalGids the program has no other group") {
            $0["process.user.gid"] = 9
        } sabotage: {
            $0["process.user.additionalGids"] = [5]
        } check: { inside throws(Verdict) in
            let seen = try inside.integers("groups")
            try expect(seen.allSatisfy { $0 == 9 }, "no group but the gid", seen: "\(seen)")
        },
        .refused("user-no-uid", ["user.uid.required"], "A user without uid is refused", mayBeLate: true) {
            $0["process.user"] = ["gid": 0]
        } valid: {
            $0["process.user"] = ["uid": 0, "gid": 0]
        },
        .refused("user-no-gid", ["user.gid.required"], "A user without gid is refused", mayBeLate: true) {
            $0["process.user"] = ["uid": 0]
        } valid: {
            $0["process.user"] = ["uid": 0, "gid": 0]
        },
        .refused("user-uid-negative", ["values.invalid"], "A negative uid is refused", mayBeLate: true) {
            $0["process.user.uid"] = -1
        } valid: {
            $0["process.user.uid"] = 1
        },
        .refused("user-uid-text", ["values.invalid"], "A uid that is a string is refused", mayBeLate: true) {
            $0["process.user.uid"] = "0"
        } valid: {
            $0["process.user.uid"] = 0
        },
        .refused("user-uid-too-large", ["values.invalid"], "A uid of more than 32 bits is refused", mayBeLate: true) {
            $0["process.user.uid"] = 4_294_967_296
        } valid: {
            $0["process.user.uid"] = 0
        },
    ]
}
