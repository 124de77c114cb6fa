import RuntimeSpec
import Testing

@testable import Seccomp

/// Calls that are newer than the profile.
@Suite struct UnknownCallTests {
    private func result(
        _ action: String, _ errnoRet: UInt? = nil, architectures: [String] = [], number: UInt32,
        architecture: UInt32 = 0xc000_003e
    ) throws -> UInt32 {
        let profile = SeccompProfile(
            defaultAction: action, defaultErrnoRet: errnoRet, architectures: architectures,
            syscalls: [SeccompSyscall(names: ["read", "close", "getcwd"], action: "SCMP_ACT_ALLOW")])
        let program = try #require(try SeccompCompiler.compile(profile))
        return try run(program.instructions, on: Call(number: number, architecture: architecture))
    }

    /// getcwd is 79 on x86-64.
    @Test(arguments: [
        ("SCMP_ACT_ERRNO", nil, 79, 0x7fff_0000), ("SCMP_ACT_ERRNO", nil, 78, 0x0005_0001),
        ("SCMP_ACT_ERRNO", nil, 80, 0x0005_0026), ("SCMP_ACT_ERRNO", 13, 80, 0x0005_0026),
        ("SCMP_ACT_ERRNO", 38, 78, 0x0005_0026), ("SCMP_ACT_ERRNO", 38, 80, 0x0005_0026),
        ("SCMP_ACT_ERRNO", nil, 0x3fff_ffff, 0x0005_0026),
        // Killing and trapping stay what the profile says, new or not.
        ("SCMP_ACT_KILL_PROCESS", nil, 80, 0x8000_0000), ("SCMP_ACT_KILL", nil, 80, 0),
        ("SCMP_ACT_TRAP", nil, 80, 0x0003_0000), ("SCMP_ACT_TRACE", nil, 80, 0x7ff0_0001),
        ("SCMP_ACT_LOG", nil, 80, 0x7ffc_0000),
        // x32 is not in the profile: libseccomp kills it.
        ("SCMP_ACT_ERRNO", nil, 0x4000_0050, 0),
    ] as [(String, UInt?, UInt32, UInt32)])
    func native(action: String, errnoRet: UInt?, number: UInt32, expected: UInt32) throws {
        #expect(try result(action, errnoRet, number: number) == expected)
    }

    /// getcwd is 183 on i386 and 32-bit ARM, 0x4000004f on x32; each table has its own limit.
    @Test(arguments: [
        (0x4000_0003, 183, 0x7fff_0000), (0x4000_0003, 184, 0x0005_0026), (0x4000_0003, 182, 0x0005_0001),
        (0xc000_003e, 0x4000_004f, 0x7fff_0000), (0xc000_003e, 0x4000_0050, 0x0005_0026),
        (0xc000_003e, 79, 0x7fff_0000), (0xc000_003e, 80, 0x0005_0026), (0xc000_003e, 0x4000_004e, 0x0005_0001),
        (0x4000_0028, 183, 0x7fff_0000), (0x4000_0028, 184, 0x0005_0026), (0x4000_0028, 182, 0x0005_0001),
        // ARM's private calls are not new, only far away.
        (0x4000_0028, 0xf_0005, 0x0005_0001), (0x4000_0028, 0xe_ffff, 0x0005_0026),
        (0xc000_00b7, 17, 0x7fff_0000), (0xc000_00b7, 64, 0x0005_0026),
    ] as [(UInt32, UInt32, UInt32)])
    func tables(architecture: UInt32, number: UInt32, expected: UInt32) throws {
        let all = ["SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_ARM", "SCMP_ARCH_AARCH64"]
        #expect(
            try result("SCMP_ACT_ERRNO", architectures: all, number: number, architecture: architecture) == expected)
    }

    /// ARM's private calls, when allowed by name, do not move the limit.
    @Test func armPrivateCallsDoNotCount() throws {
        let profile = SeccompProfile(
            defaultAction: "SCMP_ACT_ERRNO", architectures: ["SCMP_ARCH_ARM"],
            syscalls: [SeccompSyscall(names: ["getcwd", "set_tls"], action: "SCMP_ACT_ALLOW")])
        let program = try #require(try SeccompCompiler.compile(profile)).instructions
        #expect(try run(program, on: Call(number: 0xf_0005, architecture: 0x4000_0028)) == 0x7fff_0000)
        #expect(try run(program, on: Call(number: 184, architecture: 0x4000_0028)) == 0x0005_0026)
    }
}
