internal import CLinux
internal import ContainerPlan
internal import LinuxKernel

/// `tmpcopyup`: a new file system begins with a copy of the directory that it covers, with all that a file can be.
///
/// Whoever shares the root may exchange what is copied at any moment: each thing is opened once without being used, looked at,
/// and what was looked at is what is copied. Only regular files are read, and no more of each than it had then.
struct CopyUp {
    /// Whose ids the container knows; nil for all of the host's. In a user namespace a file of somebody else would be out of
    /// reach even for its root.
    private let owners: OwnerMappings?
    /// How many bytes of content may still be copied.
    private var room: UInt64

    /// - Parameter limit: bytes that the container may use; nil for no limit but that of the new file system.
    init(owners: OwnerMappings?, limit: UInt64?) {
        self.owners = owners
        room = limit ?? .max
    }

    /// Copies what is in a directory, and unless the caller chose another owner, whose it is. In a user namespace a directory of
    /// somebody else becomes its root's.
    mutating func copy(_ source: borrowing Descriptor, to target: Int32, keepsOwner: Bool) throws(KernelError) {
        let status = try Files.status(of: source)
        if !keepsOwner, owners == nil || owners?.user(status.userID) == status.userID {
            try Files.changeOwner(
                of: ".", user: status.userID, group: owners?.group(status.groupID) ?? status.groupID, at: target)
        }
        try ExtendedAttributes.copy(from: source, to: try Files.open(".", flags: .path, at: target))
        try copyContents(source, to: target, depth: 0)
    }

    private mutating func copyContents(
        _ source: borrowing Descriptor, to target: Int32, depth: Int
    ) throws(KernelError) {
        guard depth < 128 else { throw KernelError(.tooManyLinks, call: "copy", object: "directories nested too deeply") }
        for name in try Files.names(in: ".", at: source.number) {
            let node = try Files.open(name, flags: [.path, .noFollow], at: source.number)
            let status = try Files.status(of: node)
            switch status.kind {
            case .directory:
                try Files.makeDirectory(name, mode: status.mode, at: target)
                let from = try Self.reopen(node, flags: .directory)
                let to = try Files.open(name, flags: [.directory, .noFollow], at: target)
                try copyContents(from, to: to.number, depth: depth + 1)
            case .file:
                // Not waiting for who holds a lease on it.
                let from = try Self.reopen(node, flags: .nonBlocking)
                let to = try Files.open(name, flags: [.writeOnly, .create, .exclusive, .noFollow], mode: status.mode, at: target)
                try copyContent(from.number, to.number, size: status.size, name.text)
            case .symbolicLink: try Files.makeLink(name, to: try Files.readLink(node), at: target)
            case .pipe: try Files.makeNode(name, mode: 0o010000 | status.mode, at: target)
            case .socket: try Files.makeNode(name, mode: 0o140000 | status.mode, at: target)
            case .characterDevice: try makeDevice(name, 0o020000, status, at: target)
            case .blockDevice: try makeDevice(name, 0o060000, status, at: target)
            case .other: throw KernelError(.notSupported, call: "copy", object: name.text)
            }
            // Last, for the mode may not let anybody write.
            try copyStatus(status, from: node, to: try Files.open(name, flags: [.path, .noFollow], at: target))
        }
    }

    /// Opens what was looked at, whatever has its name by now.
    private static func reopen(_ node: borrowing Descriptor, flags: OpenFlags) throws(KernelError) -> Descriptor {
        try Files.open("/proc/self/fd/\(node.number)", flags: flags)
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

    private func makeDevice(_ name: FileName, _ kind: UInt32, _ status: FileStatus, at target: Int32) throws(KernelError) {
        try Files.makeNode(
            name, mode: kind | status.mode, major: status.deviceMajor, minor: status.deviceMinor, at: target)
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
