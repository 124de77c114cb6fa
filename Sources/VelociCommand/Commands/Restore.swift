internal import LinuxKernel
internal import Veloci

extension Subcommand {
    static let restore = Subcommand(
        name: "restore", summary: "make a container again out of a checkpoint's images",
        arguments: containerID,
        explanation: """
            Makes the container that config.json in the bundle describes, with the processes that checkpoint wrote. They go
            on where they were; standard streams that were pipes are those of the caller now. Waits for the first process
            as run does, unless --detach is given.
            """,
        flags: [
            .bundle, .consoleSocket, .imagePath, .workPath, .tcpEstablished, .tcpClose, .externalUnixSockets, .shellJob,
            .fileLocks, .controlGroupsMode, .detach, .keep, .pidFile, .noSubreaper, .noPivot, .emptyNamespace, .autoDedup,
            .lazyPages, .lsmProfile, .lsmMountContext, .networkLock,
        ],
        arity: .exactly(1), run: RestoreCommand.run)
}

/// `restore`: a container from its images to its end.
enum RestoreCommand {
    static func run(_ invocation: Invocation) throws(CommandFailure) -> Int32 {
        var request = try request(invocation, id: invocation.id)
        invocation.warnWithoutRoot()
        let detaches = invocation.flags.bool(.detach)
        request.container.prepareTerminal = { Foreground.prepareTerminal($0) }
        let trace = try TraceOutput.open("restore", invocation)
        request.container.trace = trace?.trace
        let (id, asked) = (request.container.id, request)
        defer { invocation.log.flush() }
        return try invocation.calling { (runtime) throws(Failure) in
            if detaches {
                defer { trace?.write() }
                _ = try runtime.restore(asked)
                return 0
            }
            let end = try invocation.foreground { () throws(Failure) in
                defer { trace?.write() }
                return try runtime.restore(asked)
            }
            if !invocation.flags.bool(.keep) { RunCommand.delete(id, runtime, invocation.log) }
            return end.shellStatus
        }
    }

    /// What `restore` and `plan --restore` ask the library for.
    static func request(_ invocation: Invocation, id: String) throws(CommandFailure) -> RestoreRequest {
        let flags = invocation.flags
        let options = try invocation.checkpointOptions()
        var container = CreateRequest(id: id, bundle: try GlobalOptions.absolute(flags.text(.bundle)))
        container.streams = .inherited
        container.consoleSocket = flags.textUnlessEmpty(.consoleSocket)
        container.pidFile = flags.textUnlessEmpty(.pidFile)
        container.usesPivotRoot = !flags.bool(.noPivot)
        container.detaches = flags.bool(.detach)
        container.notifySocket = invocation.notifySocket
        return RestoreRequest(container, options: options)
    }
}
