extension Subcommand {
    static let plan = Subcommand(
        name: "plan", summary: "print what create would do, step by step, without doing it",
        arguments: "[container-id]",
        explanation: """
            Prints the kernel operations that make the bundle's container, in order, each with the place in config.json
            that asks for it. Needs no privileges and changes nothing.

            With --process, the plan of running that process in the container of that id.
            """,
        flags: [
            .bundle, Flag("process", "p", .text, "plan an exec of the process in this file"),
            Flag("format", "f", .text, standard: "text", "text or json"),
        ],
        arity: .between(0, 1), run: Lifecycle.plan)
}
