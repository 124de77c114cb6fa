import CHarness
import RuntimeSpec

/// runtime.md#operations and #lifecycle: arguments, ids, signals, the program.
enum OperationCases {
    static let cases: [Case] = arguments + ids + signals + program

    private static let arguments: [Case] =
        ["start", "kill", "delete"].map { operation in
            .steps(
                "\(operation)-no-id", ["\(operation).no-id"], "\(operation) without an id generates an error",
                sabotage: .wrapper(.hideFailure(operation))
            ) { trial throws(Verdict) in
                try trial.refuse("\(operation) without an id", try trial.operate(operation, []))
            }
        }
        + ["start", "kill", "delete"].map { operation in
            .steps(
                "\(operation)-unknown", ["\(operation == "start" ? "start.not-created" : operation + ".wrong-state")"],
                "\(operation) of an unknown container generates an error", sabotage: .wrapper(.hideFailure(operation))
            ) { trial throws(Verdict) in
                try trial.refuse("\(operation) of an unknown container", try trial.operate(operation, ["nobody"]))
            }
        } + [
            .steps(
                "delete-created", ["delete.wrong-state"], "delete of a created container generates an error and changes nothing",
                sabotage: .wrapper(.arguments("delete") { ["--force"] + $0 })
            ) { trial throws(Verdict) in
                trial.bundle.operations = ["sleep", "60000"]
                try trial.succeed("create", try trial.create())
                try trial.refuse("delete of a created container", try trial.delete())
                try expect("status", try trial.status(), is: "created")
            }
            .mended(by: .refuse("delete")),
            .steps(
                "kill-stopped-unchanged", ["kill.wrong-state"], "kill of a stopped container leaves it stopped",
                sabotage: .wrapper(.before("kill", ["delete", "--force", "ID"]))
            ) { trial throws(Verdict) in
                try trial.run()
                try trial.kill("TERM")
                try expect("status", try trial.status(), is: "stopped")
            },
            .steps(
                "kill-bad-signal", ["values.invalid", "kill.sends"], "kill with a signal that does not exist generates an error",
                sabotage: .wrapper(.arguments("kill") { $0.map { $0 == "NOSUCH" ? "CONT" : $0 } })
            ) { trial throws(Verdict) in
                try trial.runUntilSignal()
                try trial.refuse("kill NOSUCH", try trial.kill("NOSUCH"))
                try expect("status", try trial.status(), is: "running")
            },
            .steps(
                "start-no-process", ["start.no-process", "process.required"],
                "A container without process is refused by create or by start",
                sabotage: .configuration { $0["process"] = Bundle.baseline["process"] }
            ) { trial throws(Verdict) in
                trial.bundle["process"] = nil
                try trial.expectRefusal(mayBeLate: true)
            },
            .steps(
                "all-operations",
                ["scope.same-entity", "operations.supported", "query.state", "create.new", "start.runs", "lifecycle.program"],
                "Who creates a container can query, start, signal and delete it", sabotage: .wrapper(.refuse("kill"))
            ) { trial throws(Verdict) in
                try trial.runUntilSignal()
                try expect("status", try trial.state().object?["status"]?.string, is: "running")
                try trial.succeed("kill", try trial.kill("TERM"))
                try trial.waitForEnd()
                try trial.succeed("delete", try trial.delete())
            },
            .steps(
                "state-types", ["state.status", "state.pattern", "state.schema"],
                "The state's members have the types of the schema",
                sabotage: .wrapper(.rewrite("state") { $0.replaced("\"status\"", by: "\"state\"") })
            ) { trial throws(Verdict) in
                trial.bundle["annotations"] = ["com.example.key": "value"]
                try trial.succeed("create", try trial.create())
                let state = try trial.state().object ?? [:]
                for name in ["ociVersion", "id", "status", "bundle"] {
                    try trial.expect(
                        state[name]?.string != nil, "\(name) is a string", seen: state[name]?.encodedText() ?? "nothing")
                }
                try trial.expect(
                    (state["pid"]?.integer ?? -1) > 0, "pid is a positive number", seen: state["pid"]?.encodedText() ?? "nothing")
                for member in state["annotations"]?.object?.members ?? [] {
                    try trial.expect(member.value.string != nil, "annotations are strings", seen: "\(member)")
                }
            },
        ]

