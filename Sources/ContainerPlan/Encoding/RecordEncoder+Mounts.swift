internal import ByteText
internal import CLinux
internal import CStageWire
internal import RuntimeSpec

private let here = UInt64(bitPattern: Int64(AT_FDCWD))

extension RecordEncoder {
    /// Opens a path of the host; only before the root changes.
    mutating func openHost(_ path: HostPath, flags: Int32, into slot: Slot) {
        call(
            __NR_openat,
            [.value(here), .address(text(path.text)), .value(UInt64(UInt32(bitPattern: flags | O_CLOEXEC))), .value(0)],
            result: slot)
    }

    /// Mounts a detached tree on an open place.
    mutating func attach(_ tree: Slot, to point: Slot) {
        let empty = text("")
        call(
            __NR_move_mount,
            [
                .slot(tree), .address(empty), .slot(point), .address(empty),
                .value(UInt64(MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)),
            ])
    }

    /// Mounts a detached tree on a place inside the root, made if it is missing.
    mutating func attach(_ tree: Slot, to target: MountTarget, root: Slot) {
        if target.wantsProcessFileSystem {
            add(stage_operation_check_magic, [.slot(tree), .value(UInt64(PROC_SUPER_MAGIC))])
        }
        let point = makeTarget(target, root: root, source: tree)
        attach(tree, to: point)
        close(point)
    }

    mutating func makeTarget(
        _ target: MountTarget, root: Slot, source: Slot? = nil, existing: Bool = false, into slot: Slot? = nil,
        tolerating errnos: [Int32] = []
    ) -> Slot {
        let point = slot ?? scratchSlot()
        var flags: UInt64 = 0
        switch target.kind {
        case .directory: flags |= stage_target_directory
        case .file: flags |= stage_target_file
        case .likeSource: break
        }
        if target.refusesLinks { flags |= stage_target_no_symlinks }
        if target.keepsLink { flags |= stage_target_no_follow }
        if target.refusesProcessFileSystem { flags |= stage_target_refuse_proc }
        if existing { flags |= stage_target_existing }
        add(
            stage_operation_make_target,
            [.slot(root), .address(text(target.path.text)), source.map { .slot($0) } ?? .value(0), .value(flags)],
            result: point, tolerating: errnos)
        return point
    }

    /// Covers a path, or makes it read-only.
    mutating func hide(
        _ operation: stage_operation, _ hidden: HiddenPath, _ root: Slot, covers: (Argument, Argument), _ flags: UInt16
    ) {
        let place: (Argument, Argument) =
            if let mount = hidden.mount { (.slot(mount), .address(text(hidden.inside))) } else { (.value(.max), .value(0)) }
        add(
            operation, [.slot(root), .address(text(hidden.path.text)), covers.0, covers.1, place.0, place.1],
            flags: flags | (hidden.isLookedForAgain ? stage_hide_again : 0))
    }

    /// What was attached is closed, or stays open in a slot of the plan.
    mutating func end(_ tree: Slot, keeping kept: Slot?) {
        if let kept { add(stage_operation_copy_slot, [.slot(tree)], result: kept) } else { close(tree) }
    }

    /// The flags of open_tree(2) for a copy of mounts.
    func treeFlags(recursive: Bool, followsLink: Bool = true) -> UInt64 {
        let flags = O_CLOEXEC | (recursive ? AT_RECURSIVE : 0) | (followsLink ? 0 : AT_SYMLINK_NOFOLLOW)
        return UInt64(OPEN_TREE_CLONE) | UInt64(flags)
    }

    /// What lies at a path of the host, if the slot is empty because the kernel refused something better.
    mutating func openUnlessOpen(_ slot: Slot, _ path: HostPath, flags: UInt64) {
        add(stage_operation_tree_unless, [.slot(slot), .address(text(path.text)), .value(flags)], result: slot)
    }

    mutating func openDeviceNodes(_ tree: Slot, root: Slot, into slots: [Slot]) {
        attach(tree, to: root)
        for (index, slot) in slots.enumerated() {
            call(
                __NR_open_tree, [.slot(tree), .address(text(String(index))), .value(treeFlags(recursive: false))], result: slot)
        }
        call(__NR_fchdir, [.slot(tree)])
        call(__NR_umount2, [.address(text(".")), .value(UInt64(MNT_DETACH))])
        call(__NR_fchdir, [.slot(root)])
        close(tree)
    }

