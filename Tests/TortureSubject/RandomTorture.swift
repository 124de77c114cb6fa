import Chance
import Foundation
import Glibc

/// What nobody thought of: attacks in an order, at times and at places that a seed decides. After each of them `state` and `list`
/// answer at once, `delete --force` leaves nothing, and the id is free.
final class RandomTorture {
    let work: Work
    let report: Report
    let executable: Executable
    let seed: UInt64
    var random: SplitMix
    /// The bundle of most attacks, and one with a hook that does not come to an end.
    let scene: Attacks.Scene
    let hooked: Attacks.Scene
    let id = "random"
    /// Programs that hooks leave when nobody waits for them any more.
    static let hookSeconds = "987"
    private let before: Machine
    private var tally: [String: Int] = [:]
    /// Whether each attack is printed.
    private let isTelling = ProcessInfo.processInfo.environment["VELOCI_TORTURE_TELLS"] != nil
    /// What the attack that goes on is called.
    private(set) var attack = ""

    init(work: Work, report: Report, seed: UInt64) throws {
        self.work = work
        self.report = report
        self.seed = seed
        random = SplitMix(seed: seed)
        executable = Executable(work)
        scene = try Attacks.Scene(work.directory + "/random", group: work.groupPrefix + "-random")
        hooked = try Attacks.Scene(work.directory + "/hooked", group: work.groupPrefix + "-hooked")
        for scene in [scene, hooked] {
            scene.script = "exec /bin/busybox sleep 1000"
            scene.set("resources", ["pids": ["limit": 100]])
            try scene.write()
        }
        before = Machine.now(work)
    }

    func all(seconds: Int) throws {
        let end = Date(timeIntervalSinceNow: Double(seconds))
        let attacks: [(String, () throws -> Void)] = [
            ("command killed", killedCommand), ("command killed at a system call", killedAtCall), ("stage killed", killedStage),
            ("commands beside each other", besideEachOther), ("state damaged", damagedState), ("system call refused", refusedCall),
            ("few descriptors", fewDescriptors), ("small disk", smallDisk), ("process stopped", stoppedProcess),
            ("hook without end", hookWithoutEnd),
        ]
        while Date() < end {
            let (name, body) = attacks[random.below(attacks.count)]
            report.count()
            attack = "seed \(seed), attack \(report.tried): \(name)"
            tally[name, default: 0] += 1
            try body()
            try afterwards()
            if isTelling {
                print(attack)
                fflush(nil)
            }
        }
        for (name, count) in tally.sorted(by: { $0.key < $1.key }) { print("\(count) \(name)") }
    }

    func tell(_ text: String) { attack += ", " + text }

    func count(_ name: String, _ number: Int = 1) { tally[name, default: 0] += number }

    // MARK: Commands

    static let commands = [
        "create", "start", "run", "exec", "exec --detach", "kill", "delete", "delete --force", "pause", "resume", "update", "ps",
        "events", "state", "list",
    ]

    func line(_ command: String, _ scene: Attacks.Scene? = nil, root: String? = nil) -> [String] {
        let bundle = (scene ?? self.scene).directory
        let rest: [String] =
            switch command {
            case "create": ["create", "--bundle", bundle, "--pid-file", work.directory + "/random-pid", id]
            case "run": ["run", "--detach", "--bundle", bundle, id]
            case "exec": ["exec", id, "/bin/true"]
            case "exec --detach": ["exec", "--detach", id, "/bin/sleep", "1000"]
            case "kill": ["kill", id, "KILL"]
            case "delete --force": ["delete", "--force", id]
            case "update": ["update", "--pids-limit", "50", id]
            case "events": ["events", "--stats", id]
            case "list": ["list"]
            default: [command, id]
            }
        return [executable.path, "--root", root ?? work.state] + rest
    }

    @discardableResult
    func run(_ command: String, _ scene: Attacks.Scene? = nil, root: String? = nil) -> Command.Outcome {
        Command.run(line(command, scene, root: root), in: work)
    }

    enum Position: String, CaseIterable { case none, created, running, paused, stopped }

