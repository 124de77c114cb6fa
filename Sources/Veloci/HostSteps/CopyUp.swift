internal import CLinux
internal import LinuxKernel

/// `tmpcopyup`: a new file system begins with a copy of the directory that it covers.
enum CopyUp {
    /// Copies what is in a directory, and unless the caller chose another owner, whose it is.
    static func copy(
        _ source: borrowing Descriptor, to target: Int32, keepsOwner: Bool
    ) throws(KernelError) {
        if !keepsOwner {
            let status = try Files.status(of: source)
            try Files.changeOwner(of: ".", user: status.userID, group: status.groupID, at: target)
        }
        try copyContents(source, to: target, depth: 0)
    }

    private static func copyContents(_ source: borrowing Descriptor, to target: Int32, depth: Int) throws(KernelError) {
        guard depth < 128 else { throw KernelError(.tooManyLinks, call: "copy", object: "directories nested too deeply") }
        for name in try Files.list(".", at: source.number) {
            let node = try Files.open(name, flags: O_PATH | O_NOFOLLOW, at: source.number)
            let status = try Files.status(of: node)
            switch status.kind {
            case .directory:
                try Files.makeDirectory(name, mode: status.mode, at: target)
                let from = try Files.open(name, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: source.number)
                let to = try Files.open(name, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: target)
                try copyContents(from, to: to.number, depth: depth + 1)
                // Last, for the mode may not let anybody write.
                try copyStatus(from, to: ".", at: to.number)
            case .file:
                let from = try Files.open(name, flags: O_RDONLY | O_NOFOLLOW, at: source.number)
                let to = try Files.open(name, flags: O_WRONLY | O_CREAT | O_EXCL, mode: status.mode, at: target)
                try copyContent(from.number, to.number, name)
                try copyStatus(from, to: name, at: target)
            case .symbolicLink:
                let destination = try Files.readLink(name, at: source.number)
                try Files.makeLink(name, to: destination, at: target)
                try Files.changeOwner(of: name, user: status.userID, group: status.groupID, at: target)
            default: break  // Devices, sockets and fifos of an image mean nothing on a new file system.
            }
        }
    }

    private static func copyContent(_ source: Int32, _ target: Int32, _ name: String) throws(KernelError) {
        while try systemCall(
            __NR_sendfile, "sendfile", on: name, UInt64(descriptor: target), UInt64(descriptor: source), 0, 1 << 24) > 0
        {}
    }

    private static func copyStatus(_ source: borrowing Descriptor, to name: String, at target: Int32) throws(KernelError) {
        let status = try Files.status(of: source)
        try Files.changeOwner(of: name, user: status.userID, group: status.groupID, at: target)
        try Files.changeMode(of: name, status.mode, at: target)
    }
}
