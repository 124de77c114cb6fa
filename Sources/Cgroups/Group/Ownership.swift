internal import ByteText
internal import LinuxKernel
package import RuntimeSpec

/// Giving a container's group to the container, so that it can make groups inside.
package enum CgroupOwnership {
    /// Files that the kernel names when it does not list them itself: SPEC(config-linux.md#cgroup-ownership).
    private static let customaryFiles = ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"]

    /// The host user that the group is to belong to, or nil when it stays as it is.
    ///
    /// SPEC(config-linux.md#cgroup-ownership): only with v2 alone, a new cgroup namespace, and /sys/fs/cgroup mounted writable;
    /// then to the user of the container's process.
    /// - Parameter mode: the layout's; v1 hierarchies are never given away.
    package static func owner(_ spec: Spec, mode: CgroupLayout.Mode) -> UInt32? {
        guard mode == .unified, let process = spec.process else { return nil }
        let namespaces = spec.linux?.namespaces ?? []
        guard namespaces.contains(where: { $0.type == "cgroup" && ($0.path ?? "").isEmpty }) else { return nil }
        let mount = (spec.mounts ?? []).last { $0.destination == "/sys/fs/cgroup" }
        guard let mount, mount.source == "cgroup", !(mount.options ?? []).contains("ro") else { return nil }
        let mappings = spec.linux?.uidMappings ?? []
        if mappings.isEmpty { return process.user.uid }
        return mappings.lazy.compactMap { mapping -> UInt32? in
            guard process.user.uid >= mapping.containerID, process.user.uid - mapping.containerID < mapping.size else {
                return nil
            }
            let (host, overflow) = mapping.hostID.addingReportingOverflow(process.user.uid - mapping.containerID)
            return overflow ? nil : host
        }.first
    }

    /// Gives the v2 directory, and the files in it that the kernel lists, to a user. Nothing else: the limits stay the host's.
    /// - Parameter list: the text of /sys/kernel/cgroup/delegate, nil where there is none.
    /// - Throws: `CgroupError` of kind `permission` or `kernel`.
    package static func give(_ cgroup: Cgroup, to user: UInt32) throws(CgroupError) {
        guard let unified = cgroup.paths.unified else { return }
        let listed = (try? Files.readText("/sys/kernel/cgroup/delegate"))?.words ?? []
        let files = listed.filter { !$0.has("/") }
        try kernelCall { () throws(KernelError) in
            try Files.changeOwner(of: unified.directory, user: user, group: nil)
            for file in files.isEmpty ? customaryFiles : files {
                do throws(KernelError) {
                    try Files.changeOwner(of: unified.directory + "/" + file, user: user, group: nil)
                } catch where error.errno == .noEntry {
                    // Not every listed file is in every group.
                }
            }
        }
    }
}
