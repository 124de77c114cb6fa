/// Every command of the program.
enum Subcommands {
    /// Names and what makes the command, in the order of `--help`. Only the one that is asked for is made.
    private static let table: [(name: String, make: @Sendable () -> Subcommand)] = [
        ("check", { .check }),
        ("create", { .create }),
        ("delete", { .delete }),
        ("events", { .events }),
        ("exec", { .exec }),
        ("features", { .features }),
        ("kill", { .kill }),
        ("list", { .list }),
        ("mounts", { .mounts }),
        ("pause", { .pause }),
        ("plan", { .plan }),
        ("ps", { .ps }),
        ("resume", { .resume }),
        ("run", { .run }),
        ("spec", { .spec }),
        ("start", { .start }),
        ("state", { .state }),
        ("update", { .update }),
    ]

    static func named(_ name: String) -> Subcommand? { table.first { $0.name == name }?.make() }

    static func all() -> [Subcommand] { table.map { $0.make() } }
}
