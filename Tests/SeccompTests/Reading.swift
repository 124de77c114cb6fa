import CSeccomp
import RuntimeSpec

/// A call, and the architecture whose table its number is from: the kernel tells x32 by the number alone.
struct TestCall {
    var architecture: UInt32
    var call: Call
}

/// What a profile means for one call, without a filter: a rule without conditions counts first, then any that matches.
struct Reading {
    let profile: SeccompProfile

    init(_ profile: SeccompProfile) { self.profile = profile }

    func result(_ test: TestCall) -> UInt32? {
        if let result = resultWithoutRules(test) { return result }
        let isNarrow = [TestArchitecture.x86.rawValue, TestArchitecture.x32.rawValue].contains(test.architecture)
        let width: UInt64 = isNarrow ? 0xffff_ffff : .max
        let arguments = test.call.arguments.map { $0 & width }
        let rules = (profile.syscalls ?? []).filter { rule in
            // The same action with another number is another action.
            let differs = Meaning.value(rule.action, rule.errnoRet) != Meaning.value(profile.defaultAction, profile.defaultErrnoRet)
            return differs && rule.names.contains { number($0, test.architecture) == test.call.number }
        }
        let first = rules.first { ($0.args ?? []).isEmpty } ?? rules.first { rule in
            let narrow = (rule.args ?? []).map { condition in
                var condition = condition
                condition.value &= width
                condition.valueTwo = condition.valueTwo.map { $0 & width }
                return condition
            }
            return Meaning.matches(narrow, arguments)
        }
        guard let first else { return Meaning.value(profile.defaultAction, profile.defaultErrnoRet) }
        return Meaning.value(first.action, first.errnoRet)
    }

    /// Of calls that no rule can be about: of an architecture that the profile does not cover, or newer than all that it names.
    private func resultWithoutRules(_ test: TestCall) -> UInt32? {
        let covered = (profile.architectures ?? []) + ["SCMP_ARCH_X86_64"]
        let names = [
            TestArchitecture.x86.rawValue: "SCMP_ARCH_X86", TestArchitecture.x86_64.rawValue: "SCMP_ARCH_X86_64",
            TestArchitecture.x32.rawValue: "SCMP_ARCH_X32",
        ]
        guard let name = names[test.architecture] else { return nil }
        if !covered.contains(name) {
            // By -1 a tracer skips a call.
            let isSkipped = name == "SCMP_ARCH_X32" && test.call.number == .max
            return isSkipped ? Meaning.value(profile.defaultAction, profile.defaultErrnoRet) : Meaning.value("SCMP_ACT_KILL", nil)
        }
        let named = (profile.syscalls ?? []).flatMap { $0.names }.compactMap { number($0, test.architecture) }
        guard profile.defaultAction == "SCMP_ACT_ERRNO", profile.defaultErrnoRet != 38, let highest = named.max() else { return nil }
        return test.call.number > highest ? Meaning.value("SCMP_ACT_ERRNO", 38) : nil
    }

    private func number(_ name: String, _ architecture: UInt32) -> UInt32? {
        let number = seccomp_syscall_resolve_name_arch(architecture, name)
        return number < 0 ? nil : UInt32(number)
    }
}
