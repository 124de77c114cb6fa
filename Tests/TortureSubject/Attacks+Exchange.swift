import CLinux
import Foundation
import Glibc

/// Directories of a root that somebody else has as well, who exchanges them while containers start.
extension Attacks {
    /// /proc is exchanged for a directory of the image after it was mounted: masks that are put on what the path leads to then
    /// cover the image's, and the kernel's come back with the next exchange.
    func exchangedProc() throws {
        // From inside of the directory, which is exchanged meanwhile. Opened for appending and nothing appended: what is read-only
        // refuses.
        let look = "for d in proc other; do cd /$d; [ -e self ] || continue; "
            + "(: >> sys/kernel/core_pattern) 2>/dev/null && echo harm: it can be written; "
            + "[ -z \"$(/bin/busybox head -c 1 keys 2>/dev/null)\" ] || echo harm: keys; "
            + "[ -z \"$(/bin/busybox ls irq 2>/dev/null)\" ] || echo harm: irq; echo looked; done"
        let crun = "/usr/bin/crun"
        let hasControl = access(crun, X_OK) == 0
        if !hasControl { print("exchanged /proc: no red control, \(crun) is not installed") }
        for isHooked in [false, true] {
            let scene = try Scene(work.directory + "/scene-exchange-\(isHooked)", group: work.groupPrefix + "-exchange")
            scene.script = look
            scene.set("readonlyPaths", ["/proc/sys"])
            scene.set("maskedPaths", ["/proc/keys", "/proc/irq"])
            if isHooked { scene.config["hooks"] = ["createContainer": [["path": "/bin/true"]]] }
            for directory in ["other", "other/sys", "other/sys/kernel", "other/irq"] { mkdir(scene.rootfs + "/" + directory, 0o755) }
            for file in ["other/keys", "other/sys/kernel/core_pattern"] {
                _ = FileManager.default.createFile(atPath: scene.rootfs + "/" + file, contents: nil)
            }
            try scene.write()
            let swapper = Command.start(
                [CommandLine.arguments[0], "exchange", scene.rootfs + "/proc", scene.rootfs + "/other"], in: work)
            defer {
                kill(swapper.pid, SIGKILL)
                _ = swapper.wait()
            }
            var seen = 0
            for round in 0..<150 {
                report.count()
                let outcome = Executable(work).run("run", "--bundle", scene.directory, "exchange-\(round)")
                if outcome.output.contains("looked") { seen += 1 }
                if outcome.output.contains("harm:") { report.problem("/proc is exchanged, round \(round): \(outcome.output)") }
            }
            report.expect(seen > 75, "/proc is exchanged: only \(seen) of 150 containers came to look")
            if isHooked || !hasControl { continue }
            let alone = "mount -t cgroup2 none /sys/fs/cgroup && exec \"$@\""
            let line = ["unshare", "-m", "sh", "-c", alone, "sh", crun, "--root", work.directory + "/control-state", "run", "--bundle"]
            var isHarmed = false
            for _ in 0..<300 where !isHarmed {
                isHarmed = Command.run(line + [scene.directory, "exchange"], in: work).output.contains("harm:")
            }
            report.expect(isHarmed, "/proc is exchanged: the control is not harmed")
        }
    }

