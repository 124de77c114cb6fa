import Chance
import Foundation
import Glibc

/// The attacks of the random torture.
extension RandomTorture {
    /// Times of commands that nobody disturbs, in microseconds, and their system calls; learned at the first use.
    nonisolated(unsafe) private static var times: [String: Int] = [:]
    nonisolated(unsafe) private static var calls: [String: Int] = [:]

    func killedCommand() {
        _ = somewhere()
        let command = someCommand()
        let start = Date()
        let running = Command.start(line(command), in: work)
        let usual = Self.times[command] ?? 30_000
        let delay = random.below(usual * 13 / 10 + 1)
        var slept = 0
        while slept < delay, !running.hasEnded {
            usleep(UInt32(min(1000, delay - slept)))
            slept += 1000
        }
        let survived = running.hasEnded
        if survived {
            Self.times[command] = max(1000, Int(Date().timeIntervalSince(start) * 1e6))
        } else {
            kill(running.pid, SIGKILL)
            count("kill points")
            // What it took is at least that long.
            Self.times[command] = usual + usual / 20
        }
        judge(running.wait(), command, mayBeKilled: true)
    }

    func killedAtCall() {
        let position = somewhere()
        let command = someCommand()
        let place = 1 + random.below(countCalls(command, position, follows: false) + 1)
        tell("call \(place)")
        let result = Tracer.run(line(command), in: work, at: place, .kill)
        if result.hit != nil { count("kill points") }
        judge(result.outcome, command, mayBeKilled: true)
    }

    /// How many calls it made last time; after the first, attacks come close enough.
    private func countCalls(_ command: String, _ position: Position, follows: Bool) -> Int {
        let key = "\(command) \(position) \(follows)"
        if let known = Self.calls[key] { return known }
        let result = Tracer.run(line(command), in: work, at: 0, .nothing, follows: follows)
        Self.calls[key] = max(result.calls, 30)
        judge(result.outcome, command)
        run("delete --force")
        place(position)
        return max(result.calls, 30)
    }

    func refusedCall() {
        let position = somewhere()
        let command = someCommand()
        let follows = random.below(3) != 0
        let place = 1 + random.below(countCalls(command, position, follows: follows))
        let errors = [ENOSPC, EIO, EMFILE, ENOMEM, EAGAIN, EINTR, EPERM, ENOSYS]
        let error = random.pick(errors)
        tell("call \(place) of \(follows ? "all processes" : "its own") fails with \(error)")
        let result = Tracer.run(line(command), in: work, at: place, .fail(error), follows: follows)
        if let hit = result.hit {
            tell("which is call number \(hit)")
            count("injected errors")
            // Without memory, or threads' memory, no program of Swift or C starts.
            if Tracer.isMemory(hit), result.outcome.status >= 128 { return count("programs without memory") }
        }
        judge(result.outcome, command)
    }

