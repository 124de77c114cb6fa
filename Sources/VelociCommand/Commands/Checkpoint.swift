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
        let id = try invocation.id
        invocation.warnWithoutRoot()
        let options = try invocation.checkpointOptions()
        try invocation.calling { (runtime) throws(Failure) in try runtime.checkpoint(id, options) }
        return 0
    }
}
