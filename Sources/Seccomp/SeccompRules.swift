internal import CLinux
internal import CSeccomp
internal import RuntimeSpec

/// A profile with its names replaced by numbers: everything that can be decided without libseccomp.
struct SeccompRules {
    /// One system call with what happens when one of the alternatives matches.
    struct Rule {
        let name: String
        let action: UInt32
        /// Conditions of which all must hold, for each alternative. One empty alternative matches every call.
        let alternatives: [[scmp_arg_cmp]]
        /// Where the rule stands in `syscalls` and `names`, for errors.
        let place: (rule: Int, name: Int)
    }

    let defaultAction: UInt32
    let architectures: [UInt32]
    let flags: UInt32
    let rules: [Rule]
    /// Whether `read` asks the listener.
    let notifiesRead: Bool

    /// Looks every name up.
    ///
    /// - Throws: `SeccompError` for the first name or value that the specification does not allow.
    init(_ profile: SeccompProfile, at path: JSONPath) throws(SeccompError) {
        defaultAction = try Self.action(
            profile.defaultAction, data: profile.defaultErrnoRet, at: path,
            properties: ("defaultAction", "defaultErrnoRet"))
        architectures = try Self.architectures(profile.architectures ?? [], at: path.member("architectures"))
        var rules: [Rule] = []
        notifiesRead = (profile.syscalls ?? []).contains {
            $0.action == SeccompAction.notify.rawValue && $0.names.contains("read")
        }
        for (index, syscall) in (profile.syscalls ?? []).enumerated() {
            let place = path.member("syscalls").index(index)
            let action = try Self.action(
                syscall.action, data: syscall.errnoRet, at: place, properties: ("action", "errnoRet"))
            let alternatives = try Self.alternatives(syscall.args ?? [], at: place.member("args"))
            for (nameIndex, name) in syscall.names.enumerated() {
                if action == FilterResult.notify, Self.isNeeded(name, notifiesRead: notifiesRead) {
                    throw SeccompError(
                        .invalidValue, at: place.member("names").index(nameIndex),
                        "SCMP_ACT_NOTIFY cannot be used for the \(name) syscall: the runtime needs it to hand the listener on")
                }
                rules.append(
                    Rule(name: name, action: action, alternatives: alternatives, place: (index, nameIndex)))
            }
        }
        self.rules = rules
        let notifies = defaultAction == FilterResult.notify || rules.contains { $0.action == FilterResult.notify }
        flags = try Self.flags(profile.flags, notifies: notifies, at: path.member("flags"))
    }

    /// What the stage calls while its filter is in force and nobody listens yet. RUNC: refuses `write` too. `read` has a
    /// substitute: programs are watched for it more often than for others.
    private static func isNeeded(_ name: String, notifiesRead: Bool) -> Bool {
        name == "write" || (notifiesRead && name == "recvfrom")
    }

    private static func action(
        _ name: String, data: UInt?, at path: JSONPath, properties: (action: String, data: String)
    ) throws(SeccompError) -> UInt32 {
        guard let action = SeccompAction(rawValue: name) else {
            throw SeccompError(.unknownName, at: path.member(properties.action), "unknown action \"\(name)\"")
        }
        guard action.takesErrno else {
            // SPEC: errnoRet on an action without a return code must be an error.
            guard data == nil else {
                throw SeccompError(
                    .invalidValue, at: path.member(properties.data), "\(name) does not return an error number")
            }
            return action.result
        }
        // SPEC: EPERM when the error number is not given.
        let value = data ?? UInt(EPERM)
        // The kernel's largest errno is 4095 and libseccomp stops before it; a tracer's message has 16 bits.
        let limit: UInt = action == .errno ? 4094 : 65535
        guard value <= limit else {
            throw SeccompError(
                .invalidValue, at: path.member(properties.data), "\(value) is above \(limit), the most that \(name) returns")
        }
        return action.result | UInt32(value)
    }

    private static func architectures(_ names: [String], at path: JSONPath) throws(SeccompError) -> [UInt32] {
        var tokens: [UInt32] = []
        for (index, name) in names.enumerated() {
            guard let architecture = SeccompArchitecture(rawValue: name) else {
                throw SeccompError(.unknownName, at: path.index(index), "unknown architecture \"\(name)\"")
            }
            tokens.append(ArchitectureToken.token(architecture))
        }
        return tokens
    }

    private static func alternatives(
        _ arguments: [SeccompArgument], at path: JSONPath
    ) throws(SeccompError) -> [[scmp_arg_cmp]] {
        var conditions: [scmp_arg_cmp] = []
        var seen: UInt8 = 0
        var repeated = false
        for (position, argument) in arguments.enumerated() {
            guard argument.index < 6 else {
                throw SeccompError(
                    .invalidValue, at: path.index(position).member("index"),
                    "\(argument.index) is not an argument of a system call (0 to 5)")
            }
            guard let comparison = SeccompOperator(rawValue: argument.op)?.comparison else {
                throw SeccompError(
                    .unknownName, at: path.index(position).member("op"), "unknown operator \"\(argument.op)\"")
            }
            repeated = repeated || seen & 1 << UInt8(argument.index) != 0
            seen |= 1 << UInt8(argument.index)
            conditions.append(
                scmp_arg_cmp(
                    arg: UInt32(argument.index), op: comparison, datum_a: argument.value,
                    datum_b: argument.valueTwo ?? 0))
        }
        // RUNC: two conditions on one argument cannot be joined by libseccomp; profiles written for runc expect such a
        // list to mean "any of them" (Docker's old personality and socket rules).
        return repeated ? conditions.map { [$0] } : [conditions]
    }

    private static func flags(_ names: [String]?, notifies: Bool, at path: JSONPath) throws(SeccompError) -> UInt32 {
        var word: UInt32 = 0
        // RUNC: without a list, programs are not slowed down by the mitigation of speculative store bypass.
        if names == nil { word = FilterFlag.specAllow }
        for (index, name) in (names ?? []).enumerated() {
            guard let flag = SeccompFlag(rawValue: name) else {
                throw SeccompError(.unknownName, at: path.index(index), "unknown flag \"\(name)\"")
            }
            word |= flag.bit
        }
        guard notifies else {
            // The kernel refuses WAIT_KILLABLE_RECV without a listener; without one it has no meaning either.
            return word & ~FilterFlag.waitKillableRecv
        }
        word |= FilterFlag.newListener
        // Both flags want seccomp(2)'s return value for themselves; TSYNC_ESRCH gives it to the listener.
        if word & FilterFlag.tsync != 0 { word |= FilterFlag.tsyncESRCH }
        return word
    }
}
