internal import CLinux
internal import LinuxKernel

extension DeviceProgram {
    /// By this name an update finds the program that it replaces; programs of others stay.
    package static let name = "veloci_devices"

    /// Loads the program and makes it the one of ours that decides for a v2 group. There is no moment without one: the old
    /// program is replaced at once.
    /// - Throws: `CgroupError` of kind `permission` without CAP_BPF or in a user namespace, else `kernel`.
    package func attach(to directory: String) throws(CgroupError) {
        do throws(KernelError) {
            let group = try Files.open(directory, flags: .directory)
            let program = try BPF.loadDeviceProgram(instructions, name: DeviceProgram.name)
            let ours = try BPF.attachedDevicePrograms(to: group).filter { $0.name == DeviceProgram.name }
            guard let first = ours.first else {
                try BPF.attachDeviceProgram(program, to: group)
                return
            }
            let old = try BPF.open(first.identifier)
            try BPF.attachDeviceProgram(program, to: group, replacing: old.number)
            // More than one is left by an update that was interrupted in an older version.
            for old in ours.dropFirst() { try BPF.detachDeviceProgram(try BPF.open(old.identifier), from: group) }
        } catch {
            throw CgroupError(
                error.errno == .notPermitted || error.errno == .accessDenied ? .permission : .kernel,
                "cannot set the device rules of \(directory): \(error)", file: directory, errno: error.errno,
                hint: "device rules on cgroup v2 are eBPF programs and need CAP_BPF outside of user namespaces, and a kernel "
                    + "with CONFIG_CGROUP_BPF")
        }
    }
}
