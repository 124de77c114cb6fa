import CHarness

/// Files by path, as the harness needs them.
enum Files {
    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && status.st_mode & mode_t(S_IFMT) == mode_t(S_IFDIR)
    }

    static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { return nil }
        defer { close(descriptor) }
        return read(descriptor)
    }

    static func read(_ descriptor: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe CHarness.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    static func text(_ path: String) -> String? { read(path).map { String(decoding: $0, as: UTF8.self) } }

    /// The first line of a file without its end.
    static func line(_ path: String) -> String? { text(path)?.split(separator: "\n").first.map(String.init) }

    static func write(_ path: String, _ bytes: [UInt8], mode: mode_t = 0o644, append: Bool = false) throws(Verdict) {
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC)
        let descriptor = open(path, flags, mode)
        if descriptor < 0 { throw Verdict.refused("open", path) }
        defer { close(descriptor) }
        try write(descriptor, bytes, path)
    }

    static func write(_ descriptor: Int32, _ bytes: [UInt8], _ name: String) throws(Verdict) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes[written...].withUnsafeBytes { unsafe CHarness.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw Verdict.refused("write", name) }
            written += count
        }
    }

    static func write(_ path: String, _ text: String, mode: mode_t = 0o644) throws(Verdict) {
        try write(path, Array(text.utf8), mode: mode)
    }

    /// Writes into a file that exists, such as one of the kernel's.
    static func set(_ path: String, _ text: String) throws(Verdict) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        if descriptor < 0 { throw Verdict.refused("open", path) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        if unsafe CHarness.write(descriptor, bytes, bytes.count) < 0 { throw Verdict.refused("write \(text) to", path) }
    }

    static func makeDirectories(_ path: String, mode: mode_t = 0o755) throws(Verdict) {
        if unsafe mkdir(path, mode) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw Verdict.refused("mkdir", path)
        }
        try makeDirectories(String(path[..<slash]))
        if unsafe mkdir(path, mode) != 0 && errno != EEXIST { throw Verdict.refused("mkdir", path) }
    }

    static func list(_ path: String) -> [String] {
        guard let directory = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a directory and all in it; links are removed, not followed.
    static func removeTree(_ path: String) {
        if isDirectory(path) {
            for name in list(path) { removeTree(path + "/" + name) }
            unsafe rmdir(path)
        } else {
            unsafe unlink(path)
        }
    }

    /// Copies a directory and all in it with owners and modes, into the file systems that are mounted in it as well.
    static func copyTree(_ source: String, _ target: String) {
        var status = stat()
        guard unsafe lstat(source, &status) == 0 else { return }
        switch status.st_mode & mode_t(S_IFMT) {
        case mode_t(S_IFDIR):
            try? makeDirectories(target)
            for name in list(source) { copyTree(source + "/" + name, target + "/" + name) }
        case mode_t(S_IFREG): try? write(target, read(source) ?? [])
        case mode_t(S_IFLNK): unsafe symlink(link(source) ?? "", target)
        default: unsafe mknod(target, status.st_mode, status.st_rdev)
        }
        unsafe lchown(target, status.st_uid, status.st_gid)
        if status.st_mode & mode_t(S_IFMT) != mode_t(S_IFLNK) { unsafe chmod(target, status.st_mode & 0o7777) }
    }

    static func link(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe readlink(path, $0.baseAddress!, $0.count) }
        return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
    }
}
