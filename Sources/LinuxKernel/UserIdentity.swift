internal import ByteText
internal import CLinux

/// Who the calling process is.
public enum UserIdentity {
    /// The effective user id, in the process's own user namespace.
    public static var effectiveUserID: UInt32 {
        UInt32(truncatingIfNeeded: linux_system_call(Int64(__NR_geteuid), 0, 0, 0, 0, 0, 0))
    }

    /// The effective group id, in the process's own user namespace.
    public static var effectiveGroupID: UInt32 {
        UInt32(truncatingIfNeeded: linux_system_call(Int64(__NR_getegid), 0, 0, 0, 0, 0, 0))
    }

    /// What the calling process may do, asked once.
    public struct Power {
        /// Whether the process is in another user namespace than the first.
        public let isInUserNamespace: Bool
        /// The capabilities of the calling thread in effect, bit by bit (capget(2)).
        public let effectiveCapabilities: UInt64
        /// The capabilities that the calling thread may put into effect, bit by bit (capget(2)).
        public let permittedCapabilities: UInt64
        /// Whether mounts may be copied and made in the mount namespace that the process is in: CAP_SYS_ADMIN over its owner.
        public let isPrivileged: Bool

        /// Asks the kernel.
        public init() {
            isInUserNamespace = UserIdentity.isInUserNamespace
            (effectiveCapabilities, permittedCapabilities) = UserIdentity.capabilities
            let administers = effectiveCapabilities >> 21 & 1 == 1
            isPrivileged = administers && (!isInUserNamespace || UserIdentity.ownsMountNamespace)
        }
    }

    /// Whether mounts may be copied and made in the mount namespace that the process is in: CAP_SYS_ADMIN over its owner.
    public static var isPrivileged: Bool { Power().isPrivileged }

    /// Whether the process is root, and not only inside a user namespace.
    public static var isRootOfHost: Bool { effectiveUserID == 0 && !isInUserNamespace }

    /// Whether the process is in another user namespace than the first one, where its capabilities count for less: what is not
    /// the namespace's own, such as device nodes and limits, stays with the host.
    ///
    /// KERNEL(PROC_USER_INIT_INO): the first is known by its inode. Its mappings say nothing: another may map every id to itself.
    /// A kernel without user namespaces has no such file.
    public static var isInUserNamespace: Bool {
        guard let own = try? Files.status(of: "/proc/self/ns/user", followingLink: true) else { return false }
        return own.inode != 0xEFFF_FFFD
    }

    /// KERNEL(ioctl_ns(2)): the owner of a namespace is told (NS_GET_USERNS) only where it is the caller's own user namespace or
    /// one below.
    private static var ownsMountNamespace: Bool {
        guard let mounts = try? Files.open("/proc/self/ns/mnt"),
            let owner = try? systemCall(
                __NR_ioctl, "ioctl NS_GET_USERNS", on: "/proc/self/ns/mnt", UInt64(descriptor: mounts.number), 0xb701)
        else { return false }
        _ = Descriptor(owning: Int32(owner))
        return true
    }

    /// Whether the calling thread has a capability in effect, by the kernel's number (capget(2)).
    public static func hasEffectiveCapability(_ number: UInt8) -> Bool { capabilities.effective >> UInt64(number) & 1 == 1 }

    /// The capabilities that the calling thread may put into effect, bit by bit (capget(2)).
    public static var permittedCapabilities: UInt64 { capabilities.permitted }

    private static var capabilities: (effective: UInt64, permitted: UInt64) {
        var header: (UInt32, Int32) = (0x2008_0522, 0)
        var data: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0, 0, 0)
        let result = unsafe withUnsafeMutablePointer(to: &header) { header in
            unsafe withUnsafeMutablePointer(to: &data) { data in
                unsafe linux_system_call(
                    Int64(__NR_capget), UInt64(address: header), UInt64(address: data), 0, 0, 0, 0)
            }
        }
        guard result == 0 else { return (0, 0) }
        return (UInt64(data.3) << 32 | UInt64(data.0), UInt64(data.4) << 32 | UInt64(data.1))
    }
}
