extension Subcommand {
    static let run = Subcommand(
        name: "run", summary: "make a container from a bundle and run its program",
        arguments: containerID,
        explanation: """
            Makes the container, starts its program, waits for it and deletes the container. The exit code is the
            program's, or 128 and the number of the signal that ended it.
            """,
        flags: [
            .bundle, .consoleSocket, .pidfdSocket, .detach,
            Flag("keep", .bool, "keep the container when its program has ended"),
            .pidFile, .noSubreaper, .noPivot, .noNewKeyring, .preserveDescriptors,
        ],
        arity: .exactly(1), run: Lifecycle.run)
}
