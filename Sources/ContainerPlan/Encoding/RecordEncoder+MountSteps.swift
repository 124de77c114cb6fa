internal import CLinux
internal import CStageWire
internal import RuntimeSpec

/// Mounts, one step at a time.
extension RecordEncoder {
    mutating func mountFileSystem(_ mount: FileSystemMount, root: Slot) {
        let tree = scratchSlot()
        if let path = mount.otherwise {
            makeFileSystem(mount, otherwise: path, into: tree)
        } else {
            makeFileSystem(mount, root: root, into: tree)
        }
        attach(tree, to: mount.target, root: root)
        end(tree, keeping: mount.kept)
    }

    mutating func attachTree(_ tree: Slot, destination target: MountTarget, root: Slot, keeping kept: Slot?) {
        attach(tree, to: target, root: root)
        end(tree, keeping: kept)
    }

    mutating func changeMount(_ attributes: MountAttributes, path: ContainerPath, root: Slot, fileSystem options: [String]) {
        let target = makeTarget(MountTarget(path, kind: .directory), root: root, existing: true)
        changeFileSystem(of: target, options)
        setAttributes(attributes, of: target)
        close(target)
    }

    mutating func openMount(path: ContainerPath, root: Slot, into slot: Slot) {
        _ = makeTarget(MountTarget(path, kind: .directory), root: root, existing: true, into: slot)
    }

    mutating func makeMountReadOnly(_ mount: Slot) {
        setAttributes(MountAttributes(set: UInt64(MOUNT_ATTR_RDONLY)), of: mount)
        close(mount)
    }

    mutating func openPrivateProcessFileSystem(into slot: Slot) {
        makeFileSystemIfAllowed(
            FileSystemMount(
                type: "proc", source: "proc", options: [], attributes: MountAttributes(),
                target: MountTarget("", kind: .directory)), into: slot)
        openUnlessOpen(slot, "/proc", flags: UInt64(O_CLOEXEC))
        // KERNEL(PROC_ROOT_INO)
        add(stage_operation_check_magic, [.slot(slot), .value(UInt64(PROC_SUPER_MAGIC)), .value(1)])
    }

    mutating func removeMount(path: ContainerPath, root: Slot, processFileSystem proc: Slot) {
        let place = makeTarget(MountTarget(path, kind: .directory), root: root, existing: true)
        add(stage_operation_unmount, [.slot(place), .slot(proc)])
        close(place)
    }

    mutating func makeEmptyDirectory(into slot: Slot) {
        let attributes = MountAttributes(
            set: UInt64(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC))
        makeFileSystem(
            FileSystemMount(
                type: "tmpfs", source: "tmpfs", options: ["ro", "nr_blocks=1", "nr_inodes=1"], attributes: attributes,
                target: MountTarget("", kind: .directory)), into: slot)
    }
}
