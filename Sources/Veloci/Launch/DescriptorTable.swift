internal import ContainerPlan
internal import LinuxKernel

/// The descriptors that the preparation opened for the stage; all are closed when the table goes away.
final class DescriptorTable {
    private(set) var numbers: [Slot: Int32] = [:]
    /// The other end of the socket over which veloci itself receives the terminal.
    var ownConsole: Int32?

    func set(_ slot: Slot, _ descriptor: consuming Descriptor) {
        numbers[slot] = descriptor.release()
    }

    func take(_ slot: Slot) -> Descriptor? {
        numbers.removeValue(forKey: slot).map { Descriptor(owning: $0) }
    }

    func closeAll() {
        for number in numbers.values { _ = Descriptor(owning: number) }
        numbers = [:]
    }

    /// Hands our end of the terminal's socket on; whoever takes it closes it.
    func takeOwnConsole() -> Int32? {
        defer { ownConsole = nil }
        return ownConsole
    }

    deinit {
        closeAll()
        if let ownConsole { _ = Descriptor(owning: ownConsole) }
    }
}
