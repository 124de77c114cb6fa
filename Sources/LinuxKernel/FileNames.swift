internal import CLinux

/// The name of a file in its directory: any bytes but zero and the slash. That it is UTF-8 is a custom, which nobody who makes
/// files has to keep.
public struct FileName: Hashable, Sendable {
    /// As the kernel has it.
    public let bytes: [UInt8]

    /// For people: what is not UTF-8 is replaced, so that it may be no name of any file.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// A name that was not read from a directory.
    public init(text: String) { bytes = Array(text.utf8) }

    init(bytes: [UInt8]) { self.bytes = bytes }
}

extension Files {
    /// The names in a directory, without `.` and `..`, in the kernel's order.
    public static func names(in path: String, at directory: Int32 = -100) throws(KernelError) -> [FileName] {
        try entries(of: path, at: directory) { _ in true }
    }

    /// The names of the directories in a directory, as the kernel marks them (getdents64(2), DT_DIR): no call for each entry.
    /// File systems of the kernel's own, such as procfs and cgroupfs, always mark them.
    public static func directories(in path: String, at directory: Int32 = -100) throws(KernelError) -> [FileName] {
        try entries(of: path, at: directory) { $0 == 4 }
    }

    private static func entries(
        of path: String, at directory: Int32, where isWanted: (_ type: UInt8) -> Bool
    ) throws(KernelError) -> [FileName] {
        let opened = try open(path, flags: .directory, at: directory)
        let number = opened.number
        var names: [FileName] = []
        let size = 32768
        while true {
            var failure: KernelError?
            let count = unsafe withUnsafeTemporaryAllocation(byteCount: size, alignment: 8) { buffer in
                var count = 0
                do throws(KernelError) {
                    count = try unsafe systemCall(
                        __NR_getdents64, "getdents64", on: path, UInt64(descriptor: number),
                        UInt64(address: buffer.baseAddress), UInt64(size))
                } catch {
                    failure = error
                }
                // struct linux_dirent64: the length of the entry is at byte 16, its type at 18, its name from 19 on.
                var offset = 0
                while offset < count {
                    let length = unsafe Int(buffer.load(fromByteOffset: offset + 16, as: UInt16.self))
                    let bytes = unsafe UnsafeRawBufferPointer(buffer)[(offset + 19)..<(offset + length)].prefix { $0 != 0 }
                    let isSpecial = unsafe bytes.elementsEqual(".".utf8) || bytes.elementsEqual("..".utf8)
                    if !isSpecial, unsafe isWanted(buffer[offset + 18]) { unsafe names.append(FileName(bytes: Array(bytes))) }
                    offset += length
                }
                return count
            }
            if let failure { throw failure }
            if count == 0 { return names }
        }
    }

    private static func withName<Result>(
        _ name: FileName, _ body: (UInt64) throws(KernelError) -> Result
    ) throws(KernelError) -> Result {
        guard let text = unsafe name.bytes.withUnsafeBufferPointer({ unsafe terminated($0) }) else {
            throw KernelError(.invalidArgument, call: "path", object: name.text)
        }
        defer { unsafe text.deallocate() }
        return unsafe try body(UInt64(address: text))
    }

    /// openat(2), with O_CLOEXEC.
    public static func open(
        _ name: FileName, flags: OpenFlags, mode: UInt32 = 0, at directory: Int32
    ) throws(KernelError) -> Descriptor {
        let number = try withName(name) { (pointer) throws(KernelError) in
            try systemCall(
                __NR_openat, "openat", on: name.text, UInt64(descriptor: directory), pointer,
                flags.argument, UInt64(mode))
        }
        return Descriptor(owning: Int32(number))
    }

    /// mkdirat(2).
    package static func makeDirectory(_ name: FileName, mode: UInt32, at directory: Int32) throws(KernelError) {
        try withName(name) { (pointer) throws(KernelError) in
            _ = try systemCall(__NR_mkdirat, "mkdir", on: name.text, UInt64(descriptor: directory), pointer, UInt64(mode))
        }
    }

    /// Where an open symbolic link points (readlinkat(2)).
    package static func readLink(_ link: borrowing Descriptor) throws(KernelError) -> [UInt8] {
        let number = link.number
        return try withPath("") { (empty) throws(KernelError) in
            var failure: KernelError?
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
                do throws(KernelError) {
                    count = try unsafe systemCall(
                        __NR_readlinkat, "readlink", UInt64(descriptor: number), empty, UInt64(address: buffer.baseAddress),
                        UInt64(buffer.count))
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            return bytes
        }
    }

    /// mknodat(2): a device, a named pipe or a socket, by the bits of its kind in the mode.
    package static func makeNode(
        _ name: FileName, mode: UInt32, major: UInt32 = 0, minor: UInt32 = 0, at directory: Int32
    ) throws(KernelError) {
        // The kernel's encoding of a device number: makedev(3).
        let device = UInt64(major & 0xfff) << 8 | UInt64(minor & 0xff) | UInt64(minor & 0xfff00) << 12
        try withName(name) { (pointer) throws(KernelError) in
            _ = try systemCall(
                __NR_mknodat, "mknod", on: name.text, UInt64(descriptor: directory), pointer, UInt64(mode), device)
        }
    }

    /// symlinkat(2). What a link says is any bytes.
    package static func makeLink(_ name: FileName, to destination: [UInt8], at directory: Int32) throws(KernelError) {
        try withName(FileName(bytes: destination)) { (target) throws(KernelError) in
            try withName(name) { (pointer) throws(KernelError) in
                _ = try systemCall(__NR_symlinkat, "symlink", on: name.text, target, UInt64(descriptor: directory), pointer)
            }
        }
    }

    /// fchownat(2); a symbolic link is not followed.
    package static func changeOwner(
        of name: FileName, user: UInt32, group: UInt32, at directory: Int32
    ) throws(KernelError) {
        try withName(name) { (pointer) throws(KernelError) in
            _ = try systemCall(
                __NR_fchownat, "chown", on: name.text, UInt64(descriptor: directory), pointer, UInt64(user), UInt64(group),
                UInt64(AT_SYMLINK_NOFOLLOW))
        }
    }

    /// unlinkat(2).
    public static func removeFile(_ name: FileName, at directory: Int32) throws(KernelError) {
        try remove(name, "unlink", flags: 0, at: directory)
    }

    /// unlinkat(2) with AT_REMOVEDIR: an empty directory.
    public static func removeDirectory(_ name: FileName, at directory: Int32) throws(KernelError) {
        try remove(name, "rmdir", flags: UInt64(AT_REMOVEDIR), at: directory)
    }

    private static func remove(_ name: FileName, _ call: String, flags: UInt64, at directory: Int32) throws(KernelError) {
        try withName(name) { (pointer) throws(KernelError) in
            _ = try systemCall(__NR_unlinkat, call, on: name.text, UInt64(descriptor: directory), pointer, flags)
        }
    }
}
