extension Subcommand {
    static let start = Subcommand(
        name: "start", summary: "run the program of a created container", arguments: containerID,
        arity: .exactly(1), run: Lifecycle.start)
}
