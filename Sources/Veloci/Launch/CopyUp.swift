internal import CLinux
internal import ContainerPlan
internal import LinuxKernel

/// `tmpcopyup`: a new file system that begins with a copy of the directory that it covers.
enum CopyUp {
    static func make(_ mount: FileSystemMount, root: String) throws(KernelError) -> Descriptor {
        let readOnly = UInt64(MOUNT_ATTR_RDONLY)
        let tree = try Mounts.make(
            type: mount.type, source: mount.source, options: mount.options.filter { $0 != "ro" },
            attributes: mount.attributes.set & ~readOnly)
        let rootDirectory = try Files.open(root, flags: O_PATH | O_DIRECTORY)
        do throws(KernelError) {
            let source = try RootedFiles.open(mount.target.path, in: rootDirectory, flags: O_RDONLY | O_DIRECTORY)
            try copyDirectory(source, to: tree.number, depth: 0)
        } catch where error.errno == .noEntry {
            // Nothing is covered, so nothing is copied.
        }
        if mount.attributes.set & readOnly != 0 { try Mounts.setAttributes(of: tree, set: readOnly, recursive: false) }
        return tree
    }

    private static func copyDirectory(_ source: borrowing Descriptor, to target: Int32, depth: Int) throws(KernelError) {
        guard depth < 128 else { throw KernelError(.tooManyLinks, call: "copy", object: "directories nested too deeply") }
        try copyStatus(source, to: "", at: target)
        for name in try Files.list(".", at: source.number) {
            let node = try Files.open(name, flags: O_PATH | O_NOFOLLOW, at: source.number)
            let status = try Files.status(of: node)
            switch status.kind {
            case .directory:
                try Files.makeDirectory(name, mode: status.mode, at: target)
                let from = try Files.open(name, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: source.number)
                let to = try Files.open(name, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: target)
                try copyDirectory(from, to: to.number, depth: depth + 1)
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
        let path = name.isEmpty ? "." : name
        try Files.changeOwner(of: path, user: status.userID, group: status.groupID, at: target)
        try Files.changeMode(of: path, status.mode, at: target)
    }
}
