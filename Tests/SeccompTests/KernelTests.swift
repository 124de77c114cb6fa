import CLinux
import RuntimeSpec
import Testing

@testable import Seccomp

/// Programs loaded into the real kernel, each in a process of its own. Needs no privilege: no_new_privs is set.
@Suite struct KernelTests {
    /// Loads a profile into the calling process. Returns the kernel's result: 0, a listener's descriptor, or -errno.
    static func load(_ profile: SeccompProfile) -> Int64 {
        guard let program = try? SeccompCompiler.compile(profile) else { return -1000 }
        _ = linux_system_call(Int64(__NR_prctl), UInt64(PR_SET_NO_NEW_PRIVS), 1, 0, 0, 0, 0)
        return program.withBytes { bytes in
            var header = sock_fprog(
                len: UInt16(program.instructions.count),
                filter: UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: sock_filter.self)))
            return withUnsafePointer(to: &header) { pointer in
                linux_system_call(
                    Int64(__NR_seccomp), 1, UInt64(program.flags), UInt64(UInt(bitPattern: pointer)), 0, 0, 0)
            }
        }
    }

    static func call(_ number: Int32) -> Int64 { linux_system_call(Int64(number), 0, 0, 0, 0, 0, 0) }

    @Test func engineLikeProfileIsEnforced() async {
        await #expect(processExitsWith: .exitCode(7)) {
            guard Self.load(engineLikeProfile()) == 0 else { leave(1) }
            guard Self.call(__NR_getppid) > 0 else { leave(2) }
            guard Self.call(__NR_mount) == -1 else { leave(3) }  // EPERM
            guard Self.call(0x3fff_0000) == -38 else { leave(4) }  // ENOSYS: newer than the profile
            guard linux_system_call(Int64(__NR_socket), 40, 1, 0, 0, 0, 0) == -1 else { leave(5) }
            leave(7)
        }
    }

    @Test func killingEndsTheProcess() async {
        await #expect(processExitsWith: .signal(31)) {  // SIGSYS
            let profile = SeccompProfile(
                defaultAction: "SCMP_ACT_ALLOW",
                syscalls: [SeccompSyscall(names: ["getppid"], action: "SCMP_ACT_KILL_PROCESS")])
            guard Self.load(profile) == 0 else { leave(1) }
            _ = Self.call(__NR_getppid)
            leave(2)
        }
    }

    /// KERNEL(5.14) is required, so all but the newest flag must be there.
    @Test func flagsOfThisKernel() {
        let supported = SeccompCompiler.supportedFlags()
        #expect(supported.prefix(3) == [.threadSynchronization, .log, .speculationAllowed])
    }

    /// What the library does not know must not be claimed; what it knows is refused only for its byte order (EDOM).
    @Test(arguments: SeccompArchitecture.allCases)
    func architectures(architecture: SeccompArchitecture) {
        let profile = SeccompProfile(defaultAction: "SCMP_ACT_ALLOW", architectures: [architecture.rawValue])
        var refusal: Int32 = 0
        do throws(SeccompError) { _ = try SeccompCompiler.compile(profile) } catch { refusal = error.errno }
        let isSupported = SeccompCompiler.supportedArchitectures().contains(architecture)
        #expect(isSupported ? refusal == 0 || refusal == EDOM : refusal == EINVAL)
    }

    @Test func listenerIsReturned() async {
        await #expect(processExitsWith: .exitCode(7)) {
            let profile = SeccompProfile(
                defaultAction: "SCMP_ACT_ALLOW",
                flags: ["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG"],
                syscalls: [SeccompSyscall(names: ["mknod"], action: "SCMP_ACT_NOTIFY")])
            leave(Self.load(profile) > 2 ? 7 : 1)
        }
    }
}

/// Ends the process without running anything that a filter may have forbidden.
private func leave(_ code: UInt64) -> Never {
    _ = linux_system_call(Int64(__NR_exit_group), code, 0, 0, 0, 0, 0)
    fatalError("exit_group returned")
}
