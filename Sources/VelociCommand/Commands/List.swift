internal import LinuxKernel
internal import RuntimeSpec
internal import Veloci

extension Flag {
    static let quiet = Flag("quiet", "q", .bool, "print only ids")
}

extension Subcommand {
    static let list = Subcommand(
        name: "list", summary: "list the containers below the root directory",
        flags: [.tableFormat, .quiet],
        arity: .exactly(0)
    ) { invocation throws(CommandFailure) in
        let root = invocation.global.root
        var states = try invocation.calling { (runtime) throws(Failure) in try runtime.list() }.map { StateDocument($0) }
        // RUNC: the default root may be missing, for there were no containers yet; one that was named may not.
        if states.isEmpty, invocation.global.isRootGiven, (try? Files.status(of: root)) == nil {
            throw CommandFailure("open \(root): no such file or directory")
        }
        for index in states.indices where states[index].owner.isEmpty {
            guard let status = try? Files.status(of: root + "/" + states[index].id) else { continue }
            states[index].owner = UserNames.name(status.userID)
        }
        if invocation.flags.bool(.quiet) {
            invocation.output.write(StateList.ids(states))
            return 0
        }
        switch invocation.flags.text(.tableFormat) {
        case "", "table": invocation.output.write(StateList.table(states))
        case "json": invocation.output.write(StateList.json(states))
        default: throw CommandFailure("invalid format option")
        }
        return 0
    }
}

/// What `list` prints.
enum StateList {
    static func table(_ states: [StateDocument]) -> String {
        var table = Table(header: ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"])
        for state in states {
            table.append([state.id, String(state.pid), state.status, state.bundle, state.created, state.owner])
        }
        return table.text
    }

    /// RUNC: one line; `null` when there are no containers.
    static func json(_ states: [StateDocument]) -> String {
        (states.isEmpty ? "null" : JSONValue.array(states.map({ $0.json })).encodedText()) + "\n"
    }

    static func ids(_ states: [StateDocument]) -> String { states.reduce("") { $0 + $1.id + "\n" } }
}
