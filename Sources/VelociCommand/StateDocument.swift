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

    /// Writes the members in runc's order.
    func write(to writer: inout JSONWriter) {
        writer.open("{")
        writer.member("ociVersion", ociVersion)
        writer.member("id", id)
        writer.name("pid")
        writer.integer(pid)
        writer.member("status", status)
        writer.member("bundle", bundle)
        writer.member("rootfs", rootfs)
        writer.member("created", created)
        if !annotations.isEmpty { writer.member("annotations", annotations) }
        writer.member("owner", owner)
        writer.close("}")
    }

    /// What `state` prints. RUNC: no line feed at the end.
    var text: String {
        var writer = JSONWriter(layout: .pretty)
        write(to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension StateDocument {
    init(_ state: ContainerState) {
        self.init(
            ociVersion: state.ociVersion, id: state.id, pid: Int(state.pid), status: state.status, bundle: state.bundle,
            rootfs: state.rootfs, created: state.created, annotations: state.annotations, owner: state.owner)
    }
}
