internal import Veloci

extension Flag {
    static let force = Flag("force", "f", .bool, "kill a running container first; an id that does not exist is no error")
}

extension Subcommand {
    static let delete = Subcommand(
        name: "delete", summary: "remove what a stopped container has left", arguments: containerID,
        explanation: """
            Removes the container's control group and state. A created container is killed first.
            """,
        flags: [.force, .matching],
        arity: .exactly(1)
    ) { invocation throws(CommandFailure) in
        let force = invocation.flags.bool(.force)
        try invocation.forEachContainer { (runtime, id) throws(Failure) in try runtime.delete(id, force: force) }
        return 0
    }
}
