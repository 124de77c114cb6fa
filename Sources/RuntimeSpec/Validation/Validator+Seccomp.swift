// The filter of system calls.

extension Validator {
    /// The filter; the path is at it.
    mutating func seccomp(_ profile: SeccompProfile) {
        section = "config-linux.md#seccomp"
        let defaultAction = profile.defaultSeccompAction
        member("defaultAction") {
            $0.word(profile.defaultAction, of: SeccompAction.self, "seccomp action")
            if defaultAction == .notify {
                $0.must("SCMP_ACT_NOTIFY as the default stops the runtime itself; another action is required")
            }
        }
        if defaultAction?.isKill == true, !(profile.syscalls ?? []).contains(where: allowsExecution) {
            member("syscalls") { $0.should("allow no execve; the container is killed when its program is executed") }
        }
        member("defaultErrnoRet", profile.defaultErrnoRet) {
            $0.errno($1, defaultAction, profile.defaultAction)
        }
        var architectures: [SeccompArchitecture] = []
        elements("architectures", profile.architectures) {
            $0.word($1, of: SeccompArchitecture.self, "seccomp architecture")
            guard let architecture = SeccompArchitecture(rawValue: $1) else { return }
            if architectures.contains(architecture) { $0.should("\($0.quoted($1)) is given twice; once is enough") }
            architectures.append(architecture)
        }
        elements("flags", profile.flags) { $0.word($1, of: SeccompFlag.self, "seccomp flag") }
        let notifies = profile.syscalls?.contains { $0.seccompAction == .notify } ?? false
        listener(profile, notifies: notifies)
        elements("syscalls", profile.syscalls) { $0.seccompRule($1) }
    }

    /// Whether a rule lets a program be executed.
    private func allowsExecution(_ rule: SeccompSyscall) -> Bool {
        rule.seccompAction?.isKill == false && (rule.names.contains("execve") || rule.names.contains("execveat"))
    }

    private mutating func listener(_ profile: SeccompProfile, notifies: Bool) {
        let path = profile.listenerPath ?? ""
        member("listenerPath") {
            if notifies, path.isEmpty { $0.must("is missing or empty; SCMP_ACT_NOTIFY needs a socket to notify") }
            // KERNEL: sun_path
            if path.utf8.count > 107 { $0.must("is \(path.utf8.count) bytes long; the path of a socket has at most 107") }
        }
        if path.isEmpty, !(profile.listenerMetadata ?? "").isEmpty {
            member("listenerMetadata") { $0.must("is given without listenerPath; the two belong together") }
        }
        if !notifies, (profile.flags ?? []).contains(SeccompFlag.waitKillableReceive.rawValue) {
            member("flags") {
                $0.should("have SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, which has no effect without SCMP_ACT_NOTIFY")
            }
        }
    }

    private mutating func seccompRule(_ rule: SeccompSyscall) {
        if rule.names.isEmpty {
            member("names") { $0.must("is missing or empty; at least one system call is required") }
        }
        for (index, name) in rule.names.enumerated() where name.isEmpty {
            member("names") { $0.element(index) { $0.must("is empty; a name of a system call is required") } }
        }
        let action = rule.seccompAction
        if action == nil {
            member("action") { $0.word(rule.action, of: SeccompAction.self, "seccomp action") }
        }
        member("errnoRet", rule.errnoRet) { $0.errno($1, action, rule.action) }
        var seen: UInt8 = 0
        elements("args", rule.args) { validator, argument in
            validator.member("index") {
                $0.range(argument.index, 0...5)
                if argument.index > 5 { return }
                let bit = UInt8(1) << UInt8(argument.index)
                if seen & bit != 0 {
                    $0.should("\(argument.index) is compared twice; runtimes differ in whether both must hold")
                }
                seen |= bit
            }
            validator.member("op") { $0.word(argument.op, of: SeccompOperator.self, "seccomp operator") }
        }
    }

    private mutating func errno(_ value: UInt, _ action: SeccompAction?, _ text: String) {
        guard let action else { return }
        if !action.takesErrno {
            must("\(value) is given with \(text); only SCMP_ACT_ERRNO and SCMP_ACT_TRACE take one")
        } else {
            // KERNEL: MAX_ERRNO; a tracer's message has 16 bits
            range(value, 0...(action == .errno ? 4095 : 65535))
        }
    }
}

extension SeccompAction {
    /// Whether the action ends the thread or the process.
    public var isKill: Bool { self == .kill || self == .killProcess || self == .killThread }
}
