internal import CLinux
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

/// The root of a container without a mount namespace: a mount of the runtime's own namespace, below which all others are.
enum HostRoot {
    static func attach(_ tree: borrowing Descriptor, at path: HostPath) throws(KernelError) {
        // As the stage does it: the root may be a link to where an engine keeps the tree.
        let place = try Files.open(path.text, flags: [.path, .directory])
        try Mounts.attach(tree, on: place, name: path.text)
        // KERNEL: on a shared mount it became shared; what is mounted on it later would appear in other namespaces.
        try Mounts.setAttributes(of: tree, propagation: MountPropagation.private.mountFlag, recursive: true, name: path.text)
    }

    /// Detaches the mount if it still is what is seen at the path of the root.
    /// - Parameter number: the mount's; nil when it was never attached.
    static func detach(_ number: UInt64?, at path: HostPath) throws(Failure) {
        guard let number else { return }
        do throws(KernelError) {
            let mount = try Files.open(path.text, flags: [.path, .directory])
            guard try Mounts.identifier(of: mount) == number else { return }
            try Mounts.detach(mount, name: path.text)
        } catch where error.errno == .noEntry {
            return
        } catch {
            throw .kernel(error, "cannot detach the container's root from the host")
        }
    }
}
