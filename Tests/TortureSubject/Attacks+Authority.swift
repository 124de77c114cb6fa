import CLinux
import Foundation
import Glibc

/// What those have in hand whom the runtime starts: hooks, the waiting stage, and programs.
extension Attacks {
    func authority() throws {
        // Whoever starts what inherits it would pass this on.
        let leak = Glibc.open(work.directory, 0o200000)  // O_DIRECTORY
        defer { Glibc.close(leak) }
        let leaking = Command.run(["/bin/sh", "-c", "ls /proc/self/fd"], in: work)
        report.expect(leaking.output.split(separator: "\n").contains("\(leak)"), "nothing would be inherited: \(leaking.output)")
        try descriptorsOfAll()
        try daemonsOfHooks()
        try hooksOfTheKilled()
        try stoppers()
        try openFiles()
        try modes()
    }

    /// Each has 0, 1 and 2, and in 3 the directory that is being listed; the waiting stage has its gate and the pipes of `start` besides.
    private func descriptorsOfAll() throws {
        let executable = Executable(work)
        let marks = work.directory + "/marks"
        mkdir(marks, 0o777)
        let scene = try Scene(work.directory + "/scene-authority", group: work.groupPrefix + "-authority")
        scene.script = "exec /bin/busybox sleep 1000"
        scene.set("maskedPaths", ["/proc/keys", "/proc/acpi"])
        scene.set("readonlyPaths", ["/proc/sys"])
        scene.set("sysctl", ["kernel.msgmax": "65536"])
        scene.bind("/marks", from: marks)
        let listed = "0\n1\n2\n3\n"
        var hooks: [String: Any] = [:]
        let kinds = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]
        for kind in kinds {
            let place = kind == "startContainer" ? "/marks" : marks
            hooks[kind] = [
                ["path": "/bin/sh", "args": ["sh", "-c", "ls /proc/self/fd > \(place)/\(kind)"], "env": ["PATH=/bin:/usr/bin"]]
            ]
        }
        scene.config["hooks"] = hooks
        try scene.write()
        report.count()
        let created = executable.run("create", "--bundle", scene.directory, "authority")
        report.expect(created.status == 0, "create: \(created.output)")
        defer { executable.run("delete", "--force", "authority") }
        let waiting = Self.descriptors(of: executable.pid("authority"))
        let pipes = ["start", "started"].map { work.state + "/authority/" + $0 }
        report.expect(
            waiting.count == 6 && waiting.filter { $0.hasPrefix("socket:") }.count == 1 && pipes.allSatisfy(waiting.contains),
            "the waiting stage has \(waiting)")
        let early = executable.run("exec", "authority", "/bin/ls", "/proc/self/fd")
        report.expect(early.output == listed, "a program beside the waiting stage has \(early.output)")
        report.expect(executable.run("start", "authority").status == 0, "start fails")
        let program = Self.descriptors(of: executable.pid("authority"))
        report.expect(program.count == 3, "the program has \(program)")
        executable.run("delete", "--force", "authority")
        for kind in kinds {
            report.count()
            let text = (try? String(contentsOfFile: marks + "/" + kind, encoding: .utf8)) ?? "nothing"
            report.expect(text == listed, "the \(kind) hook has the descriptors \(text)")
        }
    }

    private static func descriptors(of pid: Int32) -> [String] {
        Machine.names("/proc/\(pid)/fd").map { name in
            var buffer = [CChar](repeating: 0, count: 4096)
            let count = readlink("/proc/\(pid)/fd/\(name)", &buffer, 4095)
            return String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    /// What a hook leaves behind holds nothing that anybody waits for.
    private func daemonsOfHooks() throws {
        let executable = Executable(work)
        for kind in ["createRuntime", "createContainer", "startContainer", "poststart"] {
            report.count()
            let scene = try Scene(work.directory + "/scene-daemon", group: work.groupPrefix + "-daemon")
            scene.script = "exec /bin/busybox sleep 1000"
            let mark = "6\(getpid())"
            let command = "\(kind == "startContainer" ? "/bin/busybox " : "")sleep \(mark) & exit 0"
            scene.config["hooks"] = [kind: [["path": "/bin/sh", "args": ["sh", "-c", command], "env": ["PATH=/bin:/usr/bin"]]]]
            try scene.write()
            let created = executable.start("create", "--bundle", scene.directory, "daemon").wait(seconds: 10)
            let started = executable.start("start", "daemon").wait(seconds: 10)
            report.expect(
                created.status == 0 && started.status == 0,
                "a daemon of the \(kind) hook: create ends with \(created.status), start with \(started.status): \(started.output)")
            executable.run("delete", "--force", "daemon")
            for name in Machine.names("/proc") {
                if let pid = Int32(name), Machine.commandLine(pid).contains("sleep \(mark)") { kill(pid, SIGKILL) }
            }
            try? FileManager.default.removeItem(atPath: scene.directory)
        }
    }

    /// With the command its hooks end.
    private func hooksOfTheKilled() throws {
        let executable = Executable(work)
        for kind in ["createRuntime", "createContainer"] {
            report.count()
            let scene = try Scene(work.directory + "/scene-killed", group: work.groupPrefix + "-killed")
            let mark = "4\(getpid())"
            scene.config["hooks"] = [kind: [["path": "/bin/sleep", "args": ["sleep", mark], "env": []]]]
            try scene.write()
            let command = executable.start("create", "--bundle", scene.directory, "killed")
            var hook: Int32?
            for _ in 0..<500 where hook == nil {
                hook = Machine.names("/proc").compactMap { Int32($0) }.first { Machine.commandLine($0).hasPrefix("sleep \(mark)") }
                usleep(10_000)
            }
            report.expect(hook != nil, "the \(kind) hook does not run")
            kill(command.pid, SIGKILL)
            _ = command.wait()
            if let hook {
                for _ in 0..<200 where Command.isThere(hook) { usleep(10_000) }
                report.expect(!Command.isThere(hook), "the \(kind) hook of a killed command goes on")
                kill(hook, SIGKILL)
            }
            let deleted = executable.run("delete", "--force", "killed")
            report.expect(deleted.status == 0, "delete after a kill in the \(kind) hook: \(deleted.output)")
            try? FileManager.default.removeItem(atPath: scene.directory)
        }
    }

    /// Root of the container stops whatever comes in, as long as it is the runtime's.
    private func stoppers() throws {
        let executable = Executable(work)
        let scene = try Scene(work.directory + "/scene-stopper", group: work.groupPrefix + "-stopper")
        // It ends by itself when nobody is left to delete it.
        scene.script = "n=0; while [ $n -lt 3000000 ]; do n=$((n + 1)); for p in /proc/[0-9]*; do read -r name < $p/comm && case $name in veloci*) "
            + "kill -STOP ${p#/proc/} && echo stopped >> /tmp/stopped;; esac; done; done 2>/dev/null"
        try scene.write()
        let created = executable.run("run", "--detach", "--bundle", scene.directory, "stopper")
        report.expect(created.status == 0, "run: \(created.output)")
        defer { executable.run("delete", "--force", "stopper") }
        // Until something was stopped: a fast stage passes a slow look at all processes.
        let stopped = scene.rootfs + "/tmp/stopped"
        for attempt in 0..<500 where attempt < 6 || !FileManager.default.fileExists(atPath: stopped) {
            if attempt < 6 { report.count() }
            let outcome = executable.start("exec", "stopper", "/bin/true").wait(seconds: 20)
            // A program that is stopped is the container's business.
            let isStage = outcome.status < 0 && Machine.names("/proc").contains { name in
                Int32(name) != nil && Machine.bytes("/proc/\(name)/comm").starts(with: "veloci:[2:EXEC]".utf8)
                    && Machine.lines("/proc/\(name)/cgroup").contains { $0.hasSuffix(work.groupPrefix + "-stopper") }
            }
            report.expect(!isStage, "exec waits for ever for a stage that is stopped")
            if outcome.status > 0 {
                report.expect(
                    outcome.output.contains("stopped again and again"),
                    "exec that was stopped: \(outcome.output), and the container: \(executable.run("state", "stopper").output)")
            }
        }
        report.expect(FileManager.default.fileExists(atPath: stopped), "nothing was stopped")
    }

    /// With any number of descriptors it works, or says why not and leaves nothing.
    private func openFiles() throws {
        let scene = try Scene(work.directory + "/scene-files", group: work.groupPrefix + "-files")
        scene.set("maskedPaths", ["/proc/keys"])
        try scene.write()
        let before = Machine.now(work)
        var refused = 0
        for number in 3...40 {
            report.count()
            let line = Executable(work).line(["run", "--bundle", scene.directory, "files"])
            let outcome = Command.run(["prlimit", "--nofile=\(number)"] + line, in: work)
            if outcome.status != 0 { refused += 1 }
            report.expect(outcome.status == 0 || !outcome.output.isEmpty, "\(number) descriptors: no reason is given")
            let left = Machine.left(work, since: before, reaping: true)
            report.expect(left.isEmpty, "\(number) descriptors: left behind: \(left); \(outcome.output)")
            if !left.isEmpty { Executable(work).run("delete", "--force", "files") }
        }
        report.expect(refused > 3, "with few descriptors nothing was refused")
    }

    /// Nobody but the owner reads what is kept about a container, and no socket has a name that the network namespace shares.
    private func modes() throws {
        let executable = Executable(work)
        let scene = try Scene(work.directory + "/scene-modes", group: work.groupPrefix + "-modes")
        scene.script = "exec /bin/busybox sleep 1000"
        try scene.write()
        report.count()
        let root = work.directory + "/new-root"
        let line = [executable.path, "--root", root]
        // What is made is not up to the mask of the caller.
        let command = ["/bin/sh", "-c", "umask 0; exec \"$@\"", "sh"] + line + ["--trace", work.directory + "/trace-modes"]
        let created = Command.run(command + ["create", "--bundle", scene.directory, "modes"], in: work)
        report.expect(created.status == 0, "create: \(created.output)")
        defer { _ = Command.run(line + ["delete", "--force", "modes"], in: work) }
        let files = ["", "/modes"].map { root + $0 } + Machine.names(root + "/modes").map { root + "/modes/" + $0 }
        report.expect(files.count > 5, "the state directory has only \(files)")
        for file in files + [work.directory + "/trace-modes"] {
            var status = stat()
            lstat(file, &status)
            report.expect(status.st_mode & 0o077 == 0, "\(file) has the mode \(String(status.st_mode & 0o7777, radix: 8))")
        }
        let abstract = Machine.lines("/proc/net/unix").filter { $0.contains("@") && $0.contains("veloci") }
        report.expect(abstract.isEmpty, "abstract sockets: \(abstract)")
        report.count()
        let victim = work.directory + "/victim-of-trace"
        try Data("content".utf8).write(to: URL(fileURLWithPath: victim))
        symlink(victim, work.directory + "/trace-link")
        let traced = Command.run(line + ["--trace", work.directory + "/trace-link", "exec", "modes", "/bin/true"], in: work)
        let text = try? String(contentsOfFile: victim, encoding: .utf8)
        report.expect(text == "content", "--trace overwrites what a link leads to: \(traced.output)")
    }
}
