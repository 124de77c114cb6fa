import CSeccomp
import RuntimeSpec
import Testing

@testable import Seccomp

/// Compiled programs run against the meaning of their profiles.
@Suite struct SeccompFilterTests {
    static let x86_64 = TestArchitecture.x86_64.rawValue
    static let allow: UInt32 = 0x7fff_0000
    static let unknownCall: UInt32 = 0x0005_0000 | 38

    static func compile(_ profile: SeccompProfile) throws -> SeccompProgram {
        try #require(try SeccompCompiler.compile(profile))
    }

    static func condition(_ index: UInt, _ op: String, _ value: UInt64, _ second: UInt64? = nil) -> SeccompArgument {
        SeccompArgument(index: index, value: value, valueTwo: second, op: op)
    }

    static func number(_ name: String, _ architecture: UInt32 = x86_64) -> UInt32 {
        UInt32(bitPattern: seccomp_syscall_resolve_name_arch(architecture, name))
    }

    /// Every number of three system call tables, with several arguments.
    @Test(arguments: TestArchitecture.allCases)
    func engineLikeProfileMeansWhatItSays(architecture: TestArchitecture) throws {
        let profile = engineLikeProfile()
        let program = try Self.compile(profile)
        #expect(program.unknownSystemCalls.isEmpty)
        let meaning = Meaning(profile: profile)
        let highest = meaning.highest(architecture.rawValue)
        var compared = 0
        for number in architecture.numbers {
            let name = architecture.name(number) ?? "(unknown)"
            // The 32-bit table reaches sockets through socketcall as well, which libseccomp adds conditions to.
            if architecture == .x86, name == "socketcall" || name == "ipc" { continue }
            for first in [0, 1, 8, 40, 0x0200_0000, 0x1001_1200, 0xffff_ffff] as [UInt64] {
                let arguments = [first, 2, 3, 4, 5, 6]
                let call = Call(number: number, architecture: architecture.kernel, arguments: arguments)
                let result = try run(program.instructions, on: call)
                let expected = meaning.result(name, number: number, arguments: arguments, highest: highest)
                #expect(result == expected, "\(name) (\(number)) with \(first)")
                compared += 1
            }
        }
        #expect(compared > 3500)
    }

    @Test func otherArchitecturesAreKilled() throws {
        let program = try Self.compile(engineLikeProfile())
        for architecture in [0xc000_00b7, 0x4000_0028, 0xc000_00f3, 8] as [UInt32] {
            #expect(try run(program.instructions, on: Call(number: 0, architecture: architecture)) == 0)
        }
    }

    @Test func nativeArchitectureIsAlwaysCovered() throws {
        let program = try Self.compile(
            SeccompProfile(
                defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86"],
                syscalls: [SeccompSyscall(names: ["mount"], action: "SCMP_ACT_ERRNO")]))
        let native = seccomp_arch_native()
        let call = Call(number: Self.number("mount", native), architecture: native)
        #expect(try run(program.instructions, on: call) == 0x0005_0001)
        #expect(try run(program.instructions, on: Call(number: 21, architecture: 0x4000_0003)) == 0x0005_0001)
    }

    @Test(arguments: [
        "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ",
    ])
    func operatorsCompare64Bits(operation: String) throws {
        let values: [UInt64] = [
            0, 1, 2, 0xffff_ffff, 0x1_0000_0000, 0x1_0000_0001, 0x8000_0000_0000_0000, .max, 0x1234_5678_9abc_def0,
        ]
        for value in values {
            for index in 0..<6 as Range<UInt> {
                let profile = SeccompProfile(
                    defaultAction: "SCMP_ACT_ALLOW",
                    syscalls: [
                        SeccompSyscall(
                            names: ["ioctl"], action: "SCMP_ACT_ERRNO", errnoRet: 99,
                            args: [Self.condition(index, operation, value, value & 0xffff_0000_ffff_0000)])
                    ])
                let program = try Self.compile(profile)
                for argument in values {
                    var arguments = [UInt64](repeating: 7, count: 6)
                    arguments[Int(index)] = argument
                    let number = Self.number("ioctl")
                    let call = Call(number: number, architecture: Self.x86_64, arguments: arguments)
                    let expected = Meaning(profile: profile).result(
                        "ioctl", number: number, arguments: arguments, highest: number)
                    #expect(try run(program.instructions, on: call) == expected, "\(argument) \(operation) \(value)")
                }
            }
        }
    }

