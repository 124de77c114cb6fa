internal import CLinux
internal import LinuxKernel

/// `tmpcopyup`: a new file system begins with a copy of the directory that it covers.
///
/// Whoever shares the root may exchange what is copied at any moment: each thing is opened once without being used, looked at,
/// and what was looked at is what is copied. Only regular files are read, and no more of each than it had then.
struct CopyUp {
    /// How many bytes of content may still be copied.
    private var room: UInt64

    /// Copies what is in a directory, and unless the caller chose another owner, whose it is.
    /// - Parameter limit: bytes that the container may use; nil for no limit but that of the new file system.
    static func copy(
        _ source: borrowing Descriptor, to target: Int32, keepsOwner: Bool, limit: UInt64?
    ) throws(KernelError) {
        if !keepsOwner {
            let status = try Files.status(of: source)
            try Files.changeOwner(of: ".", user: status.userID, group: status.groupID, at: target)
        }
        var copy = CopyUp(room: limit ?? .max)
        try copy.copyContents(source, to: target, depth: 0)
    }

    private mutating func copyContents(
        _ source: borrowing Descriptor, to target: Int32, depth: Int
    ) throws(KernelError) {
        guard depth < 128 else { throw KernelError(.tooManyLinks, call: "copy", object: "directories nested too deeply") }
        for name in try Files.names(in: ".", at: source.number) {
            let node = try Files.open(name, flags: O_PATH | O_NOFOLLOW, at: source.number)
            let status = try Files.status(of: node)
            switch status.kind {
            case .directory:
                try Files.makeDirectory(name, mode: status.mode, at: target)
                let from = try Self.reopen(node, flags: O_DIRECTORY)
                let to = try Files.open(name, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: target)
                try copyContents(from, to: to.number, depth: depth + 1)
                // Last, for the mode may not let anybody write.
                try Self.copyStatus(status, to: to)
            case .file:
                // Not waiting for who holds a lease on it.
                let from = try Self.reopen(node, flags: O_NONBLOCK)
                let to = try Files.open(name, flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: status.mode, at: target)
                try copyContent(from.number, to.number, size: status.size, name.text)
                try Self.copyStatus(status, to: to)
            case .symbolicLink:
                let destination = try Files.readLink(node)
                try Files.makeLink(name, to: destination, at: target)
                try Files.changeOwner(of: name, user: status.userID, group: status.groupID, at: target)
            default: break  // Devices, sockets and fifos of an image mean nothing on a new file system.
            }
        }
    }

    /// Opens what was looked at, whatever has its name by now.
    private static func reopen(_ node: borrowing Descriptor, flags: Int32) throws(KernelError) -> Descriptor {
        try Files.open("/proc/self/fd/\(node.number)", flags: O_RDONLY | flags)
    }

    private mutating func copyContent(_ source: Int32, _ target: Int32, size: UInt64, _ name: String) throws(KernelError) {
        guard size <= room else { throw KernelError(.noSpace, call: "copy beyond the container's memory limit", object: name) }
        room -= size
        var left = size
        while left > 0 {
            let count = try systemCall(
                __NR_sendfile, "sendfile", on: name, UInt64(descriptor: target), UInt64(descriptor: source), 0,
                min(left, 1 << 24))
            if count == 0 { return }
            left -= UInt64(count)
        }
    }

    private static func copyStatus(_ status: FileStatus, to copy: borrowing Descriptor) throws(KernelError) {
        let number = UInt64(descriptor: copy.number)
        try systemCall(__NR_fchown, "chown", number, UInt64(status.userID), UInt64(status.groupID))
        try systemCall(__NR_fchmod, "chmod", number, UInt64(status.mode))
    }
}
