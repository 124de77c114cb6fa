import RuntimeSpec
import Testing

@testable import Seccomp

/// What a profile may not say, and the flags word.
@Suite struct SeccompProfileErrorTests {
    static func profile(
        _ action: String = "SCMP_ACT_ERRNO", errnoRet: UInt? = nil, architectures: [String]? = nil,
        flags: [String]? = nil, rule: SeccompSyscall? = nil
    ) -> SeccompProfile {
        let first = SeccompSyscall(names: ["read"], action: "SCMP_ACT_ALLOW")
        return SeccompProfile(
            defaultAction: action, defaultErrnoRet: errnoRet, architectures: architectures, flags: flags,
            syscalls: [first] + (rule.map { [$0] } ?? []))
    }

    struct Case: Sendable {
        let profile: SeccompProfile
        let code: SeccompError.Code
        let path: String
        let message: String
    }

    static let cases = [
        Case(
            profile: profile("SCMP_ACT_NOPE"), code: .unknownName, path: "linux.seccomp.defaultAction",
            message: "unknown action \"SCMP_ACT_NOPE\""),
        Case(
            profile: profile(""), code: .unknownName, path: "linux.seccomp.defaultAction",
            message: "unknown action \"\""),
        Case(
            profile: profile("SCMP_ACT_ALLOW", errnoRet: 1), code: .invalidValue, path: "linux.seccomp.defaultErrnoRet",
            message: "SCMP_ACT_ALLOW does not return an error number"),
        Case(
            profile: profile(errnoRet: 4095), code: .invalidValue, path: "linux.seccomp.defaultErrnoRet",
            message: "4095 is above 4094, the most that SCMP_ACT_ERRNO returns"),
        Case(
            profile: profile("SCMP_ACT_TRACE", errnoRet: 65536), code: .invalidValue,
            path: "linux.seccomp.defaultErrnoRet",
            message: "65536 is above 65535, the most that SCMP_ACT_TRACE returns"),
        Case(
            profile: profile(architectures: ["SCMP_ARCH_X86", "SCMP_ARCH_VAX"]), code: .unknownName,
            path: "linux.seccomp.architectures[1]", message: "unknown architecture \"SCMP_ARCH_VAX\""),
        Case(
            profile: profile(architectures: ["SCMP_ARCH_X86", "SCMP_ARCH_S390X"]), code: .library,
            path: "linux.seccomp.architectures[1]",
            message: "libseccomp \(SeccompCompiler.libraryVersion) cannot add this architecture to a filter"),
        Case(
            profile: profile(flags: ["SECCOMP_FILTER_FLAG_LOG", "FAST"]), code: .unknownName,
            path: "linux.seccomp.flags[1]", message: "unknown flag \"FAST\""),
        Case(
            profile: profile(rule: SeccompSyscall(names: ["write"], action: "")), code: .unknownName,
            path: "linux.seccomp.syscalls[1].action", message: "unknown action \"\""),
        Case(
            profile: profile(rule: SeccompSyscall(names: ["openat", "write"], action: "SCMP_ACT_NOTIFY")), code: .invalidValue,
            path: "linux.seccomp.syscalls[1].names[1]",
            message: "SCMP_ACT_NOTIFY cannot be used for the write syscall: the runtime needs it to hand the listener on"),
        Case(
            profile: profile(rule: SeccompSyscall(names: ["read", "recvfrom"], action: "SCMP_ACT_NOTIFY")), code: .invalidValue,
            path: "linux.seccomp.syscalls[1].names[1]",
            message: "SCMP_ACT_NOTIFY cannot be used for the recvfrom syscall: the runtime needs it to hand the listener on"),
        Case(
            profile: profile(rule: SeccompSyscall(names: ["write"], action: "SCMP_ACT_KILL", errnoRet: 1)),
            code: .invalidValue, path: "linux.seccomp.syscalls[1].errnoRet",
            message: "SCMP_ACT_KILL does not return an error number"),
        Case(
            profile: profile(
                rule: SeccompSyscall(
                    names: ["write"], action: "SCMP_ACT_ALLOW",
                    args: [SeccompArgument(index: 6, value: 0, op: "SCMP_CMP_EQ")])), code: .invalidValue,
            path: "linux.seccomp.syscalls[1].args[0].index",
            message: "6 is not an argument of a system call (0 to 5)"),
        Case(
            profile: profile(
                rule: SeccompSyscall(
                    names: ["write"], action: "SCMP_ACT_ALLOW",
                    args: [
                        SeccompArgument(index: 0, value: 0, op: "SCMP_CMP_EQ"),
                        SeccompArgument(index: 1, value: 0, op: "SCMP_CMP_ISH"),
                    ])), code: .unknownName, path: "linux.seccomp.syscalls[1].args[1].op",
            message: "unknown operator \"SCMP_CMP_ISH\""),
    ]

    @Test(arguments: cases)
    func refused(expected: Case) {
        let error = #expect(throws: SeccompError.self) { try SeccompCompiler.compile(expected.profile) }
        #expect(error?.code == expected.code)
        #expect(error?.path.description == expected.path)
        #expect(error?.message == expected.message)
    }

    /// 1 TSYNC, 2 LOG, 4 SPEC_ALLOW, 8 NEW_LISTENER, 16 TSYNC_ESRCH, 32 WAIT_KILLABLE_RECV.
    @Test(arguments: [
        (nil, false, 4), ([], false, 0), (["SECCOMP_FILTER_FLAG_LOG"], false, 2),
        (["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"], false, 5),
        (["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"], false, 0),
        (["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"], true, 40), (["SECCOMP_FILTER_FLAG_TSYNC"], true, 25),
        (nil, true, 12),
    ] as [([String]?, Bool, UInt32)])
    func flagsWord(flags: [String]?, notifies: Bool, expected: UInt32) throws {
        let rule = notifies ? SeccompSyscall(names: ["mknod"], action: "SCMP_ACT_NOTIFY") : nil
        let program = try #require(try SeccompCompiler.compile(Self.profile(flags: flags, rule: rule)))
        #expect(program.flags == expected)
        #expect(program.needsListener == notifies)
    }
}