    /// What the command has started and what is not yet the program.
    func killedStage() {
        let command = random.pick(["create", "run", "exec", "exec --detach", "start"])
        place(command.hasPrefix("exec") ? .running : command == "start" ? .created : .none)
        tell(command)
        let running = Command.start(line(command), in: work)
        usleep(UInt32(random.below(40_000)))
        let path = "/proc/\(running.pid)/task/\(running.pid)/children"
        for child in ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: " ").compactMap({ Int32($0) }) {
            kill(child, SIGKILL)
            count("stages killed")
        }
        if command == "start", let pid = Int32((try? String(contentsOfFile: work.directory + "/random-pid", encoding: .utf8)) ?? "") {
            kill(pid, SIGKILL)
            count("stages killed")
        }
        // A program of exec that is killed ends with its signal.
        judge(running.wait(), command, mayBeKilled: true)
    }

    func besideEachOther() {
        _ = somewhere()
        let commands = (0..<(2 + random.below(2))).map { _ in someCommand() }
        let running = commands.map { Command.start(line($0), in: work) }
        func judge(_ isWanted: (String) -> Bool) {
            for (command, one) in zip(commands, running) where isWanted(command) {
                // The program of an exec dies with its container.
                self.judge(one.wait(), command, mayBeKilled: command == "exec")
            }
        }
        // A program that has just entered a container which is paused then waits with it.
        judge { !$0.hasPrefix("exec") }
        if commands.contains("pause") { _ = run("resume") }
        judge { $0.hasPrefix("exec") }
    }

    func fewDescriptors() {
        _ = somewhere()
        let command = someCommand()
        let limit = 3 + random.below(30)
        tell("\(limit) descriptors")
        judge(Command.run(["prlimit", "--nofile=\(limit):\(limit)"] + line(command), in: work), command)
    }

    func smallDisk() throws {
        let disk = work.directory + "/random-disk"
        mkdir(disk, 0o755)
        let options = random.below(2) == 0 ? "size=\(4 + 4 * random.below(12))k" : "nr_inodes=\(2 + random.below(10))"
        tell(options)
        guard mount("none", disk, "tmpfs", 0, options) == 0 else { return report.problem("no tmpfs with \(options)") }
        defer { umount2(disk, 2) }  // MNT_DETACH
        let root = disk + "/state"
        for _ in 0..<(1 + random.below(5)) {
            let command = someCommand()
            judge(run(command, root: root), command)
        }
        let deletion = run("delete --force", root: root)
        report.expect(deletion.status == 0, "\(attack): delete --force gives \(deletion.status): \(deletion.output)")
        report.expect(Machine.names(root).isEmpty, "\(attack): left on the disk: \(Machine.names(root))")
    }

    func stoppedProcess() {
        place(random.below(2) == 0 ? .created : .running)
        let pid = executable.pid(id)
        guard pid > 1 else { return report.problem("\(attack): no pid") }
        kill(pid, SIGSTOP)
        let command = someCommand()
        let running = Command.start(line(command), in: work)
        // `start` waits for the program, and `exec` for its own: both may be interrupted.
        for _ in 0..<2000 where !running.hasEnded { usleep(1000) }
        if !running.hasEnded { kill(running.pid, SIGKILL) }
        judge(running.wait(), command, mayBeKilled: command == "start")
    }

    func hookWithoutEnd() throws {
        let kind = random.pick(["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"])
        let timeout = random.below(2) == 0 ? 1 : 1000
        hooked.config["hooks"] = [kind: [["path": "/bin/busybox", "args": ["busybox", "sleep", Self.hookSeconds], "timeout": timeout]]]
        if kind == "poststop" {
            // Nobody waits for ever in delete.
            hooked.config["hooks"] = [kind: [["path": "/bin/busybox", "args": ["busybox", "sleep", Self.hookSeconds], "timeout": 1]]]
        }
        try hooked.write()
        tell("\(kind) \(timeout)")
        for command in ["create", "start"] {
            let running = Command.start(line(command, hooked), in: work)
            for _ in 0..<random.below(1500) where !running.hasEnded { usleep(1000) }
            if !running.hasEnded {
                kill(running.pid, SIGKILL)
                count("kill points")
            }
            judge(running.wait(), command, mayBeKilled: true)
        }
    }

    func damagedState() throws {
        place(random.below(2) == 0 ? .created : .running)
        let directory = work.state + "/" + id
        let names = Machine.names(directory).sorted()
        guard !names.isEmpty else { return report.problem("\(attack): no state") }
        let name = random.pick(names)
        let damage = random.pick(["missing", "empty", "truncated", "garbage", "huge", "fifo", "directory", "link", "foreign"])
        tell("\(name) \(damage)")
        var foreign: Command.Outcome?
        if damage == "foreign" { foreign = makeForeign() }
        damageFile(directory + "/" + name, damage, directory)
        let state = run("state")
        report.expect([0, 1].contains(state.status), "\(attack): state gives \(state.status): \(state.output)")
        if foreign != nil { try checkForeign() }
    }

    private var foreignBundle: String { work.directory + "/foreign" }

    /// Another container, of which the files may come to lie in the wrong place.
    private func makeForeign() -> Command.Outcome {
        let other = try? Attacks.Scene(foreignBundle, group: work.groupPrefix + "-foreign")
        other?.script = "exec /bin/busybox sleep 1000"
        try? other?.write()
        let outcome = executable.run("run", "--detach", "--bundle", foreignBundle, "foreign")
        report.expect(outcome.status == 0, "\(attack): the foreign container: \(outcome.output)")
        return outcome
    }

    private func checkForeign() throws {
        let deletion = run("delete --force")
        report.expect(executable.status("foreign") == "running", "\(attack): another container was reached: \(deletion.output)")
        executable.run("delete", "--force", "foreign")
        try? FileManager.default.removeItem(atPath: foreignBundle)
    }

    private func damageFile(_ path: String, _ damage: String, _ directory: String) {
        var kind = stat()
        let isFile = lstat(path, &kind) == 0 && kind.st_mode & S_IFMT == S_IFREG
        let content = isFile ? Machine.bytes(path) : []
        if ["missing", "fifo", "directory", "link", "foreign"].contains(damage) { try? FileManager.default.removeItem(atPath: path) }
        let url = URL(fileURLWithPath: path)
        switch damage {
        case "empty": truncate(path, 0)
        case "truncated": truncate(path, off_t(random.below(max(content.count, 1))))
        case "garbage": overwrite(path, (0..<300).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        case "huge": truncate(path, 64 << 20)
        case "fifo": mkfifo(path, 0o600)
        case "directory":
            mkdir(path, 0o700)
            try? Data("x".utf8).write(to: url.appendingPathComponent("file"))
        case "link": symlink("/dev/zero", path)
        case "foreign":
            let other = work.state + "/foreign/" + url.lastPathComponent
            var status = stat()
            if lstat(other, &status) == 0, status.st_mode & S_IFMT == S_IFREG { try? Data(Machine.bytes(other)).write(to: url) }
        default: break
        }
    }

    /// In place: a page that is mapped stays mapped.
    private func overwrite(_ path: String, _ bytes: [UInt8]) {
        let file = Glibc.open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW)
        guard file >= 0 else { return }
        _ = Glibc.write(file, bytes, bytes.count)
        close(file)
    }
}
