internal import CLinux
internal import CStageWire
internal import RuntimeSpec

/// Devices, links and files, and what hides them.
extension RecordEncoder {
    mutating func makeDevice(_ node: DeviceNode, root: Slot) {
        let device = UInt64(node.major & 0xfff) << 8 | UInt64(node.minor & 0xff) | UInt64(node.minor & 0xfff00) << 12
        add(
            stage_operation_device,
            [
                .slot(root), .address(text(node.path.text)), .value(node.kind.modeBits | UInt64(node.mode)),
                .value(node.kind == .namedPipe ? 0 : device), .value(UInt64(node.uid)), .value(UInt64(node.gid)),
            ])
    }

    mutating func bindDevice(hostFile file: Slot, path: ContainerPath, root: Slot, protected: Bool) {
        let tree = scratchSlot()
        cloneTree(file, into: tree)
        // KERNEL: what is written to a device is not written to the mount that it lies on.
        if protected { setAttributes(MountAttributes(set: UInt64(MOUNT_ATTR_RDONLY)), of: tree) }
        attach(tree, to: MountTarget(path, kind: .file), root: root)
        close(tree)
        close(file)
    }

    mutating func makeLink(path: ContainerPath, to destination: String, existing: ExistingLink, root: Slot) {
        let kind =
            switch existing {
            case .leave: stage_link_leave
            case .replace: stage_link_replace
            case .compare: stage_link_compare
            }
        add(
            stage_operation_link,
            [
                .slot(root), .address(text(path.text)), .address(text(destination)),
                .value(kind),
            ])
    }

    mutating func mask(
        _ hidden: HiddenPath, root: Slot, nullDevice null: Slot, emptyDirectory empty: Slot, protectingDevice protected: Bool
    ) {
        hide(
            stage_operation_mask, hidden, root, covers: (.slot(null), .slot(empty)), protected ? stage_hide_protected : 0)
    }

    mutating func makeReadOnly(_ hidden: HiddenPath, root: Slot) {
        hide(stage_operation_read_only, hidden, root, covers: (.value(0), .value(0)), 0)
    }

    mutating func makeWorkingDirectory(_ path: ContainerPath, root: Slot) {
        add(stage_operation_directory, [.slot(root), .address(text(path.text))])
    }

    mutating func writeSystemControl(key: String, value: String, processFileSystem proc: Slot) {
        let path = "sys/" + SystemControl.path(of: key)
        writeFile(path, below: proc, value)
    }
}
