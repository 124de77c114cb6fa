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
            record.withUnsafeMutableBytes { bytes in
                do throws(KernelError) {
                    try systemCall(__NR_statfs, "statfs", on: path, pointer, UInt64(address: bytes.baseAddress))
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

    /// The names of the directories in a directory, as the kernel marks them (getdents64(2), DT_DIR): no call for each entry.
    /// File systems of the kernel's own, such as procfs and cgroupfs, always mark them.
    public static func directories(in path: String, at directory: Int32 = -100) throws(KernelError) -> [String] {
        let opened = try open(path, flags: O_RDONLY | O_DIRECTORY, at: directory)
        let number = opened.number
        var names: [String] = []
        let size = 8192
        while true {
            var failure: KernelError?
            let count = withUnsafeTemporaryAllocation(byteCount: size, alignment: 8) { buffer in
                var count = 0
                do throws(KernelError) {
                    count = try systemCall(
                        __NR_getdents64, "getdents64", on: path, UInt64(descriptor: number),
                        UInt64(address: buffer.baseAddress), UInt64(size))
                } catch {
                    failure = error
                }
                // struct linux_dirent64: the length of the entry is at byte 16, its type at 18, its name from 19 on.
                var offset = 0
                while offset < count {
                    let length = Int(buffer.load(fromByteOffset: offset + 16, as: UInt16.self))
                    if buffer[offset + 18] == 4 {
                        let bytes = UnsafeRawBufferPointer(buffer)[(offset + 19)..<(offset + length)]
                        let name = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                        if name != "." && name != ".." { names.append(name) }
                    }
                    offset += length
                }
                return count
            }
            if let failure { throw failure }
            if count == 0 { return names }
        }
    }
}
