// The names of the members in JSON. Reading, writing and checking all go through these lists.

extension Spec.Process: JSONObject {
    static var section: StaticString { "config.md#process" }
    init() { self.init(cwd: "") }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("terminal", &terminal)
        try members.visit("consoleSize", &consoleSize)
        try members.visit("user", &user)
        try members.visit("args", &args)
        try members.visit("commandLine", &commandLine)
        try members.visit("env", &env)
        try members.visit("cwd", &cwd)
        try members.visit("capabilities", &capabilities)
        try members.visit("rlimits", &rlimits)
        try members.visit("noNewPrivileges", &noNewPrivileges)
        try members.visit("apparmorProfile", &apparmorProfile)
        try members.visit("oomScoreAdj", &oomScoreAdj)
        try members.visit("scheduler", &scheduler)
        try members.visit("selinuxLabel", &selinuxLabel)
        try members.visit("ioPriority", &ioPriority)
        try members.visit("execCPUAffinity", &execCPUAffinity)
    }
}

extension ConsoleSize: JSONObject {
    static var section: StaticString { "config.md#process" }
    init() { self.init(height: 0, width: 0) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("height", &height, .required)
        try members.visit("width", &width, .required)
    }
}

extension User: JSONObject {
    static var section: StaticString { "config.md#posix-platform-user" }
    init() { self.init(uid: 0) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("uid", &uid, .required)
        try members.visit("gid", &gid, .required)
        try members.visit("umask", &umask)
        try members.visit("additionalGids", &additionalGids)
        try members.visit("username", &username)
    }
}

extension Capabilities: JSONObject {
    static var section: StaticString { "config.md#linux-process" }
    init() { self.init(effective: nil) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("effective", &effective)
        try members.visit("bounding", &bounding)
        try members.visit("inheritable", &inheritable)
        try members.visit("permitted", &permitted)
        try members.visit("ambient", &ambient)
    }
}

extension Rlimit: JSONObject {
    static var section: StaticString { "config.md#posix-process" }
    init() { self.init(type: "", soft: 0, hard: 0) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("type", &type)
        try members.visit("soft", &soft, .required)
        try members.visit("hard", &hard, .required)
    }
}

extension Scheduler: JSONObject {
    static var section: StaticString { "config.md#linux-process" }
    init() { self.init(policy: "") }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("policy", &policy)
        try members.visit("nice", &nice)
        try members.visit("priority", &priority)
        try members.visit("flags", &flags)
        try members.visit("runtime", &runtime)
        try members.visit("deadline", &deadline)
        try members.visit("period", &period)
    }
}

extension IOPriority: JSONObject {
    static var section: StaticString { "config.md#linux-process" }
    init() { self.init(class: "", priority: 0) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("class", &`class`)
        try members.visit("priority", &priority, .required)
    }
}

extension CPUAffinity: JSONObject {
    static var section: StaticString { "config.md#linux-process" }
    init() { self.init(initial: nil) }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("initial", &initial)
        try members.visit("final", &final)
    }
}
