import CHarness
import RuntimeSpec

/// One run of one case against one runtime.
final class Trial {
    /// The runtime's executable.
    let runtime: String
    /// An empty directory of its own; the bundle is in it.
    let directory: String
    /// The container's id.
    let id: String
    let view: CgroupView
    /// What is wrong in this run on purpose.
    let sabotage: Sabotage?
    /// How many milliseconds one command may take, on a machine of usual pace.
    let timeLimit = 20_000
    /// How many milliseconds something may take that happens inside; a sabotaged run is expected to wait in vain.
    var patience: Int { sabotage == nil ? timeLimit : 1500 }
    /// The commands that were given to the runtime, for the report.
    private(set) var commands: [String] = []
    /// The same as lines of a shell, with what the harness does between them.
    private(set) var script: [String] = []
    /// Where to keep copies of the bundles; empty for nowhere.
    var keep = ""
    private var bundles = 0
    /// The configuration as it was last written, for the report.
    private(set) var writtenConfig = ""
    private var runs = 0
    /// Whether the probe's standard output and error come from the last `create`.
    private(set) var lastCreate: Outcome?
    /// A file that the runtime inherits as descriptor 3.
    var inheritedFile: String?
    /// Whether the runtime writes its log to a file: where a warning goes is up to it, and some show none on standard error.
    var logs = false
    /// What was logged so far, if the runtime was asked to.
    var log: String { Files.text(directory + "/log") ?? "" }
    /// Set while a configuration is written that shall not be altered, such as a control.
    var isControl = false

    var bundle = Bundle.baseline
    var bundleDirectory: String { directory + "/bundle" }
    var rootfs: String { bundleDirectory + "/rootfs" }
    var stateRoot: String { directory + "/state" }

    init(runtime: String, directory: String, id: String, view: CgroupView, sabotage: Sabotage?) {
        self.runtime = runtime
        self.directory = directory
        self.id = id
        self.view = view
        self.sabotage = sabotage
        bundle.path = bundleDirectory
    }

    /// Makes the configuration claim the version of the specification that has what the case is about.
    func setVersion(_ version: Version) {
        if let least = Version("1.0.2"), version > least { baselineVersion = version.description }
        bundle["ociVersion"] = .string(baselineVersion)
    }

    /// The version of the specification that configurations of this case claim.
    private(set) var baselineVersion = "1.0.2"

    // MARK: The bundle

    /// Writes the bundle, altered if the sabotage says so.
    func writeBundle() throws(Verdict) {
        if !isControl, case .configuration(let alter)? = sabotage { alter(&bundle) }
        Sandbox.unmount(below: bundleDirectory)
        Files.removeTree(bundleDirectory)
        try Files.makeDirectories(rootfs)
        try Files.write(rootfs + "/probe", Probe.image, mode: 0o755)
        for name in bundle.directories { try Files.makeDirectories(bundleDirectory + "/" + name) }
        for (name, text) in bundle.files {
            let path = bundleDirectory + "/" + name
            if let slash = path.lastIndex(of: "/") { try Files.makeDirectories(String(path[..<slash])) }
            try Files.write(path, text)
        }
        try bundle.prepare?(bundleDirectory)
        let text = bundle.text ?? bundle.config.encoded(.pretty)
        writtenConfig = String(decoding: text, as: UTF8.self)
        if bundle.hasConfig { try Files.write(bundleDirectory + "/config.json", text) }
        if !keep.isEmpty {
            bundles += 1
            script += Keepsake.bundle(self, bundles, to: keep)
        }
    }

    // MARK: Operations

    /// Calls the runtime as it is, without any sabotage.
    @discardableResult
    func call(_ arguments: [String], directory: String? = nil) throws(Verdict) -> Outcome {
        let words = [runtime] + (logs ? ["--log", self.directory + "/log"] : []) + ["--root", stateRoot] + arguments
        note(words.map(Trial.quoted).joined(separator: " "))
        runs += 1
        return try Processes.run(
            words, directory: directory ?? self.directory, outputPath: "\(self.directory)/output.\(runs)",
            errorPath: "\(self.directory)/errors.\(runs)",
            inherited: inheritedFile, milliseconds: timeLimit)
    }

    private func note(_ command: String) {
        commands.append(command)
        let isOpen = inheritedFile != nil
        script.append("run " + command + (isOpen ? " 3<\(inheritedFile ?? "")" : ""))
    }

