internal import ByteText
internal import RuntimeSpec

extension Flag {
    static let blockIOWeight = Flag("blkio-weight", .integer, "the weight of block I/O, such as 10 to 1000")
    static let cpuPeriod = Flag("cpu-period", .text, "the period that cpu-quota is for, in microseconds")
    static let cpuQuota = Flag("cpu-quota", .text, "processor time in a period, in microseconds")
    static let cpuBurst = Flag("cpu-burst", .text, "processor time that may be saved up beyond the quota, in microseconds")
    static let cpuShare = Flag("cpu-share", .text, "processor time relative to other containers")
    static let cpuRealtimePeriod = Flag("cpu-rt-period", .text, "the period that cpu-rt-runtime is for, in microseconds")
    static let cpuRealtimeRuntime = Flag("cpu-rt-runtime", .text, "real-time processor time in a period, in microseconds")
    static let cpusetCPUs = Flag("cpuset-cpus", .text, "processors that may be used, such as 0-3,7")
    static let cpusetMemories = Flag("cpuset-mems", .text, "memory nodes that may be used")
    static let cpuIdle = Flag("cpu-idle", .text, "1 runs the container only when nothing else wants the processor")
    static let memory = Flag("memory", .text, "memory in bytes, with an optional k, m, g, t or p; -1 for no limit")
    static let memoryReservation = Flag("memory-reservation", .text, "memory in bytes below which nothing is taken back")
    static let memorySwap = Flag("memory-swap", .text, "memory and swap together in bytes; -1 for no limit")
    static let pidsLimit = Flag("pids-limit", .integer, "how many processes there may be")
}

/// The limits that `update` changes, by the flags for each.
enum ResourceFlags {
    static let flags: [Flag] = [
        .blockIOWeight, .cpuPeriod, .cpuQuota, .cpuBurst, .cpuShare, .cpuRealtimePeriod, .cpuRealtimeRuntime, .cpusetCPUs,
        .cpusetMemories, .cpuIdle, .memory, .memoryReservation, .memorySwap, .pidsLimit,
    ]

    /// The limits that the flags ask for, all others absent.
    ///
    /// - Throws: `CommandFailure` for a text that is no number.
    static func resources(_ flags: FlagValues) throws(CommandFailure) -> Resources {
        var resources = Resources()
        resources.cpu = try cpu(flags)
        resources.memory = try memory(flags)
        if let weight = flags.integer(.blockIOWeight), weight != 0 {
            guard let weight = UInt16(exactly: weight) else { throw invalid(.blockIOWeight, String(weight)) }
            resources.blockIO = BlockIO(weight: weight)
        }
        if let limit = flags.integer(.pidsLimit) { resources.pids = Pids(limit: Int64(limit)) }
        return resources
    }

    private static func cpu(_ flags: FlagValues) throws(CommandFailure) -> CPU? {
        var cpu = CPU()
        cpu.period = try number(.cpuPeriod, flags)
        cpu.quota = try number(.cpuQuota, flags)
        cpu.burst = try number(.cpuBurst, flags)
        cpu.shares = try number(.cpuShare, flags)
        cpu.realtimePeriod = try number(.cpuRealtimePeriod, flags)
        cpu.realtimeRuntime = try number(.cpuRealtimeRuntime, flags)
        cpu.idle = try number(.cpuIdle, flags)
        cpu.cpus = flags.textUnlessEmpty(.cpusetCPUs)
        cpu.mems = flags.textUnlessEmpty(.cpusetMemories)
        return cpu == CPU() ? nil : cpu
    }

    private static func memory(_ flags: FlagValues) throws(CommandFailure) -> Memory? {
        var memory = Memory()
        memory.limit = try size(.memory, flags)
        memory.reservation = try size(.memoryReservation, flags)
        memory.swap = try size(.memorySwap, flags)
        return memory == Memory() ? nil : memory
    }

    private static func number<Value: FixedWidthInteger>(
        _ flag: Flag, _ flags: FlagValues
    ) throws(CommandFailure) -> Value? {
        guard let text = flags.textUnlessEmpty(flag) else { return nil }
        guard let value = Value(text) else { throw invalid(flag, text) }
        return value
    }

    private static func size(_ flag: Flag, _ flags: FlagValues) throws(CommandFailure) -> Int64? {
        guard let text = flags.textUnlessEmpty(flag) else { return nil }
        guard let value = text == "-1" ? -1 : bytes(text) else { throw invalid(flag, text) }
        return value
    }

    /// Bytes of a text such as `512m`, `1.5g` or `10KiB`; multiples are of 1024.
    static func bytes(_ text: String) -> Int64? {
        let digits = text.utf8.prefix { $0.isDigit || $0 == UInt8(ascii: ".") }
        let number = String(decoding: digits, as: UTF8.self)
        guard digits.first != UInt8(ascii: "."), let value = Double(decimal: number), let rest = text.after(number)?.lowered
        else { return nil }
        let suffix = rest.after(" ") ?? rest
        if suffix.isEmpty || suffix == "b" { return Int64(exactly: value.rounded(.down)) }
        let units = ["k", "m", "g", "t", "p"]
        guard let power = units.firstIndex(where: { suffix == $0 || suffix == $0 + "b" || suffix == $0 + "ib" })
        else { return nil }
        return Int64(exactly: (value * Double(sign: .plus, exponent: 10 * (power + 1), significand: 1)).rounded(.down))
    }

    private static func invalid(_ flag: Flag, _ text: String) -> CommandFailure {
        CommandFailure("invalid value for \(flag.name): \(Quoted.go(text))")
    }
}
