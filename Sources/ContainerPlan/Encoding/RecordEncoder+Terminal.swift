internal import CLinux
internal import CStageWire
internal import RuntimeSpec

/// The terminal and the standard streams.
extension RecordEncoder {
    mutating func sendTerminal(master: Slot, socket: Slot) {
        let name = "/dev/pts/ptmx"
        add(
            stage_operation_send_descriptor,
            [.slot(socket), .slot(master), .address(text(name)), .value(UInt64(name.utf8.count))])
        close(master)
        close(socket)
    }

    mutating func bindConsole(terminal: Slot, root: Slot) {
        let tree = scratchSlot()
        cloneTree(terminal, into: tree)
        // CVE-2026-88264: a link planted as /dev/console must not be followed.
        attach(tree, to: MountTarget("/dev/console", kind: .file, refusesLinks: true), root: root)
        close(tree)
    }

    mutating func useTerminal(_ terminal: Slot) {
        for number in 0..<3 { call(__NR_dup3, [.slot(terminal), .value(UInt64(number)), .value(0)]) }
        call(__NR_ioctl, [.value(0), .value(UInt64(TIOCSCTTY)), .value(0)])
        close(terminal)
    }

    mutating func ownStandardStreams(user: UInt32, root: Slot) {
        add(stage_operation_own_standard, [.value(UInt64(user)), .slot(root)])
    }
}
