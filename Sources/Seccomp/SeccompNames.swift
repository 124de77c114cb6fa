internal import CSeccomp
internal import RuntimeSpec

// The specification's names beside the kernel's and libseccomp's numbers.
// SPEC(config-linux.md#seccomp)

/// What a filter returns: the upper half is the action, the lower half its data. `SECCOMP_RET_*` of linux/seccomp.h.
enum FilterResult {
    static let killProcess: UInt32 = 0x8000_0000
    static let killThread: UInt32 = 0x0000_0000
    static let trap: UInt32 = 0x0003_0000
    static let errno: UInt32 = 0x0005_0000
    static let notify: UInt32 = 0x7fc0_0000
    static let trace: UInt32 = 0x7ff0_0000
    static let log: UInt32 = 0x7ffc_0000
    static let allow: UInt32 = 0x7fff_0000

    static let actionMask: UInt32 = 0xffff_0000
    static let dataMask: UInt32 = 0x0000_ffff
}

extension SeccompAction {
    /// The filter's result without data.
    var result: UInt32 {
        switch self {
        case .allow: FilterResult.allow
        case .errno: FilterResult.errno
        case .kill, .killThread: FilterResult.killThread
        case .killProcess: FilterResult.killProcess
        case .log: FilterResult.log
        case .notify: FilterResult.notify
        case .trace: FilterResult.trace
        case .trap: FilterResult.trap
        }
    }
}

extension SeccompOperator {
    /// libseccomp's name for it.
    var comparison: scmp_compare {
        switch self {
        case .notEqual: SCMP_CMP_NE
        case .lessThan: SCMP_CMP_LT
        case .lessOrEqual: SCMP_CMP_LE
        case .equal: SCMP_CMP_EQ
        case .greaterOrEqual: SCMP_CMP_GE
        case .greaterThan: SCMP_CMP_GT
        case .maskedEqual: SCMP_CMP_MASKED_EQ
        }
    }
}

/// Architectures as libseccomp writes them: the kernel's `AUDIT_ARCH_*` of linux/audit.h, except for x32, which the
/// kernel cannot tell from x86-64 by architecture. Written out because libseccomp's header names only those that its
/// own version knows.
enum ArchitectureToken {
    private static let littleEndian: UInt32 = 0x4000_0000
    private static let wide: UInt32 = 0x8000_0000
    private static let n32: UInt32 = 0x2000_0000

    static let x86_64: UInt32 = 62 | wide | littleEndian
    static let x32: UInt32 = 62 | littleEndian
    static let x86: UInt32 = 3 | littleEndian
    static let arm: UInt32 = 40 | littleEndian
    static let aarch64: UInt32 = 183 | wide | littleEndian

    /// Set in a system call's number by programs of the x32 ABI.
    static let x32Bit: UInt32 = 0x4000_0000
    /// The first of 32-bit ARM's private system calls, which lie far above the table.
    static let armPrivate: UInt32 = 0x0f_0000

    static func token(_ architecture: SeccompArchitecture) -> UInt32 {
        switch architecture {
        case .x86: x86
        case .x86_64: x86_64
        case .x32: x32
        case .arm: arm
        case .aarch64: aarch64
        case .mips: 8
        case .mips64: 8 | wide
        case .mips64n32: 8 | wide | n32
        case .mipsel: 8 | littleEndian
        case .mipsel64: 8 | wide | littleEndian
        case .mipsel64n32: 8 | wide | littleEndian | n32
        case .ppc: 20
        case .ppc64: 21 | wide
        case .ppc64le: 21 | wide | littleEndian
        case .s390: 22
        case .s390x: 22 | wide
        case .parisc: 15
        case .parisc64: 15 | wide
        case .riscv64: 243 | wide | littleEndian
        case .loongarch64: 258 | wide | littleEndian
        case .m68k: 4
        case .sh: 42 | littleEndian
        case .sheb: 42
        }
    }
}

/// Flags of seccomp(2): `SECCOMP_FILTER_FLAG_*` of linux/seccomp.h.
enum FilterFlag {
    static let tsync: UInt32 = 1 << 0
    static let log: UInt32 = 1 << 1
    static let specAllow: UInt32 = 1 << 2
    static let newListener: UInt32 = 1 << 3
    static let tsyncESRCH: UInt32 = 1 << 4  // KERNEL(5.7)
    static let waitKillableRecv: UInt32 = 1 << 5  // KERNEL(5.19)
}

extension SeccompFlag {
    var bit: UInt32 {
        switch self {
        case .threadSynchronization: FilterFlag.tsync
        case .log: FilterFlag.log
        case .speculationAllowed: FilterFlag.specAllow
        case .waitKillableReceive: FilterFlag.waitKillableRecv
        }
    }
}