    private static let ids: [Case] = [
        ("dots", ".."), ("dot", "."), ("slash", "a/b"), ("climb", "../climb"), ("empty", ""), ("space", "a b"),
        ("newline", "a\nb"),
    ].map { (name, id) in
        .steps(
            "id-\(name)", ["create.invalid-id"], "The id \(id.debugDescription) is refused, or is one like others",
            sabotage: .wrapper(.hideFailure("create"))
        ) { trial throws(Verdict) in
            try trial.writeBundle()
            try Files.makeDirectories(trial.stateRoot)
            try Files.write(trial.directory + "/outside", "untouched")
            let before = Set(Files.list(trial.directory).filter { !$0.hasPrefix("output.") && !$0.hasPrefix("errors.") })
            let created = try trial.operate("create", ["--bundle", trial.bundleDirectory, id])
            if created.succeeded {
                // A runtime may find the id valid; then it must be usable as any other.
                let state = try trial.call(["state", id])
                let told = (try? JSONValue.decode(state.output))?.object?["id"]?.string
                try expect("id that state tells", told, is: id)
            } else {
                try trial.refuse("create", created)
            }
            let after = Set(Files.list(trial.directory).filter { !$0.hasPrefix("output.") && !$0.hasPrefix("errors.") })
            try expect("what lies beside the state directory", after.sorted(), is: before.sorted())
        }
    }

    private static let names: [(name: String, number: Int)] = [
        ("HUP", 1), ("INT", 2), ("QUIT", 3), ("ILL", 4), ("TRAP", 5), ("ABRT", 6), ("BUS", 7), ("FPE", 8), ("USR1", 10),
        ("SEGV", 11),
        ("USR2", 12), ("PIPE", 13), ("ALRM", 14), ("STKFLT", 16), ("CHLD", 17), ("CONT", 18), ("TSTP", 20), ("TTIN", 21),
        ("TTOU", 22),
        ("URG", 23), ("XCPU", 24), ("XFSZ", 25), ("VTALRM", 26), ("PROF", 27), ("WINCH", 28), ("IO", 29), ("PWR", 30),
        ("SYS", 31),
    ]

    private static func send(_ trial: Trial, _ signals: [(text: String, number: Int)]) throws(Verdict) {
        try trial.runUntilSignal()
        for (text, number) in signals {
            try trial.succeed("kill \(text)", try trial.kill(text))
            _ = try trial.waitForLine("signal \(number) arrives") { $0.object?["number"]?.integer == number }
        }
        try expect("status", try trial.status(), is: "running")
    }

    /// Waits until the kernel tells this letter as the state of the program.
    private static func waitForState(_ letter: String, _ trial: Trial) throws(Verdict) {
        let end = System.now + trial.patience * Pace.factor
        var seen = ""
        repeat {
            let lines = (Files.text("/proc/\(trial.pid() ?? 0)/status") ?? "").split(separator: "\n")
            seen = lines.first { $0.hasPrefix("State:") }?.dropFirst(6).trimmed ?? "no process"
            if seen.hasPrefix(letter) { return }
            System.sleep(milliseconds: 5)
        } while System.now < end
        throw Verdict.failed(expected: "a program in state \(letter)", seen: seen)
    }

    private static let signals: [Case] = [
        .steps(
            "kill-all-names", ["kill.sends"], "kill sends each signal by its name",
            sabotage: .wrapper(.arguments("kill") { [$0[0], "CONT"] })
        ) { trial throws(Verdict) in
            try send(trial, names.map { ($0.name, $0.number) })
        },
        .steps(
            "kill-all-full-names", ["kill.sends"], "kill sends each signal by its name with SIG",
            sabotage: .wrapper(.arguments("kill") { [$0[0], "CONT"] })
        ) { trial throws(Verdict) in
            try send(trial, names.map { ("SIG" + $0.name, $0.number) })
        },
        .steps(
            "kill-all-numbers", ["kill.sends"], "kill sends each signal by its number",
            sabotage: .wrapper(.arguments("kill") { [$0[0], "CONT"] })
        ) { trial throws(Verdict) in
            try send(trial, names.map { (String($0.number), $0.number) })
        },
        .steps(
            "kill-realtime", ["kill.sends"], "kill sends realtime signals by number",
            sabotage: .wrapper(.arguments("kill") { [$0[0], "CONT"] })
        ) { trial throws(Verdict) in
            try send(trial, (34...64).map { (String($0), $0) })
        },
        .steps(
            "kill-stop-continue", ["kill.sends"], "STOP stops the program, which is running all the same, and CONT continues it",
            sabotage: .wrapper(.skip("kill"))
        ) { trial throws(Verdict) in
            try trial.runUntilSignal()
            try trial.succeed("kill STOP", try trial.kill("STOP"))
            try waitForState("T", trial)
            try expect("status", try trial.status(), is: "running")
            try trial.succeed("kill CONT", try trial.kill("CONT"))
            try waitForState("S", trial)
        },
        .steps(
            "kill-kill", ["kill.sends", "lifecycle.exit"], "kill with KILL ends the container", sabotage: .wrapper(.skip("kill"))
        ) { trial throws(Verdict) in
            try trial.runUntilSignal()
            try trial.succeed("kill", try trial.kill("KILL"))
            guard let pid = trial.pid(), let end = Processes.end(pid, milliseconds: 3000) else {
                throw Verdict.failed(expected: "the program ends", seen: "it runs on")
            }
            try expect("signal that ended it", end.signal, is: 9)
            try expect("status", try trial.status(), is: "stopped")
        },
        .steps("kill-created", ["kill.sends"], "kill reaches a created container", sabotage: .wrapper(.skip("kill"))) {
            trial throws(Verdict) in
            try trial.succeed("create", try trial.create())
            try trial.succeed("kill", try trial.kill("KILL"))
            guard let pid = trial.pid(), Processes.end(pid, milliseconds: 3000) != nil else {
                throw Verdict.failed(expected: "the process ends", seen: "it is there")
            }
            try expect("status", try trial.status(), is: "stopped")
        },
        .steps(
            "kill-default", ["practice.kill-default"], "kill sends TERM if no signal is named", sabotage: .wrapper(.skip("kill"))
        ) {
            trial throws(Verdict) in
            try trial.runUntilSignal()
            try trial.succeed("kill", try trial.operate("kill", [trial.id]))
            _ = try trial.waitForLine("signal 15 arrives") { $0.object?["number"]?.integer == 15 }
        },
    ]

