internal import CLinux
internal import CStageWire
internal import RuntimeSpec

private let here = UInt64(bitPattern: Int64(AT_FDCWD))

/// The root: opened, changed, entered.
extension RecordEncoder {
    mutating func changePropagation(_ kind: MountPropagation, recursive: Bool) {
        call(
            __NR_mount,
            [
                .value(0), .address(text("/")), .value(0),
                .value(kind.mountFlag | (recursive ? UInt64(MS_REC) : 0)), .value(0),
            ])
    }

    mutating func attachRoot(tree: Slot, at path: HostPath) {
        let point = scratchSlot()
        openHost(path, flags: O_PATH | O_DIRECTORY, into: point)
        attach(tree, to: point)
        close(point)
        // Hooks of the container's namespaces start in the root.
        call(__NR_fchdir, [.slot(tree)])
    }

    mutating func openTree(path: HostPath, recursive: Bool, followsLink: Bool, attributes: MountAttributes, into slot: Slot) {
        let flags = treeFlags(recursive: recursive, followsLink: followsLink)
        call(__NR_open_tree, [.value(here), .address(text(path.text)), .value(flags)], result: slot)
        setAttributes(attributes, of: slot)
    }

    mutating func openTreeInRoot(
        path: ContainerPath, root: Slot, recursive: Bool, followsLink: Bool, attributes: MountAttributes, into slot: Slot
    ) {
        var source = MountTarget(path, kind: .directory)
        source.keepsLink = !followsLink
        let place = makeTarget(source, root: root, existing: true)
        cloneTree(place, recursive: recursive, into: slot)
        close(place)
        setAttributes(attributes, of: slot)
    }

    mutating func openHostFile(_ path: HostPath, into slot: Slot, mustBeNullDevice mustBeNull: Bool) {
        openHost(path, flags: O_PATH, into: slot)
        if mustBeNull { add(stage_operation_check_null, [.slot(slot)]) }
    }

    mutating func openNullDevice(into slot: Slot, root: Slot) {
        let how = words([
            UInt64(UInt32(bitPattern: O_PATH | O_NOFOLLOW | O_CLOEXEC)), 0, UInt64(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS),
        ])
        call(
            __NR_openat2, [.slot(root), .address(text("/dev/null")), .address(how), .value(24)], result: slot)
        add(stage_operation_check_null, [.slot(slot)])
    }

    mutating func changeRoot(to root: Slot, _ change: ChangeOfRoot) {
        call(__NR_fchdir, [.slot(root)])
        let dot = text(".")
        switch change {
        case .pivot: call(__NR_pivot_root, [.address(dot), .address(dot)])
        case .move:
            call(
                __NR_mount,
                [.address(dot), .address(text("/")), .value(0), .value(UInt64(MS_MOVE)), .value(0)])
            call(__NR_chroot, [.address(dot)])
        case .change, .enter: call(__NR_chroot, [.address(dot)])
        }
    }

    mutating func detachOldRoot(_ old: Slot) {
        let dot = text(".")
        call(__NR_fchdir, [.slot(old)])
        // What is unmounted here must not vanish from the host.
        call(
            __NR_mount,
            [.value(0), .address(dot), .value(0), .value(UInt64(MS_SLAVE | MS_REC)), .value(0)])
        call(__NR_umount2, [.address(dot), .value(UInt64(MNT_DETACH))])
        close(old)
        call(__NR_chdir, [.address(text("/"))])
    }

    mutating func hideHostMount(_ path: HostPath) {
        let (place, type) = (text(path.text), text("tmpfs"))
        // What is unmounted here must not vanish from the host.
        call(
            __NR_mount, [.value(0), .address(place), .value(0), .value(UInt64(MS_SLAVE | MS_REC)), .value(0)],
            tolerating: [EINVAL, ENOENT])
        call(__NR_umount2, [.address(place), .value(UInt64(MNT_DETACH))], tolerating: [EINVAL, EPERM])
        // KERNEL(mount_namespaces(7)): in a user namespace the host's mounts are locked; covered they are out of reach too.
        call(
            __NR_mount, [.address(type), .address(place), .address(type), .value(UInt64(MS_RDONLY)), .value(0)],
            tolerating: [ENOENT, ENOTDIR])
    }

    mutating func makeRootReadOnly(_ root: Slot) {
        setAttributes(MountAttributes(set: UInt64(MOUNT_ATTR_RDONLY)), of: root)
    }
}
