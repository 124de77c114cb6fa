import CLinux

// Every operation writes one line: {"op": its name, …}. `errno` is 0 when the kernel agreed.
extension Probe {
    mutating func perform(_ operation: Text) {
        if isEqual(operation, "to") { return redirect(next()) }
        output.beginObject()
        output.name("op")
        output.string(operation)
        if !reading(operation) && !changing(operation) && !process(operation) {
            output.name("unknown")
            output.bool(true)
        }
        output.endObject()
        output.endLine()
    }

    private mutating func redirect(_ path: Text) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o644)
        if descriptor < 0 { exit(122) }
        output.descriptor = descriptor
    }

    private mutating func reading(_ operation: Text) -> Bool {
        if isEqual(operation, "report") {
            report()
        } else if isEqual(operation, "read") {
            let size = load(pathMember())
            output.error(size)
            content(size)
        } else if isEqual(operation, "input") {
            let size = load(Int64(0))
            output.error(size)
            content(size)
        } else if isEqual(operation, "stat") {
            node(Int64(AT_FDCWD), pathMember())
        } else if isEqual(operation, "list") {
            let directory = open(pathMember(), O_RDONLY | O_DIRECTORY)
            output.error(directory)
            output.name("entries")
            output.beginArray()
            if directory >= 0 {
                entries(directory) { (probe, name) in probe.output.string(name) }
                close(directory)
            }
            output.endArray()
        } else if isEqual(operation, "open") {
            // open PATH r|w|rw
            let path = pathMember()
            let mode = next()
            let flags = isEqual(mode, "r") ? O_RDONLY : isEqual(mode, "w") ? O_WRONLY : O_RDWR
            let descriptor = open(path, flags | O_NONBLOCK | O_NOCTTY)
            output.error(descriptor)
            if descriptor >= 0 { close(descriptor) }
        } else if isEqual(operation, "echo") {
            output.name("text")
            output.string(next())
        } else {
            return false
        }
        return true
    }

    private mutating func changing(_ operation: Text) -> Bool {
        if isEqual(operation, "write") {
            // write PATH TEXT: into an existing file
            let descriptor = open(pathMember(), O_WRONLY)
            let text = next()
            guard descriptor >= 0 else {
                output.error(descriptor)
                return true
            }
            output.error(call(__NR_write, UInt64(descriptor), word(text), UInt64(length(text))))
            close(descriptor)
        } else if isEqual(operation, "create") {
            let descriptor = open(pathMember(), O_WRONLY | O_CREAT | O_EXCL, mode: 0o666)
            output.error(descriptor)
            if descriptor >= 0 { close(descriptor) }
        } else if isEqual(operation, "mkdir") {
            output.error(call(__NR_mkdirat, word(AT_FDCWD), word(pathMember()), 0o777))
        } else if isEqual(operation, "remove") {
            output.error(call(__NR_unlinkat, word(AT_FDCWD), word(pathMember()), 0))
        } else if isEqual(operation, "chown") {
            // chown PATH UID
            let path = pathMember()
            output.error(call(__NR_fchownat, word(AT_FDCWD), word(path), UInt64(number(next())), UInt64(UInt32.max), 0))
        } else if isEqual(operation, "mknod") {
            // mknod PATH c|b|p MAJOR MINOR
            let path = pathMember()
            let type = next()
            let kind: UInt64 = isEqual(type, "c") ? 0o020000 : isEqual(type, "b") ? 0o060000 : 0o010000
            let major = UInt64(number(next()))
            let minor = UInt64(number(next()))
            let device = (minor & 0xff) | (major & 0xfff) << 8 | (minor & ~0xff) << 12
            output.error(call(__NR_mknodat, word(AT_FDCWD), word(path), kind | 0o600, device))
        } else if isEqual(operation, "mount") {
            // mount SOURCE TARGET TYPE FLAGS
            let source = next()
            let target = pathMember()
            let type = next()
            output.error(call(__NR_mount, word(source), word(target), word(type), UInt64(bitPattern: number(next()))))
        } else {
            return false
        }
        return true
    }

    /// The next argument as a path, written as a member.
    private mutating func pathMember() -> Text {
        let path = next()
        output.name("path")
        output.string(path)
        return path
    }

    private mutating func content(_ size: Int64) {
        output.name("text")
        if size < 0 { output.null() } else { output.string(scratch, Int(size)) }
    }
}
