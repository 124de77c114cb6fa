import Foundation
import Testing

/// Runs `veloci-torture` once for each test. They share the machine's control groups and measure what is left, so one
/// runs at a time.
@Suite(
    .serialized, .enabled(if: geteuid() == 0, "containers with all namespaces, devices and control groups need root"))
struct Torture {
    /// The programs lie beside the test bundle; every build makes them.
    static let programs = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()

    static func run(_ arguments: [String]) throws {
        let process = Foundation.Process()
        process.executableURL = programs.appendingPathComponent("veloci-torture")
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let lines = text.split(separator: "\n").map(String.init)
        for line in lines where line.hasPrefix("PROBLEM ") { Issue.record(Comment(rawValue: String(line.dropFirst(8)))) }
        #expect(process.terminationStatus == 0, Comment(rawValue: lines.suffix(5).joined(separator: "\n")))
        print(arguments.joined(separator: " ") + ": " + (lines.last ?? "no output"))
    }

    /// With VELOCI_TORTURE=full each bundle with each command, each record, each system call; otherwise less than three minutes.
    static let isFull = ProcessInfo.processInfo.environment["VELOCI_TORTURE"] == "full"

    static let stepRuns: [(variant: String, command: String)] =
        isFull
        ? ["plain", "mapped", "joined", "bare", "hosted"].flatMap { variant in ["create", "run", "exec"].map { (variant, $0) } }
        : [("plain", "create"), ("plain", "exec"), ("mapped", "run"), ("mapped", "exec"), ("joined", "create"), ("bare", "run"), ("hosted", "create")]

    @Test("Every step fails once", arguments: stepRuns)
    func steps(variant: String, command: String) throws {
        try Self.run(["steps", variant, command])
    }

    @Test("Killed at any system call", arguments: ["create", "start", "kill", "delete", "exec"])
    func kills(command: String) throws {
        try Self.run(["kills", command])
    }

    @Test("Any system call is refused", arguments: ["create", "start", "kill", "delete", "exec"])
    func refused(command: String) throws {
        try Self.run(["refused", command])
    }

    /// The same each time; other seeds are tried by `make torture`.
    @Test("What a seed decides") func random() throws {
        try Self.run(["random", Self.isFull ? "600" : "20", "1"])
    }

    @Test("Commands beside each other") func races() throws {
        try Self.run(["races"])
    }

    @Test("Attacks, with red controls") func attacks() throws {
        try Self.run(["attacks"])
    }

    @Test("Containers that look as if they had ended, and those that do not want to") func lifetimes() throws {
        try Self.run(["lifetimes"])
    }

    @Test("Streams that are devices of the host, with red controls") func streams() throws {
        try Self.run(["streams"])
    }

    @Test("Keyrings of the host and of other users, with red controls") func keys() throws {
        try Self.run(["keys", "all"])
    }

    @Test("What hooks, the waiting stage and programs have in hand") func authority() throws {
        try Self.run(["authority"])
    }

    @Test("Directories and devices that others change, with red controls") func exchanges() throws {
        try Self.run(["exchanges"])
    }

    @Test("State on full and tiny disks") func disks() throws {
        try Self.run(["disks"])
    }

    @Test("Configurations that this host cannot serve") func refusals() throws {
        try Self.run(["refusals"])
    }

    @Test("Odd and wrong arguments") func arguments() throws {
        try Self.run(["arguments"])
    }

    @Test("Damaged state, dead and frozen processes, groups in use") func damage() throws {
        try Self.run(["damage"])
    }
}
