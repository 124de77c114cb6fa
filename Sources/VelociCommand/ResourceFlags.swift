internal import RuntimeSpec

/// `update`: new limits for a container.
enum ResourceFlags {
    static let flags = [
        Flag("resources", "r", .text, "read the limits from this file, an object like linux.resources; - is standard input"),
        Flag("blkio-weight", .integer, "the weight of block I/O, 10 to 1000"),
        Flag("cpu-period", .text, "the period that cpu-quota is for, in microseconds"),
        Flag("cpu-quota", .text, "processor time in a period, in microseconds"),
        Flag("cpu-burst", .text, "processor time that may be saved up beyond the quota, in microseconds"),
        Flag("cpu-share", .text, "processor time relative to other containers"),
        Flag("cpu-rt-period", .text, "the period that cpu-rt-runtime is for, in microseconds"),
        Flag("cpu-rt-runtime", .text, "real-time processor time in a period, in microseconds"),
        Flag("cpuset-cpus", .text, "processors that may be used, such as 0-3,7"),
        Flag("cpuset-mems", .text, "memory nodes that may be used"),
        Flag("cpu-idle", .text, "1 runs the container only when nothing else wants the processor"),
        Flag("memory", .text, "memory in bytes, with an optional k, m, g, t or p; -1 for no limit"),
        Flag("memory-reservation", .text, "memory in bytes below which nothing is taken back"),
        Flag("memory-swap", .text, "memory and swap together in bytes; -1 for no limit"),
        Flag("pids-limit", .integer, "how many processes there may be"),
        Flag("l3-cache-schema", .text, "the schema of the level 3 cache, for resctrl"),
        Flag("mem-bw-schema", .text, "the schema of the memory bandwidth, for resctrl"),
        // The kernel has dropped what these set.
        Flag("kernel-memory", .text, ""),
        Flag("kernel-memory-tcp", .text, ""),
    ]

    /// The limits that the flags ask for, all others absent.
    ///
    /// - Throws: `CommandFailure` for a text that is no number.
    static func resources(_ flags: FlagValues) throws(CommandFailure) -> Resources {
        var resources = Resources()
        resources.cpu = try cpu(flags)
        resources.memory = try memory(flags)
        if let weight = flags.integer("blkio-weight"), weight != 0 {
            guard let weight = UInt16(exactly: weight) else { throw invalid("blkio-weight", String(weight)) }
            resources.blockIO = BlockIO(weight: weight)
        }
        if let limit = flags.integer("pids-limit") { resources.pids = Pids(limit: Int64(limit)) }
        return resources
    }

    private static func cpu(_ flags: FlagValues) throws(CommandFailure) -> CPU? {
        var cpu = CPU()
        cpu.period = try number("cpu-period", flags)
        cpu.quota = try number("cpu-quota", flags)
        cpu.burst = try number("cpu-burst", flags)
        cpu.shares = try number("cpu-share", flags)
        cpu.realtimePeriod = try number("cpu-rt-period", flags)
        cpu.realtimeRuntime = try number("cpu-rt-runtime", flags)
        cpu.idle = try number("cpu-idle", flags)
        if !flags.text("cpuset-cpus").isEmpty { cpu.cpus = flags.text("cpuset-cpus") }
        if !flags.text("cpuset-mems").isEmpty { cpu.mems = flags.text("cpuset-mems") }
        return cpu == CPU() ? nil : cpu
    }

    private static func memory(_ flags: FlagValues) throws(CommandFailure) -> Memory? {
        var memory = Memory()
        memory.limit = try size("memory", flags)
        memory.reservation = try size("memory-reservation", flags)
        memory.swap = try size("memory-swap", flags)
        return memory == Memory() ? nil : memory
    }

    private static func number<Value: FixedWidthInteger>(
        _ name: String, _ flags: FlagValues
    ) throws(CommandFailure) -> Value? {
        let text = flags.text(name)
        if text.isEmpty { return nil }
        guard let value = Value(text) else { throw invalid(name, text) }
        return value
    }

    private static func size(_ name: String, _ flags: FlagValues) throws(CommandFailure) -> Int64? {
        let text = flags.text(name)
        if text.isEmpty { return nil }
        guard let value = text == "-1" ? -1 : bytes(text) else { throw invalid(name, text) }
        return value
    }

    /// Bytes of a text such as `512m`, `1.5g` or `10KiB`; multiples are of 1024.
    static func bytes(_ text: String) -> Int64? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let first = number.utf8.first, first != UInt8(ascii: "."), let value = Double(decimal: number) else { return nil }
        var suffix = text.dropFirst(number.count).lowercased()[...]
        if suffix.first == " " { suffix = suffix.dropFirst() }
        if suffix.isEmpty || suffix == "b" { return Int64(exactly: value.rounded(.down)) }
        guard let power = ["k", "m", "g", "t", "p"].firstIndex(of: suffix.prefix(1)),
            ["", "b", "ib"].contains(suffix.dropFirst())
        else { return nil }
        return Int64(exactly: (value * Double(sign: .plus, exponent: 10 * (power + 1), significand: 1)).rounded(.down))
    }

    private static func invalid(_ name: String, _ text: String) -> CommandFailure {
        CommandFailure("invalid value for \(name): \(Quoted.go(text))")
    }
}
