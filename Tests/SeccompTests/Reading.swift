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

    private func number(_ name: String, _ architecture: UInt32) -> UInt32? {
        let number = seccomp_syscall_resolve_name_arch(architecture, name)
        return number < 0 ? nil : UInt32(number)
    }
}
