internal import ByteText
package import DBus
package import RuntimeSpec

/// A setting of a unit as systemd's interface names it.
package struct SystemdProperty: Hashable, Sendable, CustomStringConvertible {
    package var name: String
    package var value: DBusValue

    package init(_ name: String, _ value: DBusValue) {
        self.name = name
        self.value = value
    }

    /// The process that systemd moves into a new scope.
    package static func process(_ pid: Int32) -> SystemdProperty {
        SystemdProperty("PIDs", .array(element: "u", [.uint32(UInt32(bitPattern: pid))]))
    }

    /// `MemoryMax = 1048576`
    package var description: String { "\(name) = \(value.shown)" }
}

/// Planning the properties of a container's unit: pure, but for systemd's version, which is asked first.
package struct SystemdProperties: Sendable {
    /// The version of systemd, such as 252.
    package var systemdVersion: Int
    /// Whether the host has cgroup v2 only. systemd has other properties for v1.
    package var isUnified: Bool
    /// Whether the unit belongs to a user's manager, which may not set device rules.
    package var isUser: Bool
    /// Whether weights of block I/O are those of BFQ: systemd converts its own for it, and here that is undone.
    package var hasBFQ: Bool

    package init(systemdVersion: Int, isUnified: Bool, isUser: Bool, hasBFQ: Bool = false) {
        self.systemdVersion = systemdVersion
        self.isUnified = isUnified
        self.isUser = isUser
        self.hasBFQ = hasBFQ
    }

    /// What a unit is started with, besides resources.
    /// - Parameters:
    ///   - process: the container's first process, which systemd moves into the scope.
    ///   - annotations: `org.systemd.property.*` are properties in GVariant text; they come last and win.
    /// - Throws: `CgroupError` of kind `invalidValue` for an annotation.
    package func start(
        _ unit: SystemdUnit, containerID: String, process: Int32?, resources: Resources?, annotations: [String: String]
    ) throws(CgroupError) -> [SystemdProperty] {
        var properties = [SystemdProperty("Description", .string("veloci container \(containerID)"))]
        if unit.isSlice {
            properties.append(SystemdProperty("Wants", .strings([unit.slice])))
        } else {
            properties.append(SystemdProperty("Slice", .string(unit.slice)))
            properties.append(SystemdProperty("Delegate", .boolean(true)))
            if let process {
                properties.append(.process(process))
            }
        }
        for name in ["MemoryAccounting", "CPUAccounting", isUnified ? "IOAccounting" : "BlockIOAccounting", "TasksAccounting"] {
            properties.append(SystemdProperty(name, .boolean(true)))
        }
        properties.append(SystemdProperty("DefaultDependencies", .boolean(false)))
        if let group = resources?.unified?["memory.oom.group"]?.trimmed, isUnified, systemdVersion >= 253 {
            // It cannot be changed once the scope runs.
            if group == "0" { properties.append(SystemdProperty("OOMPolicy", .string("continue"))) }
            if group == "1" { properties.append(SystemdProperty("OOMPolicy", .string("kill"))) }
        }
        properties += try self.resources(resources, changingDevices: true)
        properties += try SystemdProperties.annotated(annotations)
        return properties
    }

    /// The properties for `linux.resources`, for those that systemd has a word for. The files are written as well, with the
    /// same values, so what systemd does not know is set there, and what it knows it does not undo.
    /// - Throws: `CgroupError` of kind `invalidValue` or `unsupported` with the property's path.
    package func resources(
        _ resources: Resources?, changingDevices: Bool,
        path: JSONPath = JSONPath([.member("linux"), .member("resources")])
    ) throws(CgroupError) -> [SystemdProperty] {
        var properties: [SystemdProperty] = []
        if changingDevices && !isUser {
            properties += devices(try DeviceRules(resources?.devices, path: path.member("devices")))
        }
        guard let resources else { return properties }
        if let memory = resources.memory { properties += try self.memory(memory, path.member("memory")) }
        if let cpu = resources.cpu { properties += self.cpu(cpu) }
        if let limit = resources.pids?.limit { properties.append(tasksMax(limit)) }
        if let weight = resources.blockIO?.weight, weight != 0 {
            // systemd refuses what is beyond its own ranges; the file alone gets that.
            let (name, value, range): (String, UInt64, ClosedRange<UInt64>) =
                isUnified ? ("IOWeight", ioWeight(ofBlockIO: weight), 1...10_000) : ("BlockIOWeight", UInt64(weight), 10...1000)
            if range.contains(value) { properties.append(SystemdProperty(name, .uint64(value))) }
        }
        if isUnified {
            properties += try unified(resources.unified ?? [:], path.member("unified"))
        }
        return properties
    }

    private func memory(_ memory: Memory, _ path: JSONPath) throws(CgroupError) -> [SystemdProperty] {
        /// -1 is systemd's infinity as well, as an unsigned number.
        func bytes(_ value: Int64) -> DBusValue { .uint64(UInt64(bitPattern: value)) }
        guard isUnified else {
            guard let limit = memory.limit, limit != 0 else { return [] }
            return [SystemdProperty("MemoryLimit", bytes(limit))]
        }
        // The same conversion as for the files.
        var planner = ResourcePlanner(layout: SystemdProperties.anyUnified, path: path)
        try planner.plan(memory.onlyLimits, at: path)
        let names = ["memory.max": "MemoryMax", "memory.low": "MemoryLow", "memory.swap.max": "MemorySwapMax"]
        return planner.changes.writes.compactMap { write in
            names[write.file].map { name in
                SystemdProperty(name, .uint64(write.value == "max" ? UInt64.max : UInt64(write.value) ?? UInt64.max))
            }
        }
    }

    /// systemd writes the weight anew whenever another unit gets one, so it must know it. It spreads 100 to 10000 evenly over
    /// BFQ's 100 to 1000, and takes what is below as it is.
    private func ioWeight(ofBlockIO weight: UInt16) -> UInt64 {
        guard hasBFQ else { return ResourcePlanner.ioWeight(ofBlockIO: weight) }
        return weight <= 100 ? UInt64(weight) : 100 + (UInt64(weight) - 100) * 11
    }

    private func cpu(_ cpu: CPU) -> [SystemdProperty] {
        var properties: [SystemdProperty] = []
        let isIdle = isUnified && cpu.idle == 1 && systemdVersion >= 252
        if isIdle { properties.append(SystemdProperty("CPUWeight", .uint64(0))) }
        if let shares = cpu.shares, shares != 0 {
            let planner = ResourcePlanner(layout: SystemdProperties.anyUnified, path: JSONPath())
            if !isUnified {
                properties.append(SystemdProperty("CPUShares", .uint64(shares)))
            } else if !isIdle {
                properties.append(SystemdProperty("CPUWeight", .uint64(planner.weight(ofShares: shares))))
            }
        }
        properties += bandwidth(quota: cpu.quota ?? 0, period: cpu.period ?? 0)
        properties += placement("AllowedCPUs", cpu.cpus) + placement("AllowedMemoryNodes", cpu.mems)
        return properties
    }

    /// systemd counts CPU time per second, and in steps of 10 ms: rounded up, so that a limit inside still fits.
    private func bandwidth(quota: Int64, period: UInt64) -> [SystemdProperty] {
        if quota == 0 && period == 0 { return [] }
        var properties: [SystemdProperty] = []
        if period != 0 && systemdVersion >= 242 {
            properties.append(SystemdProperty("CPUQuotaPeriodUSec", .uint64(period)))
        }
        properties.append(
            SystemdProperty(
                "CPUQuotaPerSecUSec", .uint64(SystemdProperties.quotaPerSecond(quota: quota, period: period) ?? UInt64.max)))
        return properties
    }

    /// Microseconds per second in systemd's steps; nil without a limit.
    private static func quotaPerSecond(quota: Int64, period: UInt64) -> UInt64? {
        guard quota > 0 else { return nil }
        let (product, overflow) = UInt64(quota).multipliedReportingOverflow(by: 1_000_000)
        let perSecond = min(overflow ? .max : product / (period == 0 ? 100_000 : period), UInt64.max / 2)
        return (perSecond + 9999) / 10_000 * 10_000
    }

    /// The resources with the quota that systemd makes of it, for the files: else the two would differ.
    package static func rounded(_ resources: Resources?) -> Resources? {
        guard var resources, let quota = resources.cpu?.quota else { return resources }
        let period = resources.cpu?.period ?? 0
        guard let perSecond = quotaPerSecond(quota: quota, period: period) else { return resources }
        let (product, overflow) = perSecond.multipliedReportingOverflow(by: period == 0 ? 100_000 : period)
        if !overflow { resources.cpu?.quota = Int64(product / 1_000_000) }
        return resources
    }

    private func placement(_ name: String, _ list: String?) -> [SystemdProperty] {
        guard let list, systemdVersion >= 244, let numbers = CPUList(list) else { return [] }
        return [SystemdProperty(name, .array(element: "y", numbers.bitmap.map { .byte($0) }))]
    }

    /// systemd refuses 0; the file gets it afterwards.
    private func tasksMax(_ limit: Int64) -> SystemdProperty {
        SystemdProperty("TasksMax", .uint64(limit < 0 ? UInt64.max : max(1, UInt64(limit))))
    }

    /// A unified hierarchy with all controllers, for conversions that do not depend on the host.
    static let anyUnified = CgroupLayout(hierarchies: [
        CgroupHierarchy(
            version: .v2, controllers: ["cpu", "cpuset", "io", "memory", "hugetlb", "pids", "rdma"], mountPoint: "/sys/fs/cgroup")
    ])
}

