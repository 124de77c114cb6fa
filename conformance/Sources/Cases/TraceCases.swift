import CHarness
import RuntimeSpec

/// runtime.md#errors and #delete: what is left behind; operations at the same time.
enum TraceCases {
    static let cases: [Case] = traces + concurrency

    /// What the container's life left on the machine: processes, mounts, groups, files of the state directory.
    private static func traces(_ trial: Trial) -> [String] {
        var found = Files.list(trial.stateRoot).filter { $0.holds(trial.id) }.map { "state: \($0)" }
        found += Files.list("/sys/fs/cgroup/conformance").isEmpty ? [] : ["group: /conformance"]
        found += MountInfo.parse(Files.text("/proc/self/mountinfo") ?? "").filter { $0.target.hasPrefix(trial.bundleDirectory) }
            .map { "mount: \($0.target)" }
        for name in Files.list("/proc") {
            guard let pid = pid_t(name), pid > 1, let program = Files.text("/proc/\(name)/cmdline"), !program.isEmpty else {
                continue
            }
            // A process that has ended and waits for its parent has no command line.
            found.append("process \(pid): " + program.replaced("\0", by: " "))
        }
        return found
    }

    private static func leaves(
        _ id: String, _ title: String, _ rules: [String], sabotage: Sabotage,
        _ body: @escaping @Sendable (Trial) throws(Verdict) -> Void
    ) -> Case {
        .steps(id, rules, title, view: .version2, sabotage: sabotage) { trial throws(Verdict) in
            trial.bundle["linux.cgroupsPath"] = "/conformance"
            try body(trial)
            System.sleep(milliseconds: 50)
            let seen = traces(trial)
            try trial.expect(seen.isEmpty, "nothing is left", seen: seen.joined(separator: "; "))
        }
        .of(.leftovers)
    }

    private static let traces: [Case] = [
        leaves(
            "delete-leaves-nothing", "After delete nothing of the container is left", ["delete.resources", "lifecycle.destroy"],
            sabotage: .wrapper(.skip("delete"))
        ) { trial throws(Verdict) in
            try trial.run()
            try trial.delete()
        },
        leaves(
            "force-leaves-nothing", "After delete --force of a running container nothing is left", ["practice.delete-force"],
            sabotage: .wrapper(.skip("delete"))
        ) { trial throws(Verdict) in
            trial.bundle.operations = ["children", "3", "sleep", "60000"]
            try trial.succeed("create", try trial.create())
            try trial.succeed("start", try trial.start())
            try trial.delete(force: true)
            try trial.resetForNextCreate()
        },
        leaves(
            "failed-mount-leaves-nothing", "After a create that failed at a mount nothing is left",
            ["errors.unchanged", "create.cannot-apply"],
            sabotage: .configuration { $0.remove("mounts") { $0.object?["type"]?.string == "no-such-file-system" } }
        ) { trial throws(Verdict) in
            trial.bundle.addMount("/volume", "no-such-file-system", "none")
            try trial.create()
        },
        leaves(
            "failed-hook-leaves-nothing", "After a create that failed at a hook nothing is left", ["errors.unchanged"],
            sabotage: .configuration { $0["hooks"] = nil }
        ) { trial throws(Verdict) in
            trial.bundle["hooks.createContainer"] = [trial.bundle.hook("exit", "1")]
            try trial.create()
        },
        leaves(
            "failed-program-leaves-nothing", "After a create that failed at the program nothing is left", ["errors.unchanged"],
            sabotage: .configuration { $0.operations = ["sleep", "60000"] }
        ) { trial throws(Verdict) in
            trial.bundle["process.args"] = ["/no-such-program"]
            if try trial.create().succeeded {
                // A runtime may look for the program when it starts it.
                try trial.start()
                try trial.delete(force: !{ if case .configuration? = trial.sabotage { return true } else { return false } }())
            }
        },
    ]

