import CLinux
import Foundation
import Glibc

/// Containers that look as if they had ended, and those that do not want to.
extension Attacks {
    func lifetimes() throws {
        // A combining mark behind a separator: together they are one `Character`, which is no separator.
        try namedProcess("a combining mark behind the name", #"printf 'a\330\200' > /proc/self/comm"#)
        try namedProcess("a state of its own in the name", #"printf 'b) R 1\330\200' > /proc/self/comm"#)
        try namedProcess("bytes that are no text", #"printf 'c\377) Z \330' > /proc/self/comm"#)
        try leaderless()
        try groupsInside()
        try startOfTheDying()
    }

    private func namedProcess(_ name: String, _ command: String) throws {
        try alive(name, prepare: { $0.script = command + "; while :; do sleep 1; done" }) { pid in
            let bytes = Machine.bytes("/proc/\(pid)/stat")
            let text = String(decoding: bytes, as: UTF8.self)
            func time(_ fields: [some StringProtocol]) -> String? { fields.count > 20 ? String(fields[20]) : nil }
            let right = time(String(decoding: bytes[(bytes.lastIndex(of: 0x29) ?? 0)...], as: UTF8.self).utf8
                .split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) })
            // What somebody finds who takes the line apart by characters, or behind the first parenthesis.
            let byCharacters = text.lastIndex(of: ")").flatMap { time(text[$0...].split(separator: " ")) }
            let byFirst = text.firstIndex(of: ")").flatMap { time(text[$0...].split(separator: " ")) }
            return byCharacters != right || byFirst != right
        }
    }

    /// The first thread ends and others go on: /proc shows a zombie. The program is this one, with its libraries.
    private func leaderless() throws {
        guard let program = Program.own else { return print("no loader: no process without its first thread") }
        try alive("the first thread has ended", prepare: { scene in
            program.bind(into: scene)
            scene.keepsArguments = true
            scene.process { $0["args"] = program.line(["leaderless"]) }
        }) { pid in
            let text = String(decoding: Machine.bytes("/proc/\(pid)/stat"), as: UTF8.self)
            return text.contains(") Z ")
        }
    }

    /// Goes on without its first thread until it is killed.
    static func leaderless() -> Never {
        var thread = pthread_t()
        pthread_create(&thread, nil, { _ in while true { pause() } }, nil)
        while true { _ = linux_system_call(Int64(__NR_exit), 0, 0, 0, 0, 0, 0) }
    }

    /// A container that runs, whatever /proc makes of it.
    /// - Parameter fools: whether the trick works: a reader who trusts that line takes the container for stopped.
    private func alive(_ name: String, prepare: (Scene) throws -> Void, fools: (Int32) -> Bool) throws {
        let executable = Executable(work)
        for ending in ["kill", "force"] {
            report.count()
            let scene = try Scene(work.directory + "/scene-alive", group: work.groupPrefix + "-alive")
            try prepare(scene)
            try scene.write()
            defer { try? FileManager.default.removeItem(atPath: scene.directory) }
            let created = executable.run("create", "--bundle", scene.directory, "alive")
            let started = executable.run("start", "alive")
            report.expect(created.status == 0 && started.status == 0, "\(name): \(created.output) \(started.output)")
            let pid = executable.pid("alive")
            guard pid > 1 else { continue }
            var isFooled = false
            for _ in 0..<200 where !isFooled {
                isFooled = fools(pid)
                if !isFooled { usleep(10_000) }
            }
            report.expect(isFooled, "\(name): it is no trick")
            report.expect(executable.status("alive") == "running", "\(name): the state is \(executable.status("alive") ?? "unknown")")
            report.expect(executable.run("delete", "alive").status != 0, "\(name): delete takes a container that runs")
            let asked = executable.run("kill", "alive", "0")
            report.expect(asked.status == 0, "\(name): kill does not reach it: \(asked.output)")
            if ending == "kill" {
                executable.run("kill", "alive", "KILL")
                for _ in 0..<200 where executable.status("alive") != "stopped" { usleep(10_000) }
                report.expect(executable.status("alive") == "stopped", "\(name): KILL does not end it")
            }
            let deleted = ending == "kill" ? executable.run("delete", "alive") : executable.run("delete", "--force", "alive")
            report.expect(deleted.status == 0, "\(name): it cannot be deleted: \(deleted.output)")
            report.expect(!Command.isThere(pid), "\(name): it runs on after delete")
            if Command.isThere(pid) { kill(pid, SIGKILL) }
            for _ in 0..<200 where Command.isThere(pid) { usleep(10_000) }
            executable.run("delete", "--force", "alive")
            for group in Machine.groups(work.groupPrefix + "-alive") { rmdir(group) }
        }
    }

    /// A container that may make groups names one so that it is no text, and freezes its own processes in another.
    private func groupsInside() throws {
        let executable = Executable(work)
        for name in ["a group whose name is no text", "a frozen group inside"] {
            for ending in [["kill", "inside", "KILL"], ["delete", "--force", "inside"]] {
                report.count()
                let scene = try Scene(work.directory + "/scene-inside", group: work.groupPrefix + "-inside")
                scene.script = "while :; do sleep 1; done"
                try scene.write()
                defer { try? FileManager.default.removeItem(atPath: scene.directory) }
                let created = executable.run("create", "--bundle", scene.directory, "inside")
                let started = executable.run("start", "inside")
                report.expect(created.status == 0 && started.status == 0, "\(name): \(created.output) \(started.output)")
                let pid = executable.pid("inside")
                guard pid > 1 else { continue }
                for group in Machine.groups(work.groupPrefix + "-inside") where !group.contains("/cpuset") {
                    if name.hasPrefix("a frozen") { freeze(pid, in: group) } else { mkdir(bytes: Array(group.utf8) + [0x2f, 0xff]) }
                }
                let outcome = Command.run(executable.line(ending), in: work)
                report.expect(outcome.status == 0, "\(name): \(ending[0]) fails: \(outcome.output)")
                for _ in 0..<200 where ending[0] == "kill" && executable.status("inside") != "stopped" { usleep(10_000) }
                report.expect(!Command.isThere(pid), "\(name): it runs on")
                let deleted = executable.run("delete", "--force", "inside")
                report.expect(deleted.status == 0, "\(name): what is left cannot be deleted: \(deleted.output)")
                let left = Machine.groups(work.groupPrefix + "-inside")
                report.expect(left.isEmpty, "\(name): \(left) stay")
            }
        }
    }

    private func mkdir(bytes: [UInt8]) {
        (bytes + [0]).withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) { _ = Glibc.mkdir($0.baseAddress!, 0o755) }
        }
    }

    private func freeze(_ pid: Int32, in group: String) {
        let ice = group + "/ice"
        guard Glibc.mkdir(ice, 0o755) == 0 else { return }
        for (file, value) in [("cgroup.procs", "\(pid)"), ("freezer.state", "FROZEN"), ("cgroup.freeze", "1")] {
            guard let stream = fopen(ice + "/" + file, "r+") else { continue }
            fputs(value, stream)
            fclose(stream)
        }
    }

    /// `start` writes to a container that dies at that moment. No signal ends it.
    private func startOfTheDying() throws {
        let executable = Executable(work)
        let scene = try Scene(work.directory + "/scene-dying", group: work.groupPrefix + "-dying")
        try scene.write()
        defer { try? FileManager.default.removeItem(atPath: scene.directory) }
        for round in 0..<60 {
            report.count()
            let created = executable.run("create", "--bundle", scene.directory, "dying")
            report.expect(created.status == 0, "create: \(created.output)")
            let pid = executable.pid("dying")
            guard pid > 1 else { continue }
            let start = executable.start("start", "dying")
            usleep(UInt32(round) * 50)
            kill(pid, SIGKILL)
            let outcome = start.wait()
            report.expect(outcome.status == 0 || outcome.status == 1, "start of a dying container gives \(outcome.status)")
            let deleted = executable.run("delete", "--force", "dying")
            report.expect(deleted.status == 0, "start of a dying container: delete --force: \(deleted.output)")
        }
    }
}

/// This program with its libraries, to run inside of a container.
struct Program {
    private let loader: String
    private let folders: [String]
    private let file: String

    /// Nil when it has no loader.
    static var own: Program? {
        let maps = String(decoding: Machine.bytes("/proc/self/maps"), as: UTF8.self).split(separator: "\n")
        let files = Set(maps.compactMap { $0.split(separator: " ").last.map(String.init) }.filter { $0.contains(".so") })
        guard let loader = files.first(where: { $0.contains("/ld-") }),
            let file = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        else { return nil }
        let folders = Set(files.map { String($0[..<($0.lastIndex(of: "/") ?? $0.startIndex)]) }).sorted()
        return Program(loader: loader, folders: folders, file: file)
    }

    func bind(into scene: Attacks.Scene) {
        for folder in folders { scene.bind(folder, from: folder, ["bind", "ro"]) }
        scene.bind("/torture", from: file)
    }

    func line(_ arguments: [String]) -> [String] {
        [loader, "--library-path", folders.joined(separator: ":"), "/torture"] + arguments
    }
}
