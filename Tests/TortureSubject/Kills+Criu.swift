import Foundation
import Glibc

/// Kills of the two commands that leave most of the work to CRIU, which goes on a little after them.
extension Kills {
    private var images: String { bundle.work.directory + "/images" }

    var criuOptions: [String] { ["--image-path", images, "--manage-cgroups-mode", "ignore"] }

    /// A container whose streams lie outside of it cannot be dumped, and this program's are files.
    func runSilently() {
        try? FileManager.default.removeItem(atPath: images)
        let line = executable.line(["run", "--detach", "--bundle", bundle.directory, "--pid-file", bundle.pidFile, bundle.id])
        let ran = Command.run(["/bin/sh", "-c", "exec \"$@\" >/dev/null 2>&1", "sh"] + line, in: bundle.work)
        report.expect(ran.status == 0, "run before a checkpoint: \(ran.status)")
    }

    /// The images that all restores begin with.
    func writeImages() {
        runSilently()
        let written = Command.run(executable.line(arguments(.checkpoint)), in: bundle.work)
        report.expect(written.status == 0, "the checkpoint before all restores: \(written.output)")
        cleanUp("the checkpoint before all restores", mustSucceed: true)
    }

    /// It runs as it was, or is all in the images.
    func checkDumped(_ name: String, _ pid: Int32) {
        waitForCriu(name)
        let status = executable.status(bundle.id)
        if status == "running" {
            report.expect(executable.pid(bundle.id) == pid, "\(name): another process is the container's")
            return checkRuns(name)
        }
        report.expect(status == nil || status == "stopped", "\(name): the container is \(status ?? "gone")")
        let deleted = executable.run("delete", "--force", bundle.id)
        report.expect(deleted.status == 0, "\(name): delete --force gives \(deleted.status): \(deleted.output)")
        let restored = Command.run(executable.line(arguments(.restore)), in: bundle.work)
        report.expect(restored.status == 0, "\(name): its images are not whole: \(restored.output)")
        if restored.status == 0 { checkRuns("\(name), and restored") }
    }

    /// Where `state` says that it runs, it does, and is the one of before.
    func checkRestored(_ name: String) {
        guard executable.status(bundle.id) == "running" else { return }
        waitForCriu(name)
        if executable.status(bundle.id) == "running" { checkRuns(name) }
    }

    /// Nobody holds its first process, no group freezes it, and another program comes in.
    private func checkRuns(_ name: String) {
        let pid = executable.pid(bundle.id)
        let first = Self.switches(pid)
        var isHeld = true
        for _ in 0..<1000 where isHeld {
            isHeld = Self.switches(pid) == first
            if isHeld { usleep(10_000) }
        }
        report.expect(!isHeld, "\(name): its process does not go on: \(Machine.lines("/proc/\(pid)/status").prefix(10))")
        let entered = executable.run("exec", bundle.id, "/bin/true")
        report.expect(entered.status == 0, "\(name): exec gives \(entered.status): \(entered.output)")
    }

    /// How often a process has waited for something.
    private static func switches(_ pid: Int32) -> String? {
        Machine.lines("/proc/\(pid)/status").first { $0.hasPrefix("voluntary_ctxt_switches:") }
    }

    /// CRIU hears that nobody asks any more, takes back what it did, and ends.
    private func waitForCriu(_ name: String) {
        for _ in 0..<2000 {
            Command.takeEnded()
            let all = Machine.names("/proc").compactMap { Int32($0) }
            guard all.contains(where: { isOurs($0) }) else { return }
            usleep(10_000)
        }
        report.problem("\(name): CRIU goes on without end")
    }

    private func isOurs(_ pid: Int32) -> Bool {
        guard Machine.lines("/proc/\(pid)/comm") == ["criu"] else { return false }
        return Machine.lines("/proc/\(pid)/status").contains("PPid:\t\(getpid())")
    }
}
