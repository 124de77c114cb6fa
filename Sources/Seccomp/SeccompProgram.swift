/// One instruction of classic BPF, laid out in memory as the kernel's `struct sock_filter` (8 bytes).
public struct SockFilter: Equatable, Sendable {
    /// Class, size or operation, and operand source.
    public var code: UInt16
    /// Instructions to skip when a conditional jump is taken.
    public var jumpTrue: UInt8
    /// Instructions to skip when it is not.
    public var jumpFalse: UInt8
    /// The operand.
    public var operand: UInt32

    /// Makes an instruction.
    public init(_ code: UInt16, _ operand: UInt32, jumpTrue: UInt8 = 0, jumpFalse: UInt8 = 0) {
        self.code = code
        self.jumpTrue = jumpTrue
        self.jumpFalse = jumpFalse
        self.operand = operand
    }
}

/// A seccomp profile ready for the kernel: the arguments of `seccomp(SECCOMP_SET_MODE_FILTER, flags, &program)`.
///
/// A value of plain bytes: it can be stored, compared, mapped into another process and loaded there.
public struct SeccompProgram: Equatable, Sendable {
    /// The program; the kernel takes at most 4,096 instructions.
    public let instructions: [SockFilter]
    /// `SECCOMP_FILTER_FLAG_*` for seccomp(2).
    public let flags: UInt32
    /// Names in the profile that libseccomp does not know on any architecture. Their rules were left out, which the
    /// specification asks to be warned about.
    public let unknownSystemCalls: [String]

    /// Whether loading the program returns a descriptor on which an agent receives the notified calls.
    public var needsListener: Bool { flags & FilterFlag.newListener != 0 }

    /// Calls `body` with the program as the array of `struct sock_filter` that the kernel reads.
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe instructions.withUnsafeBufferPointer { (buffer) throws(Failure) in
            try unsafe body(UnsafeRawBufferPointer(buffer))
        }
    }
}
