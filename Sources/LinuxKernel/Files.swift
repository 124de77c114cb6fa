internal import ByteText
internal import CLinux

/// What lstat(2) and fstat(2) say that veloci asks for.
public struct FileStatus: Sendable, Equatable {
    /// The type of a file.
    public enum Kind: Sendable, Equatable {
        /// A regular file (S_IFREG).
        case file
        /// S_IFDIR.
        case directory
        /// S_IFLNK.
        case symbolicLink
        /// S_IFCHR.
        case characterDevice
        /// S_IFBLK.
        case blockDevice
        /// With a name or without (S_IFIFO).
        case pipe
        /// S_IFSOCK.
        case socket
        /// What has no type, such as a descriptor of eventfd(2).
        case other
    }
    /// The type.
    public var kind: Kind
    /// Permission bits and the set-id and sticky bits.
    public var mode: UInt32
    /// The owner.
    public var userID: UInt32
    /// The group.
    public var groupID: UInt32
    /// The number within the file system.
    public var inode: UInt64
    /// The device number of a device node.
    public var deviceMajor: UInt32
    /// The minor number of a device node.
    public var deviceMinor: UInt32
    /// Bytes.
    public var size: UInt64
}

/// Files of the host. Nothing here may be given a path that a container controls.
public enum Files {
    /// openat(2), with O_CLOEXEC. Relative paths start at `directory`, by default the working directory.
    public static func open(
        _ path: String, flags: OpenFlags = [], mode: UInt32 = 0, at directory: Int32 = -100
    ) throws(KernelError) -> Descriptor {
        let number = try withPath(path) { (pointer) throws(KernelError) in
            try systemCall(
                __NR_openat, "openat", on: path, UInt64(descriptor: directory), pointer,
                flags.argument, UInt64(mode))
        }
        return Descriptor(owning: Int32(number))
    }

    /// openat2(2) with O_CLOEXEC and RESOLVE_NO_SYMLINKS: a symbolic link anywhere on the way is `ELOOP`.
    package static func openWithoutLinks(
        _ path: String, flags: OpenFlags, at directory: Int32
    ) throws(KernelError) -> Descriptor {
        var how = open_how()
        how.flags = flags.argument
        how.resolve = UInt64(RESOLVE_NO_SYMLINKS)
        let number = try withPath(path) { (pointer) throws(KernelError) in
            try unsafe withUnsafePointer(to: &how) { (how) throws(KernelError) in
                try unsafe systemCall(
                    __NR_openat2, "openat2", on: path, UInt64(descriptor: directory), pointer, UInt64(address: how),
                    UInt64(MemoryLayout<open_how>.size))
            }
        }
        return Descriptor(owning: Int32(number))
    }

    /// Calls `body` with the address of the path as a C string. The kernel reads up to the first zero, so a path with one
    /// inside would be another path: that is `EINVAL`.
    package static func withPath<Result>(
        _ path: String, _ body: (UInt64) throws(KernelError) -> Result
    ) throws(KernelError) -> Result {
        let text = unsafe try terminated(path)
        defer { unsafe text.deallocate() }
        return unsafe try body(UInt64(address: text))
    }

    /// A copy of the path with a zero behind it. Here is what needs to be compiled once, and not with each call.
    @inline(never)
    private static func terminated(_ path: String) throws(KernelError) -> UnsafeMutableRawPointer {
        var copy = path
        guard let text = copy.withUTF8({ unsafe terminated($0) }) else {
            throw KernelError(.invalidArgument, call: "path", object: path)
        }
        return unsafe text
    }

    /// A copy of the bytes with a zero behind them; nil if there is one among them.
    static func terminated(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeMutableRawPointer? {
        if unsafe bytes.hasZero { return nil }
        let text = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 1, alignment: 16)
        unsafe text.copyMemory(from: UnsafeRawBufferPointer(bytes))
        unsafe text[bytes.count] = 0
        return text.baseAddress
    }

    /// The whole content. `limit` guards against files that never end.
    public static func read(_ path: String, at directory: Int32 = -100, limit: Int = 1 << 26) throws(KernelError) -> [UInt8] {
        let file = try open(path, at: directory)
        return try read(file, name: path, limit: limit)
    }

    /// The whole content of what lies there ready: nobody is waited for who may or may not write into a pipe of that name.
    public static func readWithoutWaiting(_ path: String, at directory: Int32 = -100) throws(KernelError) -> [UInt8] {
        let file = try open(path, flags: .nonBlocking, at: directory)
        return try read(file, name: path)
    }

