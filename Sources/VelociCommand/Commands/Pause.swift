internal import Veloci

extension Subcommand {
    static let pause = Subcommand(
        name: "pause", summary: "stop all processes of a container where they are", arguments: containerID,
        arity: .exactly(1)
    ) { invocation throws(CommandFailure) in
        let id = try invocation.id
        try invocation.calling { (runtime) throws(Failure) in try runtime.pause(id) }
        return 0
    }
}
