internal import Veloci

extension Subcommand {
    static let resume = Subcommand(
        name: "resume", summary: "let all processes of a paused container go on", arguments: containerID,
        arity: .exactly(1)
    ) { invocation throws(CommandFailure) in
        let id = try invocation.id
        try invocation.calling { (runtime) throws(Failure) in try runtime.resume(id) }
        return 0
    }
}
