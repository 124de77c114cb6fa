import CLinux
import CStageWire

// Everything that is done to paths inside the container's root. A path is resolved below a descriptor of the root and
// becomes a descriptor at once; what follows happens to that descriptor (CVE-2021-30465, CVE-2024-45310).

private let pathOnly = O_PATH
private let slash = UInt8(ascii: "/")

extension Interpreter {
    /// A descriptor of the place where something will be mounted, made first if it is missing.
    mutating func makeTarget(_ arguments: Arguments) throws(Refusal) -> Int32 {
        let root = arguments.slot(0)
        let path = try unsafe arguments.path(1)
        let flags = arguments[3]
        let resolve =
            flags & stage_target_no_symlinks != 0
            ? resolveInRoot | UInt64(RESOLVE_NO_SYMLINKS) : resolveInRoot
        var wantsDirectory = flags & stage_target_directory != 0
        if !wantsDirectory && flags & stage_target_file == 0 {
            wantsDirectory = try NodeStatus(arguments.slot(2)).isDirectory
        }
        let how = flags & stage_target_no_follow != 0 ? pathOnly | O_NOFOLLOW : pathOnly
        let target =
            unsafe flags & stage_target_existing != 0
            ? try openInRoot(root, path, flags: how, resolve: resolve)
            : try openOrMake(root, path, flags: how, resolve: resolve) { (parent, name) throws(Refusal) in
                if wantsDirectory {
                    try unsafe call(__NR_mkdirat, word(parent), word(name), 0o755)
                } else {
                    try unsafe call(__NR_mknodat, word(parent), word(name), 0o100644, 0)
                }
            }
        let status = try NodeStatus(target)
        try refuseRoot(status, root)
        // The kernel calls it an invalid argument; callers look for "not a directory".
        if flags & stage_target_existing == 0, status.isDirectory != wantsDirectory {
            throw Refusal(ENOTDIR, wantsDirectory ? stage_detail_target_is_file : stage_detail_target_is_directory)
        }
        if flags & stage_target_refuse_proc != 0, try fileSystemMagic(target) == UInt64(PROC_SUPER_MAGIC) {
            throw Refusal(EPERM, stage_detail_proc_target)
        }
        return target
    }

    /// A link of the image may lead to the root itself. Nobody who is in the root already would see what is mounted on it.
    private mutating func refuseRoot(_ status: NodeStatus, _ root: Int32) throws(Refusal) {
        let known: (descriptor: Int32, status: NodeStatus)
        if let knownRoot, knownRoot.descriptor == root {
            known = knownRoot
        } else {
            known = (root, try NodeStatus(root))
            knownRoot = known
        }
        if status.mount == known.status.mount && status.inode == known.status.inode {
            throw Refusal(EINVAL, stage_detail_target_is_root)
        }
    }

    /// Covers a path so that nothing of it can be seen or written: files with the null device, directories with an
    /// empty read-only file system. What is not there needs no cover.
    func mask(_ arguments: Arguments) throws(Refusal) {
        guard let target = try openHidden(arguments) else { return }
        defer { close(target) }
        let cover = try self.cover(target, arguments)
        guard arguments.flags & stage_hide_again != 0, let other = try openOther(than: cover, arguments) else { return }
        defer { close(other) }
        _ = try self.cover(other, arguments)
    }

    /// - Returns: the number of the mount that covers it.
    private func cover(_ target: Int32, _ arguments: Arguments) throws(Refusal) -> UInt64 {
        let isDirectory = try NodeStatus(target).isDirectory
        let cover = isDirectory ? arguments.slot(3) : arguments.slot(2)
        let tree: Int32
        do throws(Refusal) {
            tree = try cloneTree(cover, recursive: false)
        } catch {
            // KERNEL(6.15): before, a mount that is attached nowhere cannot be cloned. The first cover is the mount itself,
            // later ones are clones of it.
            guard error.errno == EINVAL && cover == arguments.slot(3) else { throw error }
            try attach(cover, to: target)
            return try number(of: cover, arguments)
        }
        defer { close(tree) }
        if !isDirectory && arguments.flags & stage_hide_protected != 0 { try refuseWriting(tree) }
        try attach(tree, to: target)
        return try number(of: tree, arguments)
    }

