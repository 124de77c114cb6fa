internal import ByteText
internal import LinuxKernel

/// A network device that moved into a container, and the way back.
///
/// SPEC(config-linux.md#network-devices): a container keeps its devices to its end, and the kernel decides about them then. But a
/// container that could not be made never had any: an error leaves everything as it was (runtime.md#errors), and a virtual
/// device would end with the namespace.
final class MovedDevice {
    private let name: String
    private let index: Int32
    private let isUp: Bool
    private let addresses: [RouteSocket.Address]
    /// The container's network namespace; it lives as long as this.
    private let namespace: Descriptor

    /// Moves one device: it gets its new name, keeps its permanent global addresses and is brought up.
    ///
    /// - Parameter inside: a route socket of the container's network namespace.
    init(_ name: String, newName: String, to pid: Int32, inside: borrowing RouteSocket) throws(KernelError) {
        self.name = name
        namespace = try Files.open("/proc/\(pid)/ns/net")
        let outside = try RouteSocket()
        let (number, isUp) = try outside.device(named: name)
        self.isUp = isUp
        // Before it moves: a device that cannot get its name inside would be lost with the container.
        if !newName.has("%"), (try? inside.device(named: newName)) != nil {
            throw KernelError(.exists, call: "rename", object: newName)
        }
        addresses = try outside.permanentGlobalAddresses(of: number)
        let present = Set(try inside.devices())
        try outside.move(number, to: pid, name: newName)
        // The kernel chooses the name where it is a pattern such as eth%d, and another number where this one is taken inside.
        index = try inside.devices().first { !present.contains($0) } ?? number
        do throws(KernelError) {
            for address in addresses { try inside.add(address, to: index) }
            try inside.bringUp(index)
        } catch {
            moveBack()
            throw error
        }
    }

    /// Takes the device out again, as it was. What fails is left to the kernel: there is nobody to tell.
    func moveBack() {
        guard let inside = try? RouteSocket(inside: namespace), let outside = try? RouteSocket(),
            (try? inside.move(index, to: Processes.own, name: name)) != nil,
            let (number, _) = try? outside.device(named: name)
        else { return }
        for address in addresses { try? outside.add(address, to: number) }
        if isUp { try? outside.bringUp(number) }
    }
}
