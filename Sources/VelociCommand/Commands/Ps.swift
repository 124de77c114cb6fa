internal import Veloci

extension Subcommand {
    static let ps = Subcommand(
        name: "ps", summary: "list the processes of a container",
        arguments: "<container-id> [ps options]",
        explanation: """
            Runs the host's ps with the options, -ef when there are none, and prints its lines about the container. With
            --format json, prints the ids of the processes on the host.
            """,
        flags: [.tableFormat],
        arity: .atLeast(1), argumentLimit: 1
    ) { invocation throws(CommandFailure) in
        let id = try invocation.id
        let pids = try invocation.calling { (runtime) throws(Failure) in try runtime.processes(id) }.map { Int($0) }
        switch invocation.flags.text(.tableFormat) {
        case "", "table":
            let options = Array(invocation.arguments.dropFirst())
            let output = try HostProgram.output("ps", options.isEmpty ? ["-ef"] : options)
            invocation.output.write(try ProcessTable.rows(output, pids))
        case "json": invocation.output.write(ProcessTable.json(pids))
        default: throw CommandFailure("invalid format option")
        }
        return 0
    }
}