    /// The value that a file of procfs, sysfs or cgroupfs holds.
    ///
    /// KERNEL: such a file gives all that fits with one read, so that a short one is the last. Tables with a line for each of
    /// many things (mountinfo, cgroup.procs) do not: those are for `read`.
    public static func readValue(_ path: String, at directory: Int32 = -100) throws(KernelError) -> String {
        let file = try open(path, at: directory)
        return String(decoding: try read(file, name: path, endsShort: true), as: UTF8.self)
    }

    /// Reads from the current position to the end.
    /// - Parameters:
    ///   - endsShort: whether a read that gives less than was asked for is known to be the last, as of regular files.
    ///   - expected: bytes of which the first read asks for as many.
    public static func read(
        _ file: borrowing Descriptor, name: String = "", limit: Int = 1 << 26, endsShort: Bool = false, expected: Int = 4096
    ) throws(KernelError) -> [UInt8] {
        let number = file.number
        var content: [UInt8] = []
        var capacity = expected
        while true {
            var count = 0
            var failure: KernelError?
            let chunk = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, initialized in
                do throws(KernelError) {
                    count = try unsafe systemCall(
                        __NR_read, "read", on: name, UInt64(descriptor: number), UInt64(address: buffer.baseAddress),
                        UInt64(buffer.count))
                } catch {
                    failure = error
                }
                initialized = count
            }
            if let failure { throw failure }
            if count == 0 { return content }
            if content.isEmpty { content = chunk } else { content += chunk }
            if content.count > limit { throw KernelError(Errno(rawValue: EFBIG), call: "read", object: name) }
            if count < capacity {
                if endsShort { return content }
            } else {
                capacity = 65536
            }
        }
    }

    /// The last bytes of a file, whatever the current position.
    public static func end(of file: borrowing Descriptor, count: Int) throws(KernelError) -> [UInt8] {
        let size = Int(clamping: try status(of: file).size)
        let number = file.number
        var result: Result<Int, KernelError> = .success(0)
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: min(size, count)) { buffer, initialized in
            do throws(KernelError) {
                initialized = try unsafe systemCall(
                    __NR_pread64, "pread", on: "", UInt64(descriptor: number), UInt64(address: buffer.baseAddress),
                    UInt64(buffer.count), UInt64(max(0, size - count)))
            } catch {
                result = .failure(error)
            }
        }
        _ = try result.get()
        return bytes
    }

    /// The content as text; what is not UTF-8 is replaced.
    public static func readText(_ path: String, at directory: Int32 = -100) throws(KernelError) -> String {
        String(decoding: try read(path, at: directory), as: UTF8.self)
    }

    /// Writes all bytes in as few calls as the kernel allows. Files of procfs and cgroupfs take each write as one value.
    public static func write(_ bytes: [UInt8], to file: borrowing Descriptor, name: String = "") throws(KernelError) {
        let number = file.number
        try writeAll(bytes) { (address, count, _) throws(KernelError) in
            try systemCall(__NR_write, "write", on: name, UInt64(descriptor: number), address, count)
        }
    }

    /// Writes all bytes at a place of a file, whatever the current position (pwrite(2)).
    package static func write(_ bytes: [UInt8], to file: Int32, at place: UInt64, name: String) throws(KernelError) {
        try writeAll(bytes) { (address, count, written) throws(KernelError) in
            try systemCall(__NR_pwrite64, "pwrite", on: name, UInt64(descriptor: file), address, count, place + written)
        }
    }

    /// - Parameter write: is given where the rest begins, how long it is, and how much was written before.
    private static func writeAll(
        _ bytes: [UInt8], _ write: (UInt64, UInt64, UInt64) throws(KernelError) -> Int
    ) throws(KernelError) {
        var written = 0
        while written < bytes.count {
            let rest = bytes[written...]
            var failure: KernelError?
            unsafe rest.withUnsafeBytes { buffer in
                do throws(KernelError) {
                    written += try unsafe write(UInt64(address: buffer.baseAddress), UInt64(buffer.count), UInt64(written))
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
        }
    }

    /// Opens an existing file and writes one value, as procfs, sysfs and cgroupfs want it.
    public static func writeValue(_ value: String, to path: String, at directory: Int32 = -100) throws(KernelError) {
        let file = try open(path, flags: .writeOnly, at: directory)
        try write(Array(value.utf8), to: file, name: path)
    }

    /// mkdirat(2). An existing directory is `EEXIST`.
    public static func makeDirectory(_ path: String, mode: UInt32, at directory: Int32 = -100) throws(KernelError) {
        try withPath(path) { (pointer) throws(KernelError) in
            _ = try systemCall(__NR_mkdirat, "mkdir", on: path, UInt64(descriptor: directory), pointer, UInt64(mode))
        }
    }

    /// Makes the directory and those above it; existing ones are left as they are.
    public static func makeDirectories(_ path: String, mode: UInt32) throws(KernelError) {
        do throws(KernelError) {
            try makeDirectory(path, mode: mode)
        } catch {
            if error.errno == .exists { return }
            guard error.errno == .noEntry, let (above, _) = path.lastHalves(at: "/"), !above.isEmpty else { throw error }
            try makeDirectories(above, mode: mode)
            do throws(KernelError) {
                try makeDirectory(path, mode: mode)
            } catch where error.errno == .exists {
            }
        }
    }

    /// unlinkat(2).
    public static func removeFile(_ path: String, at directory: Int32 = -100) throws(KernelError) {
        try withPath(path) { (pointer) throws(KernelError) in
            _ = try systemCall(__NR_unlinkat, "unlink", on: path, UInt64(descriptor: directory), pointer, 0)
        }
    }

    /// unlinkat(2) with AT_REMOVEDIR: an empty directory.
    public static func removeDirectory(_ path: String, at directory: Int32 = -100) throws(KernelError) {
        try withPath(path) { (pointer) throws(KernelError) in
            _ = try systemCall(
                __NR_unlinkat, "rmdir", on: path, UInt64(descriptor: directory), pointer, UInt64(AT_REMOVEDIR))
        }
    }

    /// Gives a file a second name (link(2)).
    public static func link(_ old: String, to new: String, at directory: Int32 = -100) throws(KernelError) {
        try withPath(old) { (from) throws(KernelError) in
            try withPath(new) { (to) throws(KernelError) in
                _ = try systemCall(
                    __NR_linkat, "link", on: "\(old) to \(new)", UInt64(descriptor: directory), from,
                    UInt64(descriptor: directory), to, 0)
            }
        }
    }

    /// Gives an open file a name, which must be free: `EEXIST` otherwise (linkat(2) with AT_SYMLINK_FOLLOW).
    package static func link(descriptor: Int32, to new: String, at directory: Int32) throws(KernelError) {
        try withPath("/proc/self/fd/\(descriptor)") { (from) throws(KernelError) in
            try withPath(new) { (to) throws(KernelError) in
                _ = try systemCall(
                    __NR_linkat, "link", on: new, UInt64(bitPattern: -100), from, UInt64(descriptor: directory), to,
                    UInt64(AT_SYMLINK_FOLLOW))
            }
        }
    }

    /// Renames within one directory or between two (rename(2)); what was at `new` is replaced.
    public static func rename(_ old: String, to new: String, at directory: Int32 = -100) throws(KernelError) {
        try withPath(old) { (from) throws(KernelError) in
            try withPath(new) { (to) throws(KernelError) in
                _ = try systemCall(
                    __NR_renameat2, "rename", on: "\(old) to \(new)", UInt64(descriptor: directory), from,
                    UInt64(descriptor: directory), to, 0)
            }
        }
    }

    /// Status of the path itself; a symbolic link is not followed unless asked.
    public static func status(
        of path: String, at directory: Int32 = -100, followingLink: Bool = false
    ) throws(KernelError) -> FileStatus {
        let flags = UInt64(UInt32(bitPattern: (followingLink ? 0 : AT_SYMLINK_NOFOLLOW) | (path.isEmpty ? AT_EMPTY_PATH : 0)))
        var status = linux_statx_record()
        try withPath(path) { (pointer) throws(KernelError) in
            try unsafe withUnsafeMutablePointer(to: &status) { (record) throws(KernelError) in
                _ = try unsafe systemCall(
                    __NR_statx, "statx", on: path, UInt64(descriptor: directory), pointer, flags,
                    UInt64(linux_statx_basic), UInt64(address: record))
            }
        }
        return FileStatus(status)
    }

    /// Status of an open file.
    public static func status(of file: borrowing Descriptor) throws(KernelError) -> FileStatus {
        try status(of: "", at: file.number)
    }

    /// Whether an open descriptor is for writing (fcntl(2), F_GETFL).
    public static func isWritable(number: Int32) throws(KernelError) -> Bool {
        let flags = try systemCall(__NR_fcntl, "fcntl", on: "descriptor \(number)", UInt64(descriptor: number), 3)
        return flags & 3 != 0
    }

    /// Why this process may not make files in a directory (faccessat2(2) with its effective ids); nil when it may.
    public static func refusal(ofMakingIn path: String) -> Errno? {
        do throws(KernelError) {
            try withPath(path) { (pointer) throws(KernelError) in
                _ = try systemCall(
                    __NR_faccessat2, "faccessat2", on: path, UInt64(bitPattern: -100), pointer, UInt64(W_OK | X_OK),
                    UInt64(AT_EACCESS))
            }
            return nil
        } catch {
            return error.errno
        }
    }

    /// The names in a directory, without `.` and `..`, in the kernel's order; what is not UTF-8 in them is replaced. For names
    /// that are used again, `names(in:)`.
    public static func list(_ path: String, at directory: Int32 = -100) throws(KernelError) -> [String] {
        try names(in: path, at: directory).map({ $0.text })
    }

    /// Where a symbolic link points.
    public static func readLink(_ path: String, at directory: Int32 = -100) throws(KernelError) -> String {
        try withPath(path) { (pointer) throws(KernelError) in
            var failure: KernelError?
            let text = unsafe withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
                do throws(KernelError) {
                    let count = try unsafe systemCall(
                        __NR_readlinkat, "readlink", on: path, UInt64(descriptor: directory), pointer,
                        UInt64(address: buffer.baseAddress), UInt64(buffer.count))
                    return unsafe String(decoding: buffer[..<count], as: UTF8.self)
                } catch {
                    failure = error
                    return ""
                }
            }
            if let failure { throw failure }
            return text
        }
    }
}

