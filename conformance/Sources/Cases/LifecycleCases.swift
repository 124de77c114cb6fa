import CHarness
import RuntimeSpec

/// runtime.md: state and operations.
enum LifecycleCases {
    static let cases: [Case] = stateProperties + operations

    private static let stateProperties: [Case] = [
        .steps(
            "state-version", ["state.ociVersion"], "The state names the version of the specification",
            sabotage: .wrapper(.rewrite("state") { $0.replaced("ociVersion", by: "version") })
        ) { trial throws(Verdict) in
            try trial.succeed("create", try trial.create())
            // The text asks for a version of the specification, and for SemVer in configurations only.
            let version = try trial.state().object?["ociVersion"]?.string
            try expect(version?.first?.isNumber ?? false, "a version", seen: version ?? "none")
        },
        .steps(
            "state-id", ["state.id"], "The state names the container's id",
            sabotage: .wrapper(.rewrite("state") { $0.replaced("\"case", by: "\"other") })
        ) { trial throws(Verdict) in
            try trial.succeed("create", try trial.create())
            try expect("id", try trial.state().object?["id"]?.string, is: trial.id)
        },
        .steps(
            "state-created", ["state.status", "state.status.created"], "After create the status is created",
            sabotage: .wrapper(.after("create", ["start", "ID"]))
        ) { trial throws(Verdict) in
            trial.bundle.operations = ["sleep", "60000"]
            try trial.succeed("create", try trial.create())
            try expect("status", try trial.state().object?["status"]?.string, is: "created")
        },
        .steps(
            "state-running", ["state.status", "state.status.running"], "After start the status is running",
            sabotage: .wrapper(.skip("start"))
        ) { trial throws(Verdict) in
            trial.bundle.operations = ["sleep", "60000"]
            try trial.succeed("create", try trial.create())
            try trial.succeed("start", try trial.start())
            try expect("status", try trial.state().object?["status"]?.string, is: "running")
        },
        .steps(
            "state-stopped", ["state.status", "state.status.stopped"], "When the program has ended the status is stopped",
            sabotage: .wrapper(.rewrite("state") { $0.replaced("stopped", by: "running") })
        ) { trial throws(Verdict) in
            try trial.run()
            try expect("status", try trial.state().object?["status"]?.string, is: "stopped")
        },
        .steps(
            "state-pid", ["state.pid"], "The state's pid is that of the container process",
            sabotage: .wrapper(.rewrite("state") { $0.replaced("\"pid\"", by: "\"p\"") })
        ) { trial throws(Verdict) in
            trial.bundle.operations = ["sleep", "60000"]
            try trial.succeed("create", try trial.create())
            let created = try trial.state().object?["pid"]?.integer ?? 0
            try trial.succeed("start", try trial.start())
            let running = try trial.state().object?["pid"]?.integer ?? 0
            try expect("pid after create and after start", [created, running], is: [running, running])
            // When start returns, the process may still be on its way to the program.
            var program = ""
            let end = System.now + trial.patience * Pace.factor
            repeat {
                program = Files.text("/proc/\(running)/cmdline") ?? ""
                if program.hasPrefix("/probe") { break }
                System.sleep(milliseconds: 5)
            } while System.now < end
            try expect(program.hasPrefix("/probe"), "a process that runs /probe", seen: program)
        },
        .steps(
            "state-bundle", ["state.bundle"], "The state's bundle is the absolute path of the bundle",
            sabotage: .wrapper(.rewrite("state") { $0.replaced("/bundle\"", by: "\"") })
        ) { trial throws(Verdict) in
            try trial.succeed("create", try trial.create())
            try expect("bundle", try trial.state().object?["bundle"]?.string, is: trial.bundleDirectory)
        },
        .steps(
            "state-annotations", ["state.annotations"], "The state has the configuration's annotations",
            sabotage: .configuration { $0["annotations"] = ["com.example.key": "other"] }
        ) { trial throws(Verdict) in
            trial.bundle["annotations"] = ["com.example.key": "value", "com.example.empty": ""]
            try trial.succeed("create", try trial.create())
            let annotations = try trial.state().object?["annotations"]?.object
            try expect("annotation", annotations?["com.example.key"]?.string, is: "value")
            try expect("empty annotation", annotations?["com.example.empty"]?.string, is: "")
        },
    ]

