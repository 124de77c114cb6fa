internal import Veloci

extension Subcommand {
    static let checkpoint = Subcommand(
        name: "checkpoint", summary: "write all that a running container is to images, by CRIU",
        arguments: containerID,
        explanation: """
            Stops the container's processes where they are and writes them to a directory, from which restore makes them
            again, here or elsewhere. The container is gone then, unless --leave-running or --pre-dump is given. After a
            failure it goes on as before.
            """,
        flags: [
            .imagePath, .workPath, .parentPath, .leaveRunning, .tcpEstablished, .tcpSkipInFlight, .tcpClose, .linkRemap,
            .externalUnixSockets, .shellJob, .lazyPages, .statusDescriptor, .pageServer, .fileLocks, .preDump,
            .controlGroupsMode, .emptyNamespace, .autoDedup, .networkLock,
        ],
        arity: .exactly(1)
    ) { invocation throws(CommandFailure) in
        var request = try CheckpointCommand.request(invocation)
        invocation.warnWithoutRoot()
        let trace = try TraceOutput.open("checkpoint", invocation)
        request.trace = trace?.trace
        defer { trace?.write() }
        let asked = request
        try invocation.calling { (runtime) throws(Failure) in try runtime.checkpoint(asked) }
        return 0
    }
}

/// `checkpoint`: images of a container.
enum CheckpointCommand {
    /// What `checkpoint` and `plan --checkpoint` ask the library for.
    static func request(_ invocation: Invocation) throws(CommandFailure) -> CheckpointRequest {
        let id = try invocation.id
        return CheckpointRequest(id, options: try invocation.checkpointOptions())
    }
}
