// Kernel parameters. Only those are allowed that belong to a namespace which the container does not share.

extension Validator {
    mutating func sysctl(_ parameters: [String: String]?, _ spec: Spec) {
        section = "config-linux.md#sysctl"
        var names: Set<String> = []
        entries("sysctl", parameters) { validator, name, value in
            guard let parts = SysctlName.parts(name) else {
                let text = validator.quoted(name)
                return validator.must("\(text) is no name of a parameter; words with single dots between them are required")
            }
            if !names.insert(parts.joined(separator: "/")).inserted {
                validator.must("\(validator.quoted(name)) is given in two spellings; one is allowed")
            }
            validator.oneLine(value)
            guard let kind = SysctlName.namespace(of: parts) else {
                let text = validator.quoted(name)
                return validator.must("\(text) belongs to the whole host; parameters of namespaces are allowed")
            }
            if !validator.namespaces.has(kind) {
                validator.must("needs a namespace of type \(kind.rawValue); linux.namespaces has none")
            }
            if parts == ["kernel", "hostname"] {
                validator.must("is what the property hostname sets; that property is allowed instead")
            }
            if parts == ["kernel", "domainname"], let property = spec.domainname, !property.isEmpty, property != value {
                validator.must("\(validator.quoted(value)) is not what the property domainname sets; one value is allowed")
            }
        }
    }
}

/// Names of kernel parameters, such as `net.ipv4.ip_forward`.
public enum SysctlName {
    /// The parts of a name: the directories below /proc/sys and the file.
    ///
    /// As in sysctl(8), the first separator tells how a name is written: with dots, where a slash stands for a dot inside a
    /// part, or with slashes, where a dot is a dot.
    ///
    /// - Returns: nil if the text is no such name: a part is empty or leads elsewhere.
    public static func parts(_ name: String) -> [String]? {
        let bytes = Array(name.utf8)
        let dot = UInt8(ascii: ".")
        let slash = UInt8(ascii: "/")
        guard let separator = bytes.first(where: { $0 == dot || $0 == slash }) else { return nil }
        let parts = bytes.split(separator: separator, omittingEmptySubsequences: false).map { part in
            separator == dot ? part.map { $0 == slash ? dot : $0 } : Array(part)
        }
        for part in parts {
            if part.isEmpty || part == [dot] || part == [dot, dot] || part.contains(where: { $0 <= 0x20 || $0 == 0x7F }) {
                return nil
            }
        }
        return parts.map { String(decoding: $0, as: UTF8.self) }
    }

    /// The kind of namespace that a parameter belongs to. Nil if it belongs to the whole host.
    public static func namespace(of parts: [String]) -> NamespaceKind? {
        switch parts.first {
        case "net": return .network
        case "user": return .user
        case "fs": return parts.count > 2 && parts[1] == "mqueue" ? .ipc : nil
        case "kernel":
            guard parts.count == 2 else { return nil }
            if parts[1] == "hostname" || parts[1] == "domainname" { return .uts }
            return ipcParameters.contains(parts[1]) ? .ipc : nil
        default: return nil
        }
    }

    /// Parameters of System V IPC, below `kernel`.
    private static let ipcParameters: Set<String> = [
        "msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni", "shm_rmid_forced", "auto_msgmni",
        "msg_next_id", "sem_next_id", "shm_next_id",
    ]
}
