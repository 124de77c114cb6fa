// The names of the members in JSON. Reading, writing and checking all go through these lists.

extension Features: JSONObject {
    static var section: StaticString { "features.md" }
    init() { self.init(ociVersionMin: "", ociVersionMax: "") }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("ociVersionMin", &ociVersionMin)
        try members.visit("ociVersionMax", &ociVersionMax)
        try members.visit("hooks", &hooks)
        try members.visit("mountOptions", &mountOptions)
        try members.visit("linux", &linux)
        try members.visit("annotations", &annotations)
        try members.visit("potentiallyUnsafeConfigAnnotations", &potentiallyUnsafeConfigAnnotations)
    }
}

extension Features.Linux: JSONObject {
    static var section: StaticString { "features-linux.md" }
    init() { self.init(namespaces: nil) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("namespaces", &namespaces)
        try members.visit("capabilities", &capabilities)
        try members.visit("cgroup", &cgroup)
        try members.visit("seccomp", &seccomp)
        try members.visit("apparmor", &apparmor)
        try members.visit("selinux", &selinux)
        try members.visit("intelRdt", &intelRdt)
        try members.visit("memoryPolicy", &memoryPolicy)
        try members.visit("mountExtensions", &mountExtensions)
        try members.visit("netDevices", &netDevices)
    }
}

extension Features.Cgroup: JSONObject {
    static var section: StaticString { "features-linux.md#cgroup" }
    init() { self.init(v1: nil) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("v1", &v1)
        try members.visit("v2", &v2)
        try members.visit("systemd", &systemd)
        try members.visit("systemdUser", &systemdUser)
        try members.visit("rdma", &rdma)
    }
}

extension Features.Seccomp: JSONObject {
    static var section: StaticString { "features-linux.md#seccomp" }
    init() { self.init(enabled: nil) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("enabled", &enabled)
        try members.visit("actions", &actions)
        try members.visit("operators", &operators)
        try members.visit("archs", &archs)
        try members.visit("knownFlags", &knownFlags)
        try members.visit("supportedFlags", &supportedFlags)
    }
}

extension Features.Enabled: JSONObject {
    static var section: StaticString { "features-linux.md" }
    init() { self.init(enabled: nil) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("enabled", &enabled)
    }
}

extension Features.IntelRdt: JSONObject {
    static var section: StaticString { "features-linux.md#intel-rdt" }
    init() { self.init(enabled: nil) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("enabled", &enabled)
        try members.visit("schemata", &schemata)
        try members.visit("monitoring", &monitoring)
    }
}

extension Features.MemoryPolicy: JSONObject {
    static var section: StaticString { "features-linux.md#memorypolicy" }
    init() { self.init(modes: nil) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("modes", &modes)
        try members.visit("flags", &flags)
    }
}

extension Features.MountExtensions: JSONObject {
    static var section: StaticString { "features-linux.md#mountextensions" }
    init() { self.init(idmap: nil) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("idmap", &idmap)
    }
}
