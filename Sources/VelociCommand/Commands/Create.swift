extension Subcommand {
    static let create = Subcommand(
        name: "create", summary: "make a container from a bundle; its program waits for start",
        arguments: containerID,
        explanation: """
            Makes the container that config.json in the bundle describes, up to the point where its program would run. The
            id must be new on this host.
            """,
        flags: [
            .bundle, .consoleSocket, .pidfdSocket, .pidFile, .noPivot, .noNewKeyring, .preserveDescriptors, .noSubreaper,
            // go-runc passes it; create always returns once the container is made.
            Flag("detach", "d", .bool, ""),
        ],
        arity: .exactly(1), run: Lifecycle.create)
}
