import Foundation
import Glibc

/// Configurations that are valid as documents and that this host or this bundle cannot serve: each ends with one line that
/// names the place and the reason, and nothing is left.
extension Attacks {
    private func refuse(_ name: String, _ words: [String], _ prepare: (Scene) throws -> Void) throws {
        report.count()
        let executable = Executable(work)
        let before = Machine.now(work)
        let directory = work.directory + "/scene-\(report.tried)"
        let scene = try Scene(directory, group: work.groupPrefix + "-refusal")
        try prepare(scene)
        try scene.write()
        let outcome = executable.run("run", "--bundle", directory, "refused")
        report.expect(outcome.status == 1, "\(name): exit status \(outcome.status): \(outcome.output)")
        report.expect(!outcome.output.contains("program-ran"), "\(name): the program ran")
        let lines = outcome.output.split(separator: "\n")
        report.expect(lines.count == 1, "\(name): \(lines.count) lines: \(outcome.output)")
        for word in words where !outcome.output.contains(word) {
            report.problem("\(name): the error does not say \"\(word)\": \(outcome.output)")
        }
        // The bundle is ours.
        try? FileManager.default.removeItem(atPath: directory)
        let left = Machine.left(work, since: before, reaping: true)
        if !left.isEmpty { report.problem("\(name): left behind: \(left.joined(separator: "; "))") }
        executable.run("delete", "--force", "refused")
    }

    func refusals() throws {
        try roots()
        try places()
        try namespaces()
        try hooksAndLimits()
        try crowds()
        try hooksThatDoNotCare()
    }

    /// What is much, or odd, and no mistake: it runs, ends, and leaves nothing.
    private func accept(_ name: String, _ prepare: (Scene) throws -> Void, afterwards: () -> Void = {}) throws {
        report.count()
        let before = Machine.now(work)
        let directory = work.directory + "/scene-\(report.tried)"
        let scene = try Scene(directory, group: work.groupPrefix + "-crowd")
        try prepare(scene)
        try scene.write()
        let outcome = Executable(work).run("run", "--bundle", directory, "crowd")
        report.expect(outcome.status == 0, "\(name): exit status \(outcome.status): \(outcome.output.prefix(500))")
        report.expect(outcome.output.contains("program-ran"), "\(name): the program did not run")
        afterwards()
        try? FileManager.default.removeItem(atPath: directory)
        let left = Machine.left(work, since: before, reaping: true)
        if !left.isEmpty { report.problem("\(name): left behind: \(left.joined(separator: "; "))") }
    }

    private func crowds() throws {
        try accept("more mounts than 16 bits can count slots of") { scene in
            for number in 0..<12_000 {
                scene.mounts.append(["destination": "/tmp/\(number)", "type": "tmpfs", "source": "tmpfs"])
            }
        }
        try accept("more masks than 16 bits can count") { scene in
            scene.set("maskedPaths", (0..<70_000).map { "/nothing/\($0)" })
        }
        try accept("5000 mounts") { scene in
            for number in 0..<5000 {
                scene.mounts.append(["destination": "/tmp/\(number)", "type": "tmpfs", "source": "tmpfs"])
            }
        }
        try accept("4000 masked and 4000 read-only paths") { scene in
            for number in 0..<4000 {
                _ = FileManager.default.createFile(atPath: scene.rootfs + "/tmp/\(number)", contents: nil)
            }
            scene.set("maskedPaths", (0..<4000).map { "/tmp/\($0)" })
            scene.set("readonlyPaths", (0..<4000).map { "/tmp/\($0)" })
        }
        try accept("65536 groups") { scene in
            scene.process { $0["user"] = ["uid": 0, "gid": 0, "additionalGids": Array(0..<65536)] }
        }
        try refuse("an argument of 200 KiB", ["process.args", "argument list too long"]) { scene in
            scene.process { $0["args"] = ["/bin/echo", String(repeating: "x", count: 200 << 10)] }
            scene.keepsArguments = true
        }
        try refuse("a document of 20 MiB", ["20", "16777216"]) { scene in
            scene.config["annotations"] = ["large": String(repeating: "x", count: 20 << 20)]
        }
    }

