internal import RuntimeSpec
internal import Veloci

extension Flag {
    static let runs = Flag("run", .bool, "plan a run, which does not wait for start")
    static let restores = Flag("restore", .bool, "plan a restore")
    static let dumps = Flag("checkpoint", .bool, "plan a checkpoint of the container with this id")
    static let plannedProcess = Flag("process", "p", .text, "plan an exec of the process in this file")
}

extension Subcommand {
    static let plan = Subcommand(
        name: "plan", summary: "print what create, run, exec, checkpoint or restore would do, step by step, without doing it",
        arguments: "[container-id]",
        explanation: """
            Prints the kernel operations that make the bundle's container, in order, each with the place in config.json
            that asks for it. Needs no privileges and changes nothing. It takes the flags of the command that it plans, and
            refuses what that refuses.

            With --run, the plan of run. With --process, of running that process in the container of that id. With --restore,
            of making the container out of images. With --checkpoint, of writing the container of that id to images.
            """,
        flags: [
            .bundle, .runs, .plannedProcess, .consoleSocket, .pidfdSocket, .pidFile, .noPivot, .noNewKeyring,
            .preserveDescriptors, .detach, .textFormat,
            .restores, .dumps, .imagePath, .workPath, .parentPath, .leaveRunning, .preDump, .pageServer, .statusDescriptor,
            .tcpSkipInFlight, .linkRemap, .tcpEstablished, .tcpClose, .externalUnixSockets, .shellJob, .fileLocks,
            .controlGroupsMode, .emptyNamespace, .autoDedup, .lazyPages, .lsmProfile, .lsmMountContext, .networkLock,
        ],
        arity: .between(0, 1), run: PlanCommand.run)
}

/// `plan`: what another command would do.
enum PlanCommand {
    static func run(_ invocation: Invocation) throws(CommandFailure) -> Int32 {
        let plan = try plan(invocation)
        switch invocation.flags.text(.textFormat) {
        case "", "text": invocation.output.write(plan.text)
        case "json":
            invocation.output.write(plan.json.encoded(JSONLayout(indent: 2, endsWithNewline: true)))
        default: throw CommandFailure("invalid format option")
        }
        return 0
    }

    private static func plan(_ invocation: Invocation) throws(CommandFailure) -> Plan {
        let flags = invocation.flags
        if let file = flags.textUnlessEmpty(.plannedProcess) {
            // An id that is missing is the first complaint, as exec's is.
            _ = try invocation.id
            var request = try invocation.executeRequest(try DocumentFile.read(file, "a process"))
            request.endsWithCaller = !flags.bool(.detach)
            return try invocation.calling { (runtime) throws(Failure) in try runtime.plan(request) }
        }
        if flags.bool(.dumps) {
            let request = try CheckpointCommand.request(invocation)
            return try invocation.calling { (runtime) throws(Failure) in try runtime.plan(request) }
        }
        if flags.bool(.restores) {
            let request = try RestoreCommand.request(invocation, id: invocation.arguments.first ?? "container")
            return try invocation.calling { (runtime) throws(Failure) in try runtime.plan(request) }
        }
        var request = try invocation.createRequest(id: invocation.arguments.first ?? "container")
        let runs = flags.bool(.runs)
        request.detaches = runs && flags.bool(.detach)
        request.endsWithCaller = !request.detaches
        return try invocation.calling { (runtime) throws(Failure) in try runtime.plan(request, waitsForStart: !runs) }
    }
}