    /// The kernel's number of a mount, if it is compared with what the path leads to later.
    private func number(of mount: Int32, _ arguments: Arguments) throws(Refusal) -> UInt64 {
        arguments.flags & stage_hide_again == 0 ? 0 : try NodeStatus(mount).mount
    }

    /// Detaches a mount. The call takes a path, and the only one that is this descriptor, whatever the container does meanwhile,
    /// is its own in a proc file system that was looked at.
    func unmount(_ arguments: Arguments) throws(Refusal) {
        try call(__NR_fchdir, word(arguments.slot(1)))
        try unsafe withPath(of: arguments.slot(0), below: "thread-self/fd/") { (path) throws(Refusal) in
            try unsafe call(__NR_umount2, word(path), UInt64(MNT_DETACH))
        }
    }

    /// Binds a path onto itself, read-only.
    mutating func makeReadOnly(_ arguments: Arguments) throws(Refusal) {
        guard let target = try openHidden(arguments) else { return }
        defer { close(target) }
        let bind = try bindReadOnly(target, arguments)
        guard arguments.flags & stage_hide_again != 0, let other = try openOther(than: bind, arguments) else { return }
        defer { close(other) }
        _ = try bindReadOnly(other, arguments)
    }

    /// - Returns: the number of the mount that lies there now.
    private mutating func bindReadOnly(_ target: Int32, _ arguments: Arguments) throws(Refusal) -> UInt64 {
        try refuseRoot(try NodeStatus(target), arguments.slot(0))
        let tree = try cloneTree(target, recursive: true)
        defer { close(tree) }
        try refuseWriting(tree)
        try attach(tree, to: target)
        return try number(of: tree, arguments)
    }

    /// What is to be covered: on its mount, whatever the path leads to by now, or else below the root. Nil if nothing is there.
    private func openHidden(_ arguments: Arguments) throws(Refusal) -> Int32? {
        let mount = arguments.slot(4)
        guard mount >= 0 else { return try unsafe openExisting(arguments.slot(0), try arguments.path(1), resolve: resolveInRoot) }
        let inside = try unsafe arguments.path(5)
        do throws(Refusal) {
            if unsafe inside[0] == 0 { return Int32(try call(__NR_fcntl, word(mount), UInt64(F_DUPFD_CLOEXEC), 3)) }
            return try unsafe openExisting(mount, inside, resolve: UInt64(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS))
        } catch {
            // A link leads out of the mount.
            guard error.errno == EXDEV else { throw error }
            return try unsafe openExisting(arguments.slot(0), try arguments.path(1), resolve: resolveInRoot)
        }
    }

    /// What the path leads to, if that does not lie on this mount.
    private func openOther(than mount: UInt64, _ arguments: Arguments) throws(Refusal) -> Int32? {
        guard let found = try unsafe openExisting(arguments.slot(0), try arguments.path(1), resolve: resolveInRoot) else {
            return nil
        }
        if try NodeStatus(found).mount != mount { return found }
        close(found)
        return nil
    }

    private func openExisting(_ place: Int32, _ path: Path, resolve: UInt64) throws(Refusal) -> Int32? {
        do throws(Refusal) {
            return try unsafe openInRoot(place, path, flags: pathOnly, resolve: resolve)
        } catch {
            if error.errno == ENOENT || error.errno == ENOTDIR { return nil }
            throw error
        }
    }

    /// Makes a detached tree and all below it read-only.
    private func refuseWriting(_ tree: Int32) throws(Refusal) {
        var attributes = mount_attr()
        attributes.attr_set = UInt64(MOUNT_ATTR_RDONLY)
        let empty: StaticString = ""
        try unsafe withUnsafePointer(to: &attributes) { (pointer) throws(Refusal) in
            _ = try unsafe call(
                __NR_mount_setattr, word(tree), word(empty.utf8Start), UInt64(AT_EMPTY_PATH | AT_RECURSIVE),
                word(pointer), UInt64(MemoryLayout<mount_attr>.size))
        }
    }

