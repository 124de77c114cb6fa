internal import ByteText
internal import RuntimeSpec

/// The configuration that `spec` writes: a shell with few rights, to be edited.
enum DefaultConfiguration {
    /// The configuration for a container that root runs.
    ///
    /// - Parameter hasControlGroupNamespace: RUNC: where version 2 is all there is. Tools that add one themselves know that.
    static func spec(hasControlGroupNamespace: Bool) -> Spec {
        let kinds: [NamespaceKind] = [.pid, .network, .ipc, .uts, .mount] + (hasControlGroupNamespace ? [.cgroup] : [])
        var spec = Spec.container(["sh"], namespaces: kinds)
        spec.ociVersion = Version.specification
        spec.hostname = "veloci"
        spec.process?.terminal = true
        spec.process?.env?.append("TERM=xterm")
        return spec
    }

    /// The configuration for a container that a user runs without privileges.
    ///
    /// - Parameters:
    ///   - userID: who runs it on the host and becomes root inside.
    ///   - groupID: that user's group.
    ///   - hasControlGroupNamespace: as for root.
    static func rootless(userID: UInt32, groupID: UInt32, hasControlGroupNamespace: Bool) -> Spec {
        var spec = spec(hasControlGroupNamespace: hasControlGroupNamespace)
        // A single id is mapped, so files cannot be given to others; a network namespace would have no network.
        spec.mounts = spec.mounts?.map { mount in
            var mount = mount
            mount.options = mount.options?.filter { !$0.begins(with: "uid=") && !$0.begins(with: "gid=") }
            guard mount.type == "sysfs" else { return mount }
            // The kernel lets only the owner of the network namespace mount sysfs: show the host's, read-only.
            return Mount(
                destination: "/sys", type: "none", source: "/sys", options: ["rbind", "nosuid", "noexec", "nodev", "ro"])
        }
        spec.linux?.resources = nil
        let others = spec.linux?.namespaces ?? []
        spec.linux?.namespaces = others.filter { $0.type != "network" } + [Namespace(type: "user")]
        spec.linux?.uidMappings = [IDMapping(containerID: 0, hostID: userID, size: 1)]
        spec.linux?.gidMappings = [IDMapping(containerID: 0, hostID: groupID, size: 1)]
        return spec
    }
}
