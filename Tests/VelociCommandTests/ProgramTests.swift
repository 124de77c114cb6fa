import Foundation
import RuntimeSpec
import Testing

@testable import VelociCommand

/// The built executable, called as callers of runc call it.
@Suite struct ProgramTests {
    struct Outcome {
        let code: Int32
        let output: String
        let errors: String
    }

    /// What VELOCI names, or the executable beside the test bundle.
    static let executable: URL = {
        if let path = ProcessInfo.processInfo.environment["VELOCI"] { return URL(fileURLWithPath: path) }
        let bundle = URL(fileURLWithPath: CommandLine.arguments[0])
        return bundle.deletingLastPathComponent().appendingPathComponent("veloci")
    }()

    static func veloci(
        _ arguments: [String], directory: URL? = nil, environment: [String: String] = [:]
    ) throws -> Outcome {
        let process = Foundation.Process()
        process.executableURL = executable
        process.arguments = arguments
        process.currentDirectoryURL = directory
        process.environment = environment
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let errorText = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return Outcome(code: process.terminationStatus, output: text, errors: errorText)
    }

    /// A directory that is removed afterwards.
    static func withDirectory<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        return try body(directory)
    }

    /// The message of the last line with level error, as containerd reads it.
    static func message(_ line: some StringProtocol) throws -> String {
        let value = try JSONValue.decode(String(line))
        #expect(value[JSONPath("level")!]?.string == "error")
        return try #require(value[JSONPath("msg")!]?.string)
    }

    @Test func version() throws {
        for flag in ["--version", "-version", "-v"] {
            let outcome = try Self.veloci([flag])
            #expect(outcome.code == 0 && outcome.errors.isEmpty)
            let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count == 5 && lines[4].isEmpty)
            #expect(lines[0] == "veloci version \(Version.number)")
            #expect(lines[1].hasPrefix("commit: ") && lines[2] == "spec: 1.3.0")
            // Which of the two: the one that is installed has to be named, the one beside the tests is an ordinary build.
            let isNamed = ProcessInfo.processInfo.environment["VELOCI"] != nil
            #expect(lines[3] == (isNamed ? "swift: embedded" : "swift: runtime"))
        }
    }

    @Test(arguments: [
        ("veloci", "veloci version \(Version.number)\ncommit: \(Version.commit)\n"), ("veloci-2", "veloci version \(Version.number)\n"),
        ("runc", "runc version \(Version.number)\ncommit: veloci-"), ("crun", "crun version \(Version.number)\ncommit: veloci-"),
    ])
    func versionUnderAnotherName(name: String, start: String) {
        #expect(Version.text(name).hasPrefix(start))
        #expect(Version.text(name).split(separator: "\n").count == 4)
    }

    @Test(arguments: [
        ([], "USAGE:\n   veloci [global options]"), (["--help"], "USAGE:\n   veloci [global options]"),
        (["help"], "USAGE:\n   veloci [global options]"), (["help", "kill"], "veloci kill [options] <container-id> [signal]"),
        (["kill", "--help"], "veloci kill [options] <container-id> [signal]"), (["kill", "-h"], "veloci kill [options] <container-id> [signal]"),
        (["--help", "kill"], "veloci kill [options] <container-id> [signal]"),
        (["create", "--help", "--nonsense"], "--pid-file TEXT"),
    ])
    func help(arguments: [String], expected: String) throws {
        let outcome = try Self.veloci(arguments)
        #expect(outcome.code == 0 && outcome.errors.isEmpty)
        #expect(outcome.output.contains(expected))
    }

    @Test(arguments: [
        (["state"], 1, "PROGRAM: \"state\" requires exactly 1 argument(s)", true),
        (["state", "a", "b"], 1, "PROGRAM: \"state\" requires exactly 1 argument(s)", true),
        (["exec"], 1, "PROGRAM: \"exec\" requires a minimum of 1 argument(s)", true),
        (["kill"], 1, "PROGRAM: \"kill\" requires a minimum of 1 argument(s)", true),
        (["kill", "a", "9", "x"], 1, "PROGRAM: \"kill\" requires a maximum of 2 argument(s)", true),
        (["list", "x"], 1, "PROGRAM: \"list\" requires exactly 0 argument(s)", true),
        (["--bad", "list"], 1, "flag provided but not defined: -bad", true),
        (["state", "--bad", "x"], 1, "flag provided but not defined: -bad", true),
        (["create", "--bundle"], 1, "flag needs an argument: --bundle", true),
        (["create", "--preserve-fds=x", "a"], 1, "invalid value \"x\" for flag -preserve-fds: parse error", true),
        (["nonsense"], 3, "No help topic for 'nonsense'", false), (["help", "nonsense"], 3, "No help topic for 'nonsense'", false),
        (["--log-format=xml", "list"], 1, "invalid log-format: xml", false),
        (["--root", "/", "list"], 1, "Option --root argument should not be set to /", false),
        (["state", ""], 1, "container id cannot be empty", false),
        (["exec", "", "ls"], 255, "exec failed: container id cannot be empty", false),
        (["kill", "x", "BAD"], 1, "unknown signal \"BAD\"", false),
        (["--rootless=maybe", "state", "x"], 1, "invalid value \"maybe\" for flag -rootless: parse error", false),
        (["--cgroup-manager=x", "state", "x"], 1, "unknown cgroup manager specified x", false),
    ] as [([String], Int32, String, Bool)])
    func failures(arguments: [String], code: Int32, message: String, printsHelp: Bool) throws {
        try Self.withDirectory { directory in
            let log = directory.appendingPathComponent("log.json")
            let outcome = try Self.veloci(["--log", log.path, "--log-format", "json"] + arguments, directory: directory)
            let expected = message.replacing("PROGRAM", with: Self.executable.path)
            #expect(outcome.code == code)
            #expect(outcome.output.hasPrefix("Incorrect Usage") == printsHelp)
            #expect(outcome.output.isEmpty == !printsHelp)
            // Where the global flags make no sense, they are not followed either.
            if arguments.first == "--bad" || arguments.first == "--log-format=xml" {
                #expect(outcome.errors.hasSuffix("level=error msg=\(Quoted.logValue(expected))\n"))
                return
            }
            #expect(outcome.errors == expected + "\n")
            let lines = try String(contentsOf: log, encoding: .utf8).split(separator: "\n")
            #expect(lines.count == 1)
            #expect(try Self.message(try #require(lines.last)) == expected)
        }
    }

    @Test(arguments: [
        ("stat", "state"), ("delte", "delete"), ("strat", "start"), ("craete", "create"), ("RUN", "run"), ("lst", "list"),
        ("nonsense", nil), ("x", nil), (String(repeating: "start", count: 1000), nil),
    ] as [(String, String?)])
    func aWordThatIsNoCommandIsToldTheNearest(word: String, command: String?) {
        #expect(Subcommands.nearest(word) == command)
    }

    @Test func failureWithoutLogIsALine() throws {
        let outcome = try Self.veloci(["nonsense"])
        #expect(outcome.errors.hasPrefix("time=\"2"))
        #expect(outcome.errors.hasSuffix("Z\" level=error msg=\"No help topic for 'nonsense'\"\n"))
    }

    @Test func logThatCannotBeOpened() throws {
        let outcome = try Self.veloci(["--log", "/nonexistent/log", "features"])
        #expect(outcome.code == 1 && outcome.output.isEmpty)
        #expect(outcome.errors.contains("open /nonexistent/log: no such file or directory"))
    }

    @Test func spec() throws {
        try Self.withDirectory { directory in
            for arguments in [["spec"], ["spec", "--rootless"], ["spec", "--bundle", directory.path]] {
                let outcome = try Self.veloci(arguments, directory: directory)
                #expect(outcome.code == 0 && outcome.output.isEmpty && outcome.errors.isEmpty)
                let file = directory.appendingPathComponent("config.json")
                let (spec, diagnostics) = Spec.check([UInt8](try Data(contentsOf: file)))
                #expect(diagnostics.isEmpty, "\(diagnostics)")
                #expect(spec?.linux?.hasNamespace(.user) == arguments.contains("--rootless"))
                // RUNC: tools add one themselves where version 1 is mounted, and say it twice if it is there.
                let isUnified = FileManager.default.fileExists(atPath: "/sys/fs/cgroup/cgroup.controllers")
                #expect(spec?.linux?.hasNamespace(.cgroup) == isUnified)
                let again = try Self.veloci(arguments, directory: directory)
                #expect(again.code == 1)
                #expect(again.errors.contains("config.json exists. Remove it first"))
                try FileManager.default.removeItem(at: file)
            }
        }
    }

    @Test func check() throws {
        try Self.withDirectory { directory in
            #expect(try Self.veloci(["check"], directory: directory).errors.contains("config.json not found"))
            _ = try Self.veloci(["spec"], directory: directory)
            let good = try Self.veloci(["check", "--document-only", "-b", directory.path])
            #expect(good.code == 0 && good.output.isEmpty && good.errors.isEmpty)
            try #"{"ociVersion": "1.0.0", "root": {"path": "x"}, "process": {"cwd": "rel", "args": ["sh"]}}"#.write(
                to: directory.appendingPathComponent("config.json"), atomically: true, encoding: .utf8)
            let bad = try Self.veloci(["check"], directory: directory)
            #expect(bad.code == 1)
            #expect(bad.output.contains("config.json:1:67: error: process.cwd: "))
            #expect(bad.errors.contains("violation"))
            try "{\n  nonsense".write(
                to: directory.appendingPathComponent("config.json"), atomically: true, encoding: .utf8)
            #expect(try Self.veloci(["check"], directory: directory).output.hasPrefix("config.json:2:3: error: "))
            let other = try Self.veloci(["check", "--document-only", "config.json", directory.path + "/config.json"], directory: directory)
            #expect(other.code == 1 && other.errors.contains("config.json, \(directory.path)/config.json: "), "\(other.errors)")
            // What the planner refuses is listed as a whole too, though it stops at the first.
            try #"""
                {"ociVersion": "1.0.0", "root": {"path": "."}, "process": {"user": {"uid": 0, "gid": 0}, "cwd": "/", "args": ["sh"]},
                "mounts": [{"destination": "/a", "source": "/", "type": "bind", "options": ["bind", "size=1"]},
                {"destination": "/proc", "type": "tmpfs"}, {"destination": "/b", "options": ["remount", "size=1"]}],
                "linux": {"namespaces": [{"type": "mount"}, {"type": "uts", "path": "/etc/passwd"}]}}
                """#.write(to: directory.appendingPathComponent("config.json"), atomically: true, encoding: .utf8)
            let host = try Self.veloci(["check"], directory: directory)
            #expect(host.code == 2)
            let places = ["mounts[0].options", "mounts[1].destination", "mounts[2].options", "linux.namespaces[1].path"]
            for place in places {
                #expect(host.output.contains("host: \(place): "), "\(host.output)")
            }
            try #"{"ociVersion": "1.0.0", "root": {"path": "x"}, "process": {"cwd": "rel", "args": ["sh"]}}"#.write(
                to: directory.appendingPathComponent("config.json"), atomically: true, encoding: .utf8)
            let json = try JSONValue.decode(try Self.veloci(["check", "-f=json"], directory: directory).output)
            #expect(json.array?.contains { $0[JSONPath("path")!]?.string == "process.cwd" } == true)
        }
    }

    @Test func features() throws {
        let outcome = try Self.veloci(["features"])
        #expect(outcome.code == 0 && outcome.errors.isEmpty)
        let features = try Features.decode(outcome.output)
        #expect(features.ociVersionMin == "1.0.0" && features.ociVersionMax == "1.3.0")
        #expect(features.hooks?.count == 6)
        #expect(features.mountOptions == MountOptionTable.options.map(\.name).sorted())
        #expect(features.mountOptions?.contains("rro") == true)
        #expect(features.linux?.namespaces?.count == 8)
        #expect(features.linux?.capabilities?.count == 41)
        #expect(features.linux?.seccomp?.actions?.count == 9)
        #expect(features.linux?.seccomp?.operators?.count == 7)
        #expect(features.linux?.seccomp?.knownFlags?.count == 4)
        #expect((features.linux?.seccomp?.archs?.count ?? 0) >= 16)
    }

    @Test func rootOfAUser() throws {
        try Self.withDirectory { directory in
            let environment = ["XDG_RUNTIME_DIR": directory.path]
            let root = try GlobalOptions(FlagValues(), environment: { environment[$0] }).root
            #expect(root == (geteuid() == 0 ? "/run/veloci" : directory.path + "/veloci"))
            #expect(try GlobalOptions(FlagValues(), environment: { _ in nil }).root == "/run/veloci")
        }
    }
}
