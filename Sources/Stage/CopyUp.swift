import CLinux
import CStageWire

extension Interpreter {
    /// Of this process, in the host's proc file system: the root is still its.
    private static var openFiles: StaticString { "/proc/self/fd/" }

    /// Fills a new file system with what is in the directory that it covers. The host side does so where it is privileged, since
    /// root of a user namespace cannot read everybody's files; a user without privileges has nobody else for it.
    ///
    /// Whoever shares the root may exchange what is copied: each thing is opened without being used, looked at, and copied by
    /// that descriptor. Of a file no more is read than it had then.
    func copyTree(_ arguments: Arguments) throws(Refusal) {
        let tree = arguments.slot(0)
        let covered = arguments.slot(1)
        let keepsOwner = arguments[2] != 0
        if covered < 0 { return }
        if !keepsOwner { try changeOwner(of: tree, like: try NodeStatus(covered)) }
        try copyAttributes(covered, tree)
        try copyContents(covered, tree, depth: 0)
    }

    private func copyContents(_ source: Int32, _ target: Int32, depth: Int) throws(Refusal) {
        if depth == 128 { throw Refusal(ELOOP) }
        let itself: StaticString = "."
        let directory = unsafe Int32(
            try call(__NR_openat, word(source), word(itself.utf8Start), UInt64(O_RDONLY | O_DIRECTORY | O_CLOEXEC)))
        defer { closeNow(directory) }
        try unsafe withUnsafeScratch { (entries) throws(Refusal) in
            while true {
                let size = unsafe Int(try call(__NR_getdents64, word(directory), word(entries), UInt64(scratchSize)))
                if size == 0 { return }
                var start = 0
                while start < size {
                    // struct linux_dirent64: the length at 16, the name from 19 on.
                    let name = unsafe Path(entries + start + 19)
                    start += unsafe Int(entries[start + 16]) | Int(entries[start + 17]) << 8
                    if unsafe !isItselfOrAbove(name) { try unsafe copy(name, source, target, depth: depth) }
                }
            }
        }
    }

    private func isItselfOrAbove(_ name: Path) -> Bool {
        let dot = UInt8(ascii: ".")
        return unsafe name[0] == dot && (name[1] == 0 || name[1] == dot && name[2] == 0)
    }

    private func copy(_ name: Path, _ source: Int32, _ target: Int32, depth: Int) throws(Refusal) {
        let node = try unsafe open(name, at: source, O_PATH | O_NOFOLLOW)
        defer { closeNow(node) }
        let status = try NodeStatus(node)
        switch status.mode & 0o170000 {
        case 0o040000: try unsafe call(__NR_mkdirat, word(target), word(name), 0o700)
        case 0o100000: try unsafe copyContent(node, size: status.size, name, target)
        case 0o120000: try unsafe copyLink(node, name, target)
        default:
            let device = UInt64(status.major) << 8 | UInt64(status.minor & 0xff) | UInt64(status.minor & 0xfff00) << 12
            try unsafe call(__NR_mknodat, word(target), word(name), UInt64(status.mode), device)
        }
        let copied = try unsafe open(name, at: target, O_PATH | O_NOFOLLOW)
        defer { closeNow(copied) }
        if status.isDirectory { try copyContents(node, copied, depth: depth + 1) }
        // Last, for the mode may not let anybody write. KERNEL: a change of owner takes set-user-ID and capabilities away.
        try changeOwner(of: copied, like: status)
        if status.mode & 0o170000 != 0o120000 {
            try unsafe withPath(of: copied, below: Self.openFiles) { (path) throws(Refusal) in
                try unsafe call(__NR_fchmodat, word(AT_FDCWD), word(path), UInt64(status.mode & 0o7777))
            }
        }
        try copyAttributes(node, copied)
    }

