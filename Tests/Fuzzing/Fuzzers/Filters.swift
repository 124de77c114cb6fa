import CSeccomp
import Chance
import RuntimeSpec

@testable import Seccomp

extension Fuzzer {
    /// Profiles of seccomp: our program, libseccomp's, and what the rules say where the two differ.
    static let filters = Fuzzer(
        "filters", seeds: ["0123456789abcdefghijklmnopqrstuvwxyz0123456789", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"]
    ) { bytes in
        var input = Input(bytes)
        let profile = profile(&input)
        guard isQuick(profile) else { return judge(withOneAction(profile), &input) }
        let library = try? SeccompCompiler.compile(profile, usesLibrary: true)
        guard let ours = try? SeccompCompiler.compile(profile) else {
            // Contradictions are libseccomp's to refuse; what it takes, we take.
            return expect(library ?? nil == nil, "a profile is refused that libseccomp takes: \(profile)")
        }
        guard let library = library ?? nil else { return }
        expect(ours.flags == library.flags && ours.unknownSystemCalls == library.unknownSystemCalls, "other flags: \(profile)")
        let reading = Reading(profile)
        for test in calls(profile, &input) {
            guard let result = try? run(ours.instructions, on: test.call) else {
                wrong("the kernel would refuse the program of \(profile)")
            }
            let other = try? run(library.instructions, on: test.call)
            // libseccomp 2.5 drops comparisons when several alternatives of one call compare the same argument.
            if result != other, !isShared(test), reading.result(test) != result {
                wrong(
                    "call \(test.call.number) of \(test.architecture) with \(test.call.arguments): \(result), libseccomp \(other ?? 0): \(profile)"
                )
            }
        }
    }

    /// Our program against the reading alone.
    private static func judge(_ profile: SeccompProfile, _ input: inout Input) {
        guard let ours = try? SeccompCompiler.compile(profile) else { return }
        let reading = Reading(profile)
        for test in calls(profile, &input) {
            guard let result = try? run(ours.instructions, on: test.call) else {
                wrong("the kernel would refuse the program of \(profile)")
            }
            if !isShared(test), let expected = reading.result(test), result != expected {
                wrong(
                    "call \(test.call.number) of \(test.architecture) with \(test.call.arguments): \(result) instead of \(expected): \(profile)"
                )
            }
        }
    }

    /// Where rules with conditions and several actions meet in one call, the order is libseccomp's.
    private static func withOneAction(_ profile: SeccompProfile) -> SeccompProfile {
        var profile = profile
        guard let rules = profile.syscalls, let first = rules.first else { return profile }
        profile.syscalls = rules.map {
            SeccompSyscall(names: $0.names, action: first.action, errnoRet: first.errnoRet, args: $0.args)
        }
        return profile
    }

    /// Whether libseccomp can be asked as well: over two alternatives of one call, each with conditions, it may stay for minutes.
    private static func isQuick(_ profile: SeccompProfile) -> Bool {
        let names = (profile.syscalls ?? []).filter { $0.args != nil }.flatMap { $0.names }
        return Set(names).count == names.count
    }

    /// The reading does not know calls that come through socketcall(2) and ipc(2), nor the numbers of their own that they got later.
    private static func isShared(_ test: TestCall) -> Bool {
        guard test.architecture == TestArchitecture.x86.rawValue else { return false }
        return [102, 117].contains(test.call.number) || (337...402).contains(test.call.number)
    }

    private static let names = [
        "read", "write", "open", "close", "clone", "clone3", "personality", "ioctl", "mount", "socket", "bind", "accept4", "send",
        "recvmsg", "socketcall", "ipc", "shmget", "semop", "msgget", "getpid", "futex", "prctl", "waitpid", "mmap", "newfstatat",
        "no_such_call", "s390_runtime_instr", "exit_group", "execve",
    ]
    private static let values: [UInt64] = [
        0, 1, 8, 40, 0x7e02_0000, 0x8000_0000, 0xffff_ffff, 0x1_0000_0000, 0x1_0000_0001, .max,
    ]

    private static func profile(_ input: inout Input) -> SeccompProfile {
        let actions = ["ALLOW", "ERRNO", "KILL", "KILL_PROCESS", "TRAP", "LOG", "TRACE"].map { "SCMP_ACT_" + $0 }
        let operators = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"].map { "SCMP_CMP_" + $0 }
        var profile = SeccompProfile(defaultAction: input.pick(actions))
        if profile.defaultAction == "SCMP_ACT_ERRNO" { profile.defaultErrnoRet = input.pick([nil, 13, 38, 5000]) }
        profile.architectures = ["X86_64", "X86", "X32"].filter { _ in input.flag() }.map { "SCMP_ARCH_" + $0 }
        var rules: [SeccompSyscall] = []
        while !input.isAtEnd, rules.count < 4 {
            var chosen: [String] = []
            for _ in 0...input.below(4) {
                let name = input.pick(names)
                if !chosen.contains(name) { chosen.append(name) }
            }
            let conditions = (0..<input.below(4)).map { _ in
                let operation = input.pick(operators)
                let value = input.flag() ? input.pick(values) : input.word()
                let second = operation.hasSuffix("MASKED_EQ") ? input.pick(values) & value : nil
                return SeccompArgument(index: UInt(input.below(6)), value: value, valueTwo: second, op: operation)
            }
            rules.append(SeccompSyscall(names: chosen, action: input.pick(actions), args: conditions.isEmpty ? nil : conditions))
        }
        profile.syscalls = rules
        return profile
    }

    private static func calls(_ profile: SeccompProfile, _ input: inout Input) -> [TestCall] {
        var random = SplitMix(seed: UInt64((profile.syscalls ?? []).count) &+ input.word())
        let conditions = (profile.syscalls ?? []).flatMap { $0.args ?? [] }
        let interesting = values + conditions.flatMap { [$0.value, $0.value &+ 1, $0.value &- 1] }
        var calls: [TestCall] = []
        for architecture in TestArchitecture.allCases {
            var numbers: Set<UInt32> = [0, 400, 600, 0x3fff_ffff, 0x4000_0000, 0x4000_0300, .max]
            for name in (profile.syscalls ?? []).flatMap({ $0.names }) {
                let number = seccomp_syscall_resolve_name_arch(architecture.rawValue, name)
                if number >= 0 { numbers.formUnion([UInt32(number), UInt32(number) + 1]) }
            }
            for number in numbers.sorted() {
                for _ in 0..<4 {
                    let arguments = (0..<6).map { _ in interesting[random.below(interesting.count)] }
                    // The kernel tells x32 by the number alone.
                    let isWide = architecture.kernel == TestArchitecture.x86_64.rawValue
                    let isX32 = number & 0x4000_0000 != 0
                    let table: TestArchitecture = isWide ? (isX32 ? .x32 : .x86_64) : architecture
                    calls.append(
                        TestCall(
                            architecture: table.rawValue,
                            call: Call(number: number, architecture: architecture.kernel, arguments: arguments)))
                }
            }
        }
        return calls
    }
}
