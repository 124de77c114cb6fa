import Glibc
import RuntimeSpec

/// A runtime under test.
struct Runtime: Sendable {
    let path: String
    /// How reports call it: the file's name, or more of the path if two have the same.
    var name: String
    /// The first line of `--version`.
    let version: String
    /// The version of the specification that it claims: ociVersionMax of its features, or what `--version` says.
    let claim: String

    init(path: String, name: String, version: String, claim: String) {
        self.path = path
        self.name = name
        self.version = version
        self.claim = claim
    }

    /// Asks the runtime. Output goes through a file in `directory`.
    init(_ path: String, directory: String) throws {
        guard let real = realpath(path, nil) else { throw UsageError(text: "no runtime \(path)") }
        defer { free(real) }
        self.path = String(cString: real)
        name = path.split(separator: "/").last.map(String.init) ?? path
        func ask(_ argument: String) throws -> Outcome {
            try Processes.run(
                [String(cString: real), argument], outputPath: directory + "/answer", errorPath: directory + "/complaint",
                milliseconds: 10_000)
        }
        let lines = try ask("--version").output.split(separator: "\n").map(String.init)
        version = lines.first ?? "unknown version"
        let spec = lines.first { $0.hasPrefix("spec:") }.map { $0.dropFirst(5).trimmed } ?? "1.0.0"
        let features = try ask("features")
        claim = features.succeeded ? (try? JSONValue.decode(features.output))?.object?["ociVersionMax"]?.string ?? spec : spec
    }
}
