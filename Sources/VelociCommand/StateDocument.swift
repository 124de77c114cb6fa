internal import RuntimeSpec

/// A container's state as `state` and `list` print it: the specification's, and what runc adds.
struct StateDocument: Equatable {
    var ociVersion: String
    var id: String
    /// 0 when there is no process.
    var pid: Int
    var status: String
    var bundle: String
    var rootfs: String
    /// RFC 3339 with nanoseconds.
    var created: String
    /// Left out when empty.
    var annotations: [String: String]
    /// The name of the user who owns the state directory; only `list` knows it.
    var owner: String

    /// The members in runc's order.
    var json: JSONValue {
        var members: JSONMembers = [
            "ociVersion": .string(ociVersion), "id": .string(id), "pid": .number(JSONNumber(pid)),
            "status": .string(status), "bundle": .string(bundle), "rootfs": .string(rootfs),
            "created": .string(created),
        ]
        if !annotations.isEmpty {
            var object = JSONMembers()
            for (name, value) in annotations.sortedByName { object[name] = .string(value) }
            members["annotations"] = .object(object)
        }
        members["owner"] = .string(owner)
        return .object(members)
    }

    /// What `state` prints. RUNC: no line feed at the end.
    var text: String { json.encodedText(.pretty) }
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
        (states.isEmpty ? "null" : JSONValue.array(states.map { $0.json }).encodedText()) + "\n"
    }

    static func ids(_ states: [StateDocument]) -> String { states.reduce("") { $0 + $1.id + "\n" } }
}