    private static let program: [Case] = [
        .steps(
            "program-exit-status", ["start.runs", "lifecycle.exit"], "The program ends with its own status",
            sabotage: .configuration { $0.operations = ["exit", "8"] }
        ) { trial throws(Verdict) in
            trial.bundle.operations = ["exit", "7"]
            try trial.succeed("create", try trial.create())
            try trial.succeed("start", try trial.start())
            try expect("exit status", try trial.waitForEnd(), is: 7)
            try expect("status", try trial.status(), is: "stopped")
        },
        .steps(
            "program-missing", ["lifecycle.program", "start.runs", "errors.unchanged"],
            "A program that does not exist is an error of create or start",
            sabotage: .configuration { $0.operations = ["report"] }
        ) { trial throws(Verdict) in
            trial.bundle["process.args"] = ["/no-such-program"]
            let created = try trial.create()
            if created.succeeded { try trial.refuse("start", try trial.start()) } else { try trial.refuse("create", created) }
        },
        .steps(
            "program-runs-once", ["start.runs", "lifecycle.program"], "start runs the program once",
            sabotage: .configuration { $0.operations = ["to", "/log", "echo", "ran", "echo", "ran"] }
        ) { trial throws(Verdict) in
            trial.bundle.operations = ["to", "/log", "echo", "ran"]
            try trial.succeed("create", try trial.create())
            try trial.succeed("start", try trial.start())
            try trial.waitForEnd()
            try expect("runs", trial.lines(of: trial.rootfs + "/log").count, is: 1)
        },
        .steps(
            "create-applies", ["create.applies", "lifecycle.environment"], "create applies mounts and namespaces before start",
            sabotage: .configuration { $0.remove("mounts") { $0.object?["destination"]?.string == "/made" } }
        ) { trial throws(Verdict) in
            trial.bundle.addMount("/made", "tmpfs", "made-by-create")
            try trial.succeed("create", try trial.create())
            let pid = trial.pid() ?? 0
            let mounts = MountInfo.parse(Files.text("/proc/\(pid)/mountinfo") ?? "")
            try trial.expect(
                mounts.contains { $0.target == "/made" && $0.source == "made-by-create" }, "the mount /made",
                seen: mounts.map { $0.target }.joined(separator: " "))
            try trial.expect(
                Files.link("/proc/\(pid)/ns/uts") != Files.link("/proc/self/ns/uts"), "a uts namespace of its own",
                seen: "the runtime's")
        },
        .steps(
            "two-containers", ["state.id.unique", "create.new"], "Two containers are apart",
            sabotage: .wrapper(.arguments("kill") { $0.map { $0.hasSuffix("-other") ? String($0.dropLast(6)) : $0 } })
        ) { trial throws(Verdict) in
            trial.bundle.operations = ["sleep", "60000"]
            let other = trial.id + "-other"
            try trial.succeed("create", try trial.create())
            try trial.succeed("create of another", try trial.create(id: other, write: false))
            try trial.succeed("start", try trial.start())
            try trial.succeed("start of the other", try trial.start(id: other))
            try trial.succeed("kill of the other", try trial.kill("KILL", id: other))
            if let pid = trial.pid(id: other) { _ = Processes.wait(pid, milliseconds: 3000) }
            try expect("status", try trial.status(), is: "running")
            try expect("status of the other", try trial.status(id: other), is: "stopped")
        },
        .steps(
            "stopped-and-again", ["create.new", "delete.reuse", "delete.resources"],
            "A container can be created again after delete, three times over", sabotage: .wrapper(.skip("delete"))
        ) { trial throws(Verdict) in
            for round in 1...3 {
                try trial.run()
                let deleted = try trial.delete()
                try trial.expect(deleted.succeeded, "delete in round \(round) succeeds", seen: deleted.summary)
                try trial.resetForNextCreate()
            }
        },
    ]
}
