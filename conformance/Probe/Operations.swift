import CLinux

// Every operation writes one line: {"op": its name, …}. `errno` is 0 when the kernel agreed.
extension Probe {
    mutating func perform(_ operation: Text) {
        if unsafe isEqual(operation, "to") { return unsafe redirect(next()) }
        output.beginObject()
        unsafe output.name("op")
        unsafe output.string(operation)
        if unsafe !reading(operation) && !changing(operation) && !process(operation) {
            unsafe output.name("unknown")
            output.bool(true)
        }
        output.endObject()
        output.endLine()
    }

    private mutating func redirect(_ path: Text) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o644)
        if descriptor < 0 { exit(122) }
        output.descriptor = descriptor
    }

    private mutating func reading(_ operation: Text) -> Bool {
        if unsafe isEqual(operation, "report") {
            report()
        } else if unsafe isEqual(operation, "read") {
            let size = unsafe load(pathMember())
            output.error(size)
            content(size)
        } else if unsafe isEqual(operation, "input") {
            let size = load(Int64(0))
            output.error(size)
            content(size)
        } else if unsafe isEqual(operation, "stat") {
            unsafe node(Int64(AT_FDCWD), pathMember())
        } else if unsafe isEqual(operation, "list") {
            let directory = unsafe open(pathMember(), O_RDONLY | O_DIRECTORY)
            output.error(directory)
            unsafe output.name("entries")
            output.beginArray()
            if directory >= 0 {
                unsafe entries(directory) { (probe, name) in unsafe probe.output.string(name) }
                close(directory)
            }
            output.endArray()
        } else if unsafe isEqual(operation, "open") {
            // open PATH r|w|rw
            let path = unsafe pathMember()
            let mode = unsafe next()
            let flags = unsafe isEqual(mode, "r") ? O_RDONLY : isEqual(mode, "w") ? O_WRONLY : O_RDWR
            let descriptor = unsafe open(path, flags | O_NONBLOCK | O_NOCTTY)
            output.error(descriptor)
            if descriptor >= 0 { close(descriptor) }
        } else if unsafe isEqual(operation, "echo") {
            unsafe output.name("text")
            unsafe output.string(next())
        } else {
            return false
        }
        return true
    }

    private mutating func changing(_ operation: Text) -> Bool {
        if unsafe isEqual(operation, "write") {
            // write PATH TEXT: into an existing file
            let descriptor = unsafe open(pathMember(), O_WRONLY)
            let text = unsafe next()
            guard descriptor >= 0 else {
                output.error(descriptor)
                return true
            }
            unsafe output.error(call(__NR_write, UInt64(descriptor), word(text), UInt64(length(text))))
            close(descriptor)
        } else if unsafe isEqual(operation, "create") {
            let descriptor = unsafe open(pathMember(), O_WRONLY | O_CREAT | O_EXCL, mode: 0o666)
            output.error(descriptor)
            if descriptor >= 0 { close(descriptor) }
        } else if unsafe isEqual(operation, "mkdir") {
            unsafe output.error(call(__NR_mkdirat, word(AT_FDCWD), word(pathMember()), 0o777))
        } else if unsafe isEqual(operation, "remove") {
            unsafe output.error(call(__NR_unlinkat, word(AT_FDCWD), word(pathMember()), 0))
        } else if unsafe isEqual(operation, "chown") {
            // chown PATH UID
            let path = unsafe pathMember()
            unsafe output.error(call(__NR_fchownat, word(AT_FDCWD), word(path), UInt64(number(next())), UInt64(UInt32.max), 0))
        } else if unsafe isEqual(operation, "mknod") {
            // mknod PATH c|b|p MAJOR MINOR
            let path = unsafe pathMember()
            let type = unsafe next()
            let kind: UInt64 = unsafe isEqual(type, "c") ? 0o020000 : isEqual(type, "b") ? 0o060000 : 0o010000
            let major = unsafe UInt64(number(next()))
            let minor = unsafe UInt64(number(next()))
            let device = (minor & 0xff) | (major & 0xfff) << 8 | (minor & ~0xff) << 12
            unsafe output.error(call(__NR_mknodat, word(AT_FDCWD), word(path), kind | 0o600, device))
        } else if unsafe isEqual(operation, "mount") {
            // mount SOURCE TARGET TYPE FLAGS
            let source = unsafe next()
            let target = unsafe pathMember()
            let type = unsafe next()
            unsafe output.error(call(__NR_mount, word(source), word(target), word(type), UInt64(bitPattern: number(next()))))
        } else {
            return false
        }
        return true
    }

    /// The next argument as a path, written as a member.
    private mutating func pathMember() -> Text {
        let path = unsafe next()
        unsafe output.name("path")
        unsafe output.string(path)
        return unsafe path
    }

    private mutating func content(_ size: Int64) {
        unsafe output.name("text")
        if size < 0 { output.null() } else { unsafe output.string(scratch, Int(size)) }
    }
}