    /// The place of a mount that is to become read-only is exchanged for that of another: what the path leads to then is
    /// protected, and the mount stays writable.
    func exchangedReadOnly() throws {
        let scene = try Scene(work.directory + "/scene-late", group: work.groupPrefix + "-late")
        scene.script = "while read -r line; do case \"$line\" in *size=16k*|*size=48k*) echo \"looked $line\";; esac; done < /proc/self/mountinfo"
        for directory in ["late", "other"] { mkdir(scene.rootfs + "/" + directory, 0o755) }
        func tmpfs(_ place: String, _ options: [String]) -> [String: Any] {
            ["destination": "/" + place, "type": "tmpfs", "source": "tmpfs", "options": options]
        }
        // What is to be read-only from the start, and what a later entry makes so.
        let lists = [
            [tmpfs("other", ["size=32k"]), tmpfs("late", ["size=16k", "ro"])],
            [tmpfs("late", ["size=48k"]), tmpfs("other", ["size=32k"]), tmpfs("late", ["remount", "ro"])],
        ]
        let own = scene.mounts
        for (index, list) in lists.enumerated() {
            scene.mounts = own + list
            try scene.write()
            let swapper = Command.start(
                [CommandLine.arguments[0], "exchange", scene.rootfs + "/late", scene.rootfs + "/other"], in: work)
            defer {
                kill(swapper.pid, SIGKILL)
                _ = swapper.wait()
            }
            func isHarmed(_ output: String) -> Bool {
                output.split(separator: "\n").contains { line in
                    line.hasPrefix("looked") && !line.split(separator: " ").contains { $0 == "ro" || $0.hasPrefix("ro,") }
                }
            }
            var seen = 0
            for round in 0..<150 {
                report.count()
                let outcome = Executable(work).run("run", "--bundle", scene.directory, "late-\(round)")
                if outcome.output.contains("looked") { seen += 1 }
                if isHarmed(outcome.output) { report.problem("a read-only mount is exchanged, round \(round): \(outcome.output)") }
            }
            report.expect(seen > 75, "a read-only mount is exchanged: only \(seen) of 150 containers came to look")
            let crun = "/usr/bin/crun"
            guard index == 0 else { continue }
            guard access(crun, X_OK) == 0 else { print("exchanged read-only mount: no red control, \(crun) is not installed"); continue }
            let alone = "mount -t cgroup2 none /sys/fs/cgroup && exec \"$@\""
            let line = ["unshare", "-m", "sh", "-c", alone, "sh", crun, "--root", work.directory + "/control-state", "run", "--bundle"]
            var isControlHarmed = false
            for _ in 0..<300 where !isControlHarmed { isControlHarmed = isHarmed(Command.run(line + [scene.directory, "late"], in: work).output) }
            report.expect(isControlHarmed, "a read-only mount is exchanged: the control is not harmed")
        }
    }

    /// Root of the host is root of the user namespace, and owns the nodes that are bound into the container.
    func ownedDevices() throws {
        guard mount("none", "/dev", "tmpfs", 0, "mode=755") == 0 else { return report.problem("no tmpfs on /dev") }
        defer { umount2("/dev", 2) }  // MNT_DETACH
        for (name, minor) in [("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9)] {
            guard mknod("/dev/" + name, S_IFCHR | 0o666, dev_t(1 << 8 | minor)) == 0 else {
                return report.problem("no device nodes can be made here")
            }
            chmod("/dev/" + name, 0o666)
        }
        mknod("/dev/tty", S_IFCHR | 0o666, dev_t(5 << 8))
        chmod("/dev/tty", 0o666)
        func harmed() -> [String] {
            ["null", "zero", "full", "random", "urandom", "tty"].filter { name in
                var status = stat()
                stat("/dev/" + name, &status)
                let isHarmed = status.st_mode & 0o7777 != 0o666 || status.st_uid != 0
                chmod("/dev/" + name, 0o666)
                chown("/dev/" + name, 0, 0)
                return isHarmed
            }
        }
        for isFirst in [true, false] {
            report.count()
            let scene = try Scene(work.directory + "/scene-owned-\(isFirst)", group: work.groupPrefix + "-owned")
            let change = "/bin/busybox chmod 0400 $f; /bin/busybox chown 1:1 $f"
            scene.script = "for f in /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /proc/keys; do \(change); done 2>/tmp/said; "
                + "echo x > /dev/null && echo written; echo y > /proc/keys && echo written; [ -z \"$(cat /proc/keys)\" ] && echo masked"
            scene.set("namespaces", ["pid", "network", "ipc", "uts", "mount", "user"].map { ["type": $0] })
            let mappings: [[String: Any]] = isFirst
                ? [["containerID": 0, "hostID": 0, "size": 65536]]
                : [["containerID": 0, "hostID": 100_000, "size": 65536], ["containerID": 65536, "hostID": 0, "size": 1]]
            scene.set("uidMappings", mappings)
            scene.set("gidMappings", mappings)
            scene.set("maskedPaths", ["/proc/keys"])
            if !isFirst { RootFileSystem.give(scene.rootfs, to: 100_000) }
            try scene.write()
            let outcome = Executable(work).run("run", "--bundle", scene.directory, "owned")
            let harm = harmed()
            report.expect(harm.isEmpty, "root of a user namespace with root of the host in it changes the host's \(harm)")
            report.expect(
                outcome.output.contains("written\nwritten\nmasked"), "the devices of a user namespace do not work: \(outcome.output)")
        }
        let control = Command.run(["unshare", "--user", "--map-root-user", "chmod", "0400", "/dev/null"], in: work)
        report.expect(!harmed().isEmpty, "the control is not harmed: \(control.output)")
    }
}
