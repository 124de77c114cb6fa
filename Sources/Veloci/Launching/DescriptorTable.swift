internal import ContainerPlan
internal import LinuxKernel

/// The descriptors that the preparation opened for the stage; all are closed when the table goes away.
final class DescriptorTable {
    private(set) var numbers: [Slot: Int32] = [:]
    /// The other end of the socket over which veloci itself receives the terminal.
    var ownConsole: Int32?
    private var terminal: Int32?

    func set(_ slot: Slot, _ descriptor: consuming Descriptor) {
        numbers[slot] = descriptor.release()
    }

    func take(_ slot: Slot) -> Descriptor? {
        numbers.removeValue(forKey: slot).map { Descriptor(owning: $0) }
    }

    func closeAll() {
        Descriptor.close(numbers.values)
        numbers = [:]
    }

    /// Receives the terminal, if it was to be sent to veloci itself, and lets the caller prepare it. For the last gate: it was
    /// sent before, and the program does not run yet.
    func receiveTerminal(_ prepare: ((Int32) -> Void)?) throws(Failure) {
        guard let ownConsole else { return }
        let socket = Descriptor(owning: ownConsole)
        self.ownConsole = nil
        do throws(KernelError) {
            terminal = try Sockets.receiveDescriptor(from: socket.number)
            if let terminal { prepare?(terminal) }
        } catch {
            throw .kernel(error, "cannot receive the terminal")
        }
    }

    /// Hands our side of the terminal on; whoever takes it closes it.
    func takeTerminal() -> Int32? {
        defer { terminal = nil }
        return terminal
    }

    deinit {
        closeAll()
        if let ownConsole { _ = Descriptor(owning: ownConsole) }
        if let terminal { _ = Descriptor(owning: terminal) }
    }
}
