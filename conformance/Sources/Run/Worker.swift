import CHarness
import RuntimeSpec

/// The two processes of one case: the outer one leaves the machine's namespaces, the inner one is the first process of the new
/// ones and does the case. When either ends, whatever the runtime left running ends with it.
struct Worker {
    var stage: String
    var caseID: String
    var runtime: String
    var number: String
    var directory: String
    var group: String
    var view: CgroupView
    var variant: Variant
    var keep: String
    /// The path of the property that is left out.
    var dropped: String
    /// The version of the specification that the runtime claims.
    var claim: String
    /// By how much longer than usual everything may take here.
    var pace: Int
    var parent: Int32

    /// The words after the executable's name: `--worker outer …`.
    var arguments: [String] {
        [
            "--worker", stage, caseID, runtime, number, directory, group, view.rawValue, variant.rawValue, keep, dropped, claim,
            String(pace), String(parent),
        ]
    }

    init?(_ words: [String]) {
        guard words.count == 14, words[0] == "--worker", let view = CgroupView(rawValue: words[7]),
            let variant = Variant(rawValue: words[8]), let pace = Int(words[12]), let parent = Int32(words[13])
        else { return nil }
        stage = words[1]
        caseID = words[2]
        runtime = words[3]
        number = words[4]
        directory = words[5]
        group = words[6]
        self.view = view
        self.variant = variant
        keep = words[9]
        dropped = words[10]
        claim = words[11]
        self.pace = pace
        self.parent = parent
    }

    init(_ task: Scheduler.Task, number: Int, directory: String, group: String, view: CgroupView, keep: String, pace: Int) {
        stage = "outer"
        caseID = task.test.id
        runtime = task.runtime.path
        claim = task.runtime.claim
        variant = task.variant
        dropped = task.dropped
        self.number = String(number)
        self.directory = directory
        self.group = group
        self.view = view
        self.keep = keep
        self.pace = pace
        parent = getpid()
    }

    /// Runs one of the two processes. The result is written to descriptor 3.
    func run() -> Never {
        Pace.factor = pace
        var result = Result(caseID: caseID, runtime: runtime, kind: .broken)
        do throws(Verdict) {
            if stage == "outer" {
                System.dieWithParent(parent)
                try outer()
            } else {
                // Its parent's number means nothing in the new process namespace.
                System.dieWithParent(0)
                result = try inner()
            }
        } catch {
            result.seen = error.text
        }
        System.closeOnExec(3)
        try? Files.write(3, Array(result.json.encoded()) + [10], "the result")
        exit(0)
    }

    private func outer() throws(Verdict) {
        let hierarchies = Hierarchies.ofThisProcess()
        try Sandbox.leave(group: group, hierarchies: hierarchies)
        var inner = self
        inner.stage = "inner"
        let null = open("/dev/null", O_RDONLY)
        let pid = try Processes.spawn(["/proc/self/exe"] + inner.arguments, descriptors: [null, 1, 2, 3])
        close(3)
        _ = Processes.wait(pid, milliseconds: 1_000_000_000)
        exit(0)
    }

    private func inner() throws(Verdict) -> Result {
        System.closeOnExec(3)
        try Sandbox.enter(directory: directory, view: view)
        guard let test = Suite.casesByID[caseID] ?? Fixtures.test(named: caseID) else { throw Verdict.broken("no such case") }
        umask(0o022)
        let claimed = Version(claim)
        if let claimed, let until = test.until, claimed > until {
            return Result(caseID: caseID, runtime: runtime, kind: .skipped, seen: "versions after \(until) say something else")
        }
        let trial = Trial(
            runtime: runtime, directory: directory, id: "case\(number)", view: view,
            sabotage: sabotage(of: test))
        trial.setVersion(test.since)
        if !keep.isEmpty { trial.keep = keep + "/" + caseID }
        var result = Result(caseID: caseID, runtime: runtime, kind: .passed)
        let begin = System.now
        do throws(Verdict) {
            try test.needs()
            try test.body(trial)
        } catch {
            result.kind = error.kind
            result.seen = error.text
            if case .failed(let expected, _) = error { result.expected = expected }
        }
        result.isBeyondClaim = claimed.map { test.since > $0 } ?? false
        if result.kind == .failed, test.mayBeDeclined || result.isBeyondClaim, let created = trial.lastCreate, !created.succeeded,
            !created.timedOut, created.signal == 0
        {
            (result.kind, result.expected, result.seen) = (.declined, "", created.summary)
        }
        // What a runtime may do it may leave.
        if result.kind == .failed, test.mainRule.level == .may {
            (result.kind, result.expected, result.seen) = (.declined, "", "\(result.expected), which it may: \(result.seen)")
        }
        if result.kind == .failed, let created = trial.lastCreate, lacksResourceCapability(created) {
            (result.kind, result.expected) = (.skipped, "")
            result.seen = "this process may not raise limits, which the runtime does here: \(created.summary)"
        }
        result.milliseconds = System.now - begin
        // On one line, if it is JSON at all: there are many of them in a report.
        result.config = (try? JSONValue.decode(trial.writtenConfig))?.encodedText() ?? trial.writtenConfig
        result.commands = trial.commands
        if !trial.keep.isEmpty { Keepsake(directory: trial.keep, trial: trial, result: result).write() }
        result.expected = portable(result.expected)
        result.seen = portable(result.seen)
        result.config = portable(result.config)
        result.commands = result.commands.map(portable)
        return result
    }

    /// Whether a runtime failed because it raised a limit of its own, as some do before they load a program for devices, and root
    /// without CAP_SYS_RESOURCE may not.
    private func lacksResourceCapability(_ created: Outcome) -> Bool {
        let status = (Files.text("/proc/self/status") ?? "").split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        let mask = UInt64(status?.dropFirst(7).trimmed ?? "", radix: 16) ?? .max
        let text = created.errors.lowercased()
        return !created.succeeded && mask & 1 << 24 == 0 && text.holds("setrlimit") && text.holds("not permitted")
    }

    private func sabotage(of test: Case) -> Sabotage? {
        switch variant {
        case .plain: nil
        case .sabotaged: test.sabotage
        case .mended: test.mend.map { .wrapper($0) }
        case .dropped: .configuration { [dropped] in $0[dropped] = nil }
        }
    }

    /// The text without what is different in each run or on each machine.
    private func portable(_ text: String) -> String {
        let run = String(directory.split(separator: "/").last ?? "")
        let group = self.group.split(separator: "/").last.map(String.init) ?? ""
        var text = text.replaced(directory, by: "/run/oci-conformance").replaced(run, by: "oci-conformance")
            .replaced(runtime, by: runtime.split(separator: "/").last.map(String.init) ?? "runtime")
        if !group.isEmpty { text = text.replaced(group, by: "case") }
        return text.changed(between: "time=\"", and: "\" ") { _ in "" }
    }
}
