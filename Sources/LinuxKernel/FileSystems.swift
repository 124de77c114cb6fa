internal import CLinux

/// What kind of file system a path is on.
public enum FileSystems {
    /// The magic number of cgroup v1 file systems (CGROUP_SUPER_MAGIC).
    public static let cgroup: Int64 = 0x27e0eb
    /// The magic number of cgroup v2 file systems (CGROUP2_SUPER_MAGIC).
    public static let cgroup2: Int64 = 0x6367_7270

    /// The magic number of the file system that holds the path (statfs(2), f_type).
    public static func magic(of path: String) throws(KernelError) -> Int64 {
        try statistics(of: path)[0]
    }

    /// How the mount that holds the path may be used (statfs(2), f_flags). The first four bits are those of
    /// mount_setattr(2): read-only, nosuid, nodev, noexec.
    public static func mountFlags(of path: String) throws(KernelError) -> UInt64 {
        UInt64(bitPattern: try statistics(of: path)[10])
    }

    /// The magic number of the file system that an open file is of (fstatfs(2), f_type).
    package static func magic(ofNumber descriptor: Int32) throws(KernelError) -> Int64 {
        try statistics { (record) throws(KernelError) in
            try systemCall(__NR_fstatfs, "fstatfs", on: "", UInt64(descriptor: descriptor), record)
        }[0]
    }

    private static func statistics(of path: String) throws(KernelError) -> [Int64] {
        try Files.withPath(path) { (pointer) throws(KernelError) in
            try statistics { (record) throws(KernelError) in try systemCall(__NR_statfs, "statfs", on: path, pointer, record) }
        }
    }

    /// struct statfs, 120 bytes on 64-bit machines, as words.
    private static func statistics(_ call: (UInt64) throws(KernelError) -> Int) throws(KernelError) -> [Int64] {
        var record = [Int64](repeating: 0, count: 16)
        var failure: KernelError?
        unsafe record.withUnsafeMutableBytes { bytes in
            do throws(KernelError) {
                _ = try unsafe call(UInt64(address: bytes.baseAddress))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return record
    }
}

extension Files {
    /// Gives a file to another owner; a symbolic link itself, not what it points to. nil leaves the group or the user.
    public static func changeOwner(
        of path: String, user: UInt32?, group: UInt32?, at directory: Int32 = -100
    ) throws(KernelError) {
        try withPath(path) { (pointer) throws(KernelError) in
            _ = try systemCall(
                __NR_fchownat, "chown", on: path, UInt64(descriptor: directory), pointer, UInt64(user ?? UInt32.max),
                UInt64(group ?? UInt32.max), UInt64(AT_SYMLINK_NOFOLLOW))
        }
    }
}
