internal import Veloci

extension Subcommand {
    static let events = Subcommand(
        name: "events", summary: "print what a container uses, and when it runs out of memory",
        arguments: containerID,
        explanation: """
            Prints one JSON object per line: statistics at each interval, and out of memory when it happens. Ends when the
            container stops.
            """,
        flags: [
            Flag("interval", .duration, standard: "5s", "the time between statistics, such as 500ms or 1m30s"),
            Flag("stats", .bool, "print statistics once"),
            Flag(
                "pressure", .text, "also tell when memory gets scarce: low, medium or critical"),
        ],
        arity: .exactly(1), run: EventsCommand.run)
}
