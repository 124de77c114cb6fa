import CHarness
import RuntimeSpec

/// A runtime under test.
struct Runtime: Sendable {
    let path: String
    /// How reports call it: the file's name, with the version or the path if an earlier runtime has the same.
    var name: String
    /// The first line of `--version`.
    let version: String
    /// The version of the specification that it claims: ociVersionMax of its features, or what `--version` says.
    let claim: String

    /// `runc 1.1.5`: the last word of the version without what a distribution adds.
    var nameWithVersion: String {
        let number = version.split(separator: " ").last?.prefix { $0.isNumber || $0 == "." } ?? ""
        return name + (number.isEmpty ? "" : " " + number)
    }

    init(path: String, name: String, version: String, claim: String) {
        self.path = path
        self.name = name
        self.version = version
        self.claim = claim
    }

    /// The program of a name in PATH.
    private static func find(_ name: String) -> String? {
        let folders = variable("PATH") ?? ""
        return folders.split(separator: ":").map { $0 + "/" + name }.first {
            unsafe access($0, X_OK) == 0 && !Files.isDirectory($0)
        }
    }

    /// Asks the runtime. What it says goes through files without a name, so that nothing is left if this process is killed.
    init(_ path: String) throws(Verdict) {
        let found = path.contains("/") ? path : Runtime.find(path) ?? path
        guard let real = realPath(found) else { throw Verdict.usage("no runtime \(path)") }
        self.path = real
        name = path.split(separator: "/").last.map(String.init) ?? path
        let memory = (Raw.memoryFile(), Raw.memoryFile())
        defer {
            close(memory.0)
            close(memory.1)
        }
        func ask(_ argument: String) throws(Verdict) -> Outcome {
            try Processes.run(
                [real, argument], outputPath: "/proc/self/fd/\(memory.0)",
                errorPath: "/proc/self/fd/\(memory.1)", milliseconds: 10_000)
        }
        let lines = try ask("--version").output.split(separator: "\n").map(String.init)
        version = lines.first ?? "unknown version"
        let spec = lines.first { $0.hasPrefix("spec:") }.map { $0.dropFirst(5).trimmed } ?? "1.0.0"
        let features = try ask("features")
        claim = features.succeeded ? (try? JSONValue.decode(features.output))?.object?["ociVersionMax"]?.string ?? spec : spec
    }
}
