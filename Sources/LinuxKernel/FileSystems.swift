internal import CLinux

/// What kind of file system a path is on.
public enum FileSystems {
    /// The magic number of cgroup v1 file systems (CGROUP_SUPER_MAGIC).
    public static let cgroup: Int64 = 0x27e0eb
    /// The magic number of cgroup v2 file systems (CGROUP2_SUPER_MAGIC).
    public static let cgroup2: Int64 = 0x6367_7270

    /// The magic number of the file system that holds the path (statfs(2), f_type).
    public static func magic(of path: String) throws(KernelError) -> Int64 {
        // struct statfs is 120 bytes on 64-bit machines; f_type is its first word.
        var record = [Int64](repeating: 0, count: 16)
        try Files.withPath(path) { (pointer) throws(KernelError) in
            var failure: KernelError?
            unsafe record.withUnsafeMutableBytes { bytes in
                do throws(KernelError) {
                    try unsafe systemCall(__NR_statfs, "statfs", on: path, pointer, UInt64(address: bytes.baseAddress))
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
        }
        return record[0]
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