    /// Brings the container somewhere in its life.
    func place(_ position: Position) {
        if position == .none { return }
        let created = run("create")
        report.expect(created.status == 0, "\(attack): create gives \(created.status): \(created.output)")
        if position == .created { return }
        let started = run("start")
        report.expect(started.status == 0, "\(attack): start gives \(started.status): \(started.output)")
        if position == .paused { run("pause") }
        if position == .stopped {
            run("kill")
            for _ in 0..<200 where executable.status(id) != "stopped" { usleep(5000) }
        }
    }

    func somewhere() -> Position {
        let position = Position.allCases[random.below(Position.allCases.count)]
        tell(position.rawValue)
        place(position)
        return position
    }

    func someCommand(_ commands: [String] = RandomTorture.commands) -> String {
        let command = commands[random.below(commands.count)]
        tell(command)
        return command
    }

    /// No command is ended by a signal that it did not get from here, and none goes on for ever.
    func judge(_ outcome: Command.Outcome, _ command: String, mayBeKilled: Bool = false) {
        let isKilled = mayBeKilled && outcome.status == 128 + SIGKILL
        // 255 is what exec ends with when it fails.
        let isRight = outcome.status >= 0 && (outcome.status < 128 || outcome.status == 255) || isKilled || outcome.isBeforeMain
        report.expect(isRight, "\(attack): \(command) ends with \(outcome.status): \(outcome.output.suffix(1000))")
    }

    // MARK: What must be so after each attack

    /// A second; more on a machine that has other things to do.
    private var patience: Double {
        var load = [0.0]
        getloadavg(&load, 1)
        return max(1, load[0] / Double(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }

    private func quickly(_ command: String, root: String? = nil) -> Command.Outcome {
        let start = Date()
        let outcome = run(command, root: root)
        let seconds = Date().timeIntervalSince(start)
        report.expect(seconds < patience, "\(attack): \(command) takes \(seconds) s")
        return outcome
    }

    func afterwards(root: String? = nil) throws {
        let state = quickly("state", root: root)
        let words = ["does not exist", "cannot be read"]
        let isKnown = state.status == 1 && words.contains { state.output.contains($0) }
        report.expect(state.status == 0 || isKnown, "\(attack): state gives \(state.status): \(state.output)")
        let list = quickly("list", root: root)
        report.expect(list.status == 0, "\(attack): list gives \(list.status): \(list.output)")
        remove(root)
        let again = run("create", root: root)
        report.expect(again.status == 0, "\(attack): the id is not free: \(again.output)")
        if again.status == 0 { remove(root) }
    }

    private func remove(_ root: String?) {
        let deletion = run("delete --force", root: root)
        report.expect(deletion.status == 0, "\(attack): delete --force gives \(deletion.status): \(deletion.output)")
        unlink(work.directory + "/random-pid")
        endHooks()
        let left = Machine.left(work, since: before, reaping: true).filter { !$0.hasPrefix("mount ") || root == nil }
        guard !left.isEmpty else { return }
        count("leaks", left.count)
        report.problem("\(attack): left behind: \(left.joined(separator: "; "))")
        clean()
    }

    /// A hook whose runtime was killed goes on: it is the engine's, and nobody's child any more but this process's.
    private func endHooks() {
        let children = (try? String(contentsOfFile: "/proc/self/task/\(getpid())/children", encoding: .utf8)) ?? ""
        for child in children.split(separator: " ").compactMap({ Int32($0) }) where Machine.commandLine(child).contains(Self.hookSeconds) {
            kill(child, SIGKILL)
        }
    }

    /// After a problem the next attack begins on clean ground.
    private func clean() {
        for group in Machine.groups(work.groupPrefix) {
            let processes = (try? String(contentsOfFile: group + "/cgroup.procs", encoding: .utf8)) ?? ""
            for pid in processes.split(separator: "\n").compactMap({ Int32($0) }) { kill(pid, SIGKILL) }
        }
        _ = Machine.left(work, since: before, reaping: true)
        for group in Machine.groups(work.groupPrefix) { rmdir(group) }
        try? FileManager.default.removeItem(atPath: work.state + "/" + id)
    }
}
