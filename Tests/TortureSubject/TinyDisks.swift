import Foundation
import Glibc

/// State roots on disks that are full, or nearly. No command is ended by a signal; what cannot be made is refused in one line and
/// leaves nothing; what was made before can be seen and removed.
struct TinyDisks {
    let work: Work
    let report: Report
    private let disk: String
    private let bundle: String

    init(work: Work, report: Report) throws {
        self.work = work
        self.report = report
        disk = work.directory + "/disk"
        mkdir(disk, 0o755)
        let scene = try Attacks.Scene(work.directory + "/scene-disks", group: work.groupPrefix + "-disks")
        scene.script = "exec /bin/busybox sleep 1000"
        try scene.write()
        bundle = scene.directory
    }

    func all() throws {
        for kilobytes in stride(from: 4, through: 40, by: 4) { try small("size=\(kilobytes)k") }
        for inodes in 2...9 { try small("nr_inodes=\(inodes)") }
        try laterFull(sparse: false)
        try laterFull(sparse: true)
    }

    private func veloci(_ arguments: String...) -> Command.Outcome {
        Command.run([Executable(work).path, "--root", disk + "/state"] + arguments, in: work)
    }

    private func onDisk(_ options: String, _ body: () throws -> Void) rethrows {
        guard mount("none", disk, "tmpfs", 0, options) == 0 else { return report.problem("no tmpfs with \(options)") }
        defer { umount2(disk, 2) }  // MNT_DETACH
        try body()
    }

    private func small(_ options: String) throws {
        onDisk(options) {
            report.count()
            let before = Machine.now(work)
            let created = veloci("create", "--bundle", bundle, "tiny")
            if created.status == 0 {
                for command in ["state", "start"] { expectSuccess(options, veloci(command, "tiny"), command) }
            } else {
                let lines = created.output.split(separator: "\n").filter { $0.contains("level=error") }
                report.expect(
                    created.status == 1 && lines.count == 1 && created.output.contains("ENOSPC"),
                    "\(options): create ends with \(created.status): \(created.output)")
                let names = Machine.names(disk + "/state")
                report.expect(names.isEmpty, "\(options): create leaves \(names)")
            }
            expectSuccess(options, veloci("list"), "list")
            expectSuccess(options, veloci("delete", "--force", "tiny"), "delete --force")
            let names = Machine.names(disk + "/state")
            report.expect(names.isEmpty, "\(options): delete leaves \(names)")
            let left = Machine.left(work, since: before, reaping: true)
            if !left.isEmpty { report.problem("\(options): left behind: \(left.joined(separator: "; "))") }
        }
    }

    /// Other files fill the disk when the container is there.
    ///
    /// - Parameter sparse: somebody has taken the pages of the container's files away as well.
    private func laterFull(sparse: Bool) throws {
        onDisk("size=256k") {
            report.count()
            let before = Machine.now(work)
            let name = sparse ? "a full disk and files with holes" : "a full disk"
            expectSuccess(name, veloci("create", "--bundle", bundle, "tiny"), "create")
            let page = disk + "/state/tiny/progress"
            if sparse { truncate(page, 0) }
            fill()
            if sparse {
                truncate(page, 4096)
                var status = stat()
                let isHole = stat(page, &status) == 0 && status.st_size == 4096 && status.st_blocks == 0
                report.expect(isHole, "the page has no hole")
            }
            for command in [["state", "tiny"], ["list"]] {
                let outcome = Command.run([Executable(work).path, "--root", disk + "/state"] + command, in: work)
                expectSuccess(name, outcome, command[0])
            }
            // The stage writes where nothing is left to write to: it ends, and `start` says so.
            let started = veloci("start", "tiny")
            report.expect(started.status == (sparse ? 1 : 0), "\(name): start ends with \(started.status): \(started.output)")
            expectSuccess(name, veloci("delete", "--force", "tiny"), "delete --force")
            report.expect(Machine.names(disk + "/state").isEmpty, "\(name): delete leaves the state")
            let left = Machine.left(work, since: before, reaping: true)
            if !left.isEmpty { report.problem("\(name): left behind: \(left.joined(separator: "; "))") }
        }
    }

    private func fill() {
        let file = Glibc.open(disk + "/filler", O_WRONLY | O_CREAT, 0o600)
        defer { Glibc.close(file) }
        let bytes = [UInt8](repeating: 1, count: 4096)
        while write(file, bytes, bytes.count) > 0 {}
    }

    private func expectSuccess(_ disk: String, _ outcome: Command.Outcome, _ command: String) {
        report.expect(outcome.status == 0, "\(disk): \(command) ends with \(outcome.status): \(outcome.output)")
    }
}
