// The names of the members in JSON. Reading, writing and checking all go through these lists.

extension State: JSONObject {
    static var section: StaticString { "runtime.md#state" }
    init() { self.init(ociVersion: "", id: "", status: "", bundle: "") }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("ociVersion", &ociVersion)
        try members.visit("id", &id)
        try members.visit("status", &status)
        try members.visit("pid", &pid)
        try members.visit("bundle", &bundle)
        try members.visit("annotations", &annotations)
    }
}

extension ContainerProcessState: JSONObject {
    static var section: StaticString { "config-linux.md#containerprocessstate" }
    init() { self.init(ociVersion: "", pid: 0, state: State()) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("ociVersion", &ociVersion)
        try members.visit("fds", &fds)
        try members.visit("pid", &pid, .required)
        try members.visit("metadata", &metadata)
        try members.visit("state", &state, .required)
    }
}
