// The names of the members in JSON. Reading, writing and checking all go through these lists.

extension Resources: JSONObject {
    static var section: StaticString { "config-linux.md#control-groups" }
    init() { self.init(devices: nil) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("devices", &devices)
        try members.visit("memory", &memory)
        try members.visit("cpu", &cpu)
        try members.visit("pids", &pids)
        try members.visit("blockIO", &blockIO)
        try members.visit("hugepageLimits", &hugepageLimits)
        try members.visit("network", &network)
        try members.visit("rdma", &rdma)
        try members.visit("unified", &unified)
    }
}

extension DeviceCgroup: JSONObject {
    static var section: StaticString { "config-linux.md#allowed-device-list" }
    init() { self.init(allow: false) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("allow", &allow, .required)
        try members.visit("type", &type)
        try members.visit("major", &major)
        try members.visit("minor", &minor)
        try members.visit("access", &access)
    }
}

extension Memory: JSONObject {
    static var section: StaticString { "config-linux.md#memory" }
    init() { self.init(limit: nil) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("limit", &limit)
        try members.visit("reservation", &reservation)
        try members.visit("swap", &swap)
        try members.visit("kernel", &kernel)
        try members.visit("kernelTCP", &kernelTCP)
        try members.visit("swappiness", &swappiness)
        try members.visit("disableOOMKiller", &disableOOMKiller)
        try members.visit("useHierarchy", &useHierarchy)
        try members.visit("checkBeforeUpdate", &checkBeforeUpdate)
    }
}

extension CPU: JSONObject {
    static var section: StaticString { "config-linux.md#cpu" }
    init() { self.init(shares: nil) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("shares", &shares)
        try members.visit("quota", &quota)
        try members.visit("burst", &burst)
        try members.visit("period", &period)
        try members.visit("realtimeRuntime", &realtimeRuntime)
        try members.visit("realtimePeriod", &realtimePeriod)
        try members.visit("cpus", &cpus)
        try members.visit("mems", &mems)
        try members.visit("idle", &idle)
    }
}

extension Pids: JSONObject {
    static var section: StaticString { "config-linux.md#pids" }
    init() { self.init(limit: nil) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("limit", &limit)
    }
}

extension BlockIO: JSONObject {
    static var section: StaticString { "config-linux.md#block-io" }
    init() { self.init(weight: nil) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("weight", &weight)
        try members.visit("leafWeight", &leafWeight)
        try members.visit("weightDevice", &weightDevice)
        try members.visit("throttleReadBpsDevice", &throttleReadBpsDevice)
        try members.visit("throttleWriteBpsDevice", &throttleWriteBpsDevice)
        try members.visit("throttleReadIOPSDevice", &throttleReadIOPSDevice)
        try members.visit("throttleWriteIOPSDevice", &throttleWriteIOPSDevice)
    }
}

extension WeightDevice: JSONObject {
    static var section: StaticString { "config-linux.md#block-io" }
    init() { self.init(major: 0, minor: 0) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("major", &major, .required)
        try members.visit("minor", &minor, .required)
        try members.visit("weight", &weight)
        try members.visit("leafWeight", &leafWeight)
    }
}

extension ThrottleDevice: JSONObject {
    static var section: StaticString { "config-linux.md#block-io" }
    init() { self.init(major: 0, minor: 0, rate: 0) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("major", &major, .required)
        try members.visit("minor", &minor, .required)
        try members.visit("rate", &rate, .required)
    }
}

extension HugepageLimit: JSONObject {
    static var section: StaticString { "config-linux.md#huge-page-limits" }
    init() { self.init(pageSize: "", limit: 0) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("pageSize", &pageSize)
        try members.visit("limit", &limit, .required)
    }
}

extension Network: JSONObject {
    static var section: StaticString { "config-linux.md#network" }
    init() { self.init(classID: nil) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("classID", &classID)
        try members.visit("priorities", &priorities)
    }
}

extension InterfacePriority: JSONObject {
    static var section: StaticString { "config-linux.md#network" }
    init() { self.init(name: "", priority: 0) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("name", &name)
        try members.visit("priority", &priority, .required)
    }
}

extension Rdma: JSONObject {
    static var section: StaticString { "config-linux.md#rdma" }
    init() { self.init(hcaHandles: nil) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("hcaHandles", &hcaHandles)
        try members.visit("hcaObjects", &hcaObjects)
    }
}