    private static let operations: [Case] = [
        .steps(
            "state-unknown", ["query.unknown"], "state of an unknown container generates an error",
            sabotage: .wrapper(.hideFailure("state"))
        ) { trial throws(Verdict) in
            try trial.refuse("state of an unknown container", try trial.query(id: "nobody"))
        },
        .steps(
            "state-no-id", ["query.no-id"], "state without an id generates an error",
            sabotage: .wrapper(.hideFailure("state"))
        ) { trial throws(Verdict) in
            try trial.refuse("state without an id", try trial.operate("state", []))
        },
        .steps(
            "create-no-id", ["create.no-id"], "create without an id generates an error",
            sabotage: .wrapper(.hideFailure("create"))
        ) { trial throws(Verdict) in
            try trial.writeBundle()
            try trial.refuse("create without an id", try trial.operate("create", ["--bundle", trial.bundleDirectory]))
        },
        .steps(
            "create-same-id", ["create.unique"], "create with an id in use generates an error and changes nothing",
            sabotage: .wrapper(.before("create", ["delete", "--force", "ID"]))
        ) { trial throws(Verdict) in
            trial.bundle.operations = ["sleep", "60000"]
            try trial.succeed("create", try trial.create())
            let first = try trial.state().object?["pid"]?.integer
            try trial.refuse("a second create", try trial.create(write: false))
            try expect("pid", try trial.state().object?["pid"]?.integer, is: first ?? -1)
        },
        .steps(
            "create-runs-nothing", ["create.args-not-applied", "lifecycle.not-run"], "create does not run the program",
            sabotage: .wrapper(.after("create", ["start", "ID"]))
        ) { trial throws(Verdict) in
            trial.bundle.operations = ["create", "/ran", "sleep", "60000"]
            try trial.succeed("create", try trial.create())
            System.sleep(milliseconds: 150)
            try expect(!Files.exists(trial.rootfs + "/ran"), "the program has not run", seen: "it has run")
        },
        .steps(
            "create-then-change", ["create.later-changes", "lifecycle.updates"],
            "A change of config.json after create has no effect",
            // What a runtime runs that reads the file again.
            sabotage: .configuration { $0.operations = ["echo", "second"] }
        ) { trial throws(Verdict) in
            trial.bundle.operations = ["echo", "first"]
            try trial.succeed("create", try trial.create())
            trial.bundle.operations = ["echo", "second"]
            try Files.write(trial.bundleDirectory + "/config.json", trial.bundle.config.encoded(.pretty))
            try trial.succeed("start", try trial.start())
            try trial.waitForEnd()
            try expect("text", Inside(lines: trial.lines(), exitStatus: 0).operation("echo")["text"]?.string, is: "first")
        },
        .steps(
            "start-twice", ["start.not-created"], "start of a running container generates an error and changes nothing",
            sabotage: .wrapper(.hideFailure("start"))
        ) { trial throws(Verdict) in
            try trial.runUntilSignal()
            try trial.refuse("a second start", try trial.start())
            try expect("status", try trial.status(), is: "running")
        },
        .steps(
            "start-stopped", ["start.not-created"], "start of a stopped container generates an error",
            sabotage: .wrapper(.hideFailure("start"))
        ) { trial throws(Verdict) in
            try trial.run()
            try trial.refuse("start of a stopped container", try trial.start())
            try expect("status", try trial.status(), is: "stopped")
        },
        .steps(
            "kill-sends-signal", ["kill.sends"], "kill sends the signal to the container process",
            sabotage: .wrapper(.skip("kill"))
        ) { trial throws(Verdict) in
            try trial.runUntilSignal()
            try trial.succeed("kill", try trial.kill("TERM"))
            _ = try trial.waitForLine("signal 15 arrives") { $0.object?["number"]?.integer == 15 }
        },
        .steps(
            "kill-stopped", ["kill.wrong-state"], "kill of a stopped container generates an error",
            sabotage: .wrapper(.hideFailure("kill"))
        ) { trial throws(Verdict) in
            try trial.run()
            try trial.refuse("kill of a stopped container", try trial.kill("KILL"))
        },
        .steps(
            "delete-running", ["delete.wrong-state"], "delete of a running container generates an error and changes nothing",
            sabotage: .wrapper(.arguments("delete") { ["--force"] + $0 })
        ) { trial throws(Verdict) in
            try trial.runUntilSignal()
            try trial.refuse("delete of a running container", try trial.delete())
            try expect("status", try trial.status(), is: "running")
        },
        .steps(
            "delete-stopped", ["delete.resources"], "delete of a stopped container removes it",
            sabotage: .wrapper(.skip("delete"))
        ) { trial throws(Verdict) in
            try trial.run()
            try trial.succeed("delete", try trial.delete())
            try expect("status", try trial.status(), is: "none")
        },
        .steps(
            "delete-id-again", ["create.new", "delete.reuse"], "The id of a deleted container can be used again",
            sabotage: .wrapper(.skip("delete"))
        ) { trial throws(Verdict) in
            try trial.run()
            try trial.succeed("delete", try trial.delete())
            try trial.resetForNextCreate()
            try trial.run()
        },
    ]
}