extension SystemdProperties {
    /// Files of `unified` that systemd has a property for. What it does not know is for the files alone.
    private func unified(_ unified: [String: String], _ path: JSONPath) throws(CgroupError) -> [SystemdProperty] {
        var properties: [SystemdProperty] = []
        let isIdle = unified["cpu.idle"]?.trimmed == "1" && systemdVersion >= 252
        for (file, text) in unified.sortedByName {
            let value = text.trimmed
            let invalid = CgroupError(
                .invalidValue, "\"\(value.escaped)\" is no value for \(file)", path: path.member(file))
            switch file {
            case "cpu.idle": if isIdle { properties.append(SystemdProperty("CPUWeight", .uint64(0))) }
            case "io.weight":
                // Weights of single devices are not among those that systemd writes.
                let words = value.words
                guard words.count == 1 || words.count > 1 && words[0] == "default" else { continue }
                guard let weight = words.last.flatMap({ UInt64($0) }) else { throw invalid }
                properties.append(SystemdProperty("IOWeight", .uint64(weight)))
            case "cpu.weight":
                guard let weight = UInt64(value) else { throw invalid }
                if !isIdle { properties.append(SystemdProperty("CPUWeight", .uint64(weight))) }
            case "cpu.max":
                let words = value.words
                guard words.count == 1 || words.count == 2, words[0] == "max" || Int64(words[0]) != nil,
                    let period = words.count == 1 ? 100_000 : UInt64(words[1])
                else { throw invalid }
                properties += bandwidth(quota: Int64(words[0]) ?? 0, period: period)
            case "cpuset.cpus", "cpuset.mems":
                guard CPUList(value) != nil else { throw invalid }
                properties += placement(file == "cpuset.cpus" ? "AllowedCPUs" : "AllowedMemoryNodes", value)
            case "pids.max":
                guard let limit = value == "max" ? -1 : Int64(value) else { throw invalid }
                properties.append(tasksMax(limit))
            default:
                guard let name = SystemdProperties.byteLimits[file] else { continue }
                guard let limit = StatisticsText.limit(value) else { throw invalid }
                properties.append(SystemdProperty(name, .uint64(limit)))
            }
        }
        return properties
    }

