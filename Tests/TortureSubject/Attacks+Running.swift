import CLinux
import Foundation
import Glibc

/// Attacks on containers that run, and while they start.
extension Attacks {
    /// Descriptors, the runtime's own file, the caller's terminal, and what `exec` gives.
    func descriptors() throws {
        let executable = Executable(work)
        let scene = try Scene(work.directory + "/scene-running", group: work.groupPrefix + "-running")
        // Looks for other programs' files until it is killed.
        scene.script = "while :; do for p in /proc/[0-9]*; do readlink $p/exe >> /tmp/seen; done; done"
        try scene.write()
        let leak = Glibc.open(work.directory, 0o200000)  // O_DIRECTORY
        defer { Glibc.close(leak) }
        let created = executable.run("create", "--bundle", scene.directory, "running")
        report.expect(created.status == 0, "create: \(created.output)")
        report.expect(executable.run("start", "running").status == 0, "start fails")
        defer { executable.run("delete", "--force", "running") }

        report.count()
        let leaking = Command.run(["/bin/sh", "-c", "ls -l /proc/self/fd"], in: work)
        report.expect(leaking.output.contains(work.directory + "\n"), "no descriptor is left open: \(leaking.output)")
        // What the first process opens and closes meanwhile, ls does not find again.
        let inside = executable.run("exec", "running", "/bin/sh", "-c", "ls -l /proc/1/fd /proc/self/fd || true")
        report.expect(inside.status == 0 && inside.output.contains(" 0 -> "), "exec: \(inside.output)")
        report.expect(!inside.output.contains(work.directory + "\n"), "a descriptor of the caller is inside: \(inside.output)")
        // A directory of the container itself is no harm.
        let script = "[ \"$(ls -di .)\" = \"$(cd / && cd $(readlink /proc/$$/cwd) && ls -di .)\" ] || echo outside"
        let control = try Scene(work.directory + "/scene-outside", group: work.groupPrefix + "-outside")
        control.process { $0["cwd"] = "/proc/self/fd/5" }
        control.script = script
        try control.write()
        let outside = Command.run([CommandLine.arguments[0], "sloppy", "run", "--bundle", control.directory, "outside"], in: work)
        report.expect(outside.output.contains("outside\n"), "the control is not outside of the root: \(outside.output)")
        for number in 3...12 {
            report.count()
            let outcome = executable.run(
                "exec", "--cwd", "/proc/self/fd/\(number)", "running", "/bin/sh", "-c", script)
            report.expect(!outcome.output.contains("outside\n"), "exec in /proc/self/fd/\(number) is outside of the root")
        }
        report.count()
        let capabilities = executable.run("exec", "--cap", "CAP_NET_RAW", "running", "/bin/cat", "/proc/self/status")
        report.expect(
            capabilities.output.contains("CapInh:\t0000000000000000"),
            "exec --cap gives inheritable capabilities: \(capabilities.output)")
        let inheriting = Command.run(["setpriv", "--inh-caps", "+net_raw", "cat", "/proc/self/status"], in: work)
        report.expect(
            inheriting.status == 0 && !inheriting.output.contains("CapInh:\t0000000000000000"),
            "setpriv gives no inheritable capability: \(inheriting.output)")
        report.expect(executable.run("exec", "--user", "1000", "running", "/bin/echo", "ran").status == 0, "exec as user 1000 fails")
        for user in ["4294967296", "-1", "1000:4294967296", "0x10"] {
            report.count()
            let outcome = executable.run("exec", "--user", user, "running", "/bin/echo", "ran")
            report.expect(outcome.status != 0, "exec as user \(user) runs")
        }
        report.count()
        for _ in 0..<20 { executable.run("exec", "running", "/bin/true") }
        let seen = (try? String(contentsOfFile: scene.rootfs + "/tmp/seen", encoding: .utf8)) ?? ""
        report.expect(seen.contains("busybox"), "the container saw no program at all")
        report.expect(!seen.contains(executable.path), "the container saw the runtime's own file")
        try ownFile(of: scene)
        try terminal()
    }

