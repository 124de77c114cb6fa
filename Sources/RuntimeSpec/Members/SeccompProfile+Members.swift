// The names of the members in JSON. Reading, writing and checking all go through these lists.

extension SeccompProfile: JSONObject {
    static var section: StaticString { "config-linux.md#seccomp" }
    init() { self.init(defaultAction: "") }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("defaultAction", &defaultAction)
        try members.visit("defaultErrnoRet", &defaultErrnoRet)
        try members.visit("architectures", &architectures)
        try members.visit("flags", &flags)
        try members.visit("listenerPath", &listenerPath)
        try members.visit("listenerMetadata", &listenerMetadata)
        try members.visit("syscalls", &syscalls)
    }
}

extension SeccompSyscall: JSONObject {
    static var section: StaticString { "config-linux.md#seccomp" }
    init() { self.init(names: [], action: "") }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("names", &names)
        try members.visit("action", &action)
        try members.visit("errnoRet", &errnoRet)
        try members.visit("args", &args)
    }
}

extension SeccompArgument: JSONObject {
    static var section: StaticString { "config-linux.md#seccomp" }
    init() { self.init(index: 0, value: 0, op: "") }

    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop) {
        try members.visit("index", &index, .required)
        try members.visit("value", &value, .required)
        try members.visit("valueTwo", &valueTwo)
        try members.visit("op", &op)
    }
}
