import Testing

@testable import VelociCommand

/// Go's flag syntax as runc's callers use it.
@Suite struct CommandLineParserTests {
    static let flags = [
        Flag("bundle", "b", .text, "a text"), Flag("force", "f", .bool, "a bool"),
        Flag("preserve-fds", .integer, "an integer"), Flag("env", "e", .texts, "texts"),
        Flag("additional-gids", "g", .integers, "integers"), Flag("interval", .duration, "a duration"),
    ]

    static func parse(
        _ texts: [String], limit: Int? = nil
    ) throws(CommandLineParser.UsageError) -> CommandLineParser.Result {
        try CommandLineParser(flags: flags, globalFlags: GlobalOptions.flags, argumentLimit: limit).parse(texts)
    }

    @Test(arguments: [
        ["--bundle", "/b", "id"], ["-bundle", "/b", "id"], ["--bundle=/b", "id"], ["-bundle=/b", "id"], ["-b", "/b", "id"],
        ["-b=/b", "id"], ["--b", "/b", "id"], ["id", "--bundle", "/b"], ["--bundle", "/a", "--bundle=/b", "id"],
        ["--bundle", "/b", "--", "id"],
    ])
    func spellings(texts: [String]) throws {
        let result = try Self.parse(texts)
        #expect(result.flags.text(.bundle) == "/b")
        #expect(result.arguments == ["id"])
    }

    @Test(arguments: [
        (["--force"], true), (["-f"], true), (["--force=true"], true), (["--force=false"], false), (["--force=0"], false),
        (["--force", "--force=F"], false), (["--force="], true), ([], false),
    ])
    func bools(texts: [String], expected: Bool) throws {
        #expect(try Self.parse(texts).flags.bool(.force) == expected)
    }

    @Test func values() throws {
        let flags = try Self.parse([
            "-e", "A=1", "--env=B=2,3", "--env", "--bundle", "-g", "5", "-g=0x10", "--preserve-fds", "2", "--interval=1m30s",
            "--bundle=",
        ]).flags
        #expect(flags.texts(.environment) == ["A=1", "B=2,3", "--bundle"])
        #expect(flags.integers(.additionalGroups) == [5, 16])
        #expect(flags.integer(.preserveDescriptors) == 2)
        #expect(flags.duration(.interval) == 90_000_000_000)
        #expect(flags.text(.bundle).isEmpty && flags.isSet(.bundle))
        #expect(flags.integer(.pidsLimit) == nil && flags.text(.pidFile).isEmpty && !flags.isSet(.pidFile))
    }

    @Test(arguments: [
        (["id", "ls", "-l", "--bundle", "x"], 1, ["id", "ls", "-l", "--bundle", "x"]),
        (["--bundle", "x", "id", "--", "-f"], 1, ["id", "-f"]), (["id", "-9"], 1, ["id", "-9"]),
        (["id", "-9", "--force"], nil, ["id", "-9", "--force"]), (["-", "id"], nil, ["-", "id"]), (["", "x"], nil, ["", "x"]),
        (["a", "--", "--force", "--"], nil, ["a", "--force", "--"]),
    ] as [([String], Int?, [String])])
    func arguments(texts: [String], limit: Int?, expected: [String]) throws {
        let result = try Self.parse(texts, limit: limit)
        #expect(result.arguments == expected)
        #expect(!result.flags.bool(.force))
    }

    @Test func globalFlagsAreKeptApart() throws {
        let result = try Self.parse(["id", "--root", "/r", "--debug", "--force"])
        #expect(result.globalFlags.text(.root) == "/r" && result.globalFlags.bool(.debug))
        #expect(!result.flags.isSet(.root) && result.flags.bool(.force))
    }

    @Test(arguments: [
        (["--bad"], "flag provided but not defined: -bad"), (["-bad=1"], "flag provided but not defined: -bad"),
        (["-fb"], "flag provided but not defined: -fb"), (["--bundle"], "flag needs an argument: --bundle"),
        (["id", "-b"], "flag needs an argument: -b"),
        (["--preserve-fds", "x"], "invalid value \"x\" for flag -preserve-fds: parse error"),
        (["--preserve-fds="], "invalid value \"\" for flag -preserve-fds: parse error"),
        (["--force=maybe"], "invalid value \"maybe\" for flag -force: parse error"),
        (["-g", "1,2"], "invalid value \"1,2\" for flag -g: parse error"),
        (["--interval", "5"], "invalid value \"5\" for flag -interval: parse error"),
        (["---force"], "flag provided but not defined: --force"),
    ])
    func errors(texts: [String], message: String) {
        let error = #expect(throws: CommandLineParser.UsageError.self) { try Self.parse(texts) }
        #expect(error?.message == message)
        #expect(error?.wantsHelp == false)
    }

    @Test func helpExcusesWhatFollows() throws {
        #expect(try Self.parse(["--help"]).wantsHelp)
        #expect(try Self.parse(["id", "-h"]).wantsHelp)
        #expect(try Self.parse(["id", "-h"], limit: 1).arguments == ["id", "-h"])
        let error = #expect(throws: CommandLineParser.UsageError.self) { try Self.parse(["--help", "--bad"]) }
        #expect(error?.wantsHelp == true)
    }

    @Test(arguments: [
        ("0", 0), ("10", 10), ("-10", -10), ("+7", 7), ("0x1f", 31), ("0o17", 15), ("017", 15), ("0b101", 5), ("", nil),
        ("x", nil), ("1.5", nil), ("--1", nil), ("0x", nil), ("08", nil), ("9223372036854775808", nil), ("1 ", nil),
    ] as [(String, Int?)])
    func integers(text: String, expected: Int?) { #expect(FlagText.integer(text) == expected) }

    @Test(arguments: [
        ("5s", 5_000_000_000), ("1.5h", 5_400_000_000_000), ("1m30s", 90_000_000_000), ("100ms", 100_000_000),
        ("2us", 2000), ("3µs", 3000), ("0", 0), ("-1s", -1_000_000_000), ("", nil), ("s", nil), ("5", nil), ("5x", nil),
        (".s", nil), ("1s2", nil),
    ] as [(String, Int?)])
    func durations(text: String, expected: Int?) { #expect(FlagText.duration(text) == expected) }
}
