extension Subcommand {
    static let state = Subcommand(
        name: "state", summary: "print a container's state, as JSON", arguments: containerID,
        arity: .exactly(1), run: Lifecycle.state)
}
