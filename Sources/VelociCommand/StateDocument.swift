internal import RuntimeSpec
internal import Veloci

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
            let sorted = annotations.sortedByName
            members["annotations"] = .object(JSONMembers(sorted.map { .init(name: $0.key, value: .string($0.value)) }))
        }
        members["owner"] = .string(owner)
        return .object(members)
    }

    /// What `state` prints. RUNC: no line feed at the end.
    var text: String { json.encodedText(.pretty) }
}

extension StateDocument {
    init(_ state: ContainerState) {
        self.init(
            ociVersion: state.ociVersion, id: state.id, pid: Int(state.pid), status: state.status, bundle: state.bundle,
            rootfs: state.rootfs, created: state.created, annotations: state.annotations, owner: state.owner)
    }
}
