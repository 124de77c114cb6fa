/// A capability; `rawValue` is the kernel's number.
public enum Capability: UInt8, CaseIterable, Sendable {
    case chown, dacOverride, dacReadSearch, fowner, fsetid, kill, setgid, setuid, setpcap, linuxImmutable
    case netBindService, netBroadcast, netAdmin, netRaw, ipcLock, ipcOwner, sysModule, sysRawio, sysChroot
    case sysPtrace, sysPacct, sysAdmin, sysBoot, sysNice, sysResource, sysTime, sysTtyConfig, mknod, lease
    case auditWrite, auditControl, setfcap, macOverride, macAdmin, syslog, wakeAlarm, blockSuspend, auditRead
    case perfmon, bpf, checkpointRestore

    /// The kernel's name, such as `CAP_KILL`.
    public var name: String { Capability.names[Int(rawValue)] }

    /// The capability of that name, in capitals with `CAP_` before it. Nil for names that this table does not know.
    public init?(name: String) {
        // Comparing strings takes a Kelvin sign for a K, but not if the lengths in bytes are equal.
        let length = name.utf8.count
        for (number, known) in Capability.names.enumerated() where known.utf8.count == length && known == name {
            self.init(rawValue: UInt8(number))
            return
        }
        return nil
    }

    /// The names in the order of the kernel's numbers.
    public static let names: [String] = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
        "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST",
        "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO",
        "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
        "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE",
        "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
        "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ]
}
