import Testing

@testable import VelociCommand

/// Every flag that callers of runc may pass, by command.
@Suite struct FlagTableTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let command: String
        let bools: [String]
        let values: [String]
        var testDescription: String { command }
    }

    static let rows = [
        Row(
            command: "create", bools: ["--no-pivot", "--no-new-keyring", "--detach", "--no-subreaper"],
            values: [
                "--bundle /b", "-b /b", "--console-socket /s", "--pidfd-socket /s", "--pid-file /p", "--preserve-fds 3",
            ]),
        Row(
            command: "run",
            bools: ["--no-pivot", "--no-new-keyring", "--detach", "-d", "--keep", "--no-subreaper"],
            values: [
                "--bundle /b", "-b /b", "--console-socket /s", "--pidfd-socket /s", "--pid-file /p", "--preserve-fds 3",
            ]),
        Row(
            command: "checkpoint",
            bools: [
                "--leave-running", "--tcp-established", "--tcp-skip-in-flight", "--tcp-close", "--link-remap", "--ext-unix-sk",
                "--shell-job", "--lazy-pages", "--file-locks", "--pre-dump", "--auto-dedup",
            ],
            values: [
                "--image-path /i", "--work-path /w", "--parent-path ../p", "--status-fd 3", "--page-server 127.0.0.1:27000",
                "--manage-cgroups-mode soft", "--empty-ns network", "--network-lock nftables",
            ]),
        Row(
            command: "restore",
            bools: [
                "--tcp-established", "--tcp-close", "--ext-unix-sk", "--shell-job", "--file-locks", "--detach", "-d", "--keep",
                "--no-subreaper", "--no-pivot", "--auto-dedup", "--lazy-pages",
            ],
            values: [
                "--bundle /b", "-b /b", "--console-socket /s", "--image-path /i", "--work-path /w", "--manage-cgroups-mode full",
                "--pid-file /p", "--empty-ns network", "--lsm-profile apparmor:p", "--lsm-mount-context c", "--network-lock skip",
            ]),
        Row(command: "start", bools: [], values: []),
        Row(command: "state", bools: [], values: []),
        Row(command: "kill", bools: ["--all", "-a"], values: []),
        Row(command: "delete", bools: ["--force", "-f"], values: []),
        Row(
            command: "exec", bools: ["--tty", "-t", "--detach", "-d", "--no-new-privs", "--ignore-paused"],
            values: [
                "--console-socket /s", "--pidfd-socket /s", "--cwd /", "--env A=1", "-e A=1", "--user 1:2", "-u 1",
                "--additional-gids 5", "-g 5", "--process /p", "-p /p", "--pid-file /p", "--process-label l",
                "--apparmor a", "--cap CAP_KILL", "-c CAP_KILL", "--preserve-fds 2", "--cgroup cpu,cpuacct:x",
            ]),
        Row(command: "events", bools: ["--stats"], values: ["--interval 1m30s", "--pressure low"]),
        Row(
            command: "update", bools: [],
            values: [
                "--resources -", "-r /f", "--blkio-weight 100", "--cpu-period 1", "--cpu-quota -1", "--cpu-burst 1",
                "--cpu-share 2", "--cpu-rt-period 1", "--cpu-rt-runtime 1", "--cpuset-cpus 0-1", "--cpuset-mems 0",
                "--cpu-idle 1", "--memory 1g", "--memory-reservation 1m", "--memory-swap -1", "--pids-limit 5",
                "--l3-cache-schema L3:0=f", "--mem-bw-schema MB:0=20", "--kernel-memory 1", "--kernel-memory-tcp 1",
            ]),
        Row(command: "mounts", bools: [], values: []),
        Row(command: "pause", bools: [], values: []), Row(command: "resume", bools: [], values: []),
        Row(command: "ps", bools: [], values: ["--format json", "-f json"]),
        Row(command: "list", bools: ["--quiet", "-q"], values: ["--format json", "-f json"]),
        Row(command: "spec", bools: ["--rootless"], values: ["--bundle /b", "-b /b"]),
        Row(command: "features", bools: [], values: []),
        Row(
            command: "plan", bools: [],
            values: ["--bundle /b", "-b /b", "--format json", "-f json", "--process /p", "-p /p"]),
        Row(command: "check", bools: [], values: ["--bundle /b", "-b /b", "--format json", "-f json"]),
    ]

    @Test(arguments: rows)
    func accepted(row: Row) throws {
        let command = try #require(Subcommands.named(row.command))
        let parser = CommandLineParser(
            flags: command.flags, globalFlags: GlobalOptions.flags, argumentLimit: command.argumentLimit)
        let texts = row.bools + row.values.flatMap { $0.split(separator: " ").map(String.init) } + ["id"]
        let result = try parser.parse(texts)
        #expect(result.arguments == ["id"])
        #expect(result.flags.entries.count == row.bools.count + row.values.count)
        #expect(result.globalFlags.entries.isEmpty)
        // The same with "=", and with one dash for the long names.
        for value in row.values {
            let joined = value.replacing(" ", with: "=")
            #expect(try parser.parse([joined, "id"]).flags.entries.count == 1, "\(joined)")
            #expect(try parser.parse(["-" + joined.drop { $0 == "-" }, "id"]).flags.entries.count == 1, "\(joined)")
        }
    }

    @Test func globalFlags() throws {
        let texts = [
            "--debug", "--log", "/l", "--log-format", "json", "--root", "/r", "--root", "/r", "--systemd-cgroup",
            "--systemd-cgroup", "--rootless", "auto", "--cgroup-manager", "systemd", "--log-level=debug", "--trace", "-", "--criu", "/c", "state", "id",
        ]
        let result = try CommandLineParser(flags: GlobalOptions.flags, argumentLimit: 1).parse(texts)
        #expect(result.arguments == ["state", "id"])
        #expect(result.flags.entries.count == 12)
    }

    /// Every command is in the table under its name, its flags are distinct, and its help names them.
    @Test func tablesAreSound() {
        let commands = Subcommands.all()
        #expect(commands.map(\.name) == commands.map(\.name).sorted())
        for command in commands {
            #expect(Subcommands.named(command.name)?.name == command.name)
            #expect(Self.rows.contains { $0.command == command.name }, "\(command.name) has no row here")
            let names = command.flags.flatMap { [$0.name] + ($0.letter.map { [$0] } ?? []) } + ["help", "h"]
            #expect(Set(names).count == names.count, "\(command.name)")
            let help = Help.command("veloci", command)
            for flag in command.flags { #expect(help.contains("--\(flag.name)") != flag.isHidden, "\(flag.name)") }
        }
    }

    @Test func helpOfOneCommand() {
        #expect(
            Help.command("veloci", Subcommand.delete) == """
                NAME:
                   veloci delete - remove what a stopped container has left

                USAGE:
                   veloci delete [options] <container-id>

                DESCRIPTION:
                   Removes the container's control group and state. A created container is killed first.

                OPTIONS:
                   --force, -f   kill a running container first; an id that does not exist is no error
                   --regex, -r   take the id for an extended regular expression: all containers that match it in some place
                   --help, -h    print this help

                """)
    }
}
