import Foundation
import Glibc

/// Paths and numbers of the command line that are odd or wrong. Each call ends soon, says in one line what is wrong, and leaves
/// nothing; those that runc takes as well are taken.
struct Arguments {
    let work: Work
    let report: Report
    private let scene: Attacks.Scene
    private let executable: Executable
    /// Where a test puts its files.
    private let place: String

    init(work: Work, report: Report) throws {
        self.work = work
        self.report = report
        executable = Executable(work)
        scene = try Attacks.Scene(work.directory + "/scene-arguments", group: work.groupPrefix + "-arguments")
        try scene.write()
        place = work.directory + "/place"
        mkdir(place, 0o755)
    }

    private enum Verdict {
        /// The container is there, and `delete` removes it.
        case taken
        /// Exit status 1 and one line with these words.
        case refused([String])
    }

    private func attempt(
        _ name: String, global: [String] = [], _ arguments: [String], root: String? = nil, _ verdict: Verdict,
        check: () -> String? = { nil }
    ) {
        report.count()
        let before = Machine.now(work)
        let start = [executable.path, "--root", root ?? work.state] + global
        let outcome = Command.run(start + ["create"] + arguments + ["argument"], in: work)
        switch verdict {
        case .taken:
            report.expect(outcome.status == 0 && outcome.output.isEmpty, "\(name): \(outcome.status): \(outcome.output)")
            if let problem = check() { report.problem("\(name): \(problem)") }
            let deleted = Command.run(start + ["delete", "--force", "argument"], in: work)
            report.expect(deleted.status == 0, "\(name): delete: \(deleted.output)")
        case .refused(let words):
            // -1 is a command that did not end by itself.
            report.expect(outcome.status == 1, "\(name): exit status \(outcome.status): \(outcome.output)")
            let lines = outcome.output.split(separator: "\n").filter { $0.contains("level=error") }
            report.expect(lines.count == 1, "\(name): \(lines.count) errors: \(outcome.output)")
            for word in words where !outcome.output.contains(word) {
                report.problem("\(name): the error does not say \"\(word)\": \(outcome.output)")
            }
            if let problem = check() { report.problem("\(name): \(problem)") }
        }
        let left = Machine.left(work, since: before, reaping: true)
        if !left.isEmpty { report.problem("\(name): left behind: \(left.joined(separator: "; "))") }
    }

    private var bundle: [String] { ["--bundle", scene.directory] }

    func all() throws {
        roots()
        bundles()
        try pidFiles()
        try sockets()
        descriptors()
        logs()
        numbers()
    }

    /// Numbers at the ends of all types, wherever a number is taken: nothing is ended by a signal.
    private func numbers() {
        attempt("a container for numbers", bundle, .taken)
        let created = executable.run("create", "--bundle", scene.directory, "numbers")
        report.expect(created.status == 0, "no container for numbers: \(created.output)")
        defer { executable.run("delete", "--force", "numbers") }
        let numbers = [
            "-1", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
            "18446744073709551615", "99999999999999999999", "1e308", "0x7fffffffffffffff",
        ]
        for number in numbers {
            var lines = [
                ["kill", "numbers", "--", number], ["events", "--stats", "--interval", number + "s", "numbers"],
                ["update", "--cpu-period", number, "--cpu-quota", number, "numbers"], ["ps", "--format", number, "numbers"],
                ["create", "--bundle", scene.directory, "--preserve-fds", number, "more"],
            ]
            for flag in [
                "blkio-weight", "cpu-period", "cpu-quota", "cpu-burst", "cpu-share", "cpu-rt-period", "cpu-rt-runtime", "cpuset-cpus",
                "cpuset-mems", "cpu-idle", "memory", "memory-reservation", "memory-swap", "pids-limit",
            ] { lines.append(["update", "--" + flag, number, "numbers"]) }
            for flag in ["preserve-fds", "user", "additional-gids"] {
                lines.append(["exec", "--" + flag, number, "numbers", "/bin/true"])
            }
            for line in lines {
                report.count()
                let outcome = Command.run(executable.line(line), in: work)
                // 255 is what exec ends with when it fails.
                let isSignal = outcome.status < 0 || (outcome.status >= 128 && outcome.status < 255)
                report.expect(!isSignal, "\(line): ends with \(outcome.status): \(outcome.output)")
            }
        }
    }

