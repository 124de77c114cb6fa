internal import ContainerPlan
internal import LinuxKernel

extension ContainerPath {
    /// Opens what lies there, below a descriptor of the container's root: no link leads out of it. The host has no other way to a
    /// path of a container.
    func open(in root: borrowing Descriptor, flags: OpenFlags) throws(KernelError) -> Descriptor {
        try RootedFiles.open(text, in: root, flags: flags)
    }
}
