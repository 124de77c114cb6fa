internal import ByteText
internal import CLinux

/// Mounts that are attached nowhere until somebody attaches them.
public enum Mounts {
    /// A detached copy of the mount at `path`, with all mounts below if recursive (open_tree(2)).
    /// A symbolic link at its end is the source itself unless it is followed.
    public static func cloneTree(
        _ path: String, recursive: Bool, followsLink: Bool = true
    ) throws(KernelError) -> Descriptor {
        let flags =
            UInt64(OPEN_TREE_CLONE)
            | UInt64(O_CLOEXEC | (recursive ? AT_RECURSIVE : 0) | (followsLink ? 0 : AT_SYMLINK_NOFOLLOW))
        let number = try Files.withPath(path) { (pointer) throws(KernelError) in
            try systemCall(__NR_open_tree, "open_tree", on: path, UInt64(descriptor: currentDirectory), pointer, flags)
        }
        return Descriptor(owning: Int32(number))
    }

    /// Changes attributes of a mount (mount_setattr(2)). All numbers are the kernel's.
    public static func setAttributes(
        of mount: borrowing Descriptor, set: UInt64 = 0, clear: UInt64 = 0, propagation: UInt64 = 0,
        userNamespace: Int32? = nil, recursive: Bool, name: String = ""
    ) throws(KernelError) {
        var attributes = mount_attr()
        attributes.attr_set = set | (userNamespace == nil ? 0 : UInt64(MOUNT_ATTR_IDMAP))
        attributes.attr_clr = clear
        attributes.propagation = propagation
        attributes.userns_fd = UInt64(userNamespace ?? 0)
        let number = mount.number
        try Files.withPath("") { (empty) throws(KernelError) in
            try unsafe withUnsafePointer(to: &attributes) { (pointer) throws(KernelError) in
                _ = try unsafe systemCall(
                    __NR_mount_setattr, "mount_setattr", on: name, UInt64(descriptor: number), empty,
                    UInt64(AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0)), UInt64(address: pointer),
                    UInt64(MemoryLayout<mount_attr>.size))
            }
        }
    }

    /// Attaches a detached mount, with all below it, on a directory of this mount namespace (move_mount(2)).
    public static func attach(_ tree: borrowing Descriptor, on place: borrowing Descriptor, name: String) throws(KernelError) {
        let (number, placeNumber) = (tree.number, place.number)
        try Files.withPath("") { (empty) throws(KernelError) in
            _ = try systemCall(
                __NR_move_mount, "move_mount", on: name, UInt64(descriptor: number), empty,
                UInt64(descriptor: placeNumber), empty, UInt64(MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH))
        }
    }

    /// Detaches a mount and all below it (umount2(2)); whoever uses them keeps them.
    public static func detach(_ mount: borrowing Descriptor, name: String) throws(KernelError) {
        let number = mount.number
        try Files.withPath("/proc/self/fd/\(number)") { (path) throws(KernelError) in
            _ = try systemCall(__NR_umount2, "umount", on: name, path, UInt64(MNT_DETACH))
        }
    }

    /// The kernel's number of the mount that a file is on. Before Linux 6.8 numbers are used again after the mount's end.
    public static func identifier(of file: borrowing Descriptor) throws(KernelError) -> UInt64 {
        try identifier(number: file.number)
    }

    package static func identifier(number: Int32) throws(KernelError) -> UInt64 {
        var status = linux_statx_record()
        for field in [linux_statx_mount_unique, linux_statx_mount] {
            try Files.withPath("") { (empty) throws(KernelError) in
                try unsafe withUnsafeMutablePointer(to: &status) { (record) throws(KernelError) in
                    _ = try unsafe systemCall(
                        __NR_statx, "statx", UInt64(descriptor: number), empty, UInt64(AT_EMPTY_PATH), UInt64(field),
                        UInt64(address: record))
                }
            }
            if status.mask & field != 0 { return status.mount_id }
        }
        throw KernelError(.notSupported, call: "statx of a mount's number")
    }

    /// A new file system as a detached mount. Options are `name` or `name=value`; optional ones may be unknown to it.
    public static func make(
        type: String, source: String, options: [String], optionalOptions: [String] = [], attributes: UInt64
    ) throws(KernelError) -> Descriptor {
        let context = Descriptor(
            owning: Int32(
                try Files.withPath(type) { (pointer) throws(KernelError) in
                    try systemCall(__NR_fsopen, "fsopen", on: type, pointer, UInt64(FSOPEN_CLOEXEC))
                }))
        try configure(context, "source=" + source, type)
        for option in options { try configure(context, option, type) }
        for option in optionalOptions {
            do throws(KernelError) { try configure(context, option, type) } catch where error.errno == .invalidArgument {}
        }
        try systemCall(
            __NR_fsconfig, "fsconfig", on: type, UInt64(descriptor: context.number),
            UInt64(FSCONFIG_CMD_CREATE.rawValue))
        return Descriptor(
            owning: Int32(
                try systemCall(
                    __NR_fsmount, "fsmount", on: type, UInt64(descriptor: context.number), UInt64(FSMOUNT_CLOEXEC),
                    attributes)))
    }

    private static func configure(_ context: borrowing Descriptor, _ option: String, _ type: String) throws(KernelError) {
        let number = context.number
        let halves = option.halves(at: "=")
        try Files.withPath(halves?.first ?? option) { (name) throws(KernelError) in
            guard let halves else {
                _ = try systemCall(
                    __NR_fsconfig, "fsconfig", on: "\(type) \(option)", UInt64(descriptor: number),
                    UInt64(FSCONFIG_SET_FLAG.rawValue), name)
                return
            }
            try Files.withPath(halves.second) { (value) throws(KernelError) in
                _ = try systemCall(
                    __NR_fsconfig, "fsconfig", on: "\(type) \(option)", UInt64(descriptor: number),
                    UInt64(FSCONFIG_SET_STRING.rawValue), name, value)
            }
        }
    }
}
