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

    /// Whether mounts and namespaces may be made without a user namespace first: CAP_SYS_ADMIN.
    public static var isPrivileged: Bool { hasEffectiveCapability(21) }

    /// Whether the process is root, and not only inside a user namespace.
    public static var isRootOfHost: Bool {
        guard effectiveUserID == 0, let map = try? Files.readText("/proc/self/uid_map") else { return false }
        return map.words == ["0", "0", "4294967295"]
    }

    /// Whether the calling thread has a capability in effect, by the kernel's number (capget(2)).
    public static func hasEffectiveCapability(_ number: UInt8) -> Bool { capabilities.effective >> UInt64(number) & 1 == 1 }

    /// The capabilities that the calling thread may put into effect, bit by bit (capget(2)).
    public static var permittedCapabilities: UInt64 { capabilities.permitted }

    private static var capabilities: (effective: UInt64, permitted: UInt64) {
        var header: (UInt32, Int32) = (0x2008_0522, 0)
        var data: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0, 0, 0)
        let result = withUnsafeMutablePointer(to: &header) { header in
            withUnsafeMutablePointer(to: &data) { data in
                linux_system_call(
                    Int64(__NR_capget), UInt64(address: header), UInt64(address: data), 0, 0, 0, 0)
            }
        }
        guard result == 0 else { return (0, 0) }
        return (UInt64(data.3) << 32 | UInt64(data.0), UInt64(data.4) << 32 | UInt64(data.1))
    }
}
