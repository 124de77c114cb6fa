import Foundation
import RuntimeSpec
import Testing
import Veloci

@testable import VelociCommand

/// The lines that callers parse, byte for byte.
@Suite struct LogTests {
    /// A log that writes to files instead of standard error, at a fixed time.
    struct Fixture: ~Copyable {
        let directory: URL
        let log: Log
        private let descriptor: Int32

        init() throws {
            directory = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent(UUID().uuidString)
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            descriptor = open(directory.appendingPathComponent("stderr").path, O_CREAT | O_RDWR, 0o600)
            log = Log(standardError: descriptor, now: { LogTests.time })
        }

        deinit {
            close(descriptor)
            try? FileManager.default.removeItem(at: directory)
        }

        var logPath: String { directory.appendingPathComponent("log").path }
        var standardError: String { text("stderr") }
        var file: String { text("log") }

        private func text(_ name: String) -> String {
            (try? String(contentsOf: directory.appendingPathComponent(name), encoding: .utf8)) ?? ""
        }
    }

    static let time = "2026-11-21T09:37:20Z"

    @Test func textWithoutFile() throws {
        let fixture = try Fixture()
        fixture.log.level = .debug
        fixture.log.warning("one")
        fixture.log.error("container \"x\" does not exist", hint: "try again")
        #expect(
            fixture.standardError == """
                time="\(Self.time)" level=warning msg=one
                time="\(Self.time)" level=error msg="container \\"x\\" does not exist" hint="try again"

                """)
    }

    /// Names of files, of programs and of keys come from images and containers, and a terminal would obey.
    /// Words of the container's process stand alone where its output goes, and nowhere else.
    @Test func bareWords() throws {
        let words = "exec /run.sh: exec format error (process.args)"
        let fixture = try Fixture()
        let json = try Fixture()
        let kept = try Fixture()
        fixture.log.error(words, isBare: true)
        #expect(fixture.standardError == words + "\n")
        json.log.format = .json
        json.log.error(words, isBare: true)
        #expect(json.standardError.hasPrefix("{") && json.standardError.contains(words))
        try kept.log.open(kept.logPath)
        kept.log.error(words, isBare: true)
        #expect(kept.standardError == words + "\n" && kept.file.contains("level=error msg=\"\(words)\""))
    }

    @Test func whatIsSaidBare() {
        let path = JSONPath([.member("process"), .member("args")])
        let refused = CommandFailure(Failure(.program, "exec /run.sh: exec format error", path: path), "run failed: ")
        #expect(refused.message == "exec /run.sh: exec format error (process.args)" && refused.isBare)
        let missing = CommandFailure(Failure(.program, "exec: \"x\": not found", path: path), "run failed: ")
        #expect(missing.message == "run failed: process.args: exec: \"x\": not found" && !missing.isBare)
    }

    @Test func nothingForTheTerminalToObey() throws {
        let fixture = try Fixture()
        try fixture.log.open(fixture.logPath)
        fixture.log.error("exec \u{1b}[2J \u{9b}31m \u{202e}txt\r\n\t\u{7f} ü \u{0}")
        #expect(fixture.standardError == "exec \\x1b[2J \\u009b31m \\u202etxt\\r\\n\t\\x7f ü \\x00\n")
        #expect(fixture.file.contains("exec \\x1b[2J \\u009b31m \\u202etxt\\r\\n\\t\\x7f ü"))
        #expect(fixture.file.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x0a })
    }

    @Test func textWithFile() throws {
        let fixture = try Fixture()
        try fixture.log.open(fixture.logPath)
        fixture.log.error("container does not exist")
        #expect(fixture.file == "time=\"\(Self.time)\" level=error msg=\"container does not exist\"\n")
        #expect(fixture.standardError == "container does not exist\n")
    }

    /// podman parses the whole file as one object.
    @Test func jsonFailureIsOneLine() throws {
        let fixture = try Fixture()
        fixture.log.format = .json
        try fixture.log.open(fixture.logPath)
        fixture.log.warning("first")
        fixture.log.warning("second")
        fixture.log.error("mkdir \"/x\":\tno", hint: "look")
        let line =
            #"{"level":"error","msg":"mkdir \"/x\":\tno","time":""# + Self.time
            + #"","hint":"look","warnings":["first","second"]}"#
        #expect(fixture.file == line + "\n")
        #expect(fixture.standardError == "mkdir \"/x\":\tno\n")
        fixture.log.flush()
        #expect(fixture.file == line + "\n")
    }

    @Test func jsonWarningsOfASuccess() throws {
        let fixture = try Fixture()
        fixture.log.format = .json
        try fixture.log.open(fixture.logPath)
        fixture.log.warning("first")
        #expect(fixture.file.isEmpty)
        fixture.log.flush()
        fixture.log.flush()
        #expect(fixture.standardError.isEmpty)
        #expect(fixture.file == "{\"level\":\"warning\",\"msg\":\"first\",\"time\":\"\(Self.time)\"}\n")
    }

    @Test func peopleGetAShortForm() throws {
        let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        defer { close(terminal) }
        var (number, locked) = (UInt32(0), Int32(0))
        // TIOCSPTLCK and TIOCGPTN, which Glibc does not import.
        try #require(ioctl(terminal, 0x4004_5431, &locked) == 0 && ioctl(terminal, 0x8004_5430, &number) == 0)
        let slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
        defer { close(slave) }
        let log = Log(standardError: slave, now: { "1970-01-01T00:00:00Z" })
        log.error("it failed", hint: "do this")
        log.format = .json
        log.error("again")
        var bytes = [UInt8](repeating: 0, count: 4096)
        var text = ""
        while !text.contains("}") {
            let count = read(terminal, &bytes, bytes.count)
            try #require(count > 0)
            text += String(decoding: bytes.prefix(count), as: UTF8.self)
        }
        let lines = text.replacing("\r\n", with: "\n").split(separator: "\n")
        #expect(lines.first == "veloci: it failed" && lines.dropFirst().first == "  hint: do this")
        #expect(lines.last == "{\"level\":\"error\",\"msg\":\"again\",\"time\":\"1970-01-01T00:00:00Z\"}")
    }

    /// It is the container's standard error by then.
    @Test func warningsAreNotForStandardError() throws {
        let fixture = try Fixture()
        fixture.log.warning("dropped")
        fixture.log.flush()
        fixture.log.warning("dropped")
        fixture.log.error("kept")
        #expect(fixture.standardError == "time=\"\(Self.time)\" level=error msg=kept\n")
    }

    @Test func warningsAreShownToWhoAsks() throws {
        let fixture = try Fixture()
        fixture.log.level = .debug
        fixture.log.warning("odd")
        fixture.log.flush()
        #expect(fixture.standardError == "time=\"\(Self.time)\" level=warning msg=odd\n")
    }

    @Test func levels() throws {
        let fixture = try Fixture()
        fixture.log.debug("hidden")
        fixture.log.level = .debug
        fixture.log.debug("shown")
        fixture.log.level = .error
        fixture.log.warning("hidden")
        fixture.log.flush()
        #expect(fixture.standardError == "time=\"\(Self.time)\" level=debug msg=shown\n")
    }

    @Test func fileIsAppendedTo() throws {
        let fixture = try Fixture()
        try "before\n".write(toFile: fixture.logPath, atomically: false, encoding: .utf8)
        try fixture.log.open(fixture.logPath)
        fixture.log.error("after")
        #expect(fixture.file == "before\ntime=\"\(Self.time)\" level=error msg=after\n")
    }

    @Test(arguments: [
        ("plain-word_1./@^+", "plain-word_1./@^+"), ("two words", "\"two words\""), ("", "\"\""),
        ("a=\"b\"\\\n\t\r", #""a=\"b\"\\\n\t\r""#), ("\u{1}ü", "\"\\x01ü\""),
    ])
    func quoting(text: String, expected: String) { #expect(Quoted.logValue(text) == expected) }
}
