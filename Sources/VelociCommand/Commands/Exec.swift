extension Subcommand {
    static let exec = Subcommand(
        name: "exec", summary: "run another program in a container",
        arguments: "<container-id> <command> [argument ...] | --process FILE <container-id>",
        explanation: """
            Runs the program with the settings of the container's own process, changed by the options, or with those of a
            file. The exit code is the program's, or 128 and the number of the signal that ended it; 255 when it could
            not be run.
            """,
        flags: [
            .consoleSocket, .pidfdSocket,
            Flag("cwd", .text, "the working directory inside the container"),
            Flag("env", "e", .texts, "set an environment variable: NAME=value"),
            Flag("tty", "t", .bool, "give it a terminal"),
            Flag("user", "u", .text, "run as this user: UID[:GID]"),
            Flag("additional-gids", "g", .integers, "add a group"),
            Flag("process", "p", .text, "read the process from this file, an object like config.json's process"),
            .detach, .pidFile,
            Flag("process-label", .text, "the SELinux label of the process"),
            Flag("apparmor", .text, "the AppArmor profile of the process"),
            Flag("no-new-privs", .bool, "forbid new privileges to it"),
            Flag("cap", "c", .texts, "add a capability"),
            .preserveDescriptors,
            Flag("cgroup", .texts, "run it in this control group below the container's: [CONTROLLER[,...]:]PATH"),
            Flag("ignore-paused", .bool, "do not refuse a paused container"),
        ],
        arity: .atLeast(1), argumentLimit: 1, run: ExecCommand.run)
}
