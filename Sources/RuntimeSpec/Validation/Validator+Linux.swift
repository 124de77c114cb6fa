internal import ByteText

// The Linux section, but for resources, sysctl and seccomp.

extension Validator {
    /// The Linux section; the path is at it.
    mutating func linux(_ spec: Spec) {
        guard let linux = spec.linux else {
            let other = [
                ("solaris", spec.solaris), ("windows", spec.windows), ("vm", spec.vm), ("zos", spec.zos),
                ("freebsd", spec.freebsd),
            ].first { $0.1 != nil }
            if let other {
                must("is missing but \(other.0) is there; a configuration for Linux is required")
            } else {
                should("is missing; without it the container shares all namespaces of the host")
            }
            return
        }
        namespaceList(linux)
        timeOffsets(linux.timeOffsets)
        devices(linux.devices)
        netDevices(linux.netDevices)
        cgroupsPath(linux.cgroupsPath)
        member("resources", linux.resources) { $0.resources($1) }
        sysctl(linux.sysctl, spec)
        member("seccomp", linux.seccomp) { $0.seccomp($1) }
        rootfsPropagation(linux.rootfsPropagation)
        hiddenPaths("maskedPaths", linux.maskedPaths, "config-linux.md#masked-paths")
        hiddenPaths("readonlyPaths", linux.readonlyPaths, "config-linux.md#readonly-paths")
        section = "config-linux.md#mount-label"
        member("mountLabel", linux.mountLabel) {
            $0.oneLine($1)
            if $1.utf8.contains(UInt8(ascii: "\"")) { $0.must("contains a quote; a SELinux context has none") }
        }
        section = "config-linux.md#intelrdt"
        member("intelRdt", linux.intelRdt) { $0.intelRdt($1) }
        section = "config-linux.md#memory-policy"
        member("memoryPolicy", linux.memoryPolicy) { $0.memoryPolicy($1) }
        section = "config-linux.md#personality"
        member("personality", linux.personality) { validator, personality in
            validator.member("domain") { $0.word(personality.domain, of: PersonalityDomain.self, "execution domain") }
            validator.elements("flags", personality.flags) {
                $0.must("\($0.quoted($1)) is not supported; no flags are defined")
            }
        }
    }

    private mutating func namespaceList(_ linux: Linux) {
        section = "config-linux.md#namespaces"
        var seen: UInt16 = 0
        elements("namespaces", linux.namespaces) { validator, namespace in
            validator.member("type") {
                $0.word(namespace.type, of: NamespaceKind.self, "type of namespace")
                guard let kind = namespace.kind else { return }
                if seen & kind.bit != 0 { $0.must("\($0.quoted(namespace.type)) is given twice; each type is allowed once") }
                seen |= kind.bit
            }
            validator.member("path", namespace.path) { if !$1.isEmpty { $0.absolutePath($1) } }
        }
        section = "config-linux.md#user-namespace-mappings"
        userMappings("uidMappings", linux.uidMappings)
        userMappings("gidMappings", linux.gidMappings)
    }

    private mutating func userMappings(_ name: String, _ mappings: [IDMapping]?) {
        idMappings(name, mappings)
        let isEmpty = (mappings ?? []).isEmpty
        if namespaces.makes(.user), isEmpty {
            member(name) { $0.must("is missing or empty; a new user namespace needs mappings") }
        }
        if !namespaces.has(.user), !isEmpty {
            member(name) { $0.should("has no effect, for linux.namespaces has no user namespace") }
        }
    }

    private mutating func timeOffsets(_ offsets: [String: TimeOffset]?) {
        section = "config-linux.md#offset-for-time-namespace"
        if let offsets, !offsets.isEmpty, !namespaces.makes(.time) {
            member("timeOffsets") { $0.must("needs a new namespace of type time; linux.namespaces has none") }
        }
        entries("timeOffsets", offsets) { validator, clock, offset in
            if TimeNamespaceClock(rawValue: clock) == nil {
                validator.must("\(validator.quoted(clock)) is no clock of a time namespace; monotonic and boottime are allowed")
            }
            // KERNEL: proc_timens_set_offset allows KTIME_SEC_MAX / 2
            validator.member("secs", offset.secs) { $0.range($1, -4_611_686_018...4_611_686_018) }
            validator.member("nanosecs", offset.nanosecs) { $0.range($1, 0...999_999_999) }
        }
    }