    private static let byteLimits = [
        "memory.high": "MemoryHigh", "memory.low": "MemoryLow", "memory.min": "MemoryMin", "memory.max": "MemoryMax",
        "memory.swap.max": "MemorySwapMax",
    ]

    /// systemd knows lists of allowed devices only. It gets at least what the rules grant, so that it never takes away
    /// anything; the exact rules are enforced by our own program or list. It must get a list, since it would write `allow all`
    /// to the v1 list whenever it is reloaded.
    private func devices(_ rules: DeviceRules) -> [SystemdProperty] {
        let list = DeviceAllowList(rules)
        return [
            // An empty list first takes away what the unit may have had.
            SystemdProperty("DeviceAllow", .array(element: "(ss)", [])),
            SystemdProperty("DevicePolicy", .string(list.allowsAll ? "auto" : "strict")),
        ]
            + (list.allowsAll
                ? []
                : [
                    SystemdProperty(
                        "DeviceAllow",
                        .array(element: "(ss)", list.entries.map { .structure([.string($0.path), .string($0.access)]) }))
                ])
    }
}

/// Device rules as systemd's DeviceAllow= (systemd.resource-control(5)).
struct DeviceAllowList: Equatable {
    struct Entry: Equatable {
        var path: String
        var access: String
    }