    static func quoted(_ word: String) -> String {
        let isPlain = !word.isEmpty && word.allSatisfy { $0.isLetter || $0.isNumber || "-_./=:,+@%".contains($0) }
        return isPlain
            ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    /// Performs an operation through the wrapper that the sabotage puts around the runtime.
    @discardableResult
    func operate(_ operation: String, _ arguments: [String], directory: String? = nil) throws(Verdict) -> Outcome {
        var arguments = arguments
        guard !isControl, case .wrapper(let wrapper)? = sabotage else {
            return try call([operation] + arguments, directory: directory)
        }
        switch wrapper {
        case .skip(operation): return Outcome(status: 0, output: "", errors: "")
        case .refuse(operation): return Outcome(status: 1, output: "", errors: "refused by the sabotage")
        case .twice(operation): try call([operation] + arguments, directory: directory)
        case .before(operation, let words):
            try call(words.map { $0 == "ID" ? id : $0 == "BUNDLE" ? bundleDirectory : $0 }, directory: directory)
        case .arguments(operation, let change): arguments = change(arguments)
        default: break
        }
        var outcome = try call([operation] + arguments, directory: directory)
        switch wrapper {
        case .hideFailure(operation): outcome.status = 0
        case .rewrite(operation, let change): outcome.output = change(outcome.output)
        case .complain(operation, let text): outcome.errors += text
        case .leave(operation, let name): try Files.makeDirectories(bundleDirectory + "/" + name)
        case .after(operation, let words):
            try call(words.map { $0 == "ID" ? id : $0 == "BUNDLE" ? bundleDirectory : $0 }, directory: directory)
        default: break
        }
        return outcome
    }

    /// The command line of an operation that is started beside others, altered if the sabotage says so; nil if it is left out.
    func words(_ operation: String, _ arguments: [String]) -> [String]? {
        var arguments = arguments
        if case .wrapper(let wrapper)? = sabotage {
            if case .skip(operation) = wrapper { return nil }
            if case .arguments(operation, let change) = wrapper { arguments = change(arguments) }
        }
        let words = [runtime, "--root", stateRoot, operation] + arguments
        let command = words.map(Trial.quoted).joined(separator: " ") + " &"
        commands.append(command)
        script.append("run " + command)
        return words
    }

    /// Writes the bundle and creates the container.
    @discardableResult
    func create(id other: String? = nil, extra: [String] = [], write: Bool = true) throws(Verdict) -> Outcome {
        if write { try writeBundle() }
        let outcome = try operate(
            "create", ["--bundle", bundleDirectory, "--pid-file", pidFile(other ?? id)] + extra + [other ?? id])
        lastCreateOutput = "\(directory)/output.\(runs)"
        lastCreate = outcome
        return outcome
    }

    private var lastCreateOutput = ""

    func pidFile(_ id: String) -> String { directory + "/" + id + ".pid" }

    @discardableResult
    func start(id other: String? = nil) throws(Verdict) -> Outcome { try operate("start", [other ?? id]) }

    @discardableResult
    func kill(_ signal: String, id other: String? = nil) throws(Verdict) -> Outcome {
        try operate("kill", [other ?? id, signal])
    }

    @discardableResult
    func delete(id other: String? = nil, force: Bool = false) throws(Verdict) -> Outcome {
        try operate("delete", (force ? ["--force"] : []) + [other ?? id])
    }

    func query(id other: String? = nil) throws(Verdict) -> Outcome { try operate("state", [other ?? id]) }

    /// The container's state as a JSON value.
    func state(id other: String? = nil) throws(Verdict) -> JSONValue {
        let outcome = try query(id: other)
        guard outcome.succeeded else {
            throw Verdict.failed(expected: "the state of the container", seen: outcome.summary)
        }
        guard let value = try? JSONValue.decode(outcome.output) else {
            throw Verdict.failed(expected: "the state as JSON", seen: outcome.output)
        }
        return value
    }

    /// The container's status, `none` if the runtime does not know the container.
    func status(id other: String? = nil) throws(Verdict) -> String {
        let outcome = try call(["state", other ?? id])
        guard outcome.succeeded else { return "none" }
        return (try? JSONValue.decode(outcome.output))?.object?["status"]?.string ?? "unreadable"
    }

    /// The container process's id, from the pid file of `create`.
    func pid(id other: String? = nil) -> pid_t? { Files.line(pidFile(other ?? id)).flatMap { pid_t($0) } }

    /// Waits until the container process has ended; its exit status.
    @discardableResult
    func waitForEnd(id other: String? = nil) throws(Verdict) -> Int32 {
        guard let pid = pid(id: other) else { throw Verdict.broken("create wrote no pid file") }
        script.append("ended " + pidFile(other ?? id))
        guard let status = Processes.wait(pid, milliseconds: patience) else {
            throw Verdict.failed(expected: "the container process ends", seen: "it runs on")
        }
        return status
    }

    /// What the probe has written so far, line by line.
    func lines(of path: String? = nil) -> [JSONValue] {
        (Files.text(path ?? lastCreateOutput) ?? "").split(separator: "\n").compactMap { try? JSONValue.decode(String($0)) }
    }

    /// Waits until the probe has written a line that satisfies the predicate.
    func waitForLine(of path: String? = nil, _ what: String, where predicate: (JSONValue) -> Bool) throws(Verdict) -> JSONValue {
        script.append("sleep 0.5  # until \(what)")
        let end = System.now + patience * Pace.factor
        while System.now < end {
            if let line = lines(of: path).first(where: predicate) { return line }
            System.sleep(milliseconds: 5)
        }
        throw Verdict.failed(expected: what, seen: "no such report from inside")
    }
}