    private mutating func devices(_ devices: [Device]?) {
        section = "config-linux.md#devices"
        var paths: [[UInt8]: Device] = [:]
        elements("devices", devices) { validator, device in
            validator.member("path") {
                $0.absolutePath(device.path)
                if LexicalPath.goesUp(device.path) {
                    $0.must("\($0.quoted(device.path)) has .. in it; a plain path is required")
                }
                if let other = paths.updateValue(device, forKey: Array(device.path.utf8)), !device.path.isEmpty {
                    let same = (other.type, other.major, other.minor) == (device.type, device.major, device.minor)
                    if same {
                        $0.should("\($0.quoted(device.path)) is given twice; once is enough")
                    } else {
                        $0.must("\($0.quoted(device.path)) is given twice for different devices; one is allowed")
                    }
                }
            }
            validator.member("type") { $0.word(device.type, of: DeviceKind.self, "type of device") }
            if device.kind != .namedPipe {
                // KERNEL: MINORBITS
                validator.member("major") { $0.deviceNumber(device.major, 4095) }
                validator.member("minor") { $0.deviceNumber(device.minor, 1_048_575) }
            }
            // podman sends the file type's bits along with the permissions; other runtimes ignore them.
            validator.member("fileMode", device.fileMode) {
                if $1 > 0o177777 { $0.should("\($1) has bits beyond type and permissions; 0 to 4095 is expected") }
            }
            validator.member("uid", device.uid) { $0.id($1) }
            validator.member("gid", device.gid) { $0.id($1) }
        }
    }

    private mutating func deviceNumber(_ number: Int64?, _ largest: Int64) {
        guard let number else { return must("is missing; it is required unless the type is p") }
        range(number, 0...largest)
    }

    private mutating func netDevices(_ devices: [String: NetDevice]?) {
        section = "config-linux.md#network-devices"
        if let devices, !devices.isEmpty, !namespaces.has(.network) {
            member("netDevices") { $0.must("needs a namespace of type network; linux.namespaces has none") }
        }
        var names: Set<String> = []
        entries("netDevices", devices) { validator, host, device in
            validator.interfaceName(host)
            let name = device.name.flatMap { $0.isEmpty ? nil : $0 } ?? host
            let isTemplate = name.ends(with: "%d")
            if device.name != nil, !name.isEmpty {
                validator.member("name") { $0.interfaceName(name, isTemplate: isTemplate) }
            }
            if !isTemplate, !names.insert(name).inserted {
                validator.member("name") { $0.must("\($0.quoted(name)) is given to two devices; names must be unique") }
            }
        }
    }

