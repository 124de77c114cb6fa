public import RuntimeSpec

/// Why a seccomp profile cannot become a filter.
public struct SeccompError: Error, Equatable, Sendable {
    /// What kind of problem it is; stable, for programs.
    public enum Code: Sendable {
        /// A name that the specification does not know: an action, an operator, an architecture or a flag.
        case unknownName
        /// A value that the specification or the kernel does not allow there.
        case invalidValue
        /// Allowed by the specification, but not by libseccomp as linked or by this runtime.
        case unsupported
        /// libseccomp refused for another reason; `errno` says which.
        case library
        /// The kernel refused the memory that the finished program passes through.
        case system
    }

    /// What kind of problem it is.
    public let code: Code
    /// The property at fault, such as `linux.seccomp.syscalls[3].action`.
    public let path: JSONPath
    /// One line without the path and without a full stop.
    public let message: String
    /// The kernel's or libseccomp's error number, positive, or 0.
    public let errno: Int32

    /// Makes an error.
    public init(_ code: Code, at path: JSONPath, _ message: String, errno: Int32 = 0) {
        self.code = code
        self.path = path
        self.message = message
        self.errno = errno
    }
}
