import CLinux
import Foundation
import Glibc

/// What hostile images and configurations try. Each is tried on a control as well, which must be harmed: an attack that harms
/// nobody proves nothing. Where an installed runtime is known to fall for it, that is one; `Sloppy` is the other.
struct Attacks {
    let work: Work
    let report: Report

    /// One bundle with room for harm: everything in `victim` on the host is out of the container's reach.
    final class Scene {
        let directory: String
        var rootfs: String { directory + "/rootfs" }
        var victim: String { directory + "/victim" }
        var script = "echo program-ran"
        /// Whether `script` is not what runs.
        var keepsArguments = false
        var config: [String: Any]
        private(set) var linux: [String: Any]

        init(_ directory: String, group: String) throws {
            self.directory = directory
            try RootFileSystem.make(directory + "/rootfs")
            mkdir(directory + "/victim", 0o755)
            linux = [
                "namespaces": ["pid", "network", "ipc", "uts", "mount"].map { ["type": $0] }, "cgroupsPath": "/" + group,
            ]
            config = [
                "ociVersion": "1.0.2", "root": ["path": "rootfs"],
                "process": [
                    "args": ["/bin/sh", "-c", "echo program-ran"], "cwd": "/", "user": ["uid": 0, "gid": 0], "env": ["PATH=/bin"],
                ],
            ]
            mounts = [["destination": "/proc", "type": "proc", "source": "proc"], Scene.dev]
        }

        static var dev: [String: Any] {
            [
                "destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=65536k"],
            ]
        }
        var mounts: [[String: Any]]

        func set(_ name: String, _ value: Any) { linux[name] = value }

        func process(_ change: (inout [String: Any]) -> Void) {
            var process = config["process"] as? [String: Any] ?? [:]
            change(&process)
            config["process"] = process
        }

        func bind(_ destination: String, from source: String, _ options: [String] = ["bind"]) {
            mounts.append(["destination": destination, "type": "bind", "source": source, "options": options])
        }

        func link(_ name: String, to target: String) {
            rmdir(rootfs + "/" + name)
            unlink(rootfs + "/" + name)
            symlink(target, rootfs + "/" + name)
        }

        func write() throws {
            if !keepsArguments { process { $0["args"] = ["/bin/sh", "-c", script] } }
            config["linux"] = linux
            config["mounts"] = mounts
            try JSONFile.write(config, to: directory + "/config.json")
        }