    private func roots() {
        attempt("a root that is not there", bundle, root: place + "/new/deep/root", .taken)
        symlink(place + "/new/deep/root", place + "/link")
        attempt("a root that is a link", bundle, root: place + "/link", .taken)
        // As with runc, whoever may write there may do as he likes with the containers.
        mkdir(place + "/foreign", 0o755)
        chown(place + "/foreign", 1000, 1000)
        attempt("a root of another user", bundle, root: place + "/foreign", .taken)
        mkdir(place + "/open", 0o777)
        chmod(place + "/open", 0o777)
        attempt("a root that anybody may write to", bundle, root: place + "/open", .taken)
        let here = FileManager.default.currentDirectoryPath
        _ = FileManager.default.changeCurrentDirectoryPath(place)
        attempt("a root that is relative", bundle, root: "relative", .taken) {
            access(place + "/relative/argument/state.json", F_OK) == 0 ? nil : "the state is not there"
        }
        _ = FileManager.default.changeCurrentDirectoryPath(here)
        _ = FileManager.default.createFile(atPath: place + "/file", contents: Data("content".utf8))
        attempt("a root that is a file", bundle, root: place + "/file", .refused(["/file", "not a directory"]))
        attempt("a root below a file", bundle, root: place + "/file/root", .refused(["state root", "not a directory"]))
        symlink(place + "/nowhere", place + "/dangling")
        attempt("a root that is a dangling link", bundle, root: place + "/dangling", .refused(["/dangling", "ENOENT"])) {
            access(place + "/nowhere", F_OK) == 0 ? "the link's target was made" : nil
        }
    }

    private func bundles() {
        attempt("a bundle with a slash at its end", ["--bundle", scene.directory + "/"], .taken)
        let here = FileManager.default.currentDirectoryPath
        _ = FileManager.default.changeCurrentDirectoryPath(scene.directory)
        for name in [".", "./", "", "rootfs/.."] {
            attempt("the bundle \"\(name)\"", ["--bundle", name], .taken) {
                let state = executable.run("state", "argument").output
                return state.contains("\"bundle\": \"\(scene.directory)\"") ? nil : "the bundle is another: \(state)"
            }
        }
        _ = FileManager.default.changeCurrentDirectoryPath(here)
        attempt("a bundle that is a file", ["--bundle", scene.directory + "/config.json"], .refused(["not a directory"]))
        let empty = place + "/empty"
        mkdir(empty, 0o755)
        attempt("a bundle without config.json", ["--bundle", empty], .refused(["config.json not found"]))
        mkfifo(empty + "/config.json", 0o600)
        attempt("a config.json that is a pipe", ["--bundle", empty], .refused(["is empty"]))
        unlink(empty + "/config.json")
        symlink("/dev/zero", empty + "/config.json")
        attempt("a config.json without end", ["--bundle", empty], .refused(["file too large"]))
    }

