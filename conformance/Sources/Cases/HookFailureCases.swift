import CHarness
import RuntimeSpec

/// Hooks that fail: runtime.md#lifecycle.
enum HookFailureCases {
    /// The rule about a failing hook of a kind.
    private static func failing(_ kind: String) -> String { "lifecycle." + kind + (kind == "poststart" ? ".error" : "") }

    /// A hook that fails, with a poststop hook that must run then.
    private static func failure(_ kind: String) -> Case {
        let isLate = ["startContainer", "poststart"].contains(kind)
        return .steps(
            "hook-\(kind.lowercased())-fails", [failing(kind)],
            "A failing \(kind) hook makes \(isLate ? "start" : "create") fail",
            sabotage: .configuration { $0["hooks.\(kind)"] = nil }
        ) { trial throws(Verdict) in
            HookCases.add(kind, ["exit", "3"], to: &trial.bundle)
            trial.bundle.operations = ["sleep", "60000"]
            let created = try trial.create()
            if isLate {
                try trial.succeed("create", created)
                try trial.refuse("start", try trial.start())
            } else {
                try trial.refuse("create", created)
            }
        }
    }

    private static func destruction(_ kind: String) -> Case {
        let isLate = ["startContainer", "poststart"].contains(kind)
        return .steps(
            "hook-\(kind.lowercased())-fails-destroys", [failing(kind), "errors.unchanged"],
            "After a failing \(kind) hook the container is stopped and destroyed, and poststop hooks have run",
            // The hook runs and does not fail.
            sabotage: .configuration {
                let words = $0["hooks.\(kind)[0].args"]?.array ?? []
                $0["hooks.\(kind)[0].args"] = .array(words.dropLast() + ["0"])
            }
        ) { trial throws(Verdict) in
            HookCases.add(kind, ["exit", "3"], to: &trial.bundle)
            trial.bundle.append("hooks.poststop", HookCases.hook("poststop", trial.bundle, []))
            trial.bundle.operations = ["sleep", "60000"]
            try trial.create()
            if isLate { try trial.start() }
            if let pid = trial.pid() { _ = Processes.wait(pid, milliseconds: 2000) }
            try trial.expect(HookCases.log(trial).contains(kind), "the \(kind) hook has run", seen: "\(HookCases.log(trial))")
            try expect("status", try trial.status(), is: "none")
            try trial.expect(
                HookCases.log(trial).contains("poststop"), "poststop hooks have run", seen: "\(HookCases.log(trial))")
        }
        .of(.leftovers)
    }

    static let cases: [Case] =
        HookCases.kinds.dropLast().map(failure) + HookCases.kinds.dropLast().map(destruction) + [
            .steps(
                "hook-poststart-fails-continues", ["lifecycle.poststart.warning"],
                "A failing poststart hook is a warning: the others run, and start succeeds", sabotage: .wrapper(.refuse("start"))
            ) { trial throws(Verdict) in
                HookCases.add("poststart", ["exit", "3"], to: &trial.bundle)
                trial.bundle.append("hooks.poststart", HookCases.hook("poststart", trial.bundle, ["echo", "second"]))
                trial.bundle.operations = ["sleep", "60000"]
                try trial.succeed("create", try trial.create())
                try trial.succeed("start", try trial.start())
                try trial.expect(
                    HookCases.log(trial).contains("second"), "the second poststart hook has run", seen: "\(HookCases.log(trial))")
                try expect("status", try trial.status(), is: "running")
            },
            .steps(
                "hook-poststop-fails", ["lifecycle.poststop", "warnings.continue"],
                "A failing poststop hook is a warning: the others run and delete succeeds",
                sabotage: .wrapper(.refuse("delete"))
            ) { trial throws(Verdict) in
                HookCases.add("poststop", ["exit", "3"], to: &trial.bundle)
                trial.bundle.append("hooks.poststop", HookCases.hook("poststop", trial.bundle, ["echo", "second"]))
                try trial.run()
                try trial.succeed("delete", try trial.delete())
                try trial.expect(
                    HookCases.log(trial).contains("second"), "the second poststop hook has run", seen: "\(HookCases.log(trial))")
                try expect("status", try trial.status(), is: "none")
            },
            .steps(
                "hook-poststop-warning", ["practice.warning-shown"], "A failing poststop hook is logged as a warning",
                sabotage: .configuration { $0["hooks.poststop"] = nil }
            ) { trial throws(Verdict) in
                HookCases.add("poststop", ["exit", "3"], to: &trial.bundle)
                try trial.run()
                trial.logs = true
                let deleted = try trial.delete()
                try trial.expect(
                    !(deleted.errors + trial.log).isEmpty, "a warning about the hook",
                    seen: "nothing on standard error and in the log")
            },
            .steps(
                "hook-later-not-run", ["lifecycle.createRuntime"], "After a failing hook no later hook of creation runs",
                sabotage: .configuration { $0["hooks.createRuntime"] = nil }
            ) { trial throws(Verdict) in
                HookCases.add("createRuntime", ["exit", "3"], to: &trial.bundle)
                HookCases.add("createContainer", to: &trial.bundle)
                try trial.create()
                try expect("hooks", HookCases.log(trial).filter { $0 != "poststop" }, is: ["createRuntime"])
            },
        ]
}
