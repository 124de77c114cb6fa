import CLinux
import Foundation
import Glibc

/// Standard streams that the caller connected to devices of the host. A container that lost or exchanged its own must not get the
/// host's: it could change their mode and owner for everybody.
extension Attacks {
    private static let devices: [(name: String, minor: Int, mode: mode_t)] = [
        ("null", 3, 0o666), ("zero", 5, 0o666), ("full", 7, 0o666), ("random", 8, 0o666), ("urandom", 9, 0o666),
        ("kmsg", 11, 0o644),
    ]
    /// What a container does with its own device before the next program comes in.
    private static let damages = [
        "left alone": "true", "removed": "$b rm $d", "a link": "$b rm $d; $b ln -s /tmp/other $d",
        "a file": "$b rm $d; echo > $d", "a directory": "$b rm $d; $b mkdir $d",
        "a fifo": "$b rm $d; $b mkfifo $d", "another device": "$b rm $d; $b mknod $d c 5 1",
    ]
    /// Changes what a stream leads to, and says what it is.
    private static let change =
        "/bin/busybox chmod 0400 /proc/self/fd/0; /bin/busybox chown 77:77 /proc/self/fd/0; "
        + "/bin/busybox stat -L -c 'is %t:%T' /proc/self/fd/0"

    /// The host's devices are copies on a file system of the test's own, in place of /dev: nothing here reaches the machine's.
    func streams() throws {
        guard mount("none", "/dev", "tmpfs", 0, "mode=755") == 0 else { return report.problem("no tmpfs on /dev") }
        defer { umount2("/dev", 2) }  // MNT_DETACH
        for device in Self.devices {
            guard mknod("/dev/" + device.name, S_IFCHR | device.mode, dev_t(1 << 8 | device.minor)) == 0 else {
                return report.problem("no device nodes can be made here")
            }
            chmod("/dev/" + device.name, device.mode)
        }
        mknod("/dev/tty", S_IFCHR | 0o666, dev_t(5 << 8))
        try streamsOfExec()
        try streamsOfRun()
        try streamsInUserNamespace()
    }

    /// What is wrong with the host's devices; they are as before afterwards.
    private func harmed() -> String? {
        var harm: [String] = []
        for device in Self.devices {
            var status = stat()
            let path = "/dev/" + device.name
            stat(path, &status)
            if status.st_mode & 0o7777 != device.mode || status.st_uid != 0 || status.st_gid != 0 {
                let (mode, user) = (String(status.st_mode & 0o7777, radix: 8), status.st_uid)
                harm.append("the host's \(path) has the mode \(mode) and belongs to \(user)")
            }
            chmod(path, device.mode)
            chown(path, 0, 0)
        }
        return harm.isEmpty ? nil : harm.joined(separator: ", ")
    }

    private func streamed(_ line: [String], from device: String) -> Command.Outcome {
        Command.run(["/bin/sh", "-c", "exec \"$@\" < /dev/\(device)", "sh"] + line, in: work)
    }

    private func scene(_ name: String, _ change: (Scene) -> Void = { _ in }) throws -> Scene {
        let scene = try Scene(work.directory + "/scene-" + name, group: work.groupPrefix + "-" + name)
        scene.script = Self.change
        change(scene)
        try scene.write()
        return scene
    }