    /// The victims are of the test's own: a runtime that replaces a device would replace the machine's.
    private func pidFiles() throws {
        let victim = place + "/victim"
        _ = FileManager.default.createFile(atPath: victim, contents: Data("content".utf8))
        symlink(victim, place + "/pid-link")
        attempt("a pid file that is a link", bundle + ["--pid-file", place + "/pid-link"], .taken) {
            (try? String(contentsOfFile: victim, encoding: .utf8)) == "content" ? nil : "the link's target was written to"
        }
        mkdir(place + "/directory", 0o755)
        attempt(
            "a pid file that is a directory", bundle + ["--pid-file", place + "/directory"], .refused(["pid", "is a directory"]))
        attempt("a pid file without directory", bundle + ["--pid-file", place + "/no/pid"], .refused(["pid", "ENOENT"]))
        for (name, minor, verdict) in [("null", 3, Verdict.taken), ("full", 7, .refused(["pid", "no space left on device"]))] {
            let device = place + "/" + name
            guard mknod(device, S_IFCHR | 0o666, dev_t(1 << 8 | minor)) == 0 else {
                print("no device nodes can be made here: --pid-file \(name) is not tried")
                continue
            }
            attempt("the device \(name) as pid file", bundle + ["--pid-file", device], verdict) {
                var status = stat()
                lstat(device, &status)
                return status.st_mode & S_IFMT == S_IFCHR ? nil : "a file has taken its place"
            }
        }
        let full = place + "/full-disk"
        mkdir(full, 0o755)
        guard mount("none", full, "tmpfs", 0, "size=4k") == 0 else { return report.problem("no tmpfs for a full disk") }
        defer { umount2(full, Int32(MNT_DETACH)) }
        try Data(repeating: 1, count: 4096).write(to: URL(fileURLWithPath: full + "/filler"))
        attempt("a pid file on a full disk", bundle + ["--pid-file", full + "/pid"], .refused(["pid", "ENOSPC"])) {
            Machine.names(full) == ["filler"] ? nil : "left on the disk: \(Machine.names(full))"
        }
        attempt("a root on a full disk", bundle, root: full + "/state", .refused(["ENOSPC"])) {
            Machine.names(full + "/state").isEmpty ? nil : "left in the state root: \(Machine.names(full + "/state"))"
        }
        attempt("a log on a full disk", global: ["--log", full + "/log"], bundle, .taken)
        let failing = Command.run([executable.path, "--log", full + "/log", "state", "nobody"], in: work)
        report.expect(
            failing.status == 1 && failing.output.hasPrefix("container does not exist: there is no "),
            "a log on a full disk swallows an error: \(failing.output)")
    }

    private func sockets() throws {
        scene.process { $0["terminal"] = true }
        scene.mounts.append(["destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["newinstance"]])
        try scene.write()
        let console = bundle + ["--console-socket"]
        attempt("a terminal without a socket", bundle, .refused(["process.terminal", "console socket"]))
        attempt("a console socket that is a file", console + [place + "/file"], .refused(["console socket", "ECONNREFUSED"]))
        attempt("a console socket that is not there", console + [place + "/no"], .refused(["console socket", "ENOENT"]))
        let long = place + "/" + String(repeating: "a", count: 100)
        attempt("a console socket beyond 107 bytes", console + [long], .refused(["console socket", "ENOENT"]))
        let listener = ConsoleSocket(long, through: place)
        attempt("a console socket beyond 107 bytes that listens", console + [long], .taken)
        listener.drain()
        scene.process { $0["terminal"] = false }
        try scene.write()
        attempt("a socket without a terminal", console + [place + "/file"], .refused(["process.terminal", "console socket"]))
        attempt(
            "a process descriptor for a file", bundle + ["--pidfd-socket", place + "/file"],
            .refused(["descriptor of the process", "ECONNREFUSED"]))
    }

    private func descriptors() {
        for count in ["1", "1000000", "2147483647"] {
            attempt("\(count) descriptors that are not open", bundle + ["--preserve-fds", count], .refused(["preserve"]))
        }
        attempt("a number beyond all", bundle + ["--preserve-fds", "99999999999999999999"], .refused(["preserve-fds"]))
        attempt("a negative number", bundle + ["--preserve-fds", "-1"], .refused(["preserve-fds"]))
    }

    private func logs() {
        attempt("a log that is a directory", global: ["--log", place], bundle, .refused(["is a directory"]))
        attempt("a log without directory", global: ["--log", place + "/no/log"], bundle, .refused(["no such file"]))
        attempt("a log format that is none", global: ["--log-format", "xml"], bundle, .refused(["xml"]))
    }
}
