import Chance
import Foundation
import Glibc

/// Hundreds of containers, several commands at a time, and some of them killed: at the end nothing is left.
final class Crowd {
    private let work: Work
    private let report: Report
    private let executable: Executable
    private var random: SplitMix
    private let containers: [String]
    private let before: Machine
    private var kills = 0

    init(work: Work, report: Report, containers: Int, seed: UInt64) throws {
        self.work = work
        self.report = report
        random = SplitMix(seed: seed)
        executable = Executable(work)
        self.containers = (0..<containers).map { "crowd-\($0)" }
        let scene = try Attacks.Scene(work.directory + "/crowd", group: work.groupPrefix + "-crowd")
        scene.script = "exec /bin/busybox sleep 10000"
        scene.config["root"] = ["path": scene.rootfs]
        try scene.write()
        for id in self.containers {
            mkdir(work.directory + "/" + id, 0o755)
            scene.set("cgroupsPath", "/\(work.groupPrefix)-\(id)")
            try scene.write()
            try FileManager.default.copyItem(atPath: scene.directory + "/config.json", toPath: work.directory + "/\(id)/config.json")
        }
        before = Machine.now(work)
    }

    private struct Worker {
        var id: String
        var command: String
        var running: Command
        var dies: Date?
        var isKilled = false
    }

    /// - Parameter workers: how many commands run at a time; each container is one command's at a time.
    func all(seconds: Int, workers: Int) {
        let end = Date(timeIntervalSinceNow: Double(seconds))
        var busy: [Worker] = []
        var worst = 0.0
        while Date() < end || !busy.isEmpty {
            while busy.count < workers, Date() < end { busy.append(next(busy)) }
            for index in busy.indices.reversed() {
                if let dies = busy[index].dies, Date() > dies, !busy[index].running.hasEnded {
                    kill(busy[index].running.pid, SIGKILL)
                    busy[index].dies = nil
                    busy[index].isKilled = true
                    kills += 1
                }
                if busy[index].running.hasEnded { judge(busy.remove(at: index)) }
            }
            usleep(500)
            if random.below(2000) == 0 { worst = max(worst, list()) }
        }
        worst = max(worst, list())
        removeAll()
        print("\(report.tried) commands on \(containers.count) containers by \(workers) workers, \(kills) killed, list took \(worst) s at most")
    }

    private func next(_ busy: [Worker]) -> Worker {
        report.count()
        var id = random.pick(containers)
        while busy.contains(where: { $0.id == id }) { id = random.pick(containers) }
        let isThere = access(work.state + "/" + id, F_OK) == 0
        let command = isThere ? random.pick(["start", "exec", "kill", "state", "delete", "pause", "resume"]) : random.pick(["create", "run"])
        let rest: [String] =
            switch command {
            case "create": ["--bundle", work.directory + "/" + id, id]
            case "run": ["--detach", "--bundle", work.directory + "/" + id, id]
            case "exec": [id, "/bin/true"]
            case "kill": [id, "KILL"]
            case "delete": ["--force", id]
            default: [id]
            }
        let dies = random.below(5) == 0 ? Date(timeIntervalSinceNow: Double(random.below(200)) / 1000) : nil
        return Worker(id: id, command: command, running: Command.start(executable.line([command] + rest), in: work), dies: dies)
    }

    private func judge(_ worker: Worker) {
        let outcome = worker.running.wait()
        let isRight = outcome.status >= 0 && (outcome.status < 128 || outcome.status == 255) || worker.isKilled
        report.expect(isRight, "\(worker.command) \(worker.id) ends with \(outcome.status): \(outcome.output)")
    }

    private func list() -> Double {
        let start = Date()
        let outcome = executable.run("list")
        report.expect(outcome.status == 0, "list gives \(outcome.status): \(outcome.output.suffix(500))")
        return Date().timeIntervalSince(start)
    }

    private func removeAll() {
        for id in containers {
            let deletion = executable.run("delete", "--force", id)
            report.expect(deletion.status == 0, "delete --force \(id) gives \(deletion.status): \(deletion.output)")
        }
        let left = Machine.left(work, since: before, reaping: true)
        if !left.isEmpty { report.problem("left behind: \(left.joined(separator: "; "))") }
    }
}
