internal import CLinux

/// Extended attributes (xattr(7)): file capabilities, access control lists, what programs keep beside a file.
public enum ExtendedAttributes {
    /// Copies all that the other file system keeps; what it has no place for is left out (EOPNOTSUPP). Labels of SELinux are
    /// not a file's own but its place's.
    ///
    /// - Parameters:
    ///   - source: a descriptor (O_PATH is enough).
    ///   - target: another.
    public static func copy(from source: borrowing Descriptor, to target: borrowing Descriptor) throws(KernelError) {
        // KERNEL: the calls with a descriptor refuse those of O_PATH. By this path a link is what is meant, not where it leads.
        let (from, to) = ("/proc/self/fd/\(source.number)", "/proc/self/fd/\(target.number)")
        let list: [UInt8]
        do throws(KernelError) {
            list = try read("listxattr", from) { (path, buffer, size) throws(KernelError) in
                try systemCall(__NR_listxattr, "listxattr", on: from, path, buffer, size)
            }
        } catch where error.errno == .notSupported {
            return
        }
        for bytes in list.split(separator: 0) {
            let name = String(decoding: bytes, as: UTF8.self)
            if name == "security.selinux" { continue }
            try copy(name, from, to)
        }
    }

    private static func copy(_ name: String, _ from: String, _ to: String) throws(KernelError) {
        let value = try Files.withPath(name) { (pointer) throws(KernelError) in
            try read("getxattr", from) { (path, buffer, size) throws(KernelError) in
                try systemCall(__NR_getxattr, "getxattr", on: name, path, pointer, buffer, size)
            }
        }
        do throws(KernelError) {
            try Files.withPath(to) { (path) throws(KernelError) in
                try Files.withPath(name) { (pointer) throws(KernelError) in
                    try unsafe value.withUnsafeBufferPointer { (bytes) throws(KernelError) in
                        _ = try unsafe systemCall(
                            __NR_setxattr, "setxattr", on: name, path, pointer, UInt64(address: bytes.baseAddress),
                            UInt64(bytes.count), 0)
                    }
                }
            }
        } catch where error.errno == .notSupported {
            // The new file system does not keep it.
        }
    }

    /// The kernel says how much there is, and then says it.
    private static func read(
        _ call: String, _ path: String, _ body: (_ path: UInt64, _ buffer: UInt64, _ size: UInt64) throws(KernelError) -> Int
    ) throws(KernelError) -> [UInt8] {
        // KERNEL(XATTR_SIZE_MAX, XATTR_LIST_MAX)
        let most = 65536
        return try Files.withPath(path) { (pointer) throws(KernelError) in
            var result: Swift.Result<Int, KernelError> = .success(0)
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
                do throws(KernelError) {
                    count = try unsafe body(pointer, UInt64(address: buffer.baseAddress), UInt64(most))
                } catch {
                    result = .failure(error)
                }
            }
            _ = try result.get()
            return bytes
        }
    }
}
