internal import Veloci

extension Subcommand {
    static let state = Subcommand(
        name: "state", summary: "print a container's state, as JSON", arguments: containerID,
        arity: .exactly(1)
    ) { invocation throws(CommandFailure) in
        let id = try invocation.id
        let state = try invocation.calling { (runtime) throws(Failure) in try runtime.state(id) }
        invocation.output.write(StateDocument(state).text)
        return 0
    }
}
