import CHarness

/// The command line of `oci-conformance`.
package enum CommandLineTool {
    package static func main() -> Never {
        let words = System.arguments
        if let worker = Worker(words) { worker.run() }
        if words.first == "--guardian", words.count == 3 { Scheduler.guardian(name: words[1], directory: words[2]) }
        do throws(Verdict) {
            exit(try run(try Options(words)))
        } catch {
            let isUsage = if case .usage = error { true } else { false }
            let why = error.text + (isUsage ? "\nTry oci-conformance --help." : "")
            try? Files.write(2, Array("oci-conformance: \(why)\n".utf8), "standard error")
            exit(isUsage ? 2 : 4)
        }
    }

    static func run(_ options: Options) throws(Verdict) -> Int32 {
        if options.isHelp {
            print(Options.help)
            return 0
        }
        if options.isVersion {
            print("oci-conformance, \(Suite.cases.count) cases, OCI Runtime Specification \(Suite.specification)")
            return 0
        }
        for test in Suite.cases { _ = test.mainRule }
        let cases = Suite.cases.filter(options.selects)
        if cases.isEmpty && options.fixtures.isEmpty { throw Verdict.usage("no case is selected: see --list") }
        if options.isList {
            for test in cases { print(listed(test)) }
            return 0
        }
        guard getuid() == 0 else { throw Verdict.usage("root is needed") }
        let expectation = options.expected.isEmpty ? nil : try Expectation(file: options.expected)
        var scheduler = Scheduler()
        scheduler.jobs = options.jobs
        if !options.keep.isEmpty {
            // Cases have other working directories than this process.
            try Files.makeDirectories(options.keep)
            guard let folder = realPath(options.keep) else { throw Verdict.usage("no folder \(options.keep)") }
            scheduler.keep = folder
        }
        scheduler.defaultView = options.view
        let runtimes = try runtimes(options.runtimes)
        scheduler.pace = try pace(scheduler, runtimes)
        if !options.fixtures.isEmpty { return try compare(options, scheduler, runtimes, expectation) }
        var summary = Summary(runtimes: runtimes, cases: cases, hierarchies: scheduler.hierarchies, isProof: options.isProof)
        let journal = options.results.isEmpty ? nil : try Journal(file: options.results)
        try perform(runtimes.flatMap { runtime in cases.map { .init($0, runtime: runtime) } }, scheduler, &summary, journal)
        if options.isProof { try prove(scheduler, &summary, journal) }
        if options.isDropping { try drop(scheduler, &summary, journal) }
        if !options.isQuiet { print(Matrix.failures(summary)) }
        print(Matrix.text(summary), terminator: "")
        if options.isProof { print(Matrix.proof(summary), terminator: "") }
        if options.isDropping { print(Drops.text(summary.drops), terminator: "") }
        if !options.report.isEmpty { try Documents.write(summary, to: options.report) }
        let blind = options.isProof && cases.contains { summary.proof($0) == .blind }
        if let expectation {
            let differences = expectation.differences(summary)
            for line in differences { print(line) }
            return differences.isEmpty && !blind ? 0 : 1
        }
        if options.isProof { return blind ? 1 : 0 }
        return summary.exitStatus
    }

    /// The line of `--list`.
    private static func listed(_ test: Case) -> String {
        let quote = test.quote.map { "\($0.text)\t\($0.address)" } ?? "\t"
        return [
            test.id, test.classification.rawValue, test.mainRule.level.rawValue, test.since.description,
            test.rules.joined(separator: " "), test.title, quote,
        ].joined(separator: "\t")
    }

    /// Runs the simplest container on each runtime, alone, to see how slow this machine is. A runtime that cannot do that ends the run.
    private static func pace(_ scheduler: Scheduler, _ runtimes: [Runtime]) throws(Verdict) -> Int {
        guard let test = Suite.casesByID["all-operations"] else { stop("no case to begin with") }
        var slowest = 1
        var patient = scheduler
        patient.pace = 10
        patient.keep = ""
        for runtime in runtimes {
            let result = try patient.run([.init(test, runtime: runtime)]) { (_, _) in }
            guard let result = result.first, result.kind == .passed else {
                throw Verdict.broken(
                    "\(runtime.name) does not run the simplest container: \(result.first?.seen ?? "no result")")
            }
            slowest = max(slowest, Pace.factor(of: result.milliseconds))
        }
        return slowest
    }

    /// Runs tasks and adds their results.
    private static func perform(
        _ tasks: [Scheduler.Task], _ scheduler: Scheduler, _ summary: inout Summary, _ journal: Journal?
    ) throws(Verdict) {
        for task in tasks {
            guard let result = journal?.result(task) else { continue }
            summary.results[task.variant, default: [:]][task.runtime.path, default: [:]][task.test.id] = result
        }
        let tasks = tasks.filter { journal?.result($0) == nil }
        var progress = Progress(total: tasks.count)
        let results = try scheduler.run(tasks) { (index, result) in
            journal?.append(tasks[index], result)
            progress.note(tasks[index], result)
        }
        progress.end()
        for (task, result) in zip(tasks, results) {
            summary.results[task.variant, default: [:]][task.runtime.path, default: [:]][task.test.id] = result
        }
    }

    /// Runs each case with its sabotage, on one runtime after the other until one shows what it shall; then what no runtime
    /// passes with what mends it.
    private static func prove(_ scheduler: Scheduler, _ summary: inout Summary, _ journal: Journal?) throws(Verdict) {
        for variant in [Variant.sabotaged, .mended] {
            for runtime in summary.runtimes {
                let rest = summary.cases.filter { test in
                    guard summary.proof(test) != .proven, let kind = summary.result(runtime, test)?.kind else { return false }
                    return variant == .mended ? test.mend != nil && kind == .failed : kind != .skipped
                }
                try perform(rest.map { .init($0, runtime: runtime, variant) }, scheduler, &summary, journal)
            }
        }
    }

    /// Runs each case that passed without each property that it sets, on one runtime after the other until one misses it.
    private static func drop(_ scheduler: Scheduler, _ summary: inout Summary, _ journal: Journal?) throws(Verdict) {
        for runtime in summary.runtimes {
            let tasks = summary.cases.flatMap { test -> [Scheduler.Task] in
                guard let plain = summary.result(runtime, test), plain.kind == .passed else { return [] }
                return Drops.properties(of: plain.config).filter { path in
                    !summary.drops.contains { $0.caseID == test.id && $0.path == path && $0.isMissed }
                }
                .map { .init(test, runtime: runtime, .dropped, dropped: $0) }
            }
            let rest = tasks.filter { journal?.result($0) == nil }
            var results: [String: Result] = [:]
            for task in tasks { results[task.test.id + " " + task.dropped] = journal?.result(task) }
            var progress = Progress(total: rest.count)
            let found = try scheduler.run(rest) { (index, result) in
                journal?.append(rest[index], result)
                progress.note(rest[index], result)
            }
            progress.end()
            for (task, result) in zip(rest, found) { results[task.test.id + " " + task.dropped] = result }
            for task in tasks {
                guard let result = results[task.test.id + " " + task.dropped] else { continue }
                summary.drops.removeAll { $0.caseID == task.test.id && $0.path == task.dropped }
                summary.drops.append(
                    Drop(caseID: task.test.id, path: task.dropped, isMissed: [.failed, .declined].contains(result.kind)))
            }
        }
    }

    /// Hands the documents of a folder to the runtimes and prints where they differ. Succeeds if nobody does.
    private static func compare(
        _ options: Options, _ scheduler: Scheduler, _ runtimes: [Runtime], _ expectation: Expectation?
    ) throws(Verdict) -> Int32 {
        guard let root = realPath(options.fixtures) else { throw Verdict.usage("no folder \(options.fixtures)") }
        let fixtures = try Fixtures.read(root).filter { options.isNamed($0.file) }
        let tests = fixtures.map { Fixtures.test(root + "/" + $0.file, isAccepted: $0.isAccepted, since: $0.since) }
        let tasks = runtimes.flatMap { runtime in tests.map { Scheduler.Task($0, runtime: runtime) } }
        var progress = Progress(total: tasks.count)
        var scheduler = scheduler
        // Documents ask for limits of all kinds, which version 1 has on more machines.
        if options.view == nil, scheduler.hierarchies.hasVersion1 { scheduler.defaultView = .version1 }
        let results = try scheduler.run(tasks) { (index, result) in progress.note(tasks[index], result) }
        progress.end()
        var found: [String: [String: Result]] = [:]
        for (task, result) in zip(tasks, results) { found[task.runtime.path, default: [:]][task.test.id] = result }
        let comparison = Fixtures.Comparison(
            fixtures: fixtures, runtimes: runtimes, names: tests.map { $0.id }, results: found)
        print(comparison.text, terminator: "")
        if !options.report.isEmpty {
            try Files.makeDirectories(options.report)
            try Files.write(options.report + "/fixtures.md", comparison.markdown)
        }
        if let expectation {
            let differences = expectation.differences(comparison)
            for line in differences { print(line) }
            return differences.isEmpty ? 0 : 1
        }
        return runtimes.allSatisfy { comparison.count($0, .differs) == 0 } ? 0 : 1
    }

    /// Asks each runtime for its version. The second of a name is told apart by its version, or else by its path.
    private static func runtimes(_ paths: [String]) throws(Verdict) -> [Runtime] {
        var runtimes: [Runtime] = []
        for path in paths { runtimes.append(try Runtime(path)) }
        for isByVersion in [true, false] {
            for index in runtimes.indices where runtimes[..<index].contains(where: { $0.name == runtimes[index].name }) {
                runtimes[index].name = isByVersion ? runtimes[index].nameWithVersion : runtimes[index].path
            }
        }
        return runtimes
    }
}

/// The line that tells how far the run is; only on a terminal.
private struct Progress {
    let total: Int
    private var done = 0
    private var failed = 0
    private let isTerminal = isatty(2) == 1

    init(total: Int) { self.total = total }

    mutating func note(_ task: Scheduler.Task, _ result: Result) {
        done += 1
        if task.variant == .plain && result.kind == .failed { failed += 1 }
        guard isTerminal else { return }
        let text = "\r\(done) of \(total), \(failed) failed: \(task.runtime.name) \(task.test.id)"
        try? Files.write(2, Array((String(text.prefix(79)) + "\u{1b}[K").utf8), "the terminal")
    }

    func end() {
        if isTerminal { try? Files.write(2, Array("\r\u{1b}[K".utf8), "the terminal") }
    }
}
