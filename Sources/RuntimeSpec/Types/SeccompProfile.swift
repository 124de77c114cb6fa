/// The filter of system calls.
///
/// Specification: `config-linux.md#seccomp`.
public struct SeccompProfile: Hashable, Sendable {
    /// What happens to a call that no rule matches, such as `SCMP_ACT_ERRNO`.
    public var defaultAction: String
    /// The errno for `SCMP_ACT_ERRNO`, or the message for `SCMP_ACT_TRACE`. Absent means EPERM.
    public var defaultErrnoRet: UInt?
    /// System call tables that the filter covers besides the native one, such as `SCMP_ARCH_X86`.
    public var architectures: [String]?
    /// Flags for seccomp(2), such as `SECCOMP_FILTER_FLAG_LOG`.
    public var flags: [String]?
    /// The socket of the agent that gets the notify descriptor.
    public var listenerPath: String?
    /// Text that the agent gets along with it; needs `listenerPath`.
    public var listenerMetadata: String?
    /// The rules.
    public var syscalls: [SeccompSyscall]?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(
        defaultAction: String, defaultErrnoRet: UInt? = nil, architectures: [String]? = nil, flags: [String]? = nil,
        listenerPath: String? = nil, listenerMetadata: String? = nil, syscalls: [SeccompSyscall]? = nil
    ) {
        self.defaultAction = defaultAction
        self.defaultErrnoRet = defaultErrnoRet
        self.architectures = architectures
        self.flags = flags
        self.listenerPath = listenerPath
        self.listenerMetadata = listenerMetadata
        self.syscalls = syscalls
    }
}

/// A rule for one or more system calls.
///
/// Specification: `config-linux.md#seccomp`.
public struct SeccompSyscall: Hashable, Sendable {
    /// The system calls; at least one.
    public var names: [String]
    /// What happens when the rule matches.
    public var action: String
    /// The errno for `SCMP_ACT_ERRNO`, or the message for `SCMP_ACT_TRACE`. Absent means EPERM.
    public var errnoRet: UInt?
    /// Conditions on the arguments; all must hold.
    public var args: [SeccompArgument]?
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(names: [String], action: String, errnoRet: UInt? = nil, args: [SeccompArgument]? = nil) {
        self.names = names
        self.action = action
        self.errnoRet = errnoRet
        self.args = args
    }
}

/// A condition on one argument of a system call.
///
/// Specification: `config-linux.md#seccomp`.
public struct SeccompArgument: Hashable, Sendable {
    /// Which argument, 0 to 5.
    public var index: UInt
    /// What it is compared with; for `SCMP_CMP_MASKED_EQ` the mask.
    public var value: UInt64
    /// For `SCMP_CMP_MASKED_EQ` the value that the masked argument must have.
    public var valueTwo: UInt64?
    /// The comparison, such as `SCMP_CMP_EQ`.
    public var op: String
    /// Members that the specification does not know, as they were read.
    public var unknownMembers = UnknownMembers()

    /// Makes a value from its properties.
    public init(index: UInt, value: UInt64, valueTwo: UInt64? = nil, op: String) {
        self.index = index
        self.value = value
        self.valueTwo = valueTwo
        self.op = op
    }
}