    mutating func cloneTree(_ descriptor: Slot, recursive: Bool = false, into slot: Slot) {
        let flags = UInt64(OPEN_TREE_CLONE) | UInt64(O_CLOEXEC | AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0))
        call(__NR_open_tree, [.slot(descriptor), .address(text("")), .value(flags)], result: slot)
    }

    /// KERNEL: fsconfig(2) takes values of up to 255 bytes. What is longer, such as the layers of an overlay, goes with the one
    /// string of mount(2), onto the directory that the stage is in, so that no path is resolved once more.
    mutating func mountInOneCall(_ mount: FileSystemMount, root: Slot) {
        let point = makeTarget(mount.target, root: root)
        call(__NR_fchdir, [.slot(point)])
        call(
            __NR_mount,
            [
                .address(text(mount.source)), .address(text(".")), .address(text(mount.type)), .value(mount.flagsOfMountCall),
                .address(text(mount.dataOfMountCall)),
            ])
        close(point)
        call(__NR_fchdir, [.slot(root)])
        var later = mount.attributes
        later.set = 0
        later.clear = 0
        if later.isEmpty { return }
        let mounted = makeTarget(mount.target, root: root, existing: true)
        setAttributes(later, of: mounted)
        close(mounted)
    }

    /// fsopen, the options one by one, fsmount; attributes come with the mount, so it is never visible without them.
    ///
    /// - Parameter root: where the mount's target lies, if it takes over the mode of what it covers.
    mutating func makeFileSystem(_ mount: FileSystemMount, root: Slot? = nil, into slot: Slot) {
        let context = scratchSlot()
        call(__NR_fsopen, [.address(text(mount.type)), .value(UInt64(FSOPEN_CLOEXEC))], result: context)
        configure(context, mount, root: root)
        createFileSystem(context, tolerating: [])
        call(__NR_fsmount, [.slot(context), .value(UInt64(FSMOUNT_CLOEXEC)), .value(mount.attributes.set)], result: slot)
        close(context)
        if mount.copiesContent, let root { copyContent(of: mount, root: root, into: slot) }
        setLaterAttributes(mount, of: slot)
    }

    private mutating func copyContent(of mount: FileSystemMount, root: Slot, into tree: Slot) {
        let covered = makeTarget(mount.target, root: root, existing: true, tolerating: [ENOENT])
        let keepsOwner = mount.options.contains { $0.begins(with: "uid=") || $0.begins(with: "gid=") }
        add(stage_operation_copy_tree, [.slot(tree), .slot(covered), .value(keepsOwner ? 1 : 0)])
        call(__NR_close, [.slot(covered)], tolerating: [EBADF])
    }

    /// The same without what comes later. The slot stays empty where the kernel does not allow the file system, which it says at
    /// one of three calls.
    mutating func makeFileSystemIfAllowed(_ mount: FileSystemMount, into slot: Slot) {
        let context = scratchSlot()
        call(__NR_fsopen, [.address(text(mount.type)), .value(UInt64(FSOPEN_CLOEXEC))], result: context, tolerating: [EPERM])
        onlyIfOpen(context) { encoder in
            encoder.configure(context, mount, root: nil)
            encoder.createFileSystem(context, tolerating: [EPERM])
            // EINVAL: nothing was created.
            encoder.call(
                __NR_fsmount, [.slot(context), .value(UInt64(FSMOUNT_CLOEXEC)), .value(mount.attributes.set)], result: slot,
                tolerating: [EPERM, EINVAL])
            encoder.close(context)
        }
    }

    private mutating func configure(_ context: Slot, _ mount: FileSystemMount, root: Slot?) {
        if !mount.source.isEmpty { configure(context, "source", mount.source) }
        if mount.copiesMode, let root {
            let covered = makeTarget(mount.target, root: root, existing: true, tolerating: [ENOENT])
            add(stage_operation_copy_mode, [.slot(context), .slot(covered)])
            call(__NR_close, [.slot(covered)], tolerating: [EBADF])
        }
        for option in mount.options { configure(context, option: option) }
        for option in mount.optionalOptions { configure(context, option: option, tolerating: [EINVAL]) }
    }

    private mutating func createFileSystem(_ context: Slot, tolerating errnos: [Int32]) {
        call(
            __NR_fsconfig, [.slot(context), .value(UInt64(FSCONFIG_CMD_CREATE.rawValue)), .value(0), .value(0), .value(0)],
            tolerating: errnos)
    }

    /// What fsmount(2) does not set.
    private mutating func setLaterAttributes(_ mount: FileSystemMount, of slot: Slot) {
        var later = mount.attributes
        later.set = 0
        later.clear = 0
        setAttributes(later, of: slot)
    }

    /// A file system, or where the kernel refuses it the host's mounts at a path, with the same attributes on each.
    mutating func makeFileSystem(_ mount: FileSystemMount, otherwise path: HostPath, into slot: Slot) {
        makeFileSystemIfAllowed(mount, into: slot)
        openUnlessOpen(slot, path, flags: treeFlags(recursive: true))
        setAttributes(
            MountAttributes(
                recursiveSet: mount.attributes.set, recursiveClear: mount.attributes.forCopy.clear,
                propagation: [.init(.private, recursive: true)]), of: slot)
        setLaterAttributes(mount, of: slot)
    }

    /// fspick, the options one by one, and the kernel's word that they are all.
    mutating func changeFileSystem(of mount: Slot, _ options: [String]) {
        if options.isEmpty { return }
        let context = scratchSlot()
        call(
            __NR_fspick, [.slot(mount), .address(text("")), .value(UInt64(FSPICK_CLOEXEC | FSPICK_EMPTY_PATH))], result: context)
        for option in options { configure(context, option: option) }
        call(
            __NR_fsconfig,
            [.slot(context), .value(UInt64(FSCONFIG_CMD_RECONFIGURE.rawValue)), .value(0), .value(0), .value(0)])
        close(context)
    }

    private mutating func configure(_ context: Slot, option: String, tolerating errnos: [Int32] = []) {
        guard let (name, value) = option.halves(at: "=") else {
            return call(
                __NR_fsconfig,
                [.slot(context), .value(UInt64(FSCONFIG_SET_FLAG.rawValue)), .address(text(option)), .value(0), .value(0)],
                tolerating: errnos)
        }
        configure(context, name, value, tolerating: errnos)
    }

    private mutating func configure(_ context: Slot, _ name: String, _ value: String, tolerating errnos: [Int32] = []) {
        call(
            __NR_fsconfig,
            [
                .slot(context), .value(UInt64(FSCONFIG_SET_STRING.rawValue)), .address(text(name)), .address(text(value)),
                .value(0),
            ], tolerating: errnos)
    }

    mutating func setAttributes(_ attributes: MountAttributes, of mount: Slot) {
        for change in attributes.calls {
            let attributes = words([change.set, change.clear, change.propagation?.mountFlag ?? 0, 0])
            call(
                __NR_mount_setattr,
                [
                    .slot(mount), .address(text("")), .value(UInt64(AT_EMPTY_PATH | (change.recursive ? AT_RECURSIVE : 0))),
                    .address(attributes), .value(32),
                ])
        }
    }

    /// Writes one value to a file of a proc file system of our own, without leaving it on the way (CVE-2025-52881).
    mutating func writeFile(_ path: String, below directory: Slot, _ value: String) {
        let file = scratchSlot()
        let how = words([
            UInt64(UInt32(bitPattern: O_WRONLY | O_CLOEXEC)), 0,
            UInt64(RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS),
        ])
        call(
            __NR_openat2, [.slot(directory), .address(text(path)), .address(how), .value(24)], result: file)
        call(__NR_write, [.slot(file), .address(text(value)), .value(UInt64(value.utf8.count))])
        close(file)
    }

    /// A pseudo-terminal of the container's own devpts. The container's side is opened through its master, so no path
    /// of the container decides what it is (CVE-2025-52565).
    mutating func openTerminal(_ request: TerminalRequest, root: Slot) {
        let how = words([
            UInt64(UInt32(bitPattern: O_RDWR | O_NOCTTY | O_CLOEXEC)), 0,
            UInt64(RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS),
        ])
        call(
            __NR_openat2, [.slot(root), .address(text("dev/pts/ptmx")), .address(how), .value(24)],
            result: request.master)
        add(stage_operation_check_magic, [.slot(request.master), .value(UInt64(DEVPTS_SUPER_MAGIC))])
        call(__NR_ioctl, [.slot(request.master), .value(0x4004_5431), .address(words([0]))])  // TIOCSPTLCK
        call(
            __NR_ioctl,
            [.slot(request.master), .value(0x5441), .value(UInt64(O_RDWR | O_NOCTTY | O_CLOEXEC))],  // TIOCGPTPEER
            result: request.terminal)
        if let size = request.size {
            let rows = UInt64(UInt16(truncatingIfNeeded: size.height))
            let rowsAndColumns = rows | UInt64(UInt16(truncatingIfNeeded: size.width)) << 16
            call(__NR_ioctl, [.slot(request.master), .value(UInt64(TIOCSWINSZ)), .address(words([rowsAndColumns]))])
        }
        call(
            __NR_fchown, [.slot(request.terminal), .value(UInt64(request.owner)), .value(UInt64(UInt32.max))],
            tolerating: [EPERM, EINVAL])
    }
}
