import Foundation
import Glibc

/// State that was destroyed while a container runs, processes that died, groups that are in use.
struct Damage {
    let bundle: FullBundle
    let report: Report
    let executable: Executable
    let before: Machine

    init(_ bundle: FullBundle, _ report: Report) {
        self.bundle = bundle
        self.report = report
        executable = Executable(bundle.work)
        before = Machine.now(bundle.work)
    }

    private var stateFile: String { "\(bundle.work.state)/\(bundle.id)/state.json" }

    func all() throws {
        let damages: [(String, (String) throws -> Void)] = [
            ("empty", { try Data().write(to: URL(fileURLWithPath: $0)) }),
            ("truncated", { path in
                let whole = try Data(contentsOf: URL(fileURLWithPath: path))
                try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: path))
            }),
            ("garbage", { try Data((0..<300).map { UInt8($0 & 255) }).write(to: URL(fileURLWithPath: $0)) }),
            ("{}", { try Data("{}".utf8).write(to: URL(fileURLWithPath: $0)) }),
            ("deeply nested", { try Data(repeating: UInt8(ascii: "["), count: 100_000).write(to: URL(fileURLWithPath: $0)) }),
            ("missing", { unlink($0) }),
            ("a directory", { unlink($0); mkdir($0, 0o700) }),
        ]
        for (name, damage) in damages {
            try destroyed(name) { try damage(stateFile) }
        }
        for file in ["config.json", "progress", "start"] {
            for name in ["missing", "empty"] {
                let path = "\(bundle.work.state)/\(bundle.id)/\(file)"
                try destroyed("\(file) \(name)") {
                    unlink(path)
                    if name == "empty" { try Data().write(to: URL(fileURLWithPath: path)) }
                }
            }
        }
        try unreadable()
        try anothersRecord()
        try foreignProcess()
        deadInit()
        paused()
        fullGroup()
        reusedGroup()
    }

    /// Whatever happened to the files: `list` goes on with the others, `state` ends at once, `delete --force` removes all.
    private func destroyed(_ name: String, _ damage: () throws -> Void) throws {
        report.count()
        begin(name)
        try damage()
        let state = executable.run("state", bundle.id)
        report.expect([0, 1].contains(state.status), "\(name): state gives \(state.status): \(state.output)")
        report.expect(!state.output.contains("Fatal error"), "\(name): state: \(state.output)")
        let list = executable.run("list")
        report.expect(list.status == 0, "\(name): list gives \(list.status): \(list.output)")
        let again = executable.run("create", "--bundle", bundle.directory, bundle.id)
        report.expect(again.status != 0, "\(name): create takes the place of a container whose state is damaged")
        finish(name)
        begin(name + ", again")
        finish(name + ", again")
    }

    /// Nothing tells any more which process is the container's. Its group is in use, so it is not forgotten.
    private func unreadable() throws {
        for content in ["", "{}", "fifo"] {
            report.count()
            begin("both records are unreadable")
            let pid = executable.pid(bundle.id)
            for file in ["state.json", "journal.json"] {
                let path = "\(bundle.work.state)/\(bundle.id)/\(file)"
                unlink(path)
                if content == "fifo" { mkfifo(path, 0o600) } else { try Data(content.utf8).write(to: URL(fileURLWithPath: path)) }
            }
            let state = executable.run("state", bundle.id)
            report.expect(state.status == 1, "both records are unreadable: state gives \(state.status): \(state.output)")
            report.expect(executable.run("list").status == 0, "both records are unreadable: list fails")
            let deleted = executable.run("delete", "--force", bundle.id)
            report.expect(deleted.status == 1, "both records are unreadable: delete --force gives \(deleted.status)")
            report.expect(Command.isThere(pid), "both records are unreadable: a process was killed")
            if pid > 1 { kill(pid, SIGKILL) }
            for _ in 0..<200 where Command.isThere(pid) { usleep(10_000) }
            finish("both records are unreadable")
        }
    }

    /// The record of another container has come into the directory: that one is not reached by what is done to this one.
    private func anothersRecord() throws {
        report.count()
        let other = try Attacks.Scene(bundle.work.directory + "/other", group: bundle.work.groupPrefix + "-other")
        other.script = "exec /bin/busybox sleep 1000"
        try other.write()
        let ran = executable.run("run", "--detach", "--bundle", other.directory, "other")
        report.expect(ran.status == 0, "another's record: the other container: \(ran.output)")
        begin("another's record")
        unlink(stateFile)
        try FileManager.default.copyItem(atPath: bundle.work.state + "/other/state.json", toPath: stateFile)
        let killed = executable.run("kill", bundle.id, "KILL")
        report.expect(killed.status == 1, "another's record: kill gives \(killed.status): \(killed.output)")
        let deletion = executable.run("delete", "--force", bundle.id)
        report.expect(deletion.status == 0, "another's record: delete --force gives \(deletion.status): \(deletion.output)")
        report.expect(executable.status("other") == "running", "another's record: the other container was reached")
        executable.run("delete", "--force", "other")
        finish("another's record")
    }

    /// The recorded pid belongs to somebody else by now.
    private func foreignProcess() throws {
        report.count()
        let foreign = Command.start(["/bin/sleep", "1000"], in: bundle.work)
        // A pid is told from another by the clock tick in which its process started, of which there are a hundred in a second.
        usleep(30_000)
        begin("foreign process")
        let text = try String(contentsOfFile: stateFile, encoding: .utf8)
        let pid = try text.firstMatch(of: Regex("\"pid\": *([0-9]+)")).map { String(text[$0.range]) } ?? "\"pid\":"
        try text.replacing(pid, with: "\"pid\":\(foreign.pid)").write(toFile: stateFile, atomically: false, encoding: .utf8)
        report.expect(executable.status(bundle.id) == "stopped", "a foreign process is taken for the container's")
        report.expect(executable.run("kill", bundle.id, "KILL").status != 0, "kill reached for a foreign process")
        report.expect(executable.run("delete", "--force", bundle.id).status == 0, "delete --force fails")
        report.expect(kill(foreign.pid, 0) == 0, "a foreign process was killed")
        kill(foreign.pid, SIGKILL)
        _ = foreign.wait()
        finish("foreign process")
    }

    private func deadInit() {
        report.count()
        let created = executable.run("create", "--bundle", bundle.directory, "--pid-file", bundle.pidFile, bundle.id)
        report.expect(created.status == 0, "create: \(created.output)")
        if let pid = Int32((try? String(contentsOfFile: bundle.pidFile, encoding: .utf8)) ?? "") { kill(pid, SIGKILL) }
        for _ in 0..<100 where executable.status(bundle.id) != "stopped" { usleep(5000) }
        report.expect(executable.status(bundle.id) == "stopped", "a created container whose process died is not stopped")
        let start = executable.run("start", bundle.id)
        report.expect(
            start.status == 1 && start.output.contains("cannot start a container that has stopped"), "start: \(start.output)")
        finish("dead init")
    }

    /// A frozen process does not die of SIGKILL on version 1.
    private func paused() {
        report.count()
        begin("paused")
        let pause = executable.run("pause", bundle.id)
        report.expect(pause.status == 0, "pause: \(pause.output)")
        report.expect(executable.status(bundle.id) == "paused", "not paused")
        let start = Date()
        finish("paused")
        let seconds = Date().timeIntervalSince(start)
        report.expect(seconds < 5, "delete --force of a paused container takes \(seconds) s")
    }

    /// A group that somebody else uses is refused, and neither joined nor killed.
    private func fullGroup() {
        report.count()
        let group = "/sys/fs/cgroup/pids/\(bundle.work.groupPrefix)-\(bundle.variant.rawValue)"
        guard mkdir(group, 0o755) == 0 else { return print("no version 1 pids hierarchy: a group in use is not tried") }
        let foreign = Command.start(["/bin/sleep", "1000"], in: bundle.work)
        try? "\(foreign.pid)".write(toFile: group + "/cgroup.procs", atomically: false, encoding: .utf8)
        let created = executable.run("create", "--bundle", bundle.directory, bundle.id)
        report.expect(created.status == 1 && created.output.contains("not empty"), "a group in use: \(created.output)")
        executable.run("delete", "--force", bundle.id)
        report.expect(kill(foreign.pid, 0) == 0, "the foreign process of a group was killed")
        kill(foreign.pid, SIGKILL)
        _ = foreign.wait()
        for _ in 0..<100 where rmdir(group) != 0 { usleep(1000) }
        finish("group in use")
    }

    /// Who uses the group after the container's processes have ended keeps it, and lives on.
    private func reusedGroup() {
        report.count()
        begin("group used by another")
        let group = "/sys/fs/cgroup/pids/\(bundle.work.groupPrefix)-\(bundle.variant.rawValue)"
        executable.run("kill", bundle.id, "KILL")
        for _ in 0..<500 where executable.status(bundle.id) != "stopped" { usleep(2000) }
        guard access(group, F_OK) == 0 else {
            print("no version 1 pids hierarchy: a group used by another is not tried")
            return finish("group used by another")
        }
        let other = Command.start(["/bin/sleep", "1000"], in: bundle.work)
        try? "\(other.pid)".write(toFile: group + "/cgroup.procs", atomically: false, encoding: .utf8)
        let deletion = executable.run("delete", bundle.id)
        report.expect(deletion.status == 0, "a group used by another: \(deletion.output)")
        report.expect(executable.status(bundle.id) == nil, "the container is still there")
        Command.takeEnded()
        report.expect(kill(other.pid, 0) == 0, "delete killed a process that is not the container's")
        kill(other.pid, SIGKILL)
        _ = other.wait()
        for _ in 0..<100 where rmdir(group) != 0 { usleep(1000) }
        finish("group used by another")
    }

    private func begin(_ name: String) {
        let created = executable.run("create", "--bundle", bundle.directory, bundle.id)
        report.expect(created.status == 0, "\(name): create gives \(created.status): \(created.output)")
        let started = executable.run("start", bundle.id)
        report.expect(started.status == 0, "\(name): start gives \(started.status): \(started.output)")
    }

    private func finish(_ name: String) {
        let deletion = executable.run("delete", "--force", bundle.id)
        report.expect(deletion.status == 0, "\(name): delete --force gives \(deletion.status): \(deletion.output)")
        unlink(bundle.pidFile)
        _ = bundle.takeMarks()
        let left = Machine.left(bundle.work, since: before, reaping: true)
        guard !left.isEmpty else { return }
        report.problem("\(name): left behind: \(left.joined(separator: "; "))")
        clean()
    }

    /// Takes away by force what a defect left, so that the next test begins on clean ground.
    private func clean() {
        for group in Machine.groups(bundle.work.groupPrefix) {
            let processes = (try? String(contentsOfFile: group + "/cgroup.procs", encoding: .utf8)) ?? ""
            for pid in processes.split(separator: "\n").compactMap({ Int32($0) }) { kill(pid, SIGKILL) }
        }
        _ = Machine.left(bundle.work, since: before, reaping: true)
        for group in Machine.groups(bundle.work.groupPrefix) { rmdir(group) }
        try? FileManager.default.removeItem(atPath: "\(bundle.work.state)/\(bundle.id)")
    }
}
