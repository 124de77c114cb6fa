import RuntimeSpec

/// What the probe saw inside the container.
struct Inside {
    /// One JSON object per operation, in order.
    let lines: [JSONValue]
    let exitStatus: Int32

    /// The object that the n-th operation of this name wrote.
    func operation(_ name: String, _ index: Int = 0) throws(Verdict) -> JSONMembers {
        let found = lines.compactMap { $0.object }.filter { $0["op"]?.string == name }
        guard found.indices.contains(index) else {
            throw Verdict.failed(
                expected: "operation \(name) of the probe is done", seen: "exit status \(exitStatus) before it")
        }
        return found[index]
    }

    /// The errno of the n-th operation of this name, 0 if the kernel agreed.
    func errno(_ name: String, _ index: Int = 0) throws(Verdict) -> Int { try operation(name, index)["errno"]?.integer ?? -1 }

    var report: JSONMembers { get throws(Verdict) { try operation("report") } }

    subscript(_ name: String) -> JSONValue? { get throws(Verdict) { try report[name] } }

    func text(_ name: String) throws(Verdict) -> String { try self[name]?.string ?? "" }

    func integers(_ name: String) throws(Verdict) -> [Int] { (try self[name]?.array ?? []).compactMap { $0.integer } }

    func strings(_ name: String) throws(Verdict) -> [String] { (try self[name]?.array ?? []).compactMap { $0.string } }

    var mounts: [MountInfo] { get throws(Verdict) { MountInfo.parse(try text("mountinfo")) } }

    /// The mount that is on top at the path.
    func mount(_ target: String) throws(Verdict) -> MountInfo {
        guard let mount = try mounts.last(where: { $0.target == target }) else {
            throw Verdict.failed(
                expected: "a mount at \(target)", seen: try mounts.map { $0.target }.joined(separator: " "))
        }
        return mount
    }

    /// A field of /proc/self/status.
    func status(_ name: String) throws(Verdict) -> String {
        for line in try text("status").split(separator: "\n") where line.hasPrefix(name + ":") {
            return String(line.dropFirst(name.count + 1)).trimmed
        }
        return ""
    }

    /// The names of the capabilities in a set: `CapEff`, `CapPrm`, `CapInh`, `CapBnd`, `CapAmb`.
    func capabilities(_ set: String) throws(Verdict) -> Set<String> {
        let mask = UInt64(try status(set), radix: 16) ?? 0
        return Set(Capabilities.names.enumerated().filter { mask & 1 << UInt64($0.offset) != 0 }.map { $0.element })
    }

    /// Soft and hard limit of a resource by the kernel's number.
    func limit(_ number: Int) throws(Verdict) -> (soft: UInt64, hard: UInt64) {
        let pair = try self["limits"]?.array?[number].array ?? []
        return (pair.first?.number?.integer() ?? 0, pair.last?.number?.integer() ?? 0)
    }

    /// A node in /dev.
    func device(_ name: String) throws(Verdict) -> JSONMembers? { try self["devices"]?.object?[name]?.object }

    func namespace(_ name: String) throws(Verdict) -> String { try self["namespaces"]?.object?[name]?.string ?? "" }
}

extension JSONValue {
    var integer: Int? { number?.integer() }
}

enum Capabilities {
    /// The kernel's names in the order of their bits.
    static let names = [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
        "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
        "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
        "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
        "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
        "CHECKPOINT_RESTORE",
    ].map { "CAP_" + $0 }
}
