internal import LinuxKernel

/// Network devices that move into the container.
enum NetworkDevices {
    /// Moves one device: it gets its new name, keeps its permanent global addresses and is brought up.
    ///
    /// SPEC(config-linux.md#network-devices). The device's other settings and its way back are the kernel's business.
    /// - Parameter inside: a route socket of the container's network namespace.
    static func move(_ name: String, newName: String, to pid: Int32, inside: borrowing RouteSocket) throws(KernelError) {
        let outside = try RouteSocket()
        let index = try outside.index(of: name)
        // Before it moves: a device that cannot get its name inside would be lost with the container.
        if !newName.contains("%"), (try? inside.index(of: newName)) != nil {
            throw KernelError(.exists, call: "rename", object: newName)
        }
        let addresses = try outside.permanentGlobalAddresses(of: index)
        try outside.move(index, to: pid, name: newName)
        // With a pattern such as eth%d the kernel chose the name; then the number tells, unless it was taken too.
        let moved = newName.contains("%") ? index : try inside.index(of: newName)
        for address in addresses { try inside.add(address, to: moved) }
        try inside.bringUp(moved)
    }
}
