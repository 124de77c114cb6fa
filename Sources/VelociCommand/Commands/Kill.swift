extension Subcommand {
    static let kill = Subcommand(
        name: "kill", summary: "send a signal to a container's first process",
        arguments: "<container-id> [signal]",
        explanation: """
            The signal is a number or a name, in any case and with or without SIG. It is TERM when none is given.
            """,
        flags: [
            // RUNC: obsolete; what is left of it is that a stopped container is no error.
            Flag("all", "a", .bool, "")
        ],
        arity: .between(1, 2), argumentLimit: 1, run: Lifecycle.kill)
}
