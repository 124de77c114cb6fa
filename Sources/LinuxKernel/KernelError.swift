internal import ByteText
internal import CLibrary
internal import CLinux

/// An error number of the kernel (errno(3)).
public struct Errno: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The number, such as 2 for `ENOENT`.
    public let rawValue: Int32

    /// An error by its number.
    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// The symbolic name, such as `ENOENT`.
    public var name: String {
        guard let name = unsafe library_error_name(rawValue) else { return "errno \(rawValue)" }
        return unsafe String(cString: name)
    }

    /// The kernel's sentence for it in lower case, such as `no such file or directory`, as runc prints it.
    public var description: String {
        guard let sentence = unsafe library_error_sentence(rawValue) else { return "errno \(rawValue)" }
        return unsafe String(cString: sentence).lowered
    }

    /// What the C library says about its last call that failed; its functions alone set it, the wrappers here throw.
    package static var last: Errno { Errno(rawValue: library_errno()) }

    /// `ENOENT`.
    public static let noEntry = Errno(rawValue: ENOENT)
    /// `EEXIST`.
    public static let exists = Errno(rawValue: EEXIST)
    /// `EINVAL`.
    public static let invalidArgument = Errno(rawValue: EINVAL)
    /// `ESRCH`.
    public static let noSuchProcess = Errno(rawValue: ESRCH)
    /// `EPERM`.
    public static let notPermitted = Errno(rawValue: EPERM)
    /// `EACCES`.
    public static let accessDenied = Errno(rawValue: EACCES)
    /// `EFAULT`.
    public static let badAddress = Errno(rawValue: EFAULT)
    /// `EBUSY`.
    public static let busy = Errno(rawValue: EBUSY)
    /// `EAGAIN`.
    public static let again = Errno(rawValue: EAGAIN)
    /// `EINTR`.
    public static let interrupted = Errno(rawValue: EINTR)
    /// `ENOTDIR`.
    public static let notDirectory = Errno(rawValue: ENOTDIR)
    /// `ENOTEMPTY`.
    public static let notEmpty = Errno(rawValue: ENOTEMPTY)
    /// `ENODEV`.
    public static let noSuchDevice = Errno(rawValue: ENODEV)
    /// `ENXIO`.
    public static let noDeviceOrAddress = Errno(rawValue: ENXIO)
    /// `ENOSYS`.
    public static let notImplemented = Errno(rawValue: ENOSYS)
    /// `EOPNOTSUPP`.
    public static let notSupported = Errno(rawValue: EOPNOTSUPP)
    /// `ECONNREFUSED`.
    public static let connectionRefused = Errno(rawValue: ECONNREFUSED)
    /// `ELOOP`.
    public static let tooManyLinks = Errno(rawValue: ELOOP)
    /// `ENAMETOOLONG`.
    public static let nameTooLong = Errno(rawValue: ENAMETOOLONG)
    /// `EIO`.
    public static let inputOutput = Errno(rawValue: EIO)
    /// `ETIMEDOUT`.
    public static let timedOut = Errno(rawValue: ETIMEDOUT)
    /// `ENOSPC`.
    public static let noSpace = Errno(rawValue: ENOSPC)
    /// `ECHILD`.
    public static let noChild = Errno(rawValue: ECHILD)
}

/// A system call that the kernel refused, with what it was asked.
public struct KernelError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the kernel returned.
    public var errno: Errno
    /// The system call, such as `openat`.
    public var call: String
    /// What it was called on, usually a path.
    public var object: String

    /// The failure of a system call on an object, such as a path.
    public init(_ errno: Errno, call: String, object: String = "") {
        self.errno = errno
        self.call = call
        self.object = object
    }

    public var description: String {
        object.isEmpty ? "\(call): \(errno) (\(errno.name))" : "\(call) \(object): \(errno) (\(errno.name))"
    }
}

/// The one place where a raw result becomes a value or an error, and where a call that a signal interrupted is repeated.
@discardableResult
package func systemCall(
    _ number: Int32, _ name: @autoclosure () -> String, on object: @autoclosure () -> String = "",
    _ a: UInt64 = 0, _ b: UInt64 = 0, _ c: UInt64 = 0, _ d: UInt64 = 0, _ e: UInt64 = 0, _ f: UInt64 = 0
) throws(KernelError) -> Int {
    while true {
        let result = linux_system_call(Int64(number), a, b, c, d, e, f)
        if result >= 0 { return Int(result) }
        if result == -Int64(EINTR) { continue }
        throw KernelError(Errno(rawValue: Int32(-result)), call: name(), object: object())
    }
}

extension UInt64 {
    /// A descriptor number as a system call argument; negative numbers such as AT_FDCWD keep their meaning.
    package init(descriptor: Int32) {
        self = UInt64(bitPattern: Int64(descriptor))
    }

    /// An address as a system call argument.
    package init(address: UnsafeRawPointer?) {
        self = UInt64(UInt(bitPattern: address))
    }
}