    @Test(arguments: [
        [condition(0, "SCMP_CMP_EQ", 1), condition(1, "SCMP_CMP_GT", 2)],
        [condition(0, "SCMP_CMP_EQ", 1), condition(0, "SCMP_CMP_EQ", 3)],
        [condition(0, "SCMP_CMP_EQ", 1), condition(1, "SCMP_CMP_EQ", 3), condition(0, "SCMP_CMP_GE", 4)],
    ])
    func severalConditions(conditions: [SeccompArgument]) throws {
        let profile = SeccompProfile(
            defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 13,
            syscalls: [
                SeccompSyscall(names: ["prctl"], action: "SCMP_ACT_ALLOW", args: conditions),
                SeccompSyscall(names: ["read"], action: "SCMP_ACT_ALLOW"),
            ])
        let program = try Self.compile(profile)
        let number = Self.number("prctl")
        for first in 0..<6 as Range<UInt64> {
            for second in 0..<6 as Range<UInt64> {
                let arguments = [first, second, 0, 0, 0, 0]
                let call = Call(number: number, architecture: Self.x86_64, arguments: arguments)
                let expected = Meaning(profile: profile).result(
                    "prctl", number: number, arguments: arguments, highest: number)
                #expect(try run(program.instructions, on: call) == expected, "\(first), \(second)")
            }
        }
    }

    @Test(
        arguments: SeccompAction.allCases.filter { $0 != .notify }, [nil, 0, 38, 4094, 65535] as [UInt?])
    func actions(action: SeccompAction, data: UInt?) throws {
        let data = action.takesErrno && !(action == .errno && data == 65535) ? data : nil
        let asRule = SeccompProfile(
            defaultAction: action == .allow ? "SCMP_ACT_LOG" : "SCMP_ACT_ALLOW",
            syscalls: [SeccompSyscall(names: ["getppid"], action: action.rawValue, errnoRet: data)])
        let call = Call(number: Self.number("getppid"), architecture: Self.x86_64)
        let expected = Meaning.value(action.rawValue, data)
        #expect(try run(try Self.compile(asRule).instructions, on: call) == expected)

        let asDefault = SeccompProfile(
            defaultAction: action.rawValue, defaultErrnoRet: data,
            syscalls: [
                SeccompSyscall(names: ["read"], action: action == .allow ? "SCMP_ACT_LOG" : "SCMP_ACT_ALLOW"),
                SeccompSyscall(names: ["getsid"], action: action.rawValue, errnoRet: data),
            ])
        #expect(try run(try Self.compile(asDefault).instructions, on: call) == expected)
    }

    @Test func repeatedAndRedundantRulesAreAccepted() throws {
        let allowed = SeccompSyscall(names: ["read", "read"], action: "SCMP_ACT_ALLOW")
        let program = try Self.compile(
            SeccompProfile(
                defaultAction: "SCMP_ACT_ERRNO",
                syscalls: [allowed, SeccompSyscall(names: ["write"], action: "SCMP_ACT_ERRNO"), allowed]))
        #expect(try run(program.instructions, on: Call(number: 0, architecture: Self.x86_64)) == Self.allow)
        // write is named, so it is not unknown; it gets the default.
        #expect(try run(program.instructions, on: Call(number: 1, architecture: Self.x86_64)) == 0x0005_0001)
    }

    /// How libseccomp reads contradicting rules; profiles are written for it.
    @Test(arguments: [
        (["SCMP_ACT_ALLOW", "SCMP_ACT_KILL"], [false, false], allow), (["SCMP_ACT_KILL", "SCMP_ACT_ALLOW"], [false, false], 0),
        (["SCMP_ACT_KILL", "SCMP_ACT_ALLOW"], [true, false], allow), (["SCMP_ACT_ALLOW", "SCMP_ACT_KILL"], [false, true], allow),
    ] as [([String], [Bool], UInt32)])
    func contradictions(actions: [String], conditional: [Bool], expected: UInt32) throws {
        let rules = zip(actions, conditional).map { action, conditional in
            SeccompSyscall(
                names: ["dup"], action: action, args: conditional ? [Self.condition(0, "SCMP_CMP_EQ", 1)] : nil)
        }
        let program = try Self.compile(SeccompProfile(defaultAction: "SCMP_ACT_ERRNO", syscalls: rules))
        let call = Call(number: Self.number("dup"), architecture: Self.x86_64, arguments: [1, 0, 0, 0, 0, 0])
        #expect(try run(program.instructions, on: call) == expected)
    }

    @Test func profileWithoutRulesIsItsDefault() throws {
        let program = try Self.compile(SeccompProfile(defaultAction: "SCMP_ACT_KILL_PROCESS"))
        #expect(try run(program.instructions, on: Call(number: 3, architecture: Self.x86_64)) == 0x8000_0000)
        #expect(try SeccompCompiler.compile(SeccompProfile(defaultAction: "")) == nil)
    }

    @Test func unknownNamesAreListedAndSkipped() throws {
        let program = try Self.compile(
            SeccompProfile(
                defaultAction: "SCMP_ACT_ERRNO",
                syscalls: [
                    SeccompSyscall(
                        names: ["read", "no_such_call", "s390_runtime_instr", "", "no_such_call"],
                        action: "SCMP_ACT_ALLOW")
                ]))
        // A call of another architecture is known, and simply absent here.
        #expect(program.unknownSystemCalls == ["no_such_call", ""])
        #expect(try run(program.instructions, on: Call(number: 0, architecture: Self.x86_64)) == Self.allow)
    }
}
