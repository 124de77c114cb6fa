internal import Veloci

extension Flag {
    /// go-runc passes it; create always returns once the container is made.
    static let ignoredDetach = Flag("detach", "d", .bool, "")
}

extension Subcommand {
    static let create = Subcommand(
        name: "create", summary: "make a container from a bundle; its program waits for start",
        arguments: containerID,
        explanation: """
            Makes the container that config.json in the bundle describes, up to the point where its program would run. The
            id must be new on this host.
            """,
        flags: [
            .bundle, .consoleSocket, .pidfdSocket, .pidFile, .noPivot, .noNewKeyring, .preserveDescriptors, .noSubreaper,
            .ignoredDetach,
        ],
        arity: .exactly(1)
    ) { invocation throws(CommandFailure) in
        var request = try invocation.createRequest(id: invocation.id)
        let trace = try TraceOutput.open("create", invocation)
        defer { trace?.write() }
        request.trace = trace?.trace
        _ = try invocation.calling("create failed: ") { (runtime) throws(Failure) in try runtime.create(request) }
        return 0
    }
}
