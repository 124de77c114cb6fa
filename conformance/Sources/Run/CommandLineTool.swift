import Glibc

/// The command line of `oci-conformance`.
package enum CommandLineTool {
    package static func main() -> Never {
        let words = Array(CommandLine.arguments.dropFirst())
        if let worker = Worker(words) { worker.run() }
        if words.first == "--guardian", words.count == 3 { Scheduler.guardian(name: words[1], directory: words[2]) }
        do {
            exit(try run(try Options(words)))
        } catch {
            try? Files.write(2, Array("oci-conformance: \(error)\n".utf8), "standard error")
            exit(2)
        }
    }

    static func run(_ options: Options) throws -> Int32 {
        if options.isHelp {
            print(Options.help)
            return 0
        }
        for test in Suite.cases { _ = test.mainRule }
        let cases = Suite.cases.filter(options.selects)
        if cases.isEmpty { throw UsageError(text: "no case is selected: see --list") }
        if options.isList {
            for test in cases { print("\(test.id)\t\(test.rules.joined(separator: " "))\t\(test.title)") }
            return 0
        }
        guard getuid() == 0 else { throw UsageError(text: "root is needed") }
        var scheduler = Scheduler()
        scheduler.jobs = options.jobs
        if !options.keep.isEmpty {
            // Cases have other working directories than this process.
            try Files.makeDirectories(options.keep)
            guard let folder = realpath(options.keep, nil) else { throw UsageError(text: "no folder \(options.keep)") }
            defer { free(folder) }
            scheduler.keep = String(cString: folder)
        }
        scheduler.defaultView = options.view
        let runtimes = try runtimes(options.runtimes)
        if !options.fixtures.isEmpty { return try compare(options, scheduler, runtimes) }
        var summary = Summary(runtimes: runtimes, cases: cases, hierarchies: scheduler.hierarchies, isProof: options.isProof)
        try perform(runtimes.flatMap { runtime in cases.map { .init($0, runtime: runtime) } }, scheduler, &summary)
        if options.isProof { try prove(scheduler, &summary) }
        if !options.isQuiet { print(Matrix.failures(summary)) }
        print(Matrix.text(summary), terminator: "")
        if options.isProof { print(Matrix.proof(summary), terminator: "") }
        if !options.report.isEmpty { try Documents.write(summary, to: options.report) }
        if options.isProof { return cases.contains { summary.proof($0) == .blind } ? 1 : 0 }
        return summary.hasFailures ? 1 : 0
    }

    /// Runs tasks and adds their results.
    private static func perform(_ tasks: [Scheduler.Task], _ scheduler: Scheduler, _ summary: inout Summary) throws {
        var progress = Progress(total: tasks.count)
        let results = try scheduler.run(tasks) { (index, result) in progress.note(tasks[index], result) }
        progress.end()
        for (task, result) in zip(tasks, results) {
            summary.results[task.variant, default: [:]][task.runtime.path, default: [:]][task.test.id] = result
        }
    }

    /// Runs each case with its sabotage, on one runtime after the other until one shows what it shall; then what no runtime
    /// passes with what mends it.
    private static func prove(_ scheduler: Scheduler, _ summary: inout Summary) throws {
        for variant in [Variant.sabotaged, .mended] {
            for runtime in summary.runtimes {
                let rest = summary.cases.filter { test in
                    guard summary.proof(test) != .proven, let kind = summary.result(runtime, test)?.kind else { return false }
                    return variant == .mended ? test.mend != nil && kind == .failed : kind != .skipped
                }
                try perform(rest.map { .init($0, runtime: runtime, variant) }, scheduler, &summary)
            }
        }
    }

    /// Hands the documents of a folder to the runtimes and prints where they differ. Succeeds if nobody does.
    private static func compare(_ options: Options, _ scheduler: Scheduler, _ runtimes: [Runtime]) throws -> Int32 {
        guard let folder = realpath(options.fixtures, nil) else { throw UsageError(text: "no folder \(options.fixtures)") }
        defer { free(folder) }
        let root = String(cString: folder)
        let fixtures = try Fixtures.read(root).filter { fixture in
            options.names.isEmpty || options.names.contains { fixture.file.contains($0) }
        }
        let tests = fixtures.map { Fixtures.test(root + "/" + $0.file, isAccepted: $0.isAccepted) }
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
            fixtures: fixtures, runtimes: runtimes, names: tests.map(\.id), results: found)
        print(comparison.text, terminator: "")
        if !options.report.isEmpty {
            try Files.makeDirectories(options.report)
            try Files.write(options.report + "/fixtures.md", comparison.markdown)
        }
        return runtimes.allSatisfy { comparison.count($0, .differs) == 0 } ? 0 : 1
    }

    /// Asks each runtime for its version. The second of a name is told apart by its version, or else by its path.
    private static func runtimes(_ paths: [String]) throws -> [Runtime] {
        var runtimes = try paths.map { try Runtime($0) }
        for rename in [\Runtime.nameWithVersion, \Runtime.path] {
            for index in runtimes.indices where runtimes[..<index].contains(where: { $0.name == runtimes[index].name }) {
                runtimes[index].name = runtimes[index][keyPath: rename]
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
