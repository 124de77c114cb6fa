import Glibc
import RuntimeSpec
import Testing

@testable import VelociCommand

/// What arguments and flags mean: signals, exec's overrides, update's limits, paths.
@Suite struct ArgumentMeaningTests {
    @Test(arguments: [
        ("TERM", 15), ("SIGTERM", 15), ("sigterm", 15), ("kill", 9), ("9", 9), ("0", 0), ("64", 64), ("SYS", 31),
        ("PWR", 30), ("IOT", 6), ("CLD", 17), ("POLL", 29), ("RTMIN", 34), ("sigrtmin+3", 37), ("RTMAX-1", 63), ("HUP", 1),
    ])
    func signals(text: String, expected: Int32) throws { #expect(try Signals.number(text) == expected) }

    @Test(arguments: ["", "65", "-9", "BADSIG", "RTMIN-1", "RTMIN+31", "SIG", "9x"])
    func unknownSignals(text: String) {
        #expect(throws: CommandFailure("unknown signal \"\(text)\"")) { try Signals.number(text) }
    }

    private func overrides(_ texts: [String]) throws -> ExecOverrides {
        let parsed = try CommandLineParser(flags: Subcommand.exec.flags, argumentLimit: 1).parse(texts)
        return try ExecOverrides(parsed.flags, parsed.arguments)
    }

    @Test func execOverridesEverything() throws {
        let own = Spec.Process(
            terminal: true, user: User(uid: 5, gid: 6, additionalGids: [7]), args: ["init"], env: ["A=1"], cwd: "/own",
            capabilities: Capabilities(bounding: ["CAP_KILL"], inheritable: []), noNewPrivileges: true)
        let changed = try overrides([
            "-e", "B=2", "-e", "C=3", "--cwd", "/new", "-u", "1:2", "-g", "8", "-c", "CAP_CHOWN", "-t",
            "--no-new-privs=false", "--apparmor", "p", "--process-label", "l", "id", "ls", "-l", "--env",
        ]).applied(to: own)
        var expected = own
        expected.args = ["ls", "-l", "--env"]
        expected.env = ["A=1", "B=2", "C=3"]
        expected.cwd = "/new"
        expected.user = User(uid: 1, gid: 2, additionalGids: [7, 8])
        expected.capabilities = Capabilities(
            effective: ["CAP_CHOWN"], bounding: ["CAP_KILL", "CAP_CHOWN"], inheritable: [], permitted: ["CAP_CHOWN"],
            ambient: ["CAP_CHOWN"])
        expected.noNewPrivileges = false
        expected.apparmorProfile = "p"
        expected.selinuxLabel = "l"
        #expect(changed == expected)
    }

    @Test func execKeepsWhatIsNotGiven() throws {
        let own = Spec.Process(terminal: true, user: User(uid: 5, gid: 6), args: ["init"], cwd: "/own", noNewPrivileges: true)
        var expected = own
        expected.args = ["id"]
        expected.terminal = false
        #expect(try overrides(["web", "id"]).applied(to: own) == expected)
        expected.user.uid = 9
        #expect(try overrides(["--user", "9", "web", "id"]).applied(to: own) == expected)
    }

    @Test(arguments: [
        (["web"], "exec args cannot be empty"), (["-u", "root", "web", "x"], "bad uid: \"root\" is not an id"),
        (["-u", "-0", "web", "x"], "bad uid: \"-0\" is not an id"), (["-u", "1:-2", "web", "x"], "bad gid: \"-2\" is not an id"),
        (["-u", "1:", "web", "x"], "bad gid: \"\" is not an id"),
        (["-g", "-1", "web", "x"], "additional-gids must be a positive number -1"),
    ])
    func execRefuses(texts: [String], message: String) {
        #expect(throws: CommandFailure(message)) { try overrides(texts) }
    }

    @Test func subgroups() throws {
        #expect(try SubgroupPaths.parse([]).isEmpty)
        #expect(try SubgroupPaths.parse(["/a"]).map { "\($0)=\($1)" } == ["=/a"])
        let several = try SubgroupPaths.parse(["cpu,cpuacct:/a", "memory:b:c"])
        #expect(several.map { "\($0)=\($1)" } == ["cpu=/a", "cpuacct=/a", "memory=b:c"])
    }

    @Test(arguments: [
        (["a", "b"], "invalid --cgroup argument: a (missing <controller>: prefix)"),
        ([":/a"], "invalid --cgroup argument: :/a (empty <controller> prefix)"),
        (["cpu,:/a"], "invalid --cgroup argument: cpu,:/a (empty <controller> prefix)"),
        (["cpu:/a", "cpu:/b"], "invalid --cgroup argument(s): controller cpu specified multiple times"),
    ])
    func subgroupsRefused(texts: [String], message: String) {
        #expect(throws: CommandFailure(message)) { try SubgroupPaths.parse(texts) }
    }

    private func resources(_ texts: [String]) throws -> Resources {
        try ResourceFlags.resources(CommandLineParser(flags: Subcommand.update.flags).parse(texts).flags)
    }

    @Test func limits() throws {
        #expect(try resources([]) == Resources())
        let all = try resources([
            "--blkio-weight", "500", "--cpu-period=100000", "--cpu-quota", "-1", "--cpu-burst", "5", "--cpu-share", "2",
            "--cpu-rt-period", "3", "--cpu-rt-runtime", "4", "--cpuset-cpus", "0-1", "--cpuset-mems", "0", "--cpu-idle", "1",
            "--memory", "512m", "--memory-reservation", "1k", "--memory-swap=-1", "--pids-limit", "10",
            "--kernel-memory", "1", "--kernel-memory-tcp", "1",
        ])
        let expected = Resources(
            memory: Memory(limit: 536_870_912, reservation: 1024, swap: -1),
            cpu: CPU(
                shares: 2, quota: -1, burst: 5, period: 100000, realtimeRuntime: 4, realtimePeriod: 3, cpus: "0-1",
                mems: "0", idle: 1),
            pids: Pids(limit: 10), blockIO: BlockIO(weight: 500))
        #expect(all == expected)
        #expect(try resources(["--memory", "-1"]).memory == Memory(limit: -1))
        #expect(throws: CommandFailure("invalid value for cpu-share: \"-2\"")) { try resources(["--cpu-share", "-2"]) }
        #expect(throws: CommandFailure("invalid value for memory: \"lots\"")) { try resources(["--memory", "lots"]) }
        #expect(throws: CommandFailure("invalid value for blkio-weight: \"70000\"")) {
            try resources(["--blkio-weight", "70000"])
        }
    }

