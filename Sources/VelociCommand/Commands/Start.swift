internal import Veloci

extension Subcommand {
    static let start = Subcommand(
        name: "start", summary: "run the program of a created container", arguments: containerID,
        arity: .exactly(1)
    ) { invocation throws(CommandFailure) in
        let id = try invocation.id
        let socket = invocation.notifySocket
        let trace = try TraceOutput.open("start", invocation)
        defer { trace?.write() }
        try invocation.calling { (runtime) throws(Failure) in
            try runtime.start(id, notifySocket: socket, trace: trace?.trace)
        }
        return 0
    }
}
