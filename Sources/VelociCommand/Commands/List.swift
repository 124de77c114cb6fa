extension Subcommand {
    static let list = Subcommand(
        name: "list", summary: "list the containers below the root directory",
        flags: [.format, Flag("quiet", "q", .bool, "print only ids")],
        arity: .exactly(0), run: Lifecycle.list)
}
