import CHarness

/// How a case is run: as it is, or to prove that it can fail, or that it can pass.
enum Variant: String, Sendable {
    case plain
    case sabotaged
    case mended
    /// Without one property that the case sets.
    case dropped
}

/// Runs cases, some at a time, each in processes of its own, and removes what they leave.
struct Scheduler {
    var jobs = 2
    /// How many seconds one case may take on a machine of usual pace. Each run of the runtime has a limit of its own, which a
    /// runtime that hangs meets first; whoever meets this one has much to do.
    var timeLimit = 300
    /// By how much longer everything may take here.
    var pace = 1
    /// After so many cases in a row in which it did not come to an end, a runtime is not run any more.
    static let hangs = 5
    /// Where to keep configurations and outputs; empty for nowhere.
    var keep = ""
    /// Which control groups a case sees that does not ask for some.
    var defaultView: CgroupView?
    let hierarchies = Hierarchies.ofThisProcess()

    init() {}

    /// One case on one runtime.
    struct Task: Sendable {
        let test: Case
        let runtime: Runtime
        let variant: Variant
        /// The path of the property to leave out.
        let dropped: String

        init(_ test: Case, runtime: Runtime, _ variant: Variant = .plain, dropped: String = "") {
            self.test = test
            self.runtime = runtime
            self.variant = variant
            self.dropped = dropped
        }
    }

    private struct Running {
        let index: Int
        let pid: pid_t
        let results: Int32
        let deadline: Int
        let group: String
        var bytes: [UInt8] = []
    }

    static let prefix = "oci-conformance-"
    /// Where directories of runs are: only root can make any there.
    static let directories = "/run/"

    /// Performs all tasks; calls `done` for each as it ends. The results are in the order of the tasks.
    func run(_ tasks: [Task], done: (Int, Result) -> Void) throws(Verdict) -> [Result] {
        hierarchies.removeStale(prefix: Scheduler.prefix)
        for name in Files.list(Scheduler.directories) where name.hasPrefix(Scheduler.prefix) {
            let pid = pid_t(name.dropFirst(Scheduler.prefix.count)) ?? 1
            if CHarness.kill(pid, 0) != 0 && errno == ESRCH { Files.removeTree(Scheduler.directories + name) }
        }
        let name = Scheduler.prefix + String(getpid())
        let directory = Scheduler.directories + name
        // First who cleans up, then what is to be cleaned up.
        let guardian = try startGuardian(name: name, directory: directory)
        defer {
            close(guardian.pipe)
            _ = Processes.wait(guardian.pid, milliseconds: 20_000)
        }
        try Files.makeDirectories(directory, mode: 0o700)
        try hierarchies.make(name)
        var results: [Result?] = Array(repeating: nil, count: tasks.count)
        var running: [Running] = []
        var hanging: [String: Int] = [:]
        func finish(_ index: Int, _ result: Result) {
            results[index] = result
            let runtime = tasks[index].runtime.path
            if tasks[index].variant == .plain { hanging[runtime] = result.isHang ? hanging[runtime, default: 0] + 1 : 0 }
            done(index, result)
        }
        var next = 0
        while next < tasks.count || !running.isEmpty {
            while running.count < jobs && next < tasks.count {
                if let result = unavailable(tasks[next]) {
                    finish(next, result)
                } else if hanging[tasks[next].runtime.path, default: 0] >= Scheduler.hangs {
                    results[next] = Result(
                        caseID: tasks[next].test.id, runtime: tasks[next].runtime.path, kind: .broken,
                        seen: "not run: the runtime hung in \(Scheduler.hangs) cases in a row")
                } else {
                    running.append(try start(tasks[next], index: next, name: name, directory: directory))
                }
                next += 1
            }
            for position in running.indices.reversed() {
                guard let result = collect(&running[position], tasks[running[position].index]) else { continue }
                let index = running.remove(at: position).index
                finish(index, result)
            }
            System.sleep(milliseconds: 2)
        }
        return results.compactMap { $0 }
    }

    private func view(_ test: Case) -> CgroupView {
        test.view ?? defaultView ?? (hierarchies.hasVersion2 ? .version2 : .version1)
    }

    private func unavailable(_ task: Task) -> Result? {
        let isThere = view(task.test) == .version1 ? hierarchies.hasVersion1 : hierarchies.hasVersion2
        if isThere { return nil }
        return Result(
            caseID: task.test.id, runtime: task.runtime.path, kind: .skipped,
            seen: "this machine has no control groups of version \(view(task.test) == .version1 ? 1 : 2)")
    }

    private func start(_ task: Task, index: Int, name: String, directory: String) throws(Verdict) -> Running {
        let ends = try System.pipe(nonBlocking: true)
        let group = "\(name)/case\(index)"
        let worker = Worker(
            task, number: index, directory: directory, group: group, view: view(task.test),
            keep: task.variant == .plain && !keep.isEmpty ? keep + "/" + task.runtime.name : "", pace: pace)
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer {
            close(null)
            close(ends.write)
        }
        let pid = try Processes.spawn(
            ["/proc/self/exe"] + worker.arguments, descriptors: [null, null, 2, ends.write])
        return Running(
            index: index, pid: pid, results: ends.read, deadline: System.now + timeLimit * 1000 * pace, group: group)
    }

    private func collect(_ running: inout Running, _ task: Task) -> Result? {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe CHarness.read(running.results, &buffer, buffer.count)
            if count <= 0 { break }
            running.bytes += buffer[..<count]
        }
        var status: Int32 = 0
        let isLate = System.now > running.deadline
        if isLate { kill(running.pid, SIGKILL) }
        guard unsafe waitpid(running.pid, &status, isLate ? 0 : WNOHANG) == running.pid else { return nil }
        while true {
            let count = unsafe CHarness.read(running.results, &buffer, buffer.count)
            if count <= 0 { break }
            running.bytes += buffer[..<count]
        }
        close(running.results)
        hierarchies.remove(running.group)
        let text = String(decoding: running.bytes, as: UTF8.self)
        if let line = text.split(separator: "\n").last, let result = Result(String(line)) { return result }
        return Result(
            caseID: task.test.id, runtime: task.runtime.path, kind: .broken,
            seen: isLate
                ? "no end of the case within \(timeLimit * pace) seconds" : "the case's process ended with status \(status)")
    }

    /// A process that outlives this one however it ends, and then removes the control groups and the directory.
    private func startGuardian(name: String, directory: String) throws(Verdict) -> (pid: pid_t, pipe: Int32) {
        let ends = try System.pipe()
        let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer {
            close(ends.read)
            close(null)
        }
        let pid = try Processes.spawn(
            ["/proc/self/exe", "--guardian", name, directory], descriptors: [ends.read, null, null])
        return (pid, ends.write)
    }

    /// The guardian: waits until nobody holds the other end of its standard input, then cleans up.
    static func guardian(name: String, directory: String) -> Never {
        setsid()
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] { harness_ignore(signal) }
        _ = Files.read(0)
        Hierarchies.ofThisProcess().remove(name)
        Files.removeTree(directory)
        exit(0)
    }
}
