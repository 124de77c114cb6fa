/// What a seccomp filter does with a call.
public enum SeccompAction: String, CaseIterable, Sendable {
    /// `SCMP_ACT_KILL`.
    case kill = "SCMP_ACT_KILL"
    /// `SCMP_ACT_KILL_PROCESS`.
    case killProcess = "SCMP_ACT_KILL_PROCESS"
    /// `SCMP_ACT_KILL_THREAD`.
    case killThread = "SCMP_ACT_KILL_THREAD"
    /// `SCMP_ACT_TRAP`.
    case trap = "SCMP_ACT_TRAP"
    /// `SCMP_ACT_ERRNO`.
    case errno = "SCMP_ACT_ERRNO"
    /// `SCMP_ACT_TRACE`.
    case trace = "SCMP_ACT_TRACE"
    /// `SCMP_ACT_ALLOW`.
    case allow = "SCMP_ACT_ALLOW"
    /// `SCMP_ACT_LOG`.
    case log = "SCMP_ACT_LOG"
    /// `SCMP_ACT_NOTIFY`.
    case notify = "SCMP_ACT_NOTIFY"

    /// Whether `errnoRet` has a meaning for this action.
    public var takesErrno: Bool { self == .errno || self == .trace }
}

/// A table of system calls that a filter can cover.
public enum SeccompArchitecture: String, CaseIterable, Sendable {
    /// `SCMP_ARCH_X86`.
    case x86 = "SCMP_ARCH_X86"
    /// `SCMP_ARCH_X86_64`.
    case x86_64 = "SCMP_ARCH_X86_64"
    /// `SCMP_ARCH_X32`.
    case x32 = "SCMP_ARCH_X32"
    /// `SCMP_ARCH_ARM`.
    case arm = "SCMP_ARCH_ARM"
    /// `SCMP_ARCH_AARCH64`.
    case aarch64 = "SCMP_ARCH_AARCH64"
    /// `SCMP_ARCH_MIPS`.
    case mips = "SCMP_ARCH_MIPS"
    /// `SCMP_ARCH_MIPS64`.
    case mips64 = "SCMP_ARCH_MIPS64"
    /// `SCMP_ARCH_MIPS64N32`.
    case mips64n32 = "SCMP_ARCH_MIPS64N32"
    /// `SCMP_ARCH_MIPSEL`.
    case mipsel = "SCMP_ARCH_MIPSEL"
    /// `SCMP_ARCH_MIPSEL64`.
    case mipsel64 = "SCMP_ARCH_MIPSEL64"
    /// `SCMP_ARCH_MIPSEL64N32`.
    case mipsel64n32 = "SCMP_ARCH_MIPSEL64N32"
    /// `SCMP_ARCH_PPC`.
    case ppc = "SCMP_ARCH_PPC"
    /// `SCMP_ARCH_PPC64`.
    case ppc64 = "SCMP_ARCH_PPC64"
    /// `SCMP_ARCH_PPC64LE`.
    case ppc64le = "SCMP_ARCH_PPC64LE"
    /// `SCMP_ARCH_S390`.
    case s390 = "SCMP_ARCH_S390"
    /// `SCMP_ARCH_S390X`.
    case s390x = "SCMP_ARCH_S390X"
    /// `SCMP_ARCH_PARISC`.
    case parisc = "SCMP_ARCH_PARISC"
    /// `SCMP_ARCH_PARISC64`.
    case parisc64 = "SCMP_ARCH_PARISC64"
    /// `SCMP_ARCH_RISCV64`.
    case riscv64 = "SCMP_ARCH_RISCV64"
    /// `SCMP_ARCH_LOONGARCH64`.
    case loongarch64 = "SCMP_ARCH_LOONGARCH64"
    /// `SCMP_ARCH_M68K`.
    case m68k = "SCMP_ARCH_M68K"
    /// `SCMP_ARCH_SH`.
    case sh = "SCMP_ARCH_SH"
    /// `SCMP_ARCH_SHEB`.
    case sheb = "SCMP_ARCH_SHEB"
}

/// A flag of seccomp(2).
public enum SeccompFlag: String, CaseIterable, Sendable {
    /// `SECCOMP_FILTER_FLAG_TSYNC`.
    case threadSynchronization = "SECCOMP_FILTER_FLAG_TSYNC"
    /// `SECCOMP_FILTER_FLAG_LOG`.
    case log = "SECCOMP_FILTER_FLAG_LOG"
    /// `SECCOMP_FILTER_FLAG_SPEC_ALLOW`.
    case speculationAllowed = "SECCOMP_FILTER_FLAG_SPEC_ALLOW"
    /// `SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV`.
    case waitKillableReceive = "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"
}

/// A comparison of a system call's argument.
public enum SeccompOperator: String, CaseIterable, Sendable {
    /// `SCMP_CMP_NE`.
    case notEqual = "SCMP_CMP_NE"
    /// `SCMP_CMP_LT`.
    case lessThan = "SCMP_CMP_LT"
    /// `SCMP_CMP_LE`.
    case lessOrEqual = "SCMP_CMP_LE"
    /// `SCMP_CMP_EQ`.
    case equal = "SCMP_CMP_EQ"
    /// `SCMP_CMP_GE`.
    case greaterOrEqual = "SCMP_CMP_GE"
    /// `SCMP_CMP_GT`.
    case greaterThan = "SCMP_CMP_GT"
    /// `SCMP_CMP_MASKED_EQ`.
    case maskedEqual = "SCMP_CMP_MASKED_EQ"
}
