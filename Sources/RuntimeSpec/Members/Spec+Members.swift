// The names of the members in JSON. Reading, writing and checking all go through these lists.

extension Spec: JSONObject {
    static var section: StaticString { "config.md" }
    init() { self.init(ociVersion: "") }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("ociVersion", &ociVersion)
        try members.visit("root", &root)
        try members.visit("mounts", &mounts)
        try members.visit("process", &process)
        try members.visit("hostname", &hostname)
        try members.visit("domainname", &domainname)
        try members.visit("hooks", &hooks)
        try members.visit("annotations", &annotations)
        try members.visit("linux", &linux)
        try members.visit("solaris", &solaris, .object)
        try members.visit("windows", &windows, .object)
        try members.visit("vm", &vm, .object)
        try members.visit("zos", &zos, .object)
        try members.visit("freebsd", &freebsd, .object)
    }
}

extension Root: JSONObject {
    static var section: StaticString { "config.md#root" }
    init() { self.init(path: "") }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("path", &path)
        try members.visit("readonly", &readonly)
    }
}

extension Mount: JSONObject {
    static var section: StaticString { "config.md#mounts" }
    init() { self.init(destination: "") }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("destination", &destination)
        try members.visit("type", &type)
        try members.visit("source", &source)
        try members.visit("options", &options)
        try members.visit("uidMappings", &uidMappings)
        try members.visit("gidMappings", &gidMappings)
    }
}

extension IDMapping: JSONObject {
    static var section: StaticString { "config-linux.md#user-namespace-mappings" }
    init() { self.init(containerID: 0, hostID: 0, size: 0) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("containerID", &containerID, .required)
        try members.visit("hostID", &hostID, .required)
        try members.visit("size", &size, .required)
    }
}

extension Hooks: JSONObject {
    static var section: StaticString { "config.md#posix-platform-hooks" }
    init() { self.init(prestart: nil) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("prestart", &prestart)
        try members.visit("createRuntime", &createRuntime)
        try members.visit("createContainer", &createContainer)
        try members.visit("startContainer", &startContainer)
        try members.visit("poststart", &poststart)
        try members.visit("poststop", &poststop)
    }
}

extension Hook: JSONObject {
    static var section: StaticString { "config.md#posix-platform-hooks" }
    init() { self.init(path: "") }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("path", &path)
        try members.visit("args", &args)
        try members.visit("env", &env)
        try members.visit("timeout", &timeout)
    }
}
