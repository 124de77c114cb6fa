import CHarness
import Synchronization

/// How a program ended and what it wrote.
struct Outcome: Sendable {
    /// The exit status; 128 and the signal's number if a signal ended it; -1 if it was stopped for taking too long.
    var status: Int32
    /// Standard output.
    var output: String
    /// Standard error.
    var errors: String
    /// The signal that ended it, 0 if none did.
    var signal: Int32 = 0

    var succeeded: Bool { status == 0 }
    static let noEnd = "no end within the time limit"
    var timedOut: Bool { status == -1 }
    /// One line for reports.
    var summary: String {
        let text = (errors.isEmpty ? output : errors).split(separator: "\n").last.map(String.init) ?? ""
        let end = timedOut ? Outcome.noEnd : signal != 0 ? "ended by signal \(signal)" : "exit status \(status)"
        return end + (text.isEmpty ? "" : ": \(text)")
    }
}

/// How slow this machine is: limits of time are multiplied by it.
enum Pace {
    private static let current = Atomic<Int>(1)

    /// Set once, before anything is timed.
    static var factor: Int {
        get { current.load(ordering: .relaxed) }
        set { current.store(newValue, ordering: .relaxed) }
    }

    /// The factor for a machine on which a container takes so many milliseconds from create to delete.
    static func factor(of milliseconds: Int) -> Int { min(60, max(1, milliseconds / usual)) }

    /// What that takes at most where nobody would call the machine slow.
    private static let usual = 1000
}

/// Starting programs with files as their standard streams: a container keeps its creator's streams, so pipes would never end.
enum Processes {
    /// Starts a program.
    ///
    /// - Parameters:
    ///   - descriptors: what becomes descriptors 0, 1, 2, …; nothing else is inherited.
    ///   - environment: the whole environment; nil for the harness's own.
    static func spawn(
        _ arguments: [String], descriptors: [Int32], directory: String? = nil, environment: [String]? = nil
    ) throws(Verdict) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        // First out of the way, then into place: a source may be one of the targets.
        let spare = descriptors.map { fcntl($0, F_DUPFD_CLOEXEC, 64) }
        defer { for descriptor in spare { close(descriptor) } }
        for (target, source) in spare.enumerated() { unsafe posix_spawn_file_actions_adddup2(&actions, source, Int32(target)) }
        // All others close when the program is executed; dup2 makes the targets stay.
        Raw.closeOnExecAbove2()
        // The harness has one thread, so its own working directory can be the child's.
        if let directory, unsafe chdir(directory) != 0 { throw Verdict.refused("chdir", directory) }
        var argv = unsafe arguments.map { unsafe strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
        defer { for unsafe argument in unsafe argv { unsafe free(argument) } }
        var pid: pid_t = 0
        let result: Int32
        if let environment {
            var envp = unsafe environment.map { unsafe strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
            defer { for unsafe variable in unsafe envp { unsafe free(variable) } }
            result = unsafe posix_spawnp(&pid, arguments[0], &actions, nil, &argv, &envp)
        } else {
            result = unsafe posix_spawnp(&pid, arguments[0], &actions, nil, &argv, harness_environment())
        }
        if result != 0 { throw Verdict.refused("start", arguments[0], errno: result) }
        return pid
    }

    /// The exit status of a child in the form of `Outcome.status`, nil if it still runs after the time.
    static func wait(_ pid: pid_t, milliseconds: Int) -> Int32? {
        end(pid, milliseconds: milliseconds).map { $0.signal != 0 ? 128 + $0.signal : $0.status }
    }

    /// How a child ended, nil if it still runs after the time.
    static func end(_ pid: pid_t, milliseconds: Int) -> (status: Int32, signal: Int32)? {
        let end = System.now + milliseconds * Pace.factor
        var pause = 1
        while true {
            var status: Int32 = 0
            let result = unsafe waitpid(pid, &status, WNOHANG)
            if result == pid { return ((status >> 8) & 0xff, status & 0x7f) }
            if result < 0 && errno == ECHILD { return kill(pid, 0) == 0 && System.now < end ? waitForStranger(pid, end) : (0, 0) }
            if System.now >= end { return nil }
            System.sleep(milliseconds: pause)
            pause = min(pause * 2, 10)
        }
    }

    /// A process that is not a child of ours can only be watched.
    private static func waitForStranger(_ pid: pid_t, _ end: Int) -> (status: Int32, signal: Int32)? {
        while kill(pid, 0) == 0 {
            if System.now >= end { return nil }
            System.sleep(milliseconds: 3)
        }
        return (0, 0)
    }

    /// Runs a program to its end.
    static func run(
        _ arguments: [String], directory: String? = nil, environment: [String]? = nil, input: String? = nil,
        outputPath: String, errorPath: String, inherited: String? = nil, milliseconds: Int
    ) throws(Verdict) -> Outcome {
        let standardInput = open(input ?? "/dev/null", O_RDONLY | O_CLOEXEC)
        let output = open(outputPath, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        let errors = open(errorPath, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        let more = inherited.map { [open($0, O_RDONLY | O_CLOEXEC)] } ?? []
        defer { for descriptor in [standardInput, output, errors] + more { close(descriptor) } }
        let pid = try spawn(
            arguments, descriptors: [standardInput, output, errors] + more, directory: directory, environment: environment)
        let end = end(pid, milliseconds: milliseconds)
        if end == nil {
            kill(pid, SIGKILL)
            _ = wait(pid, milliseconds: 5000)
        }
        let status = end.map { $0.signal != 0 ? 128 + $0.signal : $0.status } ?? -1
        return Outcome(
            status: status, output: Files.text(outputPath) ?? "", errors: Files.text(errorPath) ?? "",
            signal: end?.signal ?? 0)
    }
}
