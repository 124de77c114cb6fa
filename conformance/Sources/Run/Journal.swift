import CHarness
import RuntimeSpec

/// A file of results, one JSON object in each line, written as they come: what an interrupted run has found is not run again.
struct Journal {
    private let file: String
    private let results: [String: Result]

    init(file: String) throws(Verdict) {
        self.file = file
        var results: [String: Result] = [:]
        for line in (Files.text(file) ?? "").split(separator: "\n") {
            // The last line of a run that was killed may be half of one.
            guard let result = Result(String(line)), let key = (try? JSONValue.decode(String(line)))?.object?["key"]?.string
            else {
                continue
            }
            results[key] = result
        }
        self.results = results
        // Whatever the last run left begins its own line.
        let end = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        if end < 0 { throw Verdict.refused("open", file) }
        close(end)
    }

    private static func key(_ task: Scheduler.Task) -> String {
        [task.runtime.path, task.runtime.version, task.variant.rawValue + task.dropped, task.test.id].joined(separator: " ")
    }

    func result(_ task: Scheduler.Task) -> Result? { results[Journal.key(task)] }

    func append(_ task: Scheduler.Task, _ result: Result) {
        guard case .object(var value) = result.json else { return }
        value["key"] = .string(Journal.key(task))
        let end = open(file, O_WRONLY | O_APPEND | O_CLOEXEC)
        defer { close(end) }
        try? Files.write(end, [10] + JSONValue.object(value).encoded(), file)
    }
}