    private func cloneTree(_ descriptor: Int32, recursive: Bool) throws(Refusal) -> Int32 {
        let empty: StaticString = ""
        let flags = UInt64(OPEN_TREE_CLONE) | UInt64(O_CLOEXEC | AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0))
        return unsafe Int32(try call(__NR_open_tree, word(descriptor), word(empty.utf8Start), flags))
    }

    private func attach(_ tree: Int32, to target: Int32) throws(Refusal) {
        let empty: StaticString = ""
        try unsafe call(
            __NR_move_mount, word(tree), word(empty.utf8Start), word(target), word(empty.utf8Start),
            UInt64(MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH))
    }

    /// Makes a device node or fifo, behind a link where the link leads. SPEC(config-linux.md#devices): a file that exists and is
    /// something else is an error.
    func makeDevice(_ arguments: Arguments) throws(Refusal) {
        let root = arguments.slot(0)
        let path = try unsafe arguments.path(1)
        let mode = arguments[2]
        let device = arguments[3]
        let user = arguments[4]
        let group = arguments[5]
        let existing = try unsafe makeOrOpen(root, path) { (parent, name) throws(Refusal) in
            try unsafe call(__NR_mknodat, word(parent), word(name), mode, device)
            if user | group == 0 { return }
            try unsafe call(__NR_fchownat, word(parent), word(name), user, group, UInt64(AT_SYMLINK_NOFOLLOW))
        }
        guard let node = existing else { return }
        defer { close(node) }
        let status = try NodeStatus(node)
        let format = UInt32(truncatingIfNeeded: mode) & 0o170000
        let isPipe = format == 0o010000
        // The kernel's encoding of a device number: makedev(3).
        let major = UInt32(truncatingIfNeeded: (device >> 8) & 0xfff)
        let minor = UInt32(truncatingIfNeeded: (device & 0xff) | ((device >> 12) & 0xfff00))
        guard status.mode & 0o170000 == format && (isPipe || (status.major == major && status.minor == minor)) else {
            throw Refusal(EEXIST, stage_detail_existing_node)
        }
    }

    /// Makes a symbolic link; what is there is left alone, or replaced, or must be the same link.
    func makeLink(_ arguments: Arguments) throws(Refusal) {
        let root = arguments.slot(0)
        let path = try unsafe arguments.path(1)
        let destination = try unsafe arguments.path(2)
        let existing = arguments[3]
        try unsafe withMadeParent(root, path) { (parent, name) throws(Refusal) in
            if existing == stage_link_replace {
                do throws(Refusal) {
                    try unsafe call(__NR_unlinkat, word(parent), word(name), 0)
                } catch {
                    guard error.errno == ENOENT else { throw error }
                }
            }
            do throws(Refusal) {
                try unsafe call(__NR_symlinkat, word(destination), word(parent), word(name))
            } catch {
                guard error.errno == EEXIST else { throw error }
                if existing == stage_link_compare { try unsafe compareLink(parent, name, destination) }
            }
        }
    }

    private func compareLink(_ parent: Int32, _ name: Path, _ destination: Path) throws(Refusal) {
        try unsafe withUnsafeScratch { (text) throws(Refusal) in
            var count = 0
            do throws(Refusal) {
                count = unsafe Int(try call(__NR_readlinkat, word(parent), word(name), word(text), UInt64(scratchSize)))
            } catch where error.errno == EINVAL {
                throw Refusal(EEXIST, stage_detail_existing_node)
            }
            guard unsafe count == length(destination) else { throw Refusal(EEXIST, stage_detail_existing_node) }
            for index in 0..<count where unsafe text[index] != destination[index] {
                throw Refusal(EEXIST, stage_detail_existing_node)
            }
        }
    }
}