    private func streamsOfExec() throws {
        let executable = Executable(work)
        let waiting = try scene("streams") { $0.script = "exec /bin/busybox sleep 1000" }
        report.expect(executable.run("create", "--bundle", waiting.directory, "streams").status == 0, "create fails")
        report.expect(executable.run("start", "streams").status == 0, "start fails")
        defer { executable.run("delete", "--force", "streams") }
        for device in Self.devices where device.name != "kmsg" {
            for (name, damage) in Self.damages.sorted(by: { $0.key < $1.key }) {
                let names = "b=/bin/busybox; d=/dev/\(device.name); "
                let damaged = executable.run("exec", "streams", "/bin/sh", "-c", names + damage)
                report.expect(damaged.status == 0, "\(device.name) \(name): cannot be done: \(damaged.output)")
                for user in ["0", "1000"] {
                    report.count()
                    let outcome = streamed(
                        executable.line(["exec", "--user", user, "streams", "/bin/sh", "-c", Self.change]), from: device.name)
                    let what = "exec as user \(user) from \(device.name), the container's is \(name)"
                    if let harm = harmed() { report.problem("\(what): \(harm)") }
                    let isRight = outcome.output.contains("is 1:\(String(device.minor, radix: 16))")
                    report.expect(isRight, "\(what): no such stream: \(outcome.output)")
                }
                let restoring = "$b rm -rf $d; $b mknod -m 666 $d c 1 \(device.minor)"
                let restored = executable.run("exec", "streams", "/bin/sh", "-c", names + restoring)
                report.expect(restored.status == 0, "\(device.name) \(name): cannot be taken back: \(restored.output)")
            }
        }
    }

    private func streamsOfRun() throws {
        let scene = try scene("streams-run")
        for device in Self.devices {
            for user in [0, 1000] {
                // The kernel's log has no counterpart in a container: who gives it gives it, but it changes no owner.
                scene.process { $0["user"] = ["uid": user, "gid": user] }
                scene.script = device.name == "kmsg" ? "echo is 1:b" : Self.change
                try scene.write()
                report.count()
                let line = Executable(work).line(["run", "--bundle", scene.directory, "streams-run"])
                let outcome = streamed(line, from: device.name)
                let what = "run as user \(user) from \(device.name)"
                if let harm = harmed() { report.problem("\(what): \(harm)") }
                report.expect(outcome.output.contains("is 1:\(String(device.minor, radix: 16))"), "\(what): \(outcome.output)")
            }
            if device.name == "kmsg" { continue }
            scene.process { $0["user"] = ["uid": 0, "gid": 0] }
            try scene.write()
            let sloppy = streamed(
                [CommandLine.arguments[0], "sloppy", "run", "--bundle", scene.directory, "streams"], from: device.name)
            report.expect(harmed() != nil, "run from \(device.name): the control is not harmed: \(sloppy.output)")
        }
    }

    /// There nobody can make a device: without one in the container the program does not run.
    private func streamsInUserNamespace() throws {
        let executable = Executable(work)
        let mappings = [["containerID": 0, "hostID": 100_000, "size": 65536]]
        let scene = try scene("streams-mapped") { scene in
            scene.script = "exec /bin/busybox sleep 1000"
            scene.set("uidMappings", mappings)
            scene.set("gidMappings", mappings)
            scene.set("namespaces", ["pid", "network", "ipc", "uts", "mount", "user"].map { ["type": $0] })
            RootFileSystem.give(scene.rootfs, to: 100_000)
        }
        let created = executable.run("create", "--bundle", scene.directory, "streams-mapped")
        report.expect(created.status == 0, "create in a user namespace: \(created.output)")
        report.expect(executable.run("start", "streams-mapped").status == 0, "start in a user namespace fails")
        defer { executable.run("delete", "--force", "streams-mapped") }
        let echo = ["exec", "streams-mapped", "/bin/sh", "-c", "echo program-ran"]
        report.count()
        let before = streamed(executable.line(echo), from: "null")
        report.expect(before.output.contains("program-ran"), "exec in a user namespace: \(before.output)")
        let hidden = executable.run("exec", "streams-mapped", "/bin/busybox", "mount", "-t", "tmpfs", "none", "/dev")
        report.expect(hidden.status == 0, "nothing can be mounted on /dev: \(hidden.output)")
        report.count()
        let after = streamed(executable.line(echo), from: "null")
        report.expect(
            after.status != 0 && !after.output.contains("program-ran") && after.output.contains("/dev/null"),
            "exec in a user namespace without a null device: \(after.output)")
        if let harm = harmed() { report.problem("exec in a user namespace: \(harm)") }
    }
}
