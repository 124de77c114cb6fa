internal import CLinux
internal import ContainerPlan
internal import LinuxKernel

/// `tmpcopyup`: a new file system begins with a copy of the directory that it covers, with all that a file can be.
struct CopyUp {
    /// Whose ids the container knows; nil for all of the host's. In a user namespace a file of somebody else would be out of
    /// reach even for its root.
    let owners: OwnerMappings?

    /// Copies what is in a directory, and unless the caller chose another owner, whose it is. In a user namespace a directory of
    /// somebody else becomes its root's.
    func copy(_ source: borrowing Descriptor, to target: Int32, keepsOwner: Bool) throws(KernelError) {
        let status = try Files.status(of: source)
        if !keepsOwner, owners == nil || owners?.user(status.userID) == status.userID {
            try Files.changeOwner(
                of: ".", user: status.userID, group: owners?.group(status.groupID) ?? status.groupID, at: target)
        }
        try ExtendedAttributes.copy(from: source, to: try Files.open(".", flags: O_PATH, at: target))
        try copyContents(source, to: target, depth: 0)
    }

    private func copyContents(_ source: borrowing Descriptor, to target: Int32, depth: Int) throws(KernelError) {
        guard depth < 128 else { throw KernelError(.tooManyLinks, call: "copy", object: "directories nested too deeply") }
        for name in try Files.names(in: ".", at: source.number) {
            let node = try Files.open(name, flags: O_PATH | O_NOFOLLOW, at: source.number)
            let status = try Files.status(of: node)
            switch status.kind {
            case .directory:
                try Files.makeDirectory(name, mode: status.mode, at: target)
                let from = try Files.open(name, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: source.number)
                let to = try Files.open(name, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: target)
                try copyContents(from, to: to.number, depth: depth + 1)
            case .file:
                let from = try Files.open(name, flags: O_RDONLY | O_NOFOLLOW, at: source.number)
                let to = try Files.open(name, flags: O_WRONLY | O_CREAT | O_EXCL, mode: status.mode, at: target)
                try copyContent(from.number, to.number, name.text)
            case .symbolicLink: try Files.makeLink(name, to: try Files.readLink(node), at: target)
            case .pipe: try Files.makeNode(name, mode: 0o010000 | status.mode, at: target)
            case .socket: try Files.makeNode(name, mode: 0o140000 | status.mode, at: target)
            case .characterDevice: try makeDevice(name, 0o020000, status, at: target)
            case .blockDevice: try makeDevice(name, 0o060000, status, at: target)
            case .other: throw KernelError(.notSupported, call: "copy", object: name.text)
            }
            // Last, for the mode may not let anybody write.
            try copyStatus(status, from: node, to: try Files.open(name, flags: O_PATH | O_NOFOLLOW, at: target))
        }
    }

    private func makeDevice(_ name: FileName, _ kind: UInt32, _ status: FileStatus, at target: Int32) throws(KernelError) {
        try Files.makeNode(
            name, mode: kind | status.mode, major: status.deviceMajor, minor: status.deviceMinor, at: target)
    }

    private func copyContent(_ source: Int32, _ target: Int32, _ name: String) throws(KernelError) {
        while try systemCall(
            __NR_sendfile, "sendfile", on: name, UInt64(descriptor: target), UInt64(descriptor: source), 0, 1 << 24) > 0
        {}
    }

    private func copyStatus(
        _ status: FileStatus, from source: borrowing Descriptor, to target: borrowing Descriptor
    ) throws(KernelError) {
        let (user, group) = (
            owners?.user(status.userID) ?? status.userID, owners?.group(status.groupID) ?? status.groupID
        )
        try Files.changeOwner(of: target, user: user, group: group)
        // KERNEL: a link has no mode. By this path it would not be followed, but refused.
        if status.kind != .symbolicLink { try Files.changeMode(of: "/proc/self/fd/\(target.number)", status.mode) }
        // KERNEL: a change of owner takes file capabilities away.
        try ExtendedAttributes.copy(from: source, to: target)
    }
}
