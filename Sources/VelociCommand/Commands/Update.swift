extension Subcommand {
    static let update = Subcommand(
        name: "update", summary: "change the limits of a container",
        arguments: containerID,
        explanation: """
            Changes the limits that are named and leaves the others as they are. With --resources, all other options but
            those for resctrl have no effect.
            """,
        flags: ResourceFlags.flags,
        arity: .exactly(1), run: UpdateCommand.run)
}
