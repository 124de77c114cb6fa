import CSeccomp
import Chance
import RuntimeSpec
import Testing

@testable import Seccomp

/// Programs of our own generator beside libseccomp's for the same profile: every call must end alike.
@Suite struct FilterGeneratorTests {
    /// Values at which comparisons of 32 and of 64 bits change their minds.
    static let values: [UInt64] = [
        0, 1, 2, 8, 40, 0x7e02_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1_0000_0000, 0x1_0000_0001,
        0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, .max,
    ]

    /// Where the two differ, a third reading decides: libseccomp 2.5 drops comparisons when several alternatives of one call
    /// compare the same argument, and refuses some contradictions.
    /// - Returns: whether libseccomp agrees.
    @discardableResult
    static func compare(_ profile: SeccompProfile, _ calls: [TestCall], _ comment: Comment) throws -> Bool {
        guard let library = try? SeccompCompiler.compile(profile, usesLibrary: true) else { return false }
        let ours = try #require(try SeccompCompiler.compile(profile))
        #expect(ours.flags == library.flags && ours.unknownSystemCalls == library.unknownSystemCalls, comment)
        var agrees = true
        for test in calls {
            let result = try run(ours.instructions, on: test.call)
            let expected = try run(library.instructions, on: test.call)
            guard result != expected else { continue }
            agrees = false
            guard Reading(profile).result(test) != result else { continue }
            Issue.record(
                """
                \(comment): call \(test.call.number) of \(String(test.architecture, radix: 16)) with \(test.call.arguments): \
                \(String(result, radix: 16)) instead of \(String(expected, radix: 16)); \(profile)
                """)
            break
        }
        return agrees
    }

    @Test(arguments: TestArchitecture.allCases) func engineLikeProfile(architecture: TestArchitecture) throws {
        let calls = architecture.numbers.flatMap { number in
            [0, 1, 5, 8, 11, 21, 40, 0x0200_0000, 0xffff_ffff, 0x1_0000_0001].map { (first: UInt64) in
                TestCall(
                    architecture: architecture.rawValue,
                    call: Call(number: number, architecture: architecture.kernel, arguments: [first, 2, 3, 4, 5, 6]))
            }
        }
        #expect(try Self.compare(SeccompTests.engineLikeProfile(), calls, "engine"))
    }

    /// It is the generator that is tested, and not libseccomp twice.
    @Test func engineLikeProfileIsGenerated() throws {
        let profile = SeccompTests.engineLikeProfile()
        let rules = try SeccompRules(profile, at: JSONPath([]))
        for architecture in TestArchitecture.allCases {
            let numbers = rules.rules.map { seccomp_syscall_resolve_name_arch(architecture.rawValue, $0.name) }
            #expect(FilterGenerator.program(rules, numbers, architecture: architecture.rawValue) != nil)
        }
        let ours = try #require(try SeccompCompiler.compile(profile)).instructions.count
        let library = try #require(try SeccompCompiler.compile(profile, usesLibrary: true)).instructions.count
        #expect(ours < library / 2, "\(ours) instructions, libseccomp has \(library)")
    }

    @Test func randomProfiles() throws {
        var agreeing = 0
        for seed in 0..<400 as Range<UInt64> {
            var random = SplitMix(seed: seed)
            let profile = random.profile()
            if try Self.compare(profile, random.calls(for: profile), "seed \(seed)") { agreeing += 1 }
        }
        #expect(agreeing > 340)
    }
}

/// Random profiles, and the calls that tell them apart.
extension SplitMix {
    static let names = [
        "read", "write", "open", "close", "clone", "clone3", "personality", "ioctl", "mount", "umount2", "socket", "bind",
        "accept", "accept4", "send", "recv", "sendmsg", "socketcall", "ipc", "shmget", "semop", "semtimedop", "msgget",
        "getpid", "futex", "futex_time64", "prctl", "arch_prctl", "waitpid", "mmap", "mmap2", "fstatat64", "newfstatat",
        "no_such_call", "s390_runtime_instr",
    ]
    static let actions = ["ALLOW", "ERRNO", "KILL", "KILL_PROCESS", "TRAP", "LOG", "TRACE"].map { "SCMP_ACT_" + $0 }
    static let operators = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"].map { "SCMP_CMP_" + $0 }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[Int.random(in: elements.indices, using: &self)] }
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

    mutating func condition() -> SeccompArgument {
        let operation = pick(Self.operators)
        let value = pick(FilterGeneratorTests.values)
        let second = operation.hasSuffix("MASKED_EQ") ? pick(FilterGeneratorTests.values) & value : nil
        return SeccompArgument(index: UInt.random(in: 0..<6, using: &self), value: value, valueTwo: second, op: operation)
    }

    mutating func profile() -> SeccompProfile {
        let action = pick(Self.actions)
        let common = pick(Self.actions)
        var rules: [SeccompSyscall] = []
        for _ in 0..<Int.random(in: 1...8, using: &self) {
            var names: [String] = []
            for _ in 0..<Int.random(in: 1...10, using: &self) { names.append(pick(Self.names)) }
            var conditions: [SeccompArgument]?
            if chance(50) {
                conditions = []
                for _ in 0..<Int.random(in: 1...3, using: &self) { conditions?.append(condition()) }
            }
            // Mostly one action, or libseccomp would have to generate most of them.
            rules.append(SeccompSyscall(names: names, action: chance(85) ? common : pick(Self.actions), args: conditions))
        }
        let architectures = ["X86_64", "X86", "X32", "AARCH64", "ARM"].filter { _ in chance(60) }.map { "SCMP_ARCH_" + $0 }
        return SeccompProfile(
            defaultAction: action, defaultErrnoRet: action == "SCMP_ACT_ERRNO" ? pick([nil, 13, 38]) : nil,
            architectures: architectures, syscalls: rules)
    }

    mutating func calls(for profile: SeccompProfile) -> [TestCall] {
        let x86_64 = TestArchitecture.x86_64.rawValue
        let architectures: [(token: UInt32, kernel: UInt32)] = [
            (x86_64, x86_64), (TestArchitecture.x32.rawValue, x86_64), (0x4000_0003, 0x4000_0003), (0xc000_00b7, 0xc000_00b7),
            (0x4000_0028, 0x4000_0028),
        ]
        let names = Set((profile.syscalls ?? []).flatMap(\.names)).sorted()
        var calls: [TestCall] = []
        for (token, kernel) in architectures {
            var numbers: [UInt32] = [0, 102, 117, 359, 364, 400, 600]
            numbers += [0x3fff_ffff, 0x4000_0000, 0x4000_0300, 0x8000_0000, .max - 1, .max]
            for name in names {
                let number = seccomp_syscall_resolve_name_arch(token, name)
                if number >= 0 { numbers += [UInt32(number), UInt32(number) + 1] }
            }
            for number in Set(numbers).sorted() {
                for _ in 0..<12 {
                    var arguments = (0..<6).map { _ in pick(FilterGeneratorTests.values) }
                    // The numbers of calls behind socketcall and ipc.
                    if chance(30) { arguments[0] = UInt64.random(in: 0...25, using: &self) }
                    let call = Call(number: number, architecture: kernel, arguments: arguments)
                    let isBare = token == TestArchitecture.x32.rawValue && number & 0x4000_0000 == 0
                    calls.append(TestCall(architecture: isBare ? x86_64 : token, call: call))
                }
            }
        }
        return calls
    }
}
