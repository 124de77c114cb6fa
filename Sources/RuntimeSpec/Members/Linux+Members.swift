// The names of the members in JSON. Reading, writing and checking all go through these lists.

extension Linux: JSONObject {
    static var section: StaticString { "config-linux.md" }
    init() { self.init(uidMappings: nil) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("uidMappings", &uidMappings)
        try members.visit("gidMappings", &gidMappings)
        try members.visit("sysctl", &sysctl)
        try members.visit("resources", &resources)
        try members.visit("cgroupsPath", &cgroupsPath)
        try members.visit("namespaces", &namespaces)
        try members.visit("devices", &devices)
        try members.visit("netDevices", &netDevices)
        try members.visit("seccomp", &seccomp)
        try members.visit("rootfsPropagation", &rootfsPropagation)
        try members.visit("maskedPaths", &maskedPaths)
        try members.visit("readonlyPaths", &readonlyPaths)
        try members.visit("mountLabel", &mountLabel)
        try members.visit("intelRdt", &intelRdt)
        try members.visit("memoryPolicy", &memoryPolicy)
        try members.visit("personality", &personality)
        try members.visit("timeOffsets", &timeOffsets)
    }
}

extension Namespace: JSONObject {
    static var section: StaticString { "config-linux.md#namespaces" }
    init() { self.init(type: "") }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("type", &type)
        try members.visit("path", &path)
    }
}

extension TimeOffset: JSONObject {
    static var section: StaticString { "config-linux.md#offset-for-time-namespace" }
    init() { self.init(secs: nil) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("secs", &secs)
        try members.visit("nanosecs", &nanosecs)
    }
}

extension Device: JSONObject {
    static var section: StaticString { "config-linux.md#devices" }
    init() { self.init(path: "", type: "") }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("path", &path)
        try members.visit("type", &type)
        try members.visit("major", &major)
        try members.visit("minor", &minor)
        try members.visit("fileMode", &fileMode)
        try members.visit("uid", &uid)
        try members.visit("gid", &gid)
    }
}

extension NetDevice: JSONObject {
    static var section: StaticString { "config-linux.md#network-devices" }
    init() { self.init(name: nil) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("name", &name)
    }
}

extension IntelRdt: JSONObject {
    static var section: StaticString { "config-linux.md#intelrdt" }
    init() { self.init(closID: nil) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("closID", &closID)
        try members.visit("schemata", &schemata)
        try members.visit("l3CacheSchema", &l3CacheSchema)
        try members.visit("memBwSchema", &memBwSchema)
        try members.visit("enableMonitoring", &enableMonitoring)
    }
}

extension MemoryPolicy: JSONObject {
    static var section: StaticString { "config-linux.md#memory-policy" }
    init() { self.init(mode: "") }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("mode", &mode)
        try members.visit("nodes", &nodes)
        try members.visit("flags", &flags)
    }
}

extension Personality: JSONObject {
    static var section: StaticString { "config-linux.md#personality" }
    init() { self.init(domain: "") }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("domain", &domain)
        try members.visit("flags", &flags)
    }
}
