/// Joins the filters of several architectures into one program.
///
/// libseccomp could do that itself, but its time grows faster than the filter: for x86-64, i386 and x32 it takes 7 ms
/// at once and 4.5 ms one after the other.
enum FilterAssembly {
    /// One architecture's filter.
    struct Part {
        /// libseccomp's token.
        let architecture: UInt32
        let program: [SockFilter]
    }

    /// A program that runs the part of a call's architecture, after the guard's comparison for it.
    ///
    /// ```
    /// is it A?  no: skip · the guard for A · jump to A's program     (for each part)
    /// return that the architecture is unknown
    /// A's program · B's program · …
    /// ```
    ///
    /// - Parameter parts: of x32 and x86-64, x32 must come first: the kernel calls both x86-64.
    static func program(_ parts: [Part], guardedBy unknownCalls: UnknownCallGuard) -> [SockFilter] {
        var program: [SockFilter] = []
        var jumps: [Int] = []
        for part in parts {
            let comparison = unknownCalls.instructions(for: part.architecture)
            program += question(part.architecture, skipping: comparison.count + 1)
            program += comparison
            jumps.append(program.count)
            program.append(SockFilter(BPF.jump, 0))  // its distance follows
        }
        program.append(SockFilter(BPF.returnValue, FilterResult.killThread))
        for (part, jump) in zip(parts, jumps) {
            program[jump].operand = UInt32(program.count - jump - 1)
            program += part.program
        }
        return program
    }

    /// Skips what follows when a call is not of the architecture.
    private static func question(_ architecture: UInt32, skipping count: Int) -> [SockFilter] {
        let load = SockFilter(BPF.loadWord, BPF.architectureOffset)
        guard architecture == ArchitectureToken.x32 else {
            return [load, SockFilter(BPF.jumpEqual, architecture, jumpFalse: UInt8(count))]
        }
        return [
            load, SockFilter(BPF.jumpEqual, ArchitectureToken.x86_64, jumpFalse: UInt8(count + 2)),
            SockFilter(BPF.loadWord, BPF.numberOffset),
            SockFilter(BPF.jumpAnyBit, ArchitectureToken.x32Bit, jumpFalse: UInt8(count)),
        ]
    }
}

/// Codes of classic BPF, from linux/bpf_common.h, as far as filters of system calls use them.
enum BPF {
    static let loadWord: UInt16 = 0x20  // BPF_LD | BPF_W | BPF_ABS
    static let returnValue: UInt16 = 0x06  // BPF_RET | BPF_K
    static let and: UInt16 = 0x54  // BPF_ALU | BPF_AND | BPF_K
    static let jump: UInt16 = 0x05  // BPF_JMP | BPF_JA
    static let jumpEqual: UInt16 = 0x15  // BPF_JMP | BPF_JEQ | BPF_K
    static let jumpGreater: UInt16 = 0x25  // BPF_JMP | BPF_JGT | BPF_K
    static let jumpGreaterOrEqual: UInt16 = 0x35  // BPF_JMP | BPF_JGE | BPF_K
    static let jumpAnyBit: UInt16 = 0x45  // BPF_JMP | BPF_JSET | BPF_K

    // Offsets in struct seccomp_data.
    static let numberOffset: UInt32 = 0
    static let architectureOffset: UInt32 = 4
    static let argumentsOffset: UInt32 = 16
}
