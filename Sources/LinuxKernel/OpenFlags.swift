internal import CLinux

internal import var CLibrary.O_SYNC

/// How a file is opened (open(2)): for reading, unless the flags say otherwise.
///
/// O_CLOEXEC comes with every file that is opened here.
public struct OpenFlags: OptionSet, Sendable {
    /// The kernel's bits, which differ between processors.
    public let rawValue: Int32

    /// Flags by the kernel's bits.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// O_WRONLY.
    public static var writeOnly: OpenFlags { OpenFlags(rawValue: O_WRONLY) }
    /// O_RDWR.
    public static var readWrite: OpenFlags { OpenFlags(rawValue: O_RDWR) }
    /// O_CREAT: made when it is not there.
    public static var create: OpenFlags { OpenFlags(rawValue: O_CREAT) }
    /// O_EXCL: with `create`, what is there is an error.
    public static var exclusive: OpenFlags { OpenFlags(rawValue: O_EXCL) }
    /// O_TRUNC: what is there is made empty.
    public static var truncate: OpenFlags { OpenFlags(rawValue: O_TRUNC) }
    /// O_APPEND: each write goes to the end.
    public static var append: OpenFlags { OpenFlags(rawValue: O_APPEND) }
    /// O_SYNC: a write returns when the disk has it.
    public static var synchronous: OpenFlags { OpenFlags(rawValue: O_SYNC) }
    /// O_NONBLOCK: nothing is waited for, the other end of a FIFO neither.
    public static var nonBlocking: OpenFlags { OpenFlags(rawValue: O_NONBLOCK) }
    /// O_NOFOLLOW: a symbolic link as the last component is an error.
    public static var noFollow: OpenFlags { OpenFlags(rawValue: O_NOFOLLOW) }
    /// O_NOCTTY: a terminal does not become the controlling one.
    public static var noControllingTerminal: OpenFlags { OpenFlags(rawValue: O_NOCTTY) }
    /// O_DIRECTORY: what is no directory is an error.
    public static var directory: OpenFlags { OpenFlags(rawValue: O_DIRECTORY) }
    /// O_PATH: the place alone, neither read nor written.
    public static var path: OpenFlags { OpenFlags(rawValue: O_PATH) }
    /// O_TMPFILE: a file without a name in the directory.
    public static var temporaryFile: OpenFlags { OpenFlags(rawValue: O_TMPFILE) }

    /// What openat(2) and openat2(2) are given.
    var argument: UInt64 { UInt64(UInt32(bitPattern: rawValue | O_CLOEXEC)) }
}