    /// Whether systemd is to leave devices alone, because a list cannot hold all that is granted.
    var allowsAll = false
    var entries: [Entry] = []

    init(_ rules: DeviceRules) {
        for kind in DeviceNodeKind.allCases {
            let applying = rules.rules.filter { $0.kind == kind }
            /// What is granted to a class of devices: nil is a number that no rule names.
            func granted(_ major: UInt32?, _ minor: UInt32?) -> DeviceAccess {
                var granted: DeviceAccess = []
                for rule in applying
                where (rule.major == nil || rule.major == major) && (rule.minor == nil || rule.minor == minor) {
                    if rule.allow { granted.formUnion(rule.access) } else { granted.subtract(rule.access) }
                }
                return granted
            }
            // "Minor 3 of any device" has no form in systemd.
            if applying.contains(where: { $0.allow && $0.major == nil && $0.minor != nil }) { allowsAll = true }
            let word = kind == .block ? "block" : "char"
            let all = granted(nil, nil)
            if all == .all { allowsAll = true }
            if !all.isEmpty { entries.append(Entry(path: "\(word)-*", access: all.text)) }
            for major in Set(applying.compactMap({ $0.major })).sorted() {
                let some = granted(major, nil)
                if !some.isSubset(of: all) { entries.append(Entry(path: "\(word)-\(major)", access: some.text)) }
                for minor in Set(applying.filter { $0.major == major }.compactMap({ $0.minor })).sorted() {
                    let one = granted(major, minor)
                    if !one.isSubset(of: some.union(all)) {
                        entries.append(Entry(path: "/dev/\(word)/\(major):\(minor)", access: one.text))
                    }
                }
            }
        }
        if allowsAll { entries = [] }
    }
}

extension Memory {
    /// The limits alone.
    fileprivate var onlyLimits: Memory { Memory(limit: limit, reservation: reservation, swap: swap) }
}

extension DBusValue {
    /// A short form for plans and messages.
    package var shown: String {
        switch self {
        case .byte(let value): String(value)
        case .boolean(let value): value ? "true" : "false"
        case .int16(let value): String(value)
        case .uint16(let value): String(value)
        case .int32(let value): String(value)
        case .uint32(let value), .descriptor(let value): String(value)
        case .int64(let value): String(value)
        case .uint64(let value): value == UInt64.max ? "infinity" : String(value)
        case .double(let value): String(value)
        case .string(let text), .objectPath(let text), .signature(let text): "\"" + text.escaped + "\""
        case .array(_, let values): "[" + values.map { $0.shown }.joined(separator: ", ") + "]"
        case .structure(let values): "(" + values.map { $0.shown }.joined(separator: ", ") + ")"
        case .entry(let key, let value): key.shown + ": " + value.shown
        case .variant(let value): value.shown
        }
    }
}

extension Pids {
    /// Whether the limit leaves no room for the process that holds the unit until the container's is there.
    package var isTight: Bool { limit.map { (0...4).contains($0) } ?? false }
}