    private func copyContent(_ node: Int32, size: UInt64, _ name: Path, _ target: Int32) throws(Refusal) {
        var source: Int32 = -1
        // Not waiting for who holds a lease on it.
        try unsafe withPath(of: node, below: Self.openFiles) { (path) throws(Refusal) in
            source = try unsafe open(path, at: AT_FDCWD, O_RDONLY | O_NONBLOCK)
        }
        defer { closeNow(source) }
        let copied = try unsafe open(name, at: target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        defer { closeNow(copied) }
        var left = size
        while left > 0 {
            let count = UInt64(try call(__NR_sendfile, word(copied), word(source), 0, min(left, 1 << 24)))
            if count == 0 { return }
            left -= min(count, left)
        }
    }

    private func copyLink(_ node: Int32, _ name: Path, _ target: Int32) throws(Refusal) {
        let itself: StaticString = ""
        try unsafe withUnsafeScratch { (text) throws(Refusal) in
            let size = unsafe Int(
                try call(__NR_readlinkat, word(node), word(itself.utf8Start), word(text), UInt64(scratchSize - 1)))
            unsafe text[size] = 0
            try unsafe call(__NR_symlinkat, word(text), word(target), word(name))
        }
    }

    /// Whoever is nobody in the user namespace stays its root.
    private func changeOwner(of node: Int32, like status: NodeStatus) throws(Refusal) {
        let itself: StaticString = ""
        let unchanged = UInt64(UInt32.max)
        func change(_ user: UInt64, _ group: UInt64) throws(Refusal) {
            let result = unsafe linux_system_call(
                Int64(__NR_fchownat), word(node), word(itself.utf8Start), user, group, UInt64(AT_EMPTY_PATH), 0)
            if result < 0 && result != -Int64(EINVAL) && result != -Int64(EPERM) { throw Refusal(Int32(-result)) }
        }
        try change(UInt64(status.user), unchanged)
        try change(unchanged, UInt64(status.group))
    }

    /// Extended attributes, as far as the new file system keeps them. Labels of SELinux are not a file's own but its place's.
    private func copyAttributes(_ node: Int32, _ copied: Int32) throws(Refusal) {
        try unsafe withUnsafeScratch { (names) throws(Refusal) in
            var size = 0
            try unsafe withPath(of: node, below: Self.openFiles) { (path) throws(Refusal) in
                size = unsafe Int(try tolerating(EOPNOTSUPP, __NR_listxattr, word(path), word(names), UInt64(scratchSize)))
            }
            var start = 0
            while start < size {
                let name = unsafe Path(names + start)
                start += unsafe length(name) + 1
                if unsafe !isLabel(name) { try unsafe copyAttribute(name, node, copied) }
            }
        }
    }

    private func copyAttribute(_ name: Path, _ node: Int32, _ copied: Int32) throws(Refusal) {
        try unsafe withUnsafeScratch { (value) throws(Refusal) in
            var size: UInt64 = 0
            try unsafe withPath(of: node, below: Self.openFiles) { (path) throws(Refusal) in
                size = unsafe UInt64(try call(__NR_getxattr, word(path), word(name), word(value), UInt64(scratchSize)))
            }
            try unsafe withPath(of: copied, below: Self.openFiles) { (path) throws(Refusal) in
                _ = try unsafe tolerating(EOPNOTSUPP, __NR_setxattr, word(path), word(name), word(value), size)
            }
        }
    }

    private func isLabel(_ name: Path) -> Bool {
        let label: StaticString = "security.selinux"
        for index in 0...label.utf8CodeUnitCount where unsafe name[index] != label.utf8Start[index] { return false }
        return true
    }

    private func open(_ path: Path, at directory: Int32, _ flags: Int32, mode: UInt64 = 0) throws(Refusal) -> Int32 {
        unsafe Int32(
            try call(__NR_openat, word(directory), word(path), UInt64(UInt32(bitPattern: flags | O_CLOEXEC)), mode))
    }

    /// 0 instead of that errno.
    private func tolerating(
        _ errno: Int32, _ number: Int32, _ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64 = 0
    ) throws(Refusal) -> Int64 {
        do throws(Refusal) {
            return try call(number, a, b, c, d)
        } catch {
            if error.errno == errno { return 0 }
            throw error
        }
    }
}
