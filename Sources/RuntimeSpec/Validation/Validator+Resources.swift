// Limits by control groups. A zero is unset wherever Go callers cannot say it otherwise: memory limits, shares, quota, periods
// and the weight of block I/O. A pids limit of zero is a limit.

extension Validator {
    /// The limits; the path is at them.
    ///
    /// - Parameter isUpdate: whether limits that are not named stay as they are, so that nothing follows from their absence.
    mutating func resources(_ resources: Resources, isUpdate: Bool = false) {
        section = "config-linux.md#allowed-device-list"
        elements("devices", resources.devices) { $0.deviceRule($1) }
        section = "config-linux.md#memory"
        member("memory", resources.memory) { $0.memory($1, isUpdate: isUpdate) }
        section = "config-linux.md#cpu"
        member("cpu", resources.cpu) { $0.cpu($1) }
        section = "config-linux.md#pids"
        member("pids", resources.pids) { validator, pids in
            validator.member("limit", pids.limit) { $0.limit($1) }
        }
        section = "config-linux.md#block-io"
        member("blockIO", resources.blockIO) { $0.blockIO($1) }
        hugepageLimits(resources.hugepageLimits)
        section = "config-linux.md#network"
        member("network", resources.network) { validator, network in
            validator.elements("priorities", network.priorities) { validator, priority in
                validator.member("name") { $0.interfaceName(priority.name) }
            }
        }
        section = "config-linux.md#rdma"
        entries("rdma", resources.rdma) { validator, device, limits in
            if device.isEmpty || device.utf8.contains(where: { $0 <= 0x20 || $0 == UInt8(ascii: "=") }) {
                validator.must("\(validator.quoted(device)) is no name of a device; one without white space is required")
            }
            if limits.hcaHandles == nil, limits.hcaObjects == nil {
                validator.must("limits nothing; at least one of hcaHandles and hcaObjects is required")
            }
        }
        section = "config-linux.md#unified"
        entries("unified", resources.unified) { validator, file, _ in validator.unifiedFile(file) }
    }

    private mutating func deviceRule(_ rule: DeviceCgroup) {
        member("type") {
            let type = rule.type ?? ""
            if !type.isEmpty, type != "a", type != "b", type != "c" {
                $0.must("\($0.quoted(type)) is no type of device rule; a, b and c are allowed")
            }
        }
        member("major", rule.major) { $0.range($1, -1...Int64(UInt32.max)) }
        member("minor", rule.minor) { $0.range($1, -1...Int64(UInt32.max)) }
        member("access") {
            // RUNC, crun: the specification makes it optional, but a rule about no access cannot be meant.
            guard let access = rule.access, !access.isEmpty else {
                return $0.must("is missing or empty; any of r, w and m is required")
            }
            if !access.utf8.allSatisfy({ $0 == UInt8(ascii: "r") || $0 == UInt8(ascii: "w") || $0 == UInt8(ascii: "m") }) {
                $0.must("\($0.quoted(access)) is no access; any of r, w and m is allowed")
            }
        }
    }

    /// A limit that -1 turns off.
    private mutating func limit(_ value: Int64) {
        if value < -1 { must("\(value) is out of range; -1 for no limit, or 0 and more, is allowed") }
    }

    private mutating func kernelLimit(_ value: Int64) {
        limit(value)
        if value != 0 { should("is not recommended; kernels since 5.4 do not have it") }
    }

    private mutating func memory(_ memory: Memory, isUpdate: Bool) {
        member("limit", memory.limit) { $0.limit($1) }
        member("reservation", memory.reservation) { $0.limit($1) }
        member("swap", memory.swap) { $0.limit($1) }
        member("kernel", memory.kernel) { $0.kernelLimit($1) }
        member("kernelTCP", memory.kernelTCP) { $0.kernelLimit($1) }
        let limit = memory.limit ?? 0
        let swap = memory.swap ?? 0
        member("swap") {
            if swap > 0, limit < 0 || (limit == 0 && !isUpdate) {
                $0.must("\(swap) is given without a memory limit; memory.limit is required")
            }
            if swap > 0, limit > swap {
                $0.must(
                    "\(swap) is below the memory limit \(limit); it counts memory and swap, so at least the limit is required")
            }
        }
        if let reservation = memory.reservation, limit > 0, reservation > limit {
            member("reservation") { $0.should("\(reservation) is above the memory limit \(limit) and has no effect") }
        }
        member("swappiness", memory.swappiness) { $0.range($1, 0...100) }
    }