    /// KERNEL: dev_valid_name
    ///
    /// - Parameter isTemplate: whether the name ends with `%d`, for which the kernel puts a number.
    mutating func interfaceName(_ name: String, isTemplate: Bool = false) {
        let length = name.utf8.count
        let isPlain = name.utf8.dropLast(isTemplate ? 2 : 0).allSatisfy {
            $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "%")
        }
        if length == 0 || length > 15 || name == "." || name == ".." || !isPlain {
            must(
                "\(quoted(name)) is no name of a network device; 1 to 15 bytes without spaces, \"/\", \":\" and \"%\" are allowed"
            )
        }
    }

    private mutating func cgroupsPath(_ path: String?) {
        section = "config-linux.md#cgroups-path"
        member("cgroupsPath", path) {
            if $1.isEmpty { return }
            if LexicalPath.goesUp($1) { $0.must("\($0.quoted($1)) has .. in it; a plain path is required") }
            $0.oneLine($1)
            $0.longPath($1)
        }
    }

    private mutating func rootfsPropagation(_ text: String?) {
        section = "config-linux.md#rootfs-mount-propagation"
        guard let text, !text.isEmpty, RootfsPropagation(text) == nil else { return }
        member("rootfsPropagation") {
            $0.must(
                "\($0.quoted(text)) is no propagation; shared, slave, private and unbindable are allowed, "
                    + "each also with an r before it")
        }
    }

    private mutating func hiddenPaths(_ name: String, _ paths: [String]?, _ section: StaticString) {
        self.section = section
        guard let paths, !paths.isEmpty else { return }
        if !namespaces.has(.mount) {
            member(name) { $0.must("needs a namespace of type mount; linux.namespaces has none") }
        }
        elements(name, paths) {
            $0.absolutePath($1)
            if name == "maskedPaths", !$1.isEmpty, LexicalPath.isRoot($1) {
                $0.should("hides the whole root; a path below it is expected")
            }
        }
    }

    private mutating func intelRdt(_ rdt: IntelRdt) {
        member("closID", rdt.closID) {
            if $1.isEmpty || $1 == "/" { return }
            if $1 == "." || $1 == ".." || $1.utf8.contains(UInt8(ascii: "/")) {
                $0.must("\($0.quoted($1)) is no name of a directory; one without \"/\", or \"/\" itself, is allowed")
            }
            $0.oneLine($1)
        }
        member("l3CacheSchema", rdt.l3CacheSchema) {
            if $1.isEmpty { return }
            if !$1.begins(with: "L3:") { $0.should("\($0.quoted($1)) does not begin with L3:, as it is expected to") }
            if $1.utf8.contains(UInt8(ascii: "\n")) { $0.should("contains a line feed; one line is expected") }
        }
        member("memBwSchema", rdt.memBwSchema) {
            if $1.isEmpty { return }
            if !$1.begins(with: "MB:") { $0.must("\($0.quoted($1)) does not begin with MB:, as it must") }
            $0.oneLine($1)
        }
        elements("schemata", rdt.schemata) { $0.oneLine($1) }
    }

    private mutating func memoryPolicy(_ policy: MemoryPolicy) {
        // RUNC: the words that it says first are what callers look for.
        member("mode") {
            $0.word(policy.mode, of: MemoryPolicyMode.self, "memory policy", named: "invalid memory policy mode")
        }
        let hasNodes = !(policy.nodes ?? "").isEmpty
        member("nodes") {
            $0.numberList(policy.nodes ?? "", named: "invalid memory policy node")
            switch policy.policyMode {
            case .default, .local:
                if let nodes = NumberList(policy.nodes ?? ""), !nodes.isEmpty {
                    let count = nodes.ranges.reduce(0) { $0 + $1.count }
                    $0.must("mode requires 0 nodes but got \(count): \(policy.mode) takes none")
                }
            case .bind, .interleave, .weightedInterleave, .preferredMany:
                if !hasNodes { $0.must("is missing or empty; \(policy.mode) needs at least one node") }
            case .preferred, nil: break
            }
        }
        let flags = (policy.flags ?? []).map(MemoryPolicyFlag.init(rawValue:))
        elements("flags", policy.flags) {
            $0.word($1, of: MemoryPolicyFlag.self, "flag of a memory policy", named: "invalid memory policy flag")
        }
        // KERNEL: sanitize_mpol_flags, mpol_new
        member("flags") {
            if flags.contains(.staticNodes), flags.contains(.relativeNodes) {
                $0.must("have MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES; one of the two is allowed")
            }
            if flags.contains(.numaBalancing), let mode = policy.policyMode, mode != .bind, mode != .preferredMany {
                $0.must("have MPOL_F_NUMA_BALANCING with \(policy.mode); MPOL_BIND and MPOL_PREFERRED_MANY allow it")
            }
            if !hasNodes, flags.contains(.staticNodes) || flags.contains(.relativeNodes),
                policy.policyMode == .local || policy.policyMode == .preferred
            {
                $0.must("are about nodes, of which there are none; nodes are required with them")
            }
        }
    }
}
