internal import ByteText
package import RuntimeSpec

/// What may be done with a device.
package struct DeviceAccess: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    // The numbers of BPF_DEVCG_ACC_*.
    package static let make = DeviceAccess(rawValue: 1)
    package static let read = DeviceAccess(rawValue: 2)
    package static let write = DeviceAccess(rawValue: 4)
    package static let all: DeviceAccess = [.read, .write, .make]

    /// `rwm`, `r` and so on.
    package var text: String {
        switch (contains(.read), contains(.write), contains(.make)) {
        case (true, true, true): "rwm"
        case (true, true, false): "rw"
        case (true, false, true): "rm"
        case (true, false, false): "r"
        case (false, true, true): "wm"
        case (false, true, false): "w"
        case (false, false, true): "m"
        case (false, false, false): ""
        }
    }
}

/// The kind of a device node.
package enum DeviceNodeKind: UInt32, Hashable, Sendable, CaseIterable {
    // The numbers of BPF_DEVCG_DEV_*.
    case block = 1
    case character = 2

    package var letter: String { self == .block ? "b" : "c" }
}

/// One rule: for which devices, which access, and the verdict.
package struct DeviceRule: Hashable, Sendable {
    package var allow: Bool
    package var kind: DeviceNodeKind
    /// nil means every number.
    package var major: UInt32?
    package var minor: UInt32?
    package var access: DeviceAccess
    /// The entry that gave the rule; nil for the devices that every container has.
    package var path: JSONPath?

    package init(
        allow: Bool, kind: DeviceNodeKind, major: UInt32?, minor: UInt32?, access: DeviceAccess, path: JSONPath? = nil
    ) {
        self.allow = allow
        self.kind = kind
        self.major = major
        self.minor = minor
        self.access = access
        self.path = path
    }

    /// Whether the rule speaks of a device.
    package func covers(_ kind: DeviceNodeKind, _ major: UInt32, _ minor: UInt32) -> Bool {
        self.kind == kind && (self.major ?? major) == major && (self.minor ?? minor) == minor
    }

    /// As in devices.list: `c 1:3 rwm`.
    package var text: String {
        var text = ByteBuilder()
        text.append(kind.letter)
        text.append(UInt8(ascii: " "))
        if let major { text.append(decimal: major) } else { text.append(UInt8(ascii: "*")) }
        text.append(UInt8(ascii: ":"))
        if let minor { text.append(decimal: minor) } else { text.append(UInt8(ascii: "*")) }
        text.append(UInt8(ascii: " "))
        text.append(access.text)
        return text.text
    }
}

/// The device rules of a container in order. At first everything is denied.
///
/// For each kind of access by itself the last rule that covers the device counts; a request is granted when every access
/// it asks for is. That is what "apply entries in the listed order" means for single accesses, and it never grants by a rule
/// what a later rule took away.
package struct DeviceRules: Hashable, Sendable {
    package var rules: [DeviceRule]

    package init(rules: [DeviceRule]) {
        self.rules = rules
    }

    /// Devices that every container has, whatever the rules say: SPEC(config-linux.md#default-devices), terminals, and, as
    /// runc and crun do, making nodes of any kind, which grants nothing as long as the node cannot be opened.
    package static let common: [DeviceRule] =
        [
            DeviceRule(allow: true, kind: .character, major: nil, minor: nil, access: .make),
            DeviceRule(allow: true, kind: .block, major: nil, minor: nil, access: .make),
        ]
        + [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 1), (5, 2)].map {
            DeviceRule(allow: true, kind: .character, major: $0.0, minor: $0.1, access: .all)
        } + [DeviceRule(allow: true, kind: .character, major: 136, minor: nil, access: .all)]

    /// The rules of `linux.resources.devices`, then those that every container has.
    ///
    /// SPEC(config-linux.md#allowed-device-list): no type means all kinds, no number all numbers; -1 is what callers write
    /// for all. RUNC: without a list everything else is denied.
    /// - Throws: `CgroupError` of kind `invalidValue`.
    package init(_ entries: [DeviceCgroup]?, path: JSONPath) throws(CgroupError) {
        rules = []
        for (index, entry) in (entries ?? []).enumerated() {
            rules += try DeviceRules.rules(of: entry, path: path.index(index))
        }
        rules += DeviceRules.common
    }

    /// What is granted of a request; the meaning of the rules, that programs and lists are compared with.
    package func grants(_ kind: DeviceNodeKind, _ major: UInt32, _ minor: UInt32) -> DeviceAccess {
        var granted: DeviceAccess = []
        for rule in rules where rule.covers(kind, major, minor) {
            if rule.allow { granted.formUnion(rule.access) } else { granted.subtract(rule.access) }
        }
        return granted
    }

    private static func rules(of entry: DeviceCgroup, path: JSONPath) throws(CgroupError) -> [DeviceRule] {
        let kinds: [DeviceNodeKind]
        switch entry.type ?? "" {
        case "", "a": kinds = [.block, .character]
        case "b": kinds = [.block]
        case "c": kinds = [.character]
        case let other:
            throw CgroupError(
                .invalidValue, "\"\(other.escaped)\" is no type of device", path: path.member("type"),
                hint: "a (all), b (block) or c (character)")
        }
        let access = try DeviceRules.access(entry.access, path: path.member("access"))
        let major = try number(entry.major, path: path.member("major"))
        let minor = try number(entry.minor, path: path.member("minor"))
        return kinds.map { DeviceRule(allow: entry.allow, kind: $0, major: major, minor: minor, access: access, path: path) }
    }

    private static func access(_ text: String?, path: JSONPath) throws(CgroupError) -> DeviceAccess {
        var access: DeviceAccess = []
        for byte in (text ?? "").utf8 {
            switch byte {
            case UInt8(ascii: "r"): access.insert(.read)
            case UInt8(ascii: "w"): access.insert(.write)
            case UInt8(ascii: "m"): access.insert(.make)
            default:
                throw CgroupError(
                    .invalidValue, "\"\((text ?? "").escaped)\" is no kind of access", path: path,
                    hint: "any of r (read), w (write) and m (mknod)")
            }
        }
        if access.isEmpty {
            throw CgroupError(
                .invalidValue, "no kind of access is given", path: path, hint: "any of r (read), w (write) and m (mknod)")
        }
        return access
    }

    private static func number(_ value: Int64?, path: JSONPath) throws(CgroupError) -> UInt32? {
        guard let value, value != -1 else { return nil }
        guard let number = UInt32(exactly: value) else {
            throw CgroupError(.invalidValue, "\(value) is no device number", path: path, hint: "-1 means every number")
        }
        return number
    }
}
