import CHarness
import RuntimeSpec

/// The probe's ELF file.
enum Probe {
    static let image = embeddedProbe()
}

extension Trial {
    /// Throws a failure unless the condition holds.
    func expect(_ condition: Bool, _ expected: String, seen: @autoclosure () -> String) throws(Verdict) {
        if !condition { throw Verdict.failed(expected: expected, seen: seen()) }
    }

    /// Throws a failure unless the operation succeeded.
    @discardableResult
    func succeed(_ what: String, _ outcome: Outcome) throws(Verdict) -> Outcome {
        try expect(outcome.succeeded, "\(what) succeeds", seen: outcome.summary)
        return outcome
    }

    /// Throws a failure unless the operation reported an error in an orderly way.
    func refuse(_ what: String, _ outcome: Outcome) throws(Verdict) {
        try expect(!outcome.timedOut && outcome.status != 0, "\(what) generates an error", seen: outcome.summary)
        try expect(outcome.signal == 0, "\(what) generates an error, not a crash", seen: outcome.summary)
    }

    /// Creates and starts the container, waits for its end, and returns what the probe wrote.
    @discardableResult
    func run() throws(Verdict) -> Inside {
        try succeed("create", create())
        try succeed("start", start())
        let status = try waitForEnd()
        let lines = self.lines()
        try expect(!lines.isEmpty, "the program of process.args runs", seen: "exit status \(status), no report from inside")
        return Inside(lines: lines, exitStatus: status)
    }

    /// Creates and starts a container whose program waits for the signal TERM.
    func runUntilSignal() throws(Verdict) {
        bundle.operations = ["report", "signals", "15"]
        try succeed("create", create())
        try succeed("start", start())
        _ = try waitForLine("the program runs") { $0.object?["ready"] != nil }
    }

    /// Creates and starts the container, with a console socket if its configuration has a terminal, and returns what the probe
    /// wrote to the file /seen: what it writes to a terminal comes with another end of line.
    func runWithConsole() throws(Verdict) -> Inside {
        let path = directory + "/console.sock"
        let socket = try UnixSocket(path)
        try writeBundle()
        let hasTerminal = bundle["process.terminal"]?.bool ?? false
        try succeed("create", create(extra: hasTerminal ? ["--console-socket", path] : [], write: false))
        let delivery = hasTerminal ? socket.accept(milliseconds: 2000) : nil
        defer { for descriptor in delivery?.descriptors ?? [] { close(descriptor) } }
        if hasTerminal {
            let count = delivery?.descriptors.count ?? 0
            try expect(count == 1, "one descriptor over the console socket", seen: "\(count)")
        }
        try succeed("start", start())
        let status = try waitForEnd()
        return Inside(lines: lines(of: rootfs + "/seen"), exitStatus: status)
    }

    /// The container is refused: by `create`, or, for a property that may be applied late, by `start`. Nothing is left of it.
    func expectRefusal(mayBeLate: Bool = false, extra: [String] = []) throws(Verdict) {
        let created = try create(extra: extra)
        if created.succeeded && mayBeLate {
            let started = try start()
            try refuse("create or start", started)
            return
        }
        try refuse("create", created)
        let status = try self.status()
        try expect(status == "none", "no container is created", seen: "state tells \(status)")
    }

    /// The control of a refusal: the same but for the invalid property is accepted.
    func control(extra: [String] = [], _ change: (inout Bundle) -> Void) throws(Verdict) {
        let kept = bundle
        isControl = true
        change(&bundle)
        let created = try create(extra: extra)
        isControl = false
        bundle = kept
        if !created.succeeded {
            throw Verdict.skipped("a valid configuration is refused here as well: \(created.summary)")
        }
        isControl = true
        try delete(force: true)
        isControl = false
        try resetForNextCreate()
    }

    /// Ends and forgets the container so that another one can be created.
    func resetForNextCreate() throws(Verdict) {
        if let pid = pid() { _ = Processes.wait(pid, milliseconds: 5000) }
        Files.removeTree(pidFile(id))
    }
}
