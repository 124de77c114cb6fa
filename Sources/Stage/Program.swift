import CLinux
import CStageWire

private let slash = UInt8(ascii: "/")
private let colon = UInt8(ascii: ":")
private let newline = UInt8(ascii: "\n")

extension Interpreter {
    /// Enters the working directory, and makes sure that it lies inside the root (CVE-2024-21626).
    mutating func enterWorkingDirectory(_ arguments: Arguments) throws(Refusal) {
        let path = try unsafe arguments.path(0)
        let attempt = arguments[1]
        if attempt == 2 && workingDirectoryIsSet { return }
        // Or it could be one of those that wait to be closed, as /proc/self/fd/7.
        _ = LateClosing.closeAll()
        do throws(Refusal) {
            try unsafe call(__NR_chdir, word(path))
        } catch {
            if error.errno == EACCES && attempt == 1 { return }
            throw error
        }
        workingDirectoryIsSet = true
        try unsafe withUnsafeScratch { (buffer) throws(Refusal) in
            try unsafe call(__NR_getcwd, word(buffer), UInt64(scratchSize))
            // The kernel writes "(unreachable)…" for a directory that cannot be reached from the root.
            if unsafe buffer[0] != slash { throw Refusal(ENOENT, stage_detail_outside_root) }
        }
    }

    /// Finds the program as execvp(3) would, so that a missing one is an error of `create`.
    mutating func findProgram(_ arguments: Arguments) throws(Refusal) {
        let name = try unsafe arguments.path(0)
        if unsafe contains(name, slash) {
            try unsafe checkProgram(name)
            unsafe program = name
            return
        }
        guard let candidate = unsafe UnsafeMutablePointer<UInt8>(bitPattern: UInt(arguments[2])),
            let environment = unsafe UnsafePointer<UInt>(bitPattern: UInt(arguments[1]))
        else { throw Refusal(EFAULT) }
        let nameLength = unsafe length(name)
        var refused: Refusal?
        if var entry = unsafe searchPath(environment), nameLength > 0 {
            while true {
                var end = 0
                while unsafe entry[end] != 0 && entry[end] != colon { end += 1 }
                // An empty or relative entry would find programs in a directory that the image chooses.
                if unsafe end > 0 && entry[0] == slash && end + nameLength + 2 <= 4096 {
                    for index in 0..<end { unsafe candidate[index] = entry[index] }
                    unsafe candidate[end] = slash
                    for index in 0...nameLength { unsafe candidate[end + 1 + index] = name[index] }
                    do throws(Refusal) {
                        try unsafe checkProgram(candidate)
                        unsafe program = UnsafePointer(candidate)
                        return
                    } catch {
                        if error.errno == EACCES { refused = error }
                    }
                }
                if unsafe entry[end] == 0 { break }
                unsafe entry += end + 1
            }
        }
        throw refused.map { Refusal($0.errno, stage_detail_not_found_in_path, value: $0.errno) }
            ?? Refusal(ENOENT, stage_detail_not_found_in_path)
    }

    private func checkProgram(_ path: Path) throws(Refusal) {
        // A filter may be in force: only calls that filters written for other runtimes allow, so no statx.
        do throws(Refusal) {
            unsafe close(Int32(try call(__NR_openat, word(AT_FDCWD), word(path), UInt64(O_PATH | O_DIRECTORY | O_CLOEXEC))))
            throw Refusal(EISDIR, stage_detail_program_directory)
        } catch where error.errno != ENOTDIR {
            if error.detail == stage_detail_program_directory { throw error }
            throw Refusal(error.errno, stage_detail_program_stat, value: error.errno)
        } catch {
            // It is there, and no directory.
        }
        do throws(Refusal) {
            try unsafe call(__NR_faccessat, word(AT_FDCWD), word(path), 1)
        } catch {
            // The call looks at capabilities of root alone, but others may execute by CAP_DAC_OVERRIDE. Only a newer one knows.
            if error.errno == EACCES {
                let result = unsafe linux_system_call(
                    Int64(__NR_faccessat2), word(AT_FDCWD), word(path), 1, UInt64(AT_EACCESS), 0, 0)
                if result == 0 { return }
            }
            throw Refusal(error.errno, stage_detail_program_stat, value: error.errno)
        }
    }

    private func searchPath(_ environment: UnsafePointer<UInt>) -> Path? {
        let key: StaticString = "PATH="
        var index = 0
        while let entry = unsafe Path(bitPattern: environment[index]) {
            if unsafe starts(entry, with: key) { return unsafe entry + key.utf8CodeUnitCount }
            index += 1
        }
        return nil
    }

    /// The end of the stage: from here on the user's program runs.
    func execute(_ arguments: Arguments) throws(Refusal) {
        guard let program = unsafe program else { throw Refusal(ENOENT, stage_detail_not_found_in_path) }
        unsafe progress.pointee.phase = stage_phase_executing.rawValue
        do throws(Refusal) {
            try unsafe call(__NR_execve, word(program), arguments[0], arguments[1])
        } catch {
            if error.errno == ENOENT { unsafe noteInterpreter(of: program) }
            throw Refusal(error.errno, stage_detail_program_execute)
        }
    }

