internal import CLinux
internal import LinuxKernel
internal import RuntimeSpec

/// A user namespace that exists only to carry the id mappings of a mount.
enum MappedNamespace {
    static func make(uid: [IDMapping], gid: [IDMapping]) throws(KernelError) -> Descriptor {
        let owner = try Placeholder(namespaces: linux_clone_newuser)
        defer { owner.end() }
        try Mappings.write(uid: uid, gid: gid, to: owner.pid)
        return try Files.open("/proc/\(owner.pid)/ns/user")
    }
}
