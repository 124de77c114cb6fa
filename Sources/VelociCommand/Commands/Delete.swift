extension Subcommand {
    static let delete = Subcommand(
        name: "delete", summary: "remove what a stopped container has left", arguments: containerID,
        explanation: """
            Removes the container's control group and state. A created container is killed first.
            """,
        flags: [Flag("force", "f", .bool, "kill a running container first; an id that does not exist is no error")],
        arity: .exactly(1), run: Lifecycle.delete)
}