extension FileStatus {
    fileprivate init(_ record: linux_statx_record) {
        let format = UInt32(record.mode) & 0o170000
        switch format {
        case 0o100000: kind = .file
        case 0o040000: kind = .directory
        case 0o120000: kind = .symbolicLink
        case 0o020000: kind = .characterDevice
        case 0o060000: kind = .blockDevice
        case 0o010000: kind = .pipe
        case 0o140000: kind = .socket
        default: kind = .other
        }
        mode = UInt32(record.mode) & 0o7777
        userID = record.uid
        groupID = record.gid
        inode = record.inode
        deviceMajor = record.rdev_major
        deviceMinor = record.rdev_minor
        size = record.size
    }
}

extension Files {
    /// Makes a symbolic link.
    public static func makeLink(_ path: String, to destination: String, at directory: Int32 = -100) throws(KernelError) {
        try withPath(destination) { (target) throws(KernelError) in
            try withPath(path) { (pointer) throws(KernelError) in
                _ = try systemCall(__NR_symlinkat, "symlink", on: path, target, UInt64(descriptor: directory), pointer)
            }
        }
    }

    /// Changes the owner of the path itself; a symbolic link is not followed.
    public static func changeOwner(
        of path: String, user: UInt32, group: UInt32, at directory: Int32 = -100
    ) throws(KernelError) {
        try withPath(path) { (pointer) throws(KernelError) in
            _ = try systemCall(
                __NR_fchownat, "chown", on: path, UInt64(descriptor: directory), pointer, UInt64(user), UInt64(group),
                UInt64(AT_SYMLINK_NOFOLLOW))
        }
    }

    /// Changes the owner of what a descriptor is of, which may be of O_PATH.
    public static func changeOwner(of file: borrowing Descriptor, user: UInt32, group: UInt32) throws(KernelError) {
        let number = file.number
        try withPath("") { (empty) throws(KernelError) in
            _ = try systemCall(
                __NR_fchownat, "chown", on: "", UInt64(descriptor: number), empty, UInt64(user), UInt64(group),
                UInt64(AT_EMPTY_PATH))
        }
    }

    /// fchmodat(2).
    public static func changeMode(of path: String, _ mode: UInt32, at directory: Int32 = -100) throws(KernelError) {
        try withPath(path) { (pointer) throws(KernelError) in
            _ = try systemCall(__NR_fchmodat, "chmod", on: path, UInt64(descriptor: directory), pointer, UInt64(mode))
        }
    }
}