    /// The control of the runtime's own file: one that comes into the container's pid namespace as it is on the host.
    private func ownFile(of scene: Scene) throws {
        mkdir(work.directory + "/own-file", 0o755)
        // BusyBox does what its name says, and under no other name anything.
        let file = work.directory + "/own-file/busybox"
        try FileManager.default.copyItem(atPath: scene.rootfs + "/bin/busybox", toPath: file)
        let state = try JSONSerialization.jsonObject(with: Data(Executable(work).run("state", "running").output.utf8))
        let pid = ((state as? [String: Any])?["pid"] as? Int) ?? 0
        let line = ["nsenter", "--target", "\(pid)", "--pid", file, "sleep", "1"]
        var said = ""
        for _ in 0..<30 {
            said = Command.run(line, in: work).output
            if try String(contentsOfFile: scene.rootfs + "/tmp/seen", encoding: .utf8).contains(file) { return }
        }
        report.problem("the container does not see a program of the host that enters: \(said)")
    }

    /// Without a terminal of its own the container must not get the caller's as controlling terminal (TIOCSTI).
    private func terminal() throws {
        guard access("/usr/bin/script", X_OK) == 0 else { return print("no script(1): the caller's terminal is not tried") }
        report.count()
        let scene = try Scene(work.directory + "/scene-terminal", group: work.groupPrefix + "-terminal")
        scene.script = "(echo x > /dev/tty) 2>/dev/null && echo reached; echo ran"
        try scene.write()
        let control = Command.run(
            ["/usr/bin/script", "-qec", "sh -c '(echo x > /dev/tty) && echo reached'", "/dev/null"], in: work)
        report.expect(control.output.contains("reached"), "script(1) gives no controlling terminal: \(control.output)")
        let line = Executable(work).line(["run", "--bundle", scene.directory, "terminal"]).joined(separator: " ")
        let outcome = Command.run(["/usr/bin/script", "-qec", line, "/dev/null"], in: work)
        report.expect(outcome.output.contains("ran"), "the container does not run: \(outcome.output)")
        report.expect(!outcome.output.contains("reached"), "the container reached the caller's terminal")
    }

    /// Somebody exchanges a directory of a shared volume for a link to the host while containers start that mount below it.
    func race() throws {
        let scene = try Scene(work.directory + "/scene-race", group: work.groupPrefix + "-race")
        let shared = scene.directory + "/shared"
        for name in ["/inside", "/inside/deep"] { mkdir(scene.rootfs + name, 0o755) }
        mkdir(shared, 0o755)
        mkdir(shared + "/place", 0o755)
        symlink(scene.victim, shared + "/other")
        scene.bind("/inside", from: shared)
        scene.mounts.append(["destination": "/inside/place/tmpfs", "type": "tmpfs", "source": "tmpfs"])
        scene.bind("/inside/place/file", from: scene.directory + "/config.json")
        scene.set("maskedPaths", ["/inside/place/masked"])
        try scene.write()
        let swapper = Command.start([CommandLine.arguments[0], "exchange", shared + "/place", shared + "/other"], in: work)
        let executable = Executable(work)
        for round in 0..<30 {
            report.count()
            executable.run("run", "--bundle", scene.directory, "race-\(round)")
            executable.run("delete", "--force", "race-\(round)")
        }
        let harm = scene.victimIsTouched
        // The control is lost as soon as the link lies there once while it makes a directory: in every second round or so.
        for _ in 0..<300 where scene.victimIsTouched == nil {
            _ = Command.run([CommandLine.arguments[0], "sloppy", "run", "--bundle", scene.directory, "race"], in: work)
        }
        kill(swapper.pid, SIGKILL)
        _ = swapper.wait()
        if let harm { report.problem("a race on a shared volume: \(harm)") }
        report.expect(scene.victimIsTouched != nil, "a race on a shared volume: the control is not harmed")
    }

    /// Exchanges two paths until it is killed.
    static func exchange(_ first: String, _ second: String) -> Never {
        first.withCString { first in
            second.withCString { second in
                let (a, b) = (UInt64(UInt(bitPattern: first)), UInt64(UInt(bitPattern: second)))
                let here = UInt64(bitPattern: -100)
                while true { _ = linux_system_call(Int64(__NR_renameat2), here, a, here, b, 2, 0) }  // RENAME_EXCHANGE
            }
        }
        exit(0)
    }
}
