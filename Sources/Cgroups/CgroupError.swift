public import LinuxKernel
public import RuntimeSpec

/// Why a control group could not be made, changed, asked or removed.
public struct CgroupError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is; stable, for programs.
    public enum Kind: String, Hashable, Sendable {
        /// `linux.cgroupsPath` cannot be used.
        case invalidPath
        /// A property of `linux.resources` has a value that no kernel takes.
        case invalidValue
        /// A property that the hierarchies of this host cannot express.
        case unsupported
        /// A controller is needed and this host, or the parent group, does not offer it.
        case missingController
        /// The kernel refused a value.
        case refused
        /// A call of the kernel failed.
        case kernel
        /// The group has processes that are not the container's.
        case populated
        /// The group is frozen, and nobody would thaw it.
        case frozen
        /// The group is in a mode that cannot hold a container.
        case threaded
        /// The caller may not do this.
        case permission
        /// It did not happen before the deadline.
        case timedOut
        /// A file of the kernel, or a message of systemd, is not in the expected form.
        case malformed
        /// systemd, or the message bus, answered with an error.
        case systemd
    }

    /// What kind of failure it is.
    public var kind: Kind
    /// One line that says what failed, with the values.
    public var message: String
    /// The property of config.json that asked for it.
    public var path: JSONPath?
    /// The file that was written or read, as an absolute path.
    public var file: String?
    /// What was written.
    public var value: String?
    /// The kernel's answer.
    public var errno: Errno?
    /// What to do about it.
    public var hint: String?

    /// Makes an error.
    public init(
        _ kind: Kind, _ message: String, path: JSONPath? = nil, file: String? = nil, value: String? = nil,
        errno: Errno? = nil, hint: String? = nil
    ) {
        self.kind = kind
        self.message = message
        self.path = path
        self.file = file
        self.value = value
        self.errno = errno
        self.hint = hint
    }

    /// The place in config.json and the message, on one line; the hint is left to who prints it.
    public var description: String {
        guard let path, !path.components.isEmpty else { return message }
        return "\(path): \(message)"
    }
}

extension CgroupError {
    /// A system call that failed while doing something that needs no more words.
    package init(_ error: KernelError, hint: String? = nil) {
        self.init(
            error.meansForbidden ? .permission : .kernel, error.description, file: error.object, errno: error.errno, hint: hint)
    }
}

/// Runs calls of the kernel and gives their failures as errors of this module.
package func kernelCall<Result: ~Copyable>(_ body: () throws(KernelError) -> Result) throws(CgroupError) -> Result {
    do throws(KernelError) {
        return try body()
    } catch {
        throw CgroupError(error)
    }
}
