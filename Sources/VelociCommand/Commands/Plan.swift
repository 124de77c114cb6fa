extension Subcommand {
    static let plan = Subcommand(
        name: "plan", summary: "print what create, run or exec would do, step by step, without doing it",
        arguments: "[container-id]",
        explanation: """
            Prints the kernel operations that make the bundle's container, in order, each with the place in config.json
            that asks for it. Needs no privileges and changes nothing. It takes the flags of the command that it plans, and
            refuses what that refuses.

            With --run, the plan of run. With --process, of running that process in the container of that id.
            """,
        flags: [
            .bundle, Flag("run", .bool, "plan a run, which does not wait for start"),
            Flag("process", "p", .text, "plan an exec of the process in this file"), .consoleSocket, .pidfdSocket, .pidFile,
            .noPivot, .noNewKeyring, .preserveDescriptors, .detach,
            Flag("format", "f", .text, standard: "text", "text or json"),
        ],
        arity: .between(0, 1), run: Lifecycle.plan)
}
