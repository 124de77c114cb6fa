import Foundation
import RuntimeSpec
import Testing

@testable import VelociCommand

/// The lifecycle commands where no container exists, so that no privilege is needed: codes and words that callers know.
@Suite struct LifecycleTests {
    private static func veloci(_ arguments: [String], _ directory: URL) throws -> ProgramTests.Outcome {
        try ProgramTests.veloci(
            ["--root", directory.appendingPathComponent("root").path, "--log", directory.appendingPathComponent("log").path]
                + arguments, directory: directory)
    }

    @Test(arguments: [
        (["state", "web"], 1, "container does not exist"), (["start", "web"], 1, "container does not exist"),
        (["kill", "web"], 1, "container does not exist: there is no "), (["kill", "web", "9"], 1, "container does not exist"),
        (["delete", "web"], 1, "container does not exist"), (["pause", "web"], 1, "container does not exist"),
        (["resume", "web"], 1, "container does not exist"), (["ps", "web"], 1, "container does not exist"),
        (["ps", "web", "-ef"], 1, "container does not exist"), (["ps", "--format=json", "web"], 1, "container does not exist"),
        (["update", "--memory", "1g", "web"], 1, "container does not exist"),
        (["update", "--resources", "/nonexistent", "web"], 1, "open /nonexistent: no such file or directory"),
        (["update", "--cpu-period", "ten", "web"], 1, "invalid value for cpu-period: \"ten\""),
        (["events", "web"], 1, "container does not exist"), (["events", "--stats", "web"], 1, "container does not exist"),
        (["events", "--interval", "0", "web"], 1, "duration interval must be greater than 0"),
        (["events", "--interval=-1s", "web"], 1, "duration interval must be greater than 0"),
        (["events", "--pressure=high", "web"], 1, "invalid value \"high\" for flag -pressure: low, medium or critical"),
        (["exec", "web", "sh", "-c", "true"], 255, "exec failed: container does not exist"),
        // An id may begin with a dash where nothing behind `--` is taken for a flag.
        (["state", "--", "-x"], 1, "container does not exist"), (["kill", "--", "-x", "9"], 1, "container does not exist"),
        (["state", "a/b"], 1, "invalid container ID format"), (["state", ".."], 1, "invalid container ID format"),
        (["create", "web"], 1, "create failed: JSON specification file config.json not found"),
        (["run", "web"], 1, "run failed: JSON specification file config.json not found"),
        (["run", "--console-socket=/s", "web"], 1, "cannot use console socket if veloci will not detach or allocate tty"),
        (["create", "--preserve-fds", "-1", "web"], 1, "invalid value \"-1\" for flag -preserve-fds"),
        (["kill", "--regex", "x(", "9"], 1, "invalid regular expression \"x(\": "),
        (["delete", "-r", "x[", "--force"], 1, "invalid regular expression \"x[\": "),
        (["plan"], 1, "JSON specification file config.json not found"),
        (["plan", "--process", "/nonexistent", "web"], 1, "open /nonexistent: no such file or directory"),
        (["exec", "--process", "/nonexistent", "web"], 255, "exec failed: open /nonexistent: no such file or directory"),
    ] as [([String], Int32, String)])
    func failures(arguments: [String], code: Int32, message: String) throws {
        try ProgramTests.withDirectory { directory in
            let outcome = try Self.veloci(arguments, directory)
            #expect(outcome.code == code)
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.contains(message), "\(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1)
        }
    }

    @Test func deleteOfNothingByForce() throws {
        try ProgramTests.withDirectory { directory in
            let outcome = try Self.veloci(["delete", "--force", "web"], directory)
            #expect(outcome.code == 0 && outcome.output.isEmpty && outcome.errors.isEmpty)
        }
    }

    @Test func listOfNothing() throws {
        try ProgramTests.withDirectory { directory in
            let missing = try Self.veloci(["list"], directory)
            #expect(missing.code == 1)
            #expect(missing.errors == "open \(directory.path)/root: no such file or directory\n")
            try FileManager.default.createDirectory(
                at: directory.appendingPathComponent("root"), withIntermediateDirectories: false)
            #expect(try Self.veloci(["list"], directory).output == StateList.table([]))
            #expect(try Self.veloci(["list", "-f", "json"], directory).output == "null\n")
            #expect(try Self.veloci(["list", "--quiet"], directory).output.isEmpty)
            #expect(try Self.veloci(["list", "--format=yaml"], directory).errors == "invalid format option\n")
        }
    }

    /// What wants a terminal and has nobody to carry it.
    @Test func terminalsNeedSomebody() throws {
        try ProgramTests.withDirectory { directory in
            _ = try Self.veloci(["spec"], directory)
            for arguments in [["create", "web"], ["run", "-d", "web"]] {
                let outcome = try Self.veloci(arguments, directory)
                #expect(outcome.code == 1)
                #expect(outcome.errors.contains("cannot allocate tty if veloci will detach without setting console socket"))
            }
        }
    }

    @Test func plan() throws {
        try ProgramTests.withDirectory { directory in
            _ = try Self.veloci(["spec"], directory)
            try FileManager.default.createDirectory(
                at: directory.appendingPathComponent("rootfs"), withIntermediateDirectories: false)
            let refusal = try Self.veloci(["plan"], directory)
            #expect(refusal.code == 1 && refusal.output.isEmpty)
            #expect(refusal.errors.contains("cannot allocate tty if veloci will detach without setting console socket"))
            let sent = try Self.veloci(["plan", "--console-socket", "/run/console"], directory)
            #expect(sent.output.contains("connect to the console socket /run/console"))
            let text = try Self.veloci(["plan", "--run"], directory)
            #expect(text.code == 0 && text.errors.isEmpty)
            #expect(text.output.hasPrefix("on the host\n"))
            #expect(text.output.contains("  # mounts[0]\n") && text.output.contains("  # process.cwd\n"))
            let json = try JSONValue.decode(try Self.veloci(["plan", "--run", "-f", "json"], directory).output)
            let steps = try #require(json[JSONPath("steps")!]?.array)
            let lines = text.output.split(separator: "\n").filter { $0.hasPrefix(" ") }
            #expect(steps.count == lines.count && steps.count > 30)
            let numbers = steps.compactMap { $0[JSONPath("step")!]?.number?.integer(as: Int64.self) }
            #expect(numbers == numbers.indices.map { Int64($0 + 1) } && numbers.count > 30)
            #expect(steps.contains { $0[JSONPath("path")!]?.string == "mounts[0]" })
            #expect(try Self.veloci(["plan", "--run", "--format", "xml"], directory).errors == "invalid format option\n")
            #expect(!FileManager.default.fileExists(atPath: directory.appendingPathComponent("root").path))
        }
    }
}