    /// Hooks that leave a process with the runtime's pipes behind, or do not read the state, are waited for no longer than they run.
    private func hooksThatDoNotCare() throws {
        let kinds = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]
        func hooks(_ script: String) -> [String: Any] {
            Dictionary(uniqueKeysWithValues: kinds.map { ($0, [["path": "/bin/sh", "args": ["sh", "-c", script]]]) })
        }
        try accept("hooks that leave a process with their pipes") {
            $0.config["hooks"] = hooks("sleep 300 & :")
        } afterwards: {
            // Those in the container's pid namespace have ended with it; the others are orphans, and so this process's children.
            let children = (try? String(contentsOfFile: "/proc/self/task/\(getpid())/children", encoding: .utf8)) ?? ""
            let orphans = children.split(separator: " ").compactMap { Int32($0) }
            report.expect(orphans.count == 4, "the hooks left \(orphans.count) processes")
            for orphan in orphans { kill(orphan, SIGKILL) }
        }
        try accept("hooks that do not read a megabyte of state") { scene in
            scene.config["annotations"] = ["large": String(repeating: "x", count: 1 << 20)]
            scene.config["hooks"] = hooks("exec <&-; :")
        }
    }

    private func namespaces() throws {
        let pipe = work.directory + "/pipe"
        mkfifo(pipe, 0o600)
        let paths = [("a file", "/etc/passwd", "ENOTTY"), ("a pipe", pipe, "ENOTTY"), ("another type", "/proc/self/ns/uts", "EINVAL")]
        for (name, path, word) in paths {
            try refuse("a namespace path that is \(name)", ["linux.namespaces[1]", path, word]) {
                $0.set("namespaces", [["type": "mount"], ["type": "network", "path": path]])
            }
        }
    }

    private func roots() throws {
        try refuse("a root that is a fifo", ["root.path", "not a directory"]) { scene in
            mkfifo(scene.directory + "/fifo", 0o600)
            scene.config["root"] = ["path": "fifo"]
        }
        try refuse("a root that is not there", ["root.path", "no such file or directory", "hint"]) {
            $0.config["root"] = ["path": "nowhere"]
        }
        try refuse("more arguments than the kernel takes", ["process.args", "argument list too long"]) { scene in
            scene.process { $0["args"] = ["/bin/true"] + [String](repeating: "x", count: 1_000_000) }
            scene.keepsArguments = true
        }
    }

    private func places() throws {
        // Engines look for these words to say that a directory and a file do not fit.
        try refuse("a directory on a file", ["mounts[2]", "not a directory"]) { $0.bind("/etc/passwd", from: $0.victim) }
        try refuse("a file on a directory", ["mounts[2]", "not a directory"]) {
            $0.bind("/etc", from: $0.directory + "/rootfs/etc/passwd")
        }
        try refuse("a file system on a file", ["mounts[2]", "not a directory"]) {
            $0.mounts.append(["destination": "/etc/passwd", "type": "tmpfs", "source": "tmpfs"])
        }
        try refuse("a directory on a link to the root", ["mounts[2]", "the place is the root itself"]) {
            $0.link("link", to: "/")
            $0.bind("/link", from: $0.victim)
        }
        try refuse("a read-only path that is a link to the root", ["linux.readonlyPaths[0]", "the place is the root itself"]) {
            $0.link("link", to: "../..")
            $0.set("readonlyPaths", ["/link"])
        }
        try refuse("an option that no file system knows", ["mounts[2]", "nonsense", "EINVAL"]) {
            $0.mounts.append(["destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nonsense"]])
        }
        try refuse("a file system that the kernel does not have", ["mounts[2]", "no file system nonsense"]) {
            $0.mounts.append(["destination": "/tmp", "type": "nonsense", "source": "x"])
        }
        try refuse("data for a bind mount", ["mounts[2].options", "nonsense"]) {
            $0.bind("/tmp", from: $0.victim, ["bind", "nonsense"])
        }
        try refuse("a source that is not there", ["mounts[2]", "no such file or directory", "hint"]) {
            $0.bind("/tmp", from: $0.directory + "/nowhere")
        }
        try refuse("a remount where nothing is mounted", ["mounts[2]", "EINVAL"]) {
            $0.mounts.append(["destination": "/etc", "options": ["remount", "ro"]])
        }
        try refuse("a remount that reaches a file system of the host", ["mounts[3].options", "size=1m"]) {
            $0.bind("/tmp", from: $0.victim)
            $0.mounts.append(["destination": "/tmp", "options": ["remount", "size=1m"]])
        }
        // What the link leads to is made inside the root, as for any mount.
        try accept("a copy through a link that leads nowhere") {
            $0.link("dangling", to: "/nowhere/at/all")
            $0.mounts.append(["destination": "/dangling", "type": "tmpfs", "source": "x", "options": ["tmpcopyup"]])
        }
        try refuse("a device where something is mounted", ["linux.devices[0]", "something else"]) {
            $0.mounts.append(["destination": "/dev/place", "type": "tmpfs", "source": "tmpfs"])
            $0.set("devices", [["path": "/dev/place", "type": "c", "major": 1, "minor": 3]])
        }
    }

    private func hooksAndLimits() throws {
        try refuse("a hook that is no program", ["hooks.createRuntime[0]", "permission denied"]) {
            $0.config["hooks"] = ["createRuntime": [["path": $0.directory + "/rootfs/etc/passwd"]]]
        }
        try refuse("a hook that is not there", ["hooks.createContainer[1]", "no such file or directory"]) {
            $0.config["hooks"] = ["createContainer": [["path": "/bin/true"], ["path": "/nowhere"]]]
        }
        try refuse("a hook that a signal ends", ["hooks.createRuntime[0]", "signal 9"]) {
            $0.config["hooks"] = ["createRuntime": [["path": "/bin/sh", "args": ["sh", "-c", "kill -9 $$"]]]]
        }
        try refuse("processors that are not there", ["linux.resources.cpu.cpus", "9999"]) {
            $0.set("resources", ["cpu": ["cpus": "9999"]])
        }
        try refuse("a kernel parameter that is not there", ["linux.sysctl", "net.no.such", "ENOENT"]) {
            $0.set("sysctl", ["net.no.such": "1"])
        }
        try refuse("a kernel parameter that takes no words", ["linux.sysctl", "EINVAL"]) {
            $0.set("sysctl", ["net.core.somaxconn": "words"])
        }
        try refuse("a network device that is not there", ["linux.netDevices.nosuch0", "no such device"]) {
            $0.set("netDevices", ["nosuch0": [:] as [String: Any]])
        }
        try refuse("a filter that kills the runtime's own calls", ["seccomp", "signal 31"]) {
            $0.set("seccomp", ["defaultAction": "SCMP_ACT_KILL"])
        }
        try refuse("a mapping of a file system that has none", ["mounts[2]", "mapped ids"]) {
            let map = [["containerID": 0, "hostID": 5000, "size": 1]]
            $0.mounts.append(
                ["destination": "/tmp", "type": "mqueue", "source": "x", "uidMappings": map, "gidMappings": map])
        }
    }
}