    /// Writes `HOME=` of the user into the environment's buffer: the sixth field of its line in the container's
    /// /etc/passwd, else `/`. The file is the image's, so it is read with bounds and nothing about it is an error.
    func findHome(_ arguments: Arguments) throws(Refusal) {
        guard let buffer = unsafe UnsafeMutablePointer<UInt8>(bitPattern: UInt(arguments[2])) else { throw Refusal(EFAULT) }
        let key: StaticString = "HOME="
        let keyLength = key.utf8CodeUnitCount
        for index in 0..<keyLength { unsafe buffer[index] = key.utf8Start[index] }
        unsafe buffer[keyLength] = slash
        unsafe buffer[keyLength + 1] = 0
        guard let (file, size) = openUsers(arguments.slot(0)) else { return }
        defer { close(file) }
        var parser = unsafe PasswordLine(user: arguments[1], home: buffer + keyLength, room: 4096 - keyLength - 1)
        try unsafe withUnsafeScratch { (chunk) throws(Refusal) in
            var total = 0
            while total < size {
                let count = unsafe Int(try call(__NR_read, word(file), word(chunk), UInt64(min(scratchSize, size - total))))
                if count == 0 { break }
                for index in 0..<count where unsafe parser.accept(chunk[index]) { return }
                total += count
            }
            _ = parser.accept(newline)
        }
    }

    /// The container's /etc/passwd and how much of it is read. Only an ordinary file with content: a link may lead to a file
    /// that the kernel makes (/proc/kmsg), and reading such a file may take from it what others wait for.
    private func openUsers(_ root: Int32) -> (file: Int32, size: Int)? {
        let path: StaticString = "/etc/passwd"
        do throws(Refusal) {
            // Looked at first: opening a device may be felt.
            let place = try unsafe openInRoot(root, path.utf8Start, flags: O_PATH)
            defer { close(place) }
            guard try NodeStatus(place).isOrdinaryFile, try !isMadeByKernel(place) else { return nil }
            let file = try unsafe openInRoot(root, path.utf8Start, flags: O_RDONLY | O_NONBLOCK | O_NOCTTY)
            let (found, seen) = (try NodeStatus(file), try NodeStatus(place))
            if found.inode == seen.inode && found.mount == seen.mount && found.size > 0 {
                return (file, Int(min(found.size, 1 << 20)))
            }
            close(file)
            return nil
        } catch {
            // An image without users, or with links that lead nowhere, has nothing to say.
            return nil
        }
    }

    /// Whether the file lies on a file system of which every file is a door to the kernel.
    private func isMadeByKernel(_ file: Int32) throws(Refusal) -> Bool {
        switch try fileSystemMagic(file) {
        case UInt64(PROC_SUPER_MAGIC), UInt64(SYSFS_MAGIC), UInt64(CGROUP_SUPER_MAGIC), UInt64(CGROUP2_SUPER_MAGIC),
            UInt64(DEBUGFS_MAGIC), UInt64(TRACEFS_MAGIC):
            return true
        default: return false
        }
    }
}

/// Reads passwd(5) byte by byte and keeps the home directory of one user.
@safe private struct PasswordLine {
    let user: UInt64
    let home: UnsafeMutablePointer<UInt8>
    let room: Int
    var field = 0
    var number: UInt64 = 0
    var digits = 0
    var isUser = false
    var count = 0

    init(user: UInt64, home: UnsafeMutablePointer<UInt8>, room: Int) {
        self.user = user
        unsafe self.home = home
        self.room = room
    }

    /// True when the line of the user is complete.
    mutating func accept(_ byte: UInt8) -> Bool {
        if byte == newline {
            let found = isUser && field >= 5 && count > 0 && count < room
            if found {
                unsafe home[count] = 0
                return true
            }
            if isUser {
                unsafe home[0] = slash
                unsafe home[1] = 0
            }
            self = unsafe PasswordLine(user: user, home: home, room: room)
            return false
        }
        if byte == colon {
            if field == 2 { isUser = digits > 0 && digits < 11 && number == user }
            field += 1
            return false
        }
        if field == 2 {
            if byte >= 48 && byte <= 57 && digits < 11 {
                number = number &* 10 &+ UInt64(byte &- 48)
                digits += 1
            } else {
                digits = 11
            }
        }
        if isUser && field == 5 {
            if count < room { unsafe home[count] = byte }
            count += 1
        }
        return false
    }
}

let scratchSize = 4096

/// One page that exists only while it is needed.
func withUnsafeScratch(_ body: (UnsafeMutablePointer<UInt8>) throws(Refusal) -> Void) throws(Refusal) {
    let page = try call(__NR_mmap, 0, UInt64(scratchSize), 3, 0x22, word(Int32(-1)), 0)  // private and anonymous
    defer { _ = linux_system_call(Int64(__NR_munmap), UInt64(bitPattern: page), UInt64(scratchSize), 0, 0, 0, 0) }
    guard let buffer = unsafe UnsafeMutablePointer<UInt8>(bitPattern: UInt(page)) else { throw Refusal(EFAULT) }
    try unsafe body(buffer)
}

private func contains(_ text: Path, _ byte: UInt8) -> Bool {
    var index = 0
    while unsafe text[index] != 0 {
        if unsafe text[index] == byte { return true }
        index += 1
    }
    return false
}

private func starts(_ text: Path, with prefix: StaticString) -> Bool {
    for index in 0..<prefix.utf8CodeUnitCount where unsafe text[index] != prefix.utf8Start[index] { return false }
    return true
}