    /// Starts the same operation several times at once; their statuses.
    private static func together(
        _ trial: Trial, _ count: Int, _ operation: String, _ arguments: (Int) -> [String]
    ) throws(Verdict) -> [Int32] {
        var pids: [pid_t] = []
        for number in 0..<count {
            let output = open("\(trial.directory)/together.\(number)", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
            let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
            defer {
                close(output)
                close(null)
            }
            guard let words = trial.words(operation, arguments(number)) else { continue }
            pids.append(try Processes.spawn(words, descriptors: [null, output, output], directory: trial.directory))
        }
        let end = System.now + trial.timeLimit * Pace.factor
        let statuses = pids.map { Processes.wait($0, milliseconds: end - System.now) ?? -1 }
        for (pid, status) in zip(pids, statuses) where status == -1 { kill(pid, SIGKILL) }
        return statuses + Array(repeating: 0, count: count - pids.count)
    }

    private static let concurrency: [Case] = [
        .steps(
            "concurrent-create", ["create.unique"], "Of eight creates with one id exactly one succeeds",
            sabotage: .wrapper(.arguments("create") { $0.dropLast() + [($0.last ?? "") + "-\(Int.random(in: 0..<1 << 60))"] })
        ) { trial throws(Verdict) in
            trial.bundle.operations = ["sleep", "60000"]
            try trial.writeBundle()
            for _ in 0..<3 {
                let statuses = try together(trial, 8, "create") { _ in ["--bundle", trial.bundleDirectory, trial.id] }
                try expect("creates that succeeded of \(statuses)", statuses.filter { $0 == 0 }.count, is: 1)
                try expect("status", try trial.status(), is: "created")
                try trial.succeed("delete --force", try trial.delete(force: true))
            }
        },
        .steps(
            "concurrent-start", ["start.not-created"], "Of eight starts exactly one succeeds, and the program runs once",
            sabotage: .configuration { $0.operations = ["to", "/log", "echo", "ran", "echo", "again", "sleep", "60000"] }
        ) { trial throws(Verdict) in
            trial.bundle.operations = ["to", "/log", "echo", "ran", "sleep", "60000"]
            try trial.succeed("create", try trial.create())
            let statuses = try together(trial, 8, "start") { _ in [trial.id] }
            System.sleep(milliseconds: 100)
            try expect("starts that succeeded of \(statuses)", statuses.filter { $0 == 0 }.count, is: 1)
            try expect("runs", trial.lines(of: trial.rootfs + "/log").count, is: 1)
        },
        .steps(
            "concurrent-delete", ["practice.delete-force"], "Eight forced deletes leave nothing",
            sabotage: .wrapper(.skip("delete"))
        ) { trial throws(Verdict) in
            trial.bundle.operations = ["sleep", "60000"]
            try trial.succeed("create", try trial.create())
            try trial.succeed("start", try trial.start())
            let statuses = try together(trial, 8, "delete") { _ in ["--force", trial.id] }
            try trial.expect(statuses.contains(0), "one that succeeds", seen: "\(statuses)")
            try expect("status", try trial.status(), is: "none")
            guard let pid = trial.pid(), Processes.end(pid, milliseconds: 3000) != nil else {
                throw Verdict.failed(expected: "the process has ended", seen: "it runs on")
            }
        },
        .steps(
            "concurrent-containers", ["create.new", "state.id.unique"], "Eight containers are created at once",
            sabotage: .wrapper(.arguments("create") { $0.dropLast() + ["the-same"] })
        ) { trial throws(Verdict) in
            trial.bundle.operations = ["sleep", "60000"]
            try trial.writeBundle()
            let statuses = try together(trial, 8, "create") { ["--bundle", trial.bundleDirectory, "\(trial.id)-\($0)"] }
            try expect("statuses", statuses, is: Array(repeating: 0, count: 8))
            let pids = Set((0..<8).compactMap { try? trial.state(id: "\(trial.id)-\($0)").object?["pid"]?.integer })
            try expect("different processes", pids.count, is: 8)
        },
        .steps(
            "concurrent-kill", ["kill.sends", "state.status"], "Eight signals at once arrive and the container runs on",
            sabotage: .wrapper(.arguments("kill") { [$0[0], "KILL"] })
        ) { trial throws(Verdict) in
            try trial.runUntilSignal()
            let statuses = try together(trial, 8, "kill") { [trial.id, String(34 + $0)] }
            try expect("statuses", statuses, is: Array(repeating: 0, count: 8))
            for number in 34..<42 {
                _ = try trial.waitForLine("signal \(number) arrives") { $0.object?["number"]?.integer == number }
            }
            try expect("status", try trial.status(), is: "running")
        },
        .steps(
            "concurrent-state", ["query.state", "state.status"], "state answers while a container is created",
            sabotage: .wrapper(.rewrite("state") { $0.replaced("\"creat", by: "\"generat") })
        ) { trial throws(Verdict) in
            trial.bundle.operations = ["sleep", "60000"]
            try trial.writeBundle()
            let creating = try Processes.spawn(
                [trial.runtime, "--root", trial.stateRoot, "create", "--bundle", trial.bundleDirectory, trial.id],
                descriptors: [0, 1, 1])
            func ask() throws(Verdict) -> String {
                let outcome = try trial.query()
                guard outcome.succeeded else { return "none" }
                return (try? JSONValue.decode(outcome.output))?.object?["status"]?.string ?? "unreadable"
            }
            var told: Set<String> = []
            while Processes.end(creating, milliseconds: 0) == nil { told.insert(try ask()) }
            try trial.expect(
                told.isSubset(of: ["none", "creating", "created", "stopped"]), "none, creating or created",
                seen: "\(told.sorted())")
            try expect("status in the end", try ask(), is: "created")
        },
    ]
}