    @Test(arguments: [
        ("0", 0), ("1024", 1024), ("1b", 1), ("1k", 1024), ("1K", 1024), ("1kb", 1024), ("1KiB", 1024), ("1.5g", 1_610_612_736),
        ("2 m", 2_097_152), ("1t", 1 << 40), ("1p", 1 << 50), ("", nil), ("k", nil), ("-5", nil), ("1x", nil), ("1kk", nil),
        ("1..5k", nil), (".5k", nil), ("99999p", nil),
    ] as [(String, Int64?)])
    func sizes(text: String, expected: Int64?) { #expect(ResourceFlags.bytes(text) == expected) }

    @Test func userNames() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nbroken\nweb:x:1000:1000::/home/web:\n"
        #expect(UserNames.name(1000, in: passwd) == "web")
        #expect(UserNames.name(1001, in: passwd) == nil)
        var names = UserNames()
        #expect(names.name(0) == "root")
        #expect(["#4294967294", "nobody"].contains(names.name(4_294_967_294)))
        #expect(names.name(0) == "root")
    }

    @Test func activationCountsOnlyForThisProcess() {
        let own = String(getpid())
        #expect(InheritedDescriptors.listening { ["LISTEN_PID": own, "LISTEN_FDS": "3"][$0] } == 3)
        #expect(InheritedDescriptors.listening { ["LISTEN_PID": "1", "LISTEN_FDS": "3"][$0] } == 0)
        #expect(InheritedDescriptors.listening { ["LISTEN_FDS": "3"][$0] } == 0)
        #expect(InheritedDescriptors.listening { ["LISTEN_PID": own, "LISTEN_FDS": "-1"][$0] } == 0)
    }

    @Test(arguments: [
        ("/run/x", "/run/x"), ("/run//x/./y/../z/", "/run/x/z"), ("/", "/"), ("/../..", "/"), ("/a/..", "/"),
    ])
    func absolutePaths(path: String, expected: String) throws { #expect(try GlobalOptions.absolute(path) == expected) }
}
