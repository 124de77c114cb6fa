import CLinux

extension Probe {
    /// The content of a file in the scratch memory: its size, or a negated errno.
    func load(_ path: Text) -> Int64 {
        let descriptor = unsafe open(path, O_RDONLY)
        if descriptor < 0 { return descriptor }
        defer { close(descriptor) }
        return load(descriptor)
    }

    /// All that can be read from a descriptor, up to the size of the scratch memory.
    func load(_ descriptor: Int64) -> Int64 {
        var size = 0
        while size < Probe.scratchSize {
            let result = unsafe call(
                __NR_read, UInt64(bitPattern: descriptor), word(scratch + size), UInt64(Probe.scratchSize - size))
            if result == -Int64(EINTR) { continue }
            if result < 0 { return result }
            if result == 0 { break }
            size += Int(result)
        }
        return Int64(size)
    }

    /// A member with the content of a file as text, null if it cannot be read.
    mutating func file(_ name: StaticString, _ path: StaticString) {
        output.name(name)
        let size = unsafe load(path.utf8Start)
        if size < 0 { output.null() } else { unsafe output.string(scratch, Int(size)) }
    }

    /// The target of a symbolic link as a string, null if it is none.
    mutating func link(_ directory: Int64, _ path: Text) {
        let size = unsafe call(__NR_readlinkat, UInt64(bitPattern: directory), word(path), word(scratch), 4096)
        if size < 0 { output.null() } else { unsafe output.string(scratch, Int(size)) }
    }

    /// The members that describe a node: kind and mode, owner, device numbers, size, and where a link points to.
    mutating func node(_ directory: Int64, _ path: Text) {
        var record = linux_statx_record()
        let result = unsafe withUnsafeMutablePointer(to: &record) { pointer in
            unsafe call(
                __NR_statx, UInt64(bitPattern: directory), word(path), UInt64(AT_SYMLINK_NOFOLLOW),
                UInt64(linux_statx_basic), word(pointer))
        }
        output.error(result)
        guard result >= 0 else { return }
        output.member("mode", UInt64(record.mode))
        output.member("uid", UInt64(record.uid))
        output.member("gid", UInt64(record.gid))
        output.member("major", UInt64(record.rdev_major))
        output.member("minor", UInt64(record.rdev_minor))
        output.member("size", record.size)
        if record.mode & 0o170000 == 0o120000 {
            unsafe output.name("target")
            unsafe link(directory, path)
        }
    }

    /// Calls `body` with the name of each entry of a directory but `.` and `..`. The names lie in the upper half of the
    /// scratch memory.
    mutating func entries(_ directory: Int64, _ body: (inout Probe, Text) -> Void) {
        let list = unsafe scratch + Probe.scratchSize / 2
        while true {
            let size = unsafe call(
                __NR_getdents64, UInt64(bitPattern: directory), word(list), UInt64(Probe.scratchSize / 2))
            if size <= 0 { return }
            var offset = 0
            while offset < Int(size) {
                let entry = unsafe UnsafeRawPointer(list + offset)
                let name = unsafe UnsafePointer(list + offset + 19)
                unsafe offset += Int(entry.load(fromByteOffset: 16, as: UInt16.self))
                if unsafe isEqual(name, ".") || isEqual(name, "..") { continue }
                unsafe body(&self, name)
            }
        }
    }
}
