internal import Veloci

extension Flag {
    /// RUNC: obsolete; what is left of it is that a stopped container is no error.
    static let all = Flag("all", "a", .bool, "")
}

extension Subcommand {
    static let kill = Subcommand(
        name: "kill", summary: "send a signal to a container's first process",
        arguments: "<container-id> [signal]",
        explanation: """
            The signal is a number or a name, in any case and with or without SIG. It is TERM when none is given.
            """,
        flags: [.all, .matching],
        arity: .between(1, 2), argumentLimit: 1
    ) { invocation throws(CommandFailure) in
        _ = try invocation.id
        let text = invocation.arguments.count > 1 ? invocation.arguments[1] : ""
        let signal = try Signals.number(text.isEmpty ? "TERM" : text)
        let all = invocation.flags.bool(.all)
        try invocation.forEachContainer { (runtime, id) throws(Failure) in
            try runtime.kill(id, signal: Signal(rawValue: signal), all: all)
        }
        return 0
    }
}