    private mutating func cpu(_ cpu: CPU) {
        member("shares", cpu.shares) {
            if $1 != 0, $1 < 2 || $1 > 262_144 {
                $0.should("\($1) is out of range and will be clamped; 2 to 262144 is expected")
            }
        }
        member("quota", cpu.quota) {
            if $1 < -1 || (1..<1000).contains($1) {
                $0.must("\($1) is out of range; -1 for no limit, or 1000 and more, is allowed")
            }
        }
        member("period", cpu.period) { if $1 != 0 { $0.range($1, 1000...1_000_000) } }
        if let quota = cpu.quota, quota > 0, let burst = cpu.burst, burst > UInt64(quota) {
            member("burst") { $0.must("\(burst) is above the quota \(quota); at most the quota is allowed") }
        }
        member("realtimeRuntime", cpu.realtimeRuntime) { validator, runtime in
            validator.limit(runtime)
            if runtime > 0, let period = cpu.realtimePeriod, period > 0, UInt64(runtime) > period {
                validator.must("\(runtime) is above the realtime period \(period); at most the period is allowed")
            }
        }
        member("cpus", cpu.cpus) { $0.numberList($1) }
        member("mems", cpu.mems) { $0.numberList($1) }
        member("idle", cpu.idle) { $0.range($1, 0...1) }
    }

    private mutating func blockIO(_ blockIO: BlockIO) {
        elements("weightDevice", blockIO.weightDevice) { validator, device in
            validator.blockDevice(device.major, device.minor)
            if device.weight == nil, device.leafWeight == nil {
                validator.must("has no weight; at least one of weight and leafWeight is required")
            }
        }
        elements("throttleReadBpsDevice", blockIO.throttleReadBpsDevice) { $0.blockDevice($1.major, $1.minor) }
        elements("throttleWriteBpsDevice", blockIO.throttleWriteBpsDevice) { $0.blockDevice($1.major, $1.minor) }
        elements("throttleReadIOPSDevice", blockIO.throttleReadIOPSDevice) { $0.blockDevice($1.major, $1.minor) }
        elements("throttleWriteIOPSDevice", blockIO.throttleWriteIOPSDevice) { $0.blockDevice($1.major, $1.minor) }
    }

    private mutating func blockDevice(_ major: Int64, _ minor: Int64) {
        member("major") { $0.range(major, 0...4095) }
        member("minor") { $0.range(minor, 0...1_048_575) }
    }

    private mutating func hugepageLimits(_ limits: [HugepageLimit]?) {
        section = "config-linux.md#huge-page-limits"
        var sizes: Set<String> = []
        elements("hugepageLimits", limits) { validator, limit in
            validator.member("pageSize") {
                if limit.pageSize.isEmpty { return $0.must("is missing or empty; a size such as 2MB is required") }
                if !Validator.isPageSize(limit.pageSize) {
                    $0.must("\($0.quoted(limit.pageSize)) is no size of pages; a number followed by KB, MB or GB is allowed")
                }
                if !sizes.insert(limit.pageSize).inserted {
                    $0.should("\($0.quoted(limit.pageSize)) is limited twice; the last limit counts")
                }
            }
        }
    }

    private static func isPageSize(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count >= 3, bytes.count <= 12, bytes.last == UInt8(ascii: "B"), "KMG".utf8.contains(bytes[bytes.count - 2])
        else {
            return false
        }
        let digits = bytes.dropLast(2)
        return digits.first != UInt8(ascii: "0") && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// Files of a control group that move or end processes rather than limit them.
    private static let processFiles: Set<String> = ["cgroup.procs", "cgroup.threads", "cgroup.kill"]

    private mutating func unifiedFile(_ file: String) {
        if file.isEmpty || file == "." || file == ".." || file.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 < 0x20 }) {
            must("\(quoted(file)) is no name of a file; one without \"/\" is required")
        } else if Validator.processFiles.contains(file) {
            must("\(quoted(file)) moves or ends processes; files that set limits are allowed")
        }
    }
}
