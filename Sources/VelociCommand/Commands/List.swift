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
        if invocation.flags.bool(.quiet) {
            let ids = try invocation.calling { (runtime) throws(Failure) in try runtime.ids() }
            if ids.isEmpty { try requireRoot(invocation.global) }
            invocation.output.write(StateList.ids(ids))
            return 0
        }
        var owners = UserNames()
        let states = try invocation.calling { (runtime) throws(Failure) in try runtime.list() }.map { state in
            var document = StateDocument(state)
            if document.owner.isEmpty, let id = state.ownerID { document.owner = owners.name(id) }
            return document
        }
        if states.isEmpty { try requireRoot(invocation.global) }
        switch invocation.flags.text(.tableFormat) {
        case "", "table": invocation.output.write(StateList.table(states))
        case "json": invocation.output.write(StateList.json(states))
        default: throw CommandFailure("invalid format option")
        }
        return 0
    }

    /// RUNC: the default root may be missing, for there were no containers yet; one that was named may not.
    private static func requireRoot(_ global: GlobalOptions) throws(CommandFailure) {
        guard global.isRootGiven, (try? Files.status(of: global.root)) == nil else { return }
        throw CommandFailure("open \(global.root): no such file or directory")
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
        if states.isEmpty { return "null\n" }
        var writer = JSONWriter(layout: JSONLayout(indent: nil, endsWithNewline: true), capacity: 512 * states.count)
        writer.open("[")
        for state in states {
            writer.separate()
            state.write(to: &writer)
        }
        writer.close("]")
        writer.finish()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    static func ids(_ ids: [String]) -> String {
        var text = ""
        for id in ids {
            text += id
            text += "\n"
        }
        return text
    }
}
