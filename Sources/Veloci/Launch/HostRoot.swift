internal import CLinux
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

/// The root of a container without a mount namespace: a mount of the runtime's own namespace, below which all others are.
enum HostRoot {
    static func attach(_ tree: borrowing Descriptor, at path: String) throws(KernelError) {
        // As the stage does it: the root may be a link to where an engine keeps the tree.
        let place = try Files.open(path, flags: O_PATH | O_DIRECTORY)
        try Mounts.attach(tree, on: place, name: path)
        // KERNEL: on a shared mount it became shared; what is mounted on it later would appear in other namespaces.
        try Mounts.setAttributes(of: tree, propagation: MountPropagation.private.mountFlag, recursive: true, name: path)
    }

    /// Detaches the mount if it still is what is seen at the path of the root.
    static func detach(_ record: ContainerRecord) throws(Failure) {
        guard record.rootMount != 0 else { return }
        do throws(KernelError) {
            let mount = try Files.open(record.rootfs, flags: O_PATH | O_DIRECTORY)
            guard try Mounts.identifier(of: mount) == record.rootMount else { return }
            try Mounts.detach(mount, name: record.rootfs)
        } catch where error.errno == .noEntry {
            return
        } catch {
            throw .kernel(error, "cannot detach the container's root from the host")
        }
    }
}