        var victimIsTouched: String? {
            let names = Machine.names(victim)
            return names.isEmpty ? nil : "the host's directory has \(names)"
        }
    }

    /// - Parameters:
    ///   - controls: installed runtimes that fall for it, beside the sloppy one.
    ///   - isSloppy: whether the sloppy one falls for it.
    ///   - harm: what is wrong after the run; nil if nothing.
    private func attack(
        _ name: String, controls: [String] = [], isSloppy: Bool = true, _ prepare: (Scene) throws -> Void,
        harm: (Scene, Command.Outcome) -> String?
    ) throws {
        for (index, runtime) in ([Executable(work).path] + (isSloppy ? [Self.sloppy] : []) + controls).enumerated() {
            if index > 0 && runtime != Self.sloppy && access(runtime, X_OK) != 0 {
                print("\(name): a red control less, \(runtime) is not installed")
                continue
            }
            report.count()
            let directory = work.directory + "/scene-\(report.tried)"
            let scene = try Scene(directory, group: work.groupPrefix + "-attack")
            try prepare(scene)
            try scene.write()
            let id = "attack-\(report.tried)"
            let root = index == 0 ? work.state : work.directory + "/control-state"
            mkdir(root, 0o700)
            // crun refuses hosts with version 1 and 2 of control groups beside each other: it sees version 2 alone.
            let alone = "mount -t cgroup2 none /sys/fs/cgroup && exec \"$@\""
            let view = runtime == Self.crun ? ["unshare", "-m", "sh", "-c", alone, "sh"] : []
            let program = runtime == Self.sloppy ? [CommandLine.arguments[0], "sloppy"] : [runtime, "--root", root]
            let outcome = Command.run(view + program + ["run", "--bundle", directory, id], in: work)
            _ = Command.run(program + ["delete", "--force", id], in: work)
            let harm = harm(scene, outcome)
            if index == 0, let harm { report.problem("\(name): \(harm); \(outcome.output)") }
            if index > 0 && harm == nil { report.problem("\(name): the control \(runtime) is not harmed: \(outcome.output)") }
            try? FileManager.default.removeItem(atPath: directory)
        }
    }

    private static let runc = "/usr/sbin/runc"
    private static let crun = "/usr/bin/crun"
    private static let sloppy = "sloppy"
    private static func ran(_: Scene, _ outcome: Command.Outcome) -> String? {
        outcome.output.contains("program-ran") ? "the program ran" : nil
    }
    private static func touched(_ scene: Scene, _: Command.Outcome) -> String? { scene.victimIsTouched }

    func all() throws {
        try directories()
        try symlinks()
        try masksAndBinds()
        try values()
        try usersOfTheKernel()
        try endlessFilter()
        try identifiers()
        try descriptors()
        try race()
    }

    private func directories() throws {
        for number in 3...12 {
            try attack("working directory /proc/self/fd/\(number)") { scene in
                scene.process { $0["cwd"] = "/proc/self/fd/\(number)" }
            } harm: { Self.ran($0, $1) }
        }
        for (name, type) in [("proc", "proc"), ("sys", "sysfs")] {
            try attack("/\(name) is a symbolic link") { scene in
                scene.mounts = [["destination": "/" + name, "type": type, "source": type], Scene.dev]
                scene.link(name, to: "/etc")
            } harm: { Self.ran($0, $1) }
        }
    }

    private func symlinks() throws {
        for target in ["absolute", "with dots"] {
            func place(_ scene: Scene) -> String {
                target == "absolute" ? scene.victim : String(repeating: "../", count: 30) + scene.victim
            }
            let controls = target == "absolute" ? [Self.crun, Self.runc] : []
            try attack("/dev is a link to the host, \(target)", controls: controls) { scene in
                scene.mounts = [["destination": "/proc", "type": "proc", "source": "proc"]]
                scene.link("dev", to: place(scene))
            } harm: { Self.touched($0, $1) }
            try attack("/dev is a link to the host with a mount on it, \(target)") { $0.link("dev", to: place($0)) }
                harm: { Self.touched($0, $1) }
            try attack("a directory is mounted through a link, \(target)") { scene in
                scene.link("link", to: place(scene))
                scene.bind("/link/directory", from: scene.directory)
            } harm: { Self.touched($0, $1) }
            try attack("a file is mounted through a link, \(target)") { scene in
                scene.link("link", to: place(scene))
                scene.bind("/link/file", from: scene.directory + "/config.json")
            } harm: { Self.touched($0, $1) }
            try attack("a file is mounted on a dangling link, \(target)") { scene in
                scene.link("link", to: place(scene) + "/file")
                scene.bind("/link", from: scene.directory + "/config.json")
            } harm: { Self.touched($0, $1) }
            try attack("a tmpfs is mounted through a link, \(target)") { scene in
                scene.link("link", to: place(scene))
                scene.mounts.append(["destination": "/link/tmpfs", "type": "tmpfs", "source": "tmpfs"])
            } harm: { Self.touched($0, $1) }
            try attack("a device is made through a link, \(target)") { scene in
                scene.link("link", to: place(scene))
                scene.set("devices", [["path": "/link/device", "type": "c", "major": 1, "minor": 3, "fileMode": 0o666]])
            } harm: { Self.touched($0, $1) }
        }
    }

    private func masksAndBinds() throws {
        try attack("a mask with a null device that is none", controls: [Self.runc]) { scene in
            scene.mounts = [["destination": "/proc", "type": "proc", "source": "proc"]]
            try Data("fake\n".utf8).write(to: URL(fileURLWithPath: scene.rootfs + "/dev/null"))
            scene.set("maskedPaths", ["/etc/secret"])
            // Not to the standard output: a runtime may have made that the false device as well.
            scene.script = "cat /etc/secret > /tmp/result"
        } harm: { scene, _ in
            let text = (try? String(contentsOfFile: scene.rootfs + "/tmp/result", encoding: .utf8)) ?? ""
            return text.isEmpty ? nil : "the masked file shows \(text)"
        }
        try attack("a mask through a link") { scene in
            scene.link("etc/link", to: scene.victim)
            scene.set("maskedPaths", ["/etc/link"])
        } harm: { Self.touched($0, $1) }
        for (place, controls) in [("/proc/sys/kernel", [Self.crun]), ("/proc/self/attr", []), ("/proc/1/status", [])] {
            try attack("a bind over \(place)", controls: controls) { scene in
                scene.bind(place, from: place.hasSuffix("status") ? scene.directory + "/config.json" : scene.victim)
            } harm: { Self.ran($0, $1) }
        }
        // What is written to /proc on the way must go to the kernel's, whatever the container has there (CVE-2019-16884).
        try attack("a false /proc takes what is written") { scene in
            let file = scene.directory + "/proc/sys/kernel/msgmax"
            try FileManager.default.createDirectory(
                atPath: scene.directory + "/proc/sys/kernel", withIntermediateDirectories: true)
            try Data("0\n".utf8).write(to: URL(fileURLWithPath: file))
            scene.mounts = [Scene.dev]
            scene.bind("/proc", from: scene.directory + "/proc")
            scene.set("sysctl", ["kernel.msgmax": "1234"])
        } harm: { scene, _ in
            let text = try? String(contentsOfFile: scene.directory + "/proc/sys/kernel/msgmax", encoding: .utf8)
            return text == "0\n" ? nil : "the false file has \(text ?? "vanished")"
        }
    }

    private func values() throws {
        let keys = [
            "kernel.core_pattern", "kernel/core_pattern", "net/../kernel/core_pattern", "net.ipv4...kernel.panic",
            "net.ipv4.ip_forward/../../../kernel/panic", "kernel..msgmax", ".kernel.msgmax", "vm.swappiness", "net.",
            "fs.mqueue/../file-max",
        ]
        for key in keys {
            try attack("sysctl \(key)") { $0.set("sysctl", [key: "1"]) } harm: { Self.ran($0, $1) }
        }
        try attack("a numeric user that the image renames") { scene in
            try Data("1000:x:0:0:root:/:/bin/sh\n".utf8).write(to: URL(fileURLWithPath: scene.rootfs + "/etc/passwd"))
            scene.process { $0["user"] = ["uid": 1000, "gid": 1000] }
            scene.script = "cat /proc/self/status"
        } harm: { _, outcome in
            outcome.output.contains("Uid:\t1000\t1000\t1000\t1000") ? nil : "the user is another"
        }
        try attack("a user beyond 32 bits") { scene in
            scene.process { $0["user"] = ["uid": 4_294_967_296, "gid": 0] }
        } harm: { Self.ran($0, $1) }
    }

    /// An image's list of users that is a link to what the kernel makes up, where reading may take from others (/proc/kmsg).
    private func usersOfTheKernel() throws {
        report.count()
        let scene = try Scene(work.directory + "/scene-users", group: work.groupPrefix + "-users")
        scene.config["hostname"] = "root:x:0:0::/from-the-kernel:"
        scene.link("etc/passwd", to: "/proc/sys/kernel/hostname")
        scene.script = "echo home is $HOME; cat /etc/passwd"
        try scene.write()
        let outcome = Executable(work).run("run", "--bundle", scene.directory, "users")
        report.expect(outcome.output.contains("::/from-the-kernel:"), "users: the link does not lead there: \(outcome.output)")
        report.expect(outcome.output.contains("home is /\n"), "users: they come from the kernel: \(outcome.output)")
    }

    /// A filter that refuses to let a process end: the stage, whose program cannot be found, ends all the same.
    private func endlessFilter() throws {
        report.count()
        let scene = try Scene(work.directory + "/scene-endless", group: work.groupPrefix + "-endless")
        scene.keepsArguments = true
        scene.process { $0["args"] = ["/nothing"] }
        let rule: [String: Any] = ["names": ["exit_group", "exit"], "action": "SCMP_ACT_ERRNO"]
        scene.set("seccomp", ["defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]])
        try scene.write()
        let outcome = Command.start(Executable(work).line(["run", "--bundle", scene.directory, "endless"]), in: work).wait(seconds: 5)
        report.expect(
            outcome.status == 1 && outcome.output.contains("/nothing"),
            "a filter that refuses exit_group: ends with \(outcome.status): \(outcome.output)")
        for process in Machine.names("/proc") where Int32(process) != nil {
            guard let name = try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8), name.hasPrefix("veloci:[2:INIT]"),
                let group = try? String(contentsOfFile: "/proc/\(process)/cgroup", encoding: .utf8),
                group.contains(work.groupPrefix + "-endless")
            else { continue }
            report.problem("a filter that refuses exit_group: the stage goes on")
            kill(Int32(process) ?? 0, SIGKILL)
        }
        Executable(work).run("delete", "--force", "endless")
    }

    private func identifiers() throws {
        let executable = Executable(work)
        let scene = try Scene(work.directory + "/scene-ids", group: work.groupPrefix + "-attack")
        try scene.write()
        try Data().write(to: URL(fileURLWithPath: scene.victim + "/file"))
        if access(Self.crun, X_OK) == 0 {
            let above = scene.directory + "/control"
            for directory in [above, above + "/state"] { mkdir(directory, 0o755) }
            try Data().write(to: URL(fileURLWithPath: above + "/file"))
            let alone = "mount -t cgroup2 none /sys/fs/cgroup && exec \"$@\""
            let line = ["unshare", "-m", "sh", "-c", alone, "sh", Self.crun, "--root", above + "/state", "delete", "--force", ".."]
            let outcome = Command.run(line, in: work)
            report.expect(access(above + "/file", F_OK) != 0, "the id ..: the control is not harmed: \(outcome.output)")
        } else {
            print("ids with dots: no red control, \(Self.crun) is not installed")
        }
        for id in ["..", ".", "../victim", "a/b", "a/../b", "", "a\nb", "a b", "/etc", "ä"] {
            report.count()
            let created = executable.run("create", "--bundle", scene.directory, id)
            report.expect(created.status != 0, "the id \"\(id)\" is accepted")
            let deleted = executable.run("delete", "--force", id)
            report.expect(deleted.status != 0, "delete takes the id \"\(id)\"")
            let exists = access(scene.victim + "/file", F_OK) == 0 && access(work.state, F_OK) == 0
            report.expect(exists, "the id \"\(id)\" removed a directory of the host")
        }
    }
}
