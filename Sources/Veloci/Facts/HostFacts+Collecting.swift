internal import ByteText
internal import CLinux
internal import Cgroups
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

extension HostFacts {
    /// Looks at this host.
    /// - Parameter isRootless: `Runtime.isRootless`.
    static func collect(isRootless: Bool?) -> HostFacts {
        var facts = HostFacts()
        if let text = try? Files.readValue("/proc/sys/kernel/cap_last_cap"),
            let number = UInt8(text.trimmed)
        {
            facts.lastCapability = min(number, 63)
        }
        let power = UserIdentity.Power()
        facts.isInUserNamespace = power.isInUserNamespace
        facts.isRootless = isRootless ?? (power.isInUserNamespace || UserIdentity.effectiveUserID != 0)
        // CAP_SYS_RESOURCE
        facts.canRaiseLimits = power.effectiveCapabilities >> 24 & 1 == 1 && !power.isInUserNamespace
        facts.isPrivileged = power.isPrivileged
        facts.permittedCapabilities = power.permittedCapabilities
        if let text = try? Files.readValue("/sys/module/apparmor/parameters/enabled") {
            facts.appArmorIsEnabled = text.begins(with: "Y")
        }
        facts.selinuxIsEnabled = (try? Files.status(of: "/sys/fs/selinux/enforce")) != nil
        return facts
    }

    /// Looks at this host, and at what of it a new container needs.
    static func collect(
        for spec: Spec, in bundle: HostPath, id: String, _ runtime: Runtime
    ) throws(Failure) -> HostFacts {
        var facts = collect(isRootless: runtime.isRootless)
        facts.hasKernelCore = (try? Files.status(of: "/proc/kcore")) != nil
        facts.findOwnNamespaces(of: spec)
        for namespace in spec.linux?.namespaces ?? [] where namespace.kind == .user {
            if let path = namespace.path, !path.isEmpty { facts.joinedMappings = Mappings.read(namespace: HostPath(path)) }
        }
        if let limit = try? Processes.limit(of: 0, resource: RlimitKind.openFiles.number) {
            facts.openFileLimit = OpenFileLimit(soft: limit.soft, hard: limit.hard)
        }
        for mount in spec.mounts ?? [] where (mount.options ?? []).contains("copy-symlink") {
            guard let source = mount.source else { continue }
            let path = HostPath(source, from: bundle).text
            if let link = try? Files.readLink(path) { facts.sourceLinks[path] = link }
        }
        if spec.linux?.namespaces?.contains(where: { $0.kind == .user }) == true { facts.findWithheld(spec, in: bundle) }
        guard runtime.controlGroupManager != .disabled else {
            // Without a group of its own a container is in the caller's; where no hierarchy can be found there is none to show.
            facts.layout = (try? CgroupLayout.detect()) ?? CgroupLayout(hierarchies: [])
            return facts
        }
        do throws(CgroupError) {
            facts.layout = try CgroupLayout.detect()
            if runtime.controlGroupManager == .systemd {
                facts.systemd = try ContainerUnit.facts(isRootless: runtime.isRootless)
            } else if facts.isRootless {
                let paths = try CgroupPaths(layout: facts.layout, cgroupsPath: spec.linux?.cgroupsPath, containerID: id)
                facts.refusedGroups = refusals(paths)
            }
        } catch {
            throw Failure(error)
        }
        return facts
    }

    /// Looks at the mounts of which an option takes something away.
    private mutating func findWithheld(_ spec: Spec, in bundle: HostPath) {
        for mount in spec.mounts ?? [] {
            guard let source = mount.source, let options = mount.options,
                options.contains(where: { $0 == "rw" || $0 == "suid" || $0 == "dev" || $0 == "exec" }),
                mount.type == "bind" || options.contains(where: { $0 == "bind" || $0 == "rbind" })
            else { continue }
            let path = HostPath(source, from: bundle).text
            // A source that is not there is told when it is opened.
            if let flags = try? FileSystems.mountFlags(of: path) { withheld[path] = flags & 0xf }
        }
    }

    /// Which namespaces that the container joins by path this process is in.
    private mutating func findOwnNamespaces(of spec: Spec) {
        for namespace in spec.linux?.namespaces ?? [] {
            guard let kind = namespace.kind, let path = namespace.path, !path.isEmpty,
                let given = try? Files.status(of: path, followingLink: true),
                let own = try? Files.status(of: "/proc/self/ns/" + kind.fileName, followingLink: true),
                given.inode == own.inode
            else { continue }
            ownNamespaces.insert(kind)
        }
        guard ownNamespaces.contains(.uts) else { return }
        hostname = (try? Files.readValue("/proc/sys/kernel/hostname").trimmed) ?? ""
        domainname = (try? Files.readValue("/proc/sys/kernel/domainname").trimmed) ?? ""
    }

    /// The groups that this process may not make, each with what the kernel says.
    private static func refusals(_ paths: CgroupPaths) -> [String: String] {
        var refusals: [String: String] = [:]
        for location in paths.locations {
            var directory = location.mountPoint
            for component in location.components {
                let inside = directory + "/" + component
                guard (try? Files.status(of: inside)) != nil else { break }
                directory = inside
            }
            if directory == location.directory { continue }
            if let errno = Files.refusal(ofMakingIn: directory) {
                refusals[location.directory] = "mkdir below \(directory): \(errno) (\(errno.name))"
            }
        }
        return refusals
    }
}
