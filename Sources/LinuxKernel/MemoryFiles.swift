internal import CLinux

/// Files that exist only in memory, and files that are mapped.
public enum MemoryFiles {
    /// A file in memory with this content, that nobody can change any more (memfd_create(2), F_SEAL_WRITE).
    public static func sealedFile(
        name: String, executable: Bool, _ content: UnsafeRawBufferPointer
    ) throws(KernelError) -> Descriptor {
        let file = try create(name, flags: UInt64(MFD_ALLOW_SEALING), executable: executable)
        let number = file.number
        var written = 0
        while written < content.count {
            unsafe written += try systemCall(
                __NR_write, "write", on: name, UInt64(number), UInt64(address: content.baseAddress?.advanced(by: written)),
                UInt64(content.count - written))
        }
        try systemCall(
            __NR_fcntl, "fcntl", on: name, UInt64(number), UInt64(F_ADD_SEALS),
            UInt64(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE))
        return file
    }

    /// A file in memory whose position is at its start.
    public static func readableFile(name: String, _ content: String) throws(KernelError) -> Descriptor {
        let file = try create(name)
        try Files.write(Array(content.utf8), to: file, name: name)
        try systemCall(__NR_lseek, "lseek", on: name, UInt64(descriptor: file.number), 0, 0)
        return file
    }

    /// A file in memory of this size, full of zeros, that can be written but never becomes shorter: it is safe to map.
    package static func fixedFile(name: String, size: Int) throws(KernelError) -> Descriptor {
        let file = try create(name, flags: UInt64(MFD_ALLOW_SEALING))
        try reserve(file, size: size, name: name)
        try systemCall(
            __NR_fcntl, "fcntl", on: name, UInt64(descriptor: file.number), UInt64(F_ADD_SEALS),
            UInt64(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW))
        return file
    }

    /// KERNEL(6.3): says whether it may be executed; before, EINVAL.
    private static func create(_ name: String, flags: UInt64 = 0, executable: Bool = false) throws(KernelError) -> Descriptor {
        let base = UInt64(MFD_CLOEXEC) | flags
        let wanted = base | UInt64(executable ? MFD_EXEC : MFD_NOEXEC_SEAL)
        return Descriptor(
            owning: Int32(
                try Files.withPath(name) { (pointer) throws(KernelError) in
                    do throws(KernelError) {
                        return try systemCall(__NR_memfd_create, "memfd_create", on: name, pointer, wanted)
                    } catch where error.errno == .invalidArgument {
                        return try systemCall(__NR_memfd_create, "memfd_create", on: name, pointer, base)
                    }
                }))
    }

    /// Makes an empty file this long, with room for every byte (fallocate(2)). KERNEL: a hole of a mapped file that finds no room
    /// when it is written to ends the process (SIGBUS).
    package static func reserve(_ file: borrowing Descriptor, size: Int, name: String) throws(KernelError) {
        do throws(KernelError) {
            try systemCall(__NR_fallocate, "fallocate", on: name, UInt64(descriptor: file.number), 0, 0, UInt64(size))
        } catch where error.errno == .notSupported {
            // Some file systems of the network.
            try Files.write([UInt8](repeating: 0, count: size), to: file, name: name)
        }
    }
}

extension Files {
    /// Takes the lock of an open file or directory (flock(2)). With `waiting` false a held lock is an EAGAIN.
    public static func lock(_ file: borrowing Descriptor, shared: Bool = false, waiting: Bool = true) throws(KernelError) {
        let operation = UInt64((shared ? 1 : 2) | (waiting ? 0 : 4))
        try systemCall(__NR_flock, "flock", on: "", UInt64(descriptor: file.number), operation)
    }

    /// Gives the lock back before the file is closed.
    package static func unlock(_ file: borrowing Descriptor) throws(KernelError) {
        try systemCall(__NR_flock, "flock", on: "", UInt64(descriptor: file.number), 8)
    }

    /// Makes a fifo (mknod(2)).
    public static func makeFifo(_ path: String, mode: UInt32, at directory: Int32 = -100) throws(KernelError) {
        try withPath(path) { (pointer) throws(KernelError) in
            _ = try systemCall(
                __NR_mknodat, "mkfifo", on: path, UInt64(descriptor: directory), pointer, UInt64(0o010000 | mode), 0)
        }
    }

    /// Forces the content to the disk (fsync(2)).
    public static func synchronize(_ file: borrowing Descriptor) throws(KernelError) {
        try systemCall(__NR_fsync, "fsync", on: "", UInt64(descriptor: file.number))
    }
}
