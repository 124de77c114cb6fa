import Foundation
import Glibc

/// A program that runs beside this one, without threads of its own here.
struct Command {
    let pid: Int32
    private let outputFile: String
    nonisolated(unsafe) private static var counter = 0

    /// How children ended that were waited for on behalf of somebody else.
    nonisolated(unsafe) private static var ended: [Int32: Int32] = [:]

    struct Outcome {
        /// Whether the runtime of an ordinary Swift build gave up before the program began: it looks for its own file then. The
        /// executable that is installed has no such runtime.
        var isBeforeMain: Bool { status == 128 + SIGABRT && output.contains("Unable to obtain Swift runtime path") }

        /// The exit status, or 128 and the number of the signal.
        var status: Int32
        var output: String
    }

    /// Starts it with nothing to read, and both outputs in one file.
    static func start(_ arguments: [String], in work: Work) -> Command {
        counter += 1
        let file = work.directory + "/output-\(counter)"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var list: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { list.forEach { free($0) } }
        var pid: Int32 = 0
        let error = posix_spawnp(&pid, arguments[0], &actions, nil, &list, environ)
        guard error == 0 else { fatalError("cannot start \(arguments[0]): \(String(cString: strerror(error)))") }
        // An orphan of some container may have had the same pid.
        ended[pid] = nil
        return Command(pid: pid, outputFile: file)
    }

    /// Waits at most that long, then kills it.
    func wait(seconds: Int = 30) -> Outcome {
        var status: Int32 = 0
        var isOver = false
        for attempt in 0..<(seconds * 1000) {
            Command.takeEnded()
            if let known = Command.ended.removeValue(forKey: pid) {
                status = known
                isOver = true
                break
            }
            usleep(attempt < 100 ? 200 : 1000)
        }
        if !isOver {
            kill(pid, SIGKILL)
            waitpid(pid, &status, 0)
        }
        let text = (try? Data(contentsOf: URL(fileURLWithPath: outputFile))) ?? Data()
        unlink(outputFile)
        let code = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
        return Outcome(status: isOver ? code : -1, output: String(decoding: text, as: UTF8.self))
    }

    /// Takes every dead child away, orphans of containers too: the kernel keeps a pid namespace alive until that is done,
    /// and init does it at once.
    static func takeEnded() {
        var status: Int32 = 0
        while true {
            let pid = waitpid(-1, &status, WNOHANG)
            if pid <= 0 { return }
            ended[pid] = status
        }
    }

    /// How a child ended that somebody waited for already.
    static func note(_ pid: Int32, _ status: Int32) { ended[pid] = status }

    /// Whether it has ended by now; then `wait` answers at once.
    var hasEnded: Bool {
        Command.takeEnded()
        return Command.ended[pid] != nil
    }

    /// Whether a process is there that is no dead child of this one.
    static func isThere(_ pid: Int32) -> Bool {
        takeEnded()
        return kill(pid, 0) == 0
    }

    static func run(_ arguments: [String], in work: Work) -> Outcome { start(arguments, in: work).wait() }
}

/// The executable under test: what VELOCI names, or the one beside this program. Its state root is the test's own.
struct Executable {
    let path: String
    let work: Work

    init(_ work: Work) {
        self.work = work
        let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path + "/veloci"
        path = ProcessInfo.processInfo.environment["VELOCI"] ?? beside
    }

    func line(_ arguments: [String]) -> [String] { [path, "--root", work.state] + arguments }

    @discardableResult
    func run(_ arguments: String...) -> Command.Outcome { Command.run(line(arguments), in: work) }

    func start(_ arguments: String...) -> Command { Command.start(line(arguments), in: work) }

    /// What `state` prints; nil when it fails.
    private func state(_ id: String) -> [String: Any]? {
        let outcome = run("state", id)
        guard outcome.status == 0 else { return nil }
        return try? JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    }

    /// The status that `state` prints; nil when it fails.
    func status(_ id: String) -> String? { state(id)?["status"] as? String }

    /// The pid that `state` prints; 0 when it fails.
    func pid(_ id: String) -> Int32 { Int32(state(id)?["pid"] as? Int ?? 0) }
}
