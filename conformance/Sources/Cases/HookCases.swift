import CHarness
import RuntimeSpec

/// config.md#posix-platform-hooks and the hooks of runtime.md#lifecycle.
enum HookCases {
    static let cases: [Case] = properties + timing + places

    static let kinds = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]
    /// Kinds whose programs are found on the host.
    private static let outside = kinds.filter { $0 != "startContainer" }

    /// A hook that runs the probe; what it writes is appended to the file `log` of the root file system, which each hook reaches
    /// by another path.
    static func hook(_ kind: String, _ bundle: Bundle, _ operations: [String], log: String = "log") -> JSONValue {
        let isInside = kind == "startContainer"
        let path = isInside ? "/probe" : bundle.path + "/rootfs/probe"
        // createContainer hooks run in the container's mounts before the root is changed, where the host's paths still work.
        let target = isInside ? "/" + log : bundle.path + "/rootfs/" + log
        // Every hook reads its standard input; hook-ignores-input is about those that do not.
        let words = ["probe", "to", target, "input", "echo", kind] + operations
        return ["path": .string(path), "args": .array(words.map { .string($0) })]
    }

    static func add(_ kind: String, _ operations: [String] = [], to bundle: inout Bundle, log: String = "log") {
        bundle.append("hooks." + kind, hook(kind, bundle, operations, log: log))
    }

    /// The hooks that have written to the log, in order.
    static func log(_ trial: Trial, _ name: String = "log") -> [String] {
        trial.lines(of: trial.rootfs + "/" + name).compactMap { $0.object }.filter { $0["op"]?.string == "echo" }
            .compactMap { $0["text"]?.string }
    }

    /// Creates, starts, waits and deletes.
    private static func whole(_ trial: Trial) throws(Verdict) {
        try trial.run()
        try trial.succeed("delete", try trial.delete())
    }

    /// What the hook of a kind wrote after its name.
    static func written(_ trial: Trial, _ operation: String) throws(Verdict) -> JSONMembers {
        let lines = trial.lines(of: trial.rootfs + "/log")
        return try Inside(lines: lines, exitStatus: 0).operation(operation)
    }

    private static let properties: [Case] = [
        .steps(
            "hook-args", ["hooks.args"], "A hook gets exactly its args",
            sabotage: .configuration { $0["hooks.createRuntime[0].args[0]"] = "another name" }
        ) { trial throws(Verdict) in
            add("createRuntime", ["report"], to: &trial.bundle)
            trial.bundle["hooks.createRuntime[0].args[0]"] = "any name"
            try whole(trial)
            let args = try written(trial, "report")["args"]?.array?.compactMap { $0.string } ?? []
            let target = trial.rootfs + "/log"
            try expect("args", args, is: ["any name", "to", target, "input", "echo", "createRuntime", "report"])
        },
        .steps(
            "hook-env", ["hooks.env"], "A hook's environment is its env",
            sabotage: .configuration { $0["hooks.createRuntime[0].env"] = ["ONE=1"] }
        ) { trial throws(Verdict) in
            add("createRuntime", ["report"], to: &trial.bundle)
            trial.bundle["hooks.createRuntime[0].env"] = ["ONE=1", "TWO=2 3"]
            try whole(trial)
            let env = try written(trial, "report")["env"]?.array?.compactMap { $0.string } ?? []
            try expect("env", env, is: ["ONE=1", "TWO=2 3"])
        },
        .steps(
            "hook-startcontainer-env", ["hooks.env"], "A startContainer hook's environment is its env, not that of the program",
            sabotage: .configuration { $0["hooks.startContainer[0].env"] = ["ONE=1"] }
        ) { trial throws(Verdict) in
            add("startContainer", ["report"], to: &trial.bundle)
            trial.bundle["process.env"] = ["PATH=/", "OF=program"]
            trial.bundle["hooks.startContainer[0].env"] = ["ONE=1", "TWO=2 3"]
            try whole(trial)
            let env = try written(trial, "report")["env"]?.array?.compactMap { $0.string } ?? []
            try expect("env", env, is: ["ONE=1", "TWO=2 3"])
        },
        .refused("hook-path-relative", ["hooks.path"], "A relative path is refused") {
            // One that works where the path is not looked at, and reads what it is given.
            $0["hooks.createRuntime"] = [$0.hook("input")]
            $0["hooks.createRuntime[0].path"] = "rootfs/probe"
        } valid: {
            $0["hooks.createRuntime"] = [$0.hook()]
        },
        .refused("hook-path-missing", ["hooks.path"], "A hook without path is refused") {
            $0["hooks.createRuntime"] = [["args": ["probe"]]]
        } valid: {
            $0["hooks.createRuntime"] = [$0.hook()]
        },
        .refused("hook-path-relative-poststop", ["hooks.path"], "A relative path of a poststop hook is refused by create") {
            $0["hooks.poststop"] = [$0.hook()]
            $0["hooks.poststop[0].path"] = "rootfs/probe"
        } valid: {
            $0["hooks.poststop"] = [$0.hook()]
        },
        .refused("hook-timeout-zero", ["hooks.timeout.positive"], "A timeout of 0 is refused") {
            $0["hooks.poststop"] = [$0.hook(timeout: 0)]
        } valid: {
            $0["hooks.poststop"] = [$0.hook(timeout: 5)]
        },
        .refused("hook-timeout-negative", ["hooks.timeout.positive"], "A negative timeout is refused") {
            $0["hooks.poststop"] = [$0.hook(timeout: -1)]
        } valid: {
            $0["hooks.poststop"] = [$0.hook(timeout: 5)]
        },
        .steps(
            "hook-timeout-expires", ["hooks.timeout"],
            "A hook that runs longer than its timeout is ended and fails the container",
            sabotage: .configuration { $0["hooks.createRuntime[0].timeout"] = 30 }
        ) { trial throws(Verdict) in
            trial.bundle["hooks.createRuntime"] = [trial.bundle.hook("sleep", "8000", timeout: 1)]
            try trial.expectRefusal()
            let running = Files.list("/proc").compactMap { Files.text("/proc/\($0)/cmdline") }.filter { $0.holds("\08000") }
            try trial.expect(running.isEmpty, "the hook is ended", seen: "it runs on")
        },
    ]

    private static let timing: [Case] = [
        .steps(
            "hook-ignores-input", ["hooks.state", "lifecycle.createRuntime"],
            "Hooks that do not read their standard input are no failure",
            sabotage: .configuration { $0.append("hooks.createRuntime", $0.hook("exit", "1")) }
        ) { trial throws(Verdict) in
            // Whether such a hook ends before the state is written is a race, so there are many.
            for _ in 0..<30 { trial.bundle.append("hooks.createRuntime", trial.bundle.hook()) }
            try trial.succeed("create", try trial.create())
        },
        .steps(
            "hook-list-order", ["hooks.order"], "Hooks run in the order of the list",
            sabotage: .configuration {
                let hooks = $0["hooks.createRuntime"]?.array ?? []
                $0["hooks.createRuntime"] = .array(hooks.reversed())
            }
        ) { trial throws(Verdict) in
            for number in ["1", "2", "3"] {
                trial.bundle.append("hooks.createRuntime", hook("createRuntime", trial.bundle, ["echo", number]))
            }
            try whole(trial)
            try expect("order", log(trial).filter { $0.count == 1 }, is: ["1", "2", "3"])
        },
        order("hook-prestart-first", "hooks.prestart.first", "prestart", "createRuntime"),
        order("hook-createcontainer-after", "hooks.createContainer.after", "createRuntime", "createContainer"),
        .steps(
            "hook-poststart-after-startcontainer", ["hooks.poststart.when", "hooks.startContainer.when"],
            "poststart hooks run after startContainer hooks, however long those take",
            sabotage: .configuration {
                $0["hooks.createContainer"] = [hook("poststart", $0, [])]
                $0["hooks.poststart"] = nil
            }
        ) { trial throws(Verdict) in
            add("poststart", to: &trial.bundle)
            trial.bundle["hooks.startContainer"] = [
                ["path": "/probe", "args": ["probe", "to", "/log", "input", "sleep", "200", "echo", "startContainer"]]
            ]
            trial.bundle.operations = ["to", "/log", "signals", "15"]
            try trial.succeed("create", try trial.create())
            try trial.succeed("start", try trial.start())
            _ = try trial.waitForLine(of: trial.rootfs + "/log", "the program runs") { $0.object?["ready"] != nil }
            try expect("hooks until start returned", log(trial), is: ["startContainer", "poststart"])
        },
        .steps(
            "hook-poststop-in-delete", ["hooks.poststop.when", "lifecycle.poststop"],
            "poststop hooks run within delete, not before",
            sabotage: .configuration {
                $0["hooks.poststart"] = $0["hooks.poststop"]
                $0["hooks.poststop"] = nil
            }
        ) { trial throws(Verdict) in
            add("poststop", to: &trial.bundle)
            try trial.run()
            try expect("hooks before delete", log(trial), is: [])
            try trial.succeed("delete", try trial.delete())
            try expect("hooks after delete", log(trial), is: ["poststop"])
        },
        .steps(
            "hook-poststart-in-start", ["hooks.poststart.when", "lifecycle.poststart"],
            "poststart hooks run within start, not within create",
            sabotage: .wrapper(.after("create", ["start", "ID"]))
        ) { trial throws(Verdict) in
            add("poststart", to: &trial.bundle)
            trial.bundle.operations = ["sleep", "60000"]
            try trial.succeed("create", try trial.create())
            try expect("hooks after create", log(trial), is: [])
            try trial.succeed("start", try trial.start())
            try expect("hooks after start", log(trial), is: ["poststart"])
        },
        .steps(
            "hook-start-container-before-program", ["hooks.startContainer.when", "lifecycle.startContainer"],
            "startContainer hooks run before the program",
            sabotage: .configuration { $0["hooks.startContainer"] = nil }
        ) { trial throws(Verdict) in
            add("startContainer", to: &trial.bundle)
            trial.bundle.operations = ["to", "/log", "echo", "program"]
            try trial.succeed("create", try trial.create())
            try expect("hooks after create", log(trial), is: [])
            try trial.succeed("start", try trial.start())
            try trial.waitForEnd()
            try expect("order", log(trial), is: ["startContainer", "program"])
        },
        inCreate("prestart"), inCreate("createRuntime"), inCreate("createContainer"), beforeRoot("prestart"),
        beforeRoot("createRuntime"),
        .steps(
            "hook-poststop-after-delete", ["hooks.poststop.when", "delete.resources"],
            "When poststop hooks run, the container's process and its group are gone", view: .version2,
            // The hook runs before the container is deleted.
            sabotage: .configuration {
                $0["hooks.poststart"] = $0["hooks.poststop"]
                $0["hooks.poststop"] = nil
            }
        ) { trial throws(Verdict) in
            let group = "/sys/fs/cgroup/conformance"
            trial.bundle["linux.cgroupsPath"] = "/conformance"
            add("poststop", ["list", group], to: &trial.bundle)
            try trial.run()
            let pid = trial.pid() ?? 0
            try trial.succeed("delete", try trial.delete())
            try expect("hooks after delete", log(trial), is: ["poststop"])
            try expect("errno of opening \(group) in the hook", try written(trial, "list")["errno"]?.integer, is: 2)
            try expect("status", try trial.status(), is: "none")
            try trial.expect(CHarness.kill(pid, 0) != 0, "the process is gone", seen: "it is there")
        },
    ]

    /// Hooks of the first kind run before those of the second.
    private static func order(_ id: String, _ rule: String, _ first: String, _ second: String) -> Case {
        .steps(
            id, [rule, "lifecycle.\(first)", "lifecycle.\(second)"], "\(first) hooks run before \(second) hooks",
            sabotage: .configuration {
                // What is written by the first is written by the last kind that runs within create.
                $0.append("hooks.createContainer", hook(first, $0, []))
                $0["hooks.\(first)"] = nil
            }
        ) { trial throws(Verdict) in
            for kind in [second, first] { add(kind, to: &trial.bundle) }
            try trial.succeed("create", try trial.create())
            try expect("hooks after create", log(trial), is: [first, second])
        }
    }

    private static func inCreate(_ kind: String) -> Case {
        .steps(
            "hook-\(kind.lowercased())-in-create", ["hooks.\(kind).when", "lifecycle.\(kind)"], "\(kind) hooks run within create",
            sabotage: .configuration {
                $0["hooks.poststart"] = $0["hooks.\(kind)"]
                $0["hooks.\(kind)"] = nil
            }
        ) { trial throws(Verdict) in
            add(kind, to: &trial.bundle)
            try trial.succeed("create", try trial.create())
            try expect("hooks after create", log(trial), is: [kind])
        }
    }

    /// A hook of the runtime's namespace sees the container's mounts: all are made, and the root is not changed yet.
    private static func beforeRoot(_ kind: String) -> Case {
        .steps(
            "hook-\(kind.lowercased())-before-root", ["hooks.\(kind).when"],
            "\(kind) hooks run when the container's mounts are made and its root is not changed yet",
            // The hook runs when the program does.
            sabotage: .configuration {
                let hooks = $0["hooks.\(kind)"]
                $0["hooks.\(kind)"] = nil
                $0["hooks.poststart"] = hooks
            }
        ) { trial throws(Verdict) in
            let target = trial.rootfs + "/log"
            trial.bundle["hooks.\(kind)"] = [
                ["path": .string(trial.rootfs + "/probe"), "args": ["probe", "to", .string(target), "container"]]
            ]
            trial.bundle.addMount("/made", "tmpfs", "made-by-create")
            trial.bundle.operations = ["sleep", "300"]
            try trial.run()
            let seen = try written(trial, "container")
            let mounts = MountInfo.parse(seen["mountinfo"]?.string ?? "")
            let made = mounts.first { $0.source == "made-by-create" }?.target ?? "no such mount"
            try expect("the mount for /made as the container process has it", made, is: trial.rootfs + "/made")
        }
    }

    private static let elsewhere = 0x20000 | 0x400_0000 | 0x800_0000 | 0x4000_0000

    private static let places: [Case] =
        kinds.map { kind in
            .steps(
                "hook-\(kind.lowercased())-namespace",
                kind == "createContainer"
                    ? ["hooks.createContainer.where", "hooks.createContainer.path"]
                    : kind == "startContainer"
                        ? ["hooks.startContainer.where", "hooks.startContainer.path"] : ["hooks.\(kind).where"],
                "\(kind) hooks run in the \(kind.hasSuffix("Container") ? "container's" : "runtime's") namespaces",
                // A hook that runs elsewhere: it leaves mount, uts, ipc and network namespace before it looks.
                sabotage: .configuration {
                    let words = $0["hooks.\(kind)[0].args"]?.array ?? []
                    $0["hooks.\(kind)[0].args"] = .array(words.dropLast() + ["unshare", .string(String(elsewhere)), "report"])
                }
            ) { trial throws(Verdict) in
                add(kind, ["report"], to: &trial.bundle)
                trial.bundle.operations = ["report"]
                trial.bundle.setNamespace("cgroup")
                let inside = try trial.run()
                try trial.succeed("delete", try trial.delete())
                let seen = Inside(lines: trial.lines(of: trial.rootfs + "/log"), exitStatus: 0)
                let isInside = kind.hasSuffix("Container")
                for type in ["mnt", "uts", "ipc", "net", "pid", "cgroup", "user"] {
                    let wanted = isInside ? try inside.namespace(type) : Files.link("/proc/self/ns/" + type) ?? ""
                    var found = try seen.namespace(type)
                    // Before the root is changed /proc may still be the host's, which tells the same.
                    if found.isEmpty { found = "unknown: no /proc" }
                    try expect("\(type) namespace", found, is: wanted)
                }
            }
        }
        + kinds.map { kind in
            .steps(
                "hook-\(kind.lowercased())-state", ["hooks.state", "state.status", "state.status.creating"],
                "\(kind) hooks get the container's state",
                sabotage: .configuration { $0["annotations"] = ["com.example.key": "other"] }
            ) { trial throws(Verdict) in
                add(kind, to: &trial.bundle)
                trial.bundle["annotations"] = ["com.example.key": "value"]
                try trial.run()
                try trial.succeed("delete", try trial.delete())
                let text = try written(trial, "input")["text"]?.string ?? ""
                guard let state = (try? JSONValue.decode(text))?.object else {
                    throw Verdict.failed(expected: "the state as JSON on standard input", seen: text)
                }
                try expect("id", state["id"]?.string, is: trial.id)
                try expect("bundle", state["bundle"]?.string, is: trial.bundleDirectory)
                try expect("annotation", state["annotations"]?.object?["com.example.key"]?.string, is: "value")
                // The text asks for a version of the specification, and for SemVer in configurations only.
                try trial.expect(state["ociVersion"]?.string?.first?.isNumber ?? false, "an ociVersion", seen: text)
                let status = state["status"]?.string ?? "none"
                let allowed: [String: Set<String>] = [
                    "prestart": ["creating"], "createRuntime": ["creating"], "createContainer": ["creating"],
                    "startContainer": ["created"], "poststart": ["running", "stopped"], "poststop": ["stopped"],
                ]
                try trial.expect(
                    allowed[kind]?.contains(status) ?? false, "status \(allowed[kind]!.sorted().joined(separator: " or "))",
                    seen: status)
            }
        }
        + kinds.filter { $0 != "poststop" }.map { kind in
            .steps(
                "hook-\(kind.lowercased())-pid", ["state.pid.hooks", "hooks.state"],
                "The state that \(kind) hooks get has the pid as seen where they run",
                sabotage: .configuration { $0["hooks.\(kind)"] = nil }
            ) { trial throws(Verdict) in
                add(kind, to: &trial.bundle)
                try trial.run()
                let text = try written(trial, "input")["text"]?.string ?? ""
                let wanted = kind.hasSuffix("Container") ? 1 : Int(trial.pid() ?? 0)
                try expect("pid", (try? JSONValue.decode(text))?.object?["pid"]?.integer, is: wanted)
            }
        }
}
