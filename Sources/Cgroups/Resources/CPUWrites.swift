internal import ByteText
internal import RuntimeSpec

/// SPEC(config-linux.md#cpu), KERNEL(Documentation/scheduler/sched-bwc.rst, cgroup-v1/cpusets.rst, cgroup-v2.rst).
extension ResourcePlanner {
    /// RUNC: 0 and the empty text mean unset, since callers write them for "not given".
    mutating func plan(_ cpu: CPU) throws(CgroupError) {
        let path = path.member("cpu")
        try planWeight(cpu, path)
        try planBandwidth(cpu, path)
        try planRealtime(cpu, path)
        for (name, list) in [("cpus", cpu.cpus), ("mems", cpu.mems)] {
            guard let list, !list.isEmpty else { continue }
            let property = path.member(name)
            guard CPUList(list) != nil else {
                throw CgroupError(
                    .invalidValue, "\"\(list.escaped)\" is no list of numbers", path: property,
                    hint: "write ranges and numbers with commas, such as 0-3,7")
            }
            let version = try version(v1: "cpuset", for: property)
            add("cpuset", version, "cpuset." + name, list, property, set: "cpuset")
        }
    }

    private mutating func planWeight(_ cpu: CPU, _ path: JSONPath) throws(CgroupError) {
        // A group that is SCHED_IDLE takes no weight, so the two are one set: leaving idle and getting a weight both work.
        if let shares = cpu.shares, shares != 0 {
            let property = path.member("shares")
            switch try version(v1: "cpu", for: property) {
            case .v1:
                // The kernel would round silently.
                if shares < 2 || shares > 262_144 {
                    let bound = shares < 2 ? "minimum allowed cpu-shares is 2" : "maximum allowed cpu-shares is 262144"
                    throw CgroupError(.invalidValue, "\(shares): the \(bound)", path: property)
                }
                add("cpu", .v1, "cpu.shares", String(shares), property, set: "cpu weight")
            case .v2:
                add("cpu", .v2, "cpu.weight", String(weight(ofShares: shares)), property, set: "cpu weight")
            }
        }
        if let idle = cpu.idle {
            let property = path.member("idle")
            guard idle == 0 || idle == 1 else {
                throw CgroupError(.invalidValue, "\(idle) is neither 0 nor 1", path: property)
            }
            let version = try version(v1: "cpu", for: property)
            // KERNEL(5.15): 0 is what a kernel without the file does anyway.
            add("cpu", version, "cpu.idle", String(idle), property, isOptional: idle == 0, set: "cpu weight")
        }
    }

    private mutating func planBandwidth(_ cpu: CPU, _ path: JSONPath) throws(CgroupError) {
        let quota = cpu.quota.flatMap { $0 == 0 ? nil : $0 }
        let period = cpu.period.flatMap { $0 == 0 ? nil : $0 }
        if let burst = cpu.burst, let quota, quota > 0, burst > UInt64(quota) {
            throw CgroupError(
                .invalidValue, "a burst of \(burst) is above the quota of \(quota)", path: path.member("burst"))
        }
        // Each is checked against the others as they are at that moment, so all three are one set.
        if quota != nil || period != nil {
            let property = quota != nil ? path.member("quota") : path.member("period")
            switch try version(v1: "cpu", for: property) {
            case .v1:
                if let period {
                    add("cpu", .v1, "cpu.cfs_period_us", String(period), path.member("period"), set: "cpu bandwidth")
                }
                if let quota {
                    add("cpu", .v1, "cpu.cfs_quota_us", String(max(quota, -1)), path.member("quota"), set: "cpu bandwidth")
                }
            case .v2:
                let time = quota.map { $0 < 0 ? "max" : String($0) } ?? "max"
                // Without a period the kernel keeps the one that is set.
                add(
                    "cpu", .v2, "cpu.max", period.map { "\(time) \($0)" } ?? time, property, set: "cpu bandwidth")
            }
        }
        if let burst = cpu.burst {
            let property = path.member("burst")
            let version = try version(v1: "cpu", for: property)
            // KERNEL(5.14): 0 is what a kernel without the file does anyway.
            add(
                "cpu", version, version == .v1 ? "cpu.cfs_burst_us" : "cpu.max.burst", String(burst), property,
                isOptional: burst == 0, set: "cpu bandwidth")
        }
    }

    private mutating func planRealtime(_ cpu: CPU, _ path: JSONPath) throws(CgroupError) {
        for (name, file, value) in [
            ("realtimePeriod", "cpu.rt_period_us", cpu.realtimePeriod.map { String($0) }),
            ("realtimeRuntime", "cpu.rt_runtime_us", cpu.realtimeRuntime.map { String($0) }),
        ] {
            guard let value, value != "0" else { continue }
            let property = path.member(name)
            guard try version(v1: "cpu", for: property) == .v1 else {
                throw inexpressible(property, "time for realtime tasks")
            }
            add("cpu", .v1, file, value, property, set: "cpu realtime")
        }
    }

    /// Shares (2 to 262144, 1024 by default) to a weight (1 to 10000, 100 by default).
    ///
    /// A curve through the three fixed points that crun and runc agreed on: the exponent of ten is quadratic in the
    /// logarithm of the shares.
    func weight(ofShares shares: UInt64) -> UInt64 {
        if shares <= 2 { return 1 }
        if shares >= 262_144 { return 10_000 }
        let logarithm = Logarithm.binary(Double(shares))
        let exponent = (logarithm * logarithm + 125 * logarithm) / 612 - 7.0 / 34
        return UInt64(Logarithm.powerOfTen(exponent).rounded(.up))
    }
}

/// Two functions of the mathematical library, which is not linked for one curve. Exact where the result is: at powers of two
/// and at whole exponents.
enum Logarithm {
    private static let ofTwo = 0.693147180559945309417
    private static let ofTen = 2.302585092994045684018

    /// The logarithm to base 2 of a normal positive number.
    static func binary(_ number: Double) -> Double {
        var exponent = Double(number.exponent)
        var significand = number.significand
        if significand > 1.4142135623730951 {
            significand /= 2
            exponent += 1
        }
        // ln(m) = 2 (t + t³/3 + t⁵/5 + …) for t = (m - 1) / (m + 1), which is less than 0.172.
        let ratio = (significand - 1) / (significand + 1)
        let square = ratio * ratio
        var sum = 0.0
        // Whole numbers are counted: a stride of others calls fma(3).
        for odd in stride(from: 25, through: 1, by: -2) { sum = sum * square + 1 / Double(odd) }
        return exponent + 2 * ratio * sum / ofTwo
    }

    /// Ten to the power of an exponent of a few digits.
    static func powerOfTen(_ exponent: Double) -> Double {
        let whole = exponent.rounded()
        let rest = (exponent - whole) * ofTen
        var power = 1.0
        for step in stride(from: 24, through: 1, by: -1) { power = 1 + power * rest / Double(step) }
        for _ in 0..<Int(abs(whole)) { power = whole > 0 ? power * 10 : power / 10 }
        return power
    }
}

/// Numbers of CPUs or memory nodes, as cpuset files list them.
package struct CPUList: Hashable, Sendable {
    /// The highest number that is taken; the kernel is built for at most 8192 CPUs.
    package static let maximum = 8191

    /// Sorted, without repetitions.
    package var numbers: [Int]

    /// Reads `0-3,7`. Nil when the text is in another form, a range runs backwards or a number is too large.
    package init?(_ text: String) {
        var found: Set<Int> = []
        for part in text.trimmed.parts(at: ",", keepsEmpty: true) {
            let ends = part.parts(at: "-", keepsEmpty: true).map { CPUList.number($0.trimmed) }
            switch ends.count {
            case 1:
                guard let only = ends[0] else { return nil }
                found.insert(only)
            case 2:
                guard let first = ends[0], let last = ends[1], first <= last else { return nil }
                found.formUnion(first...last)
            default:
                return nil
            }
        }
        numbers = found.sorted()
    }

    private static func number(_ text: String) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0.isDigit }), let value = Int(text), value <= maximum
        else { return nil }
        return value
    }

    /// One bit for each number, from the lowest bit of the first byte on.
    package var bitmap: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: (numbers.last ?? 0) / 8 + 1)
        for number in numbers { bytes[number / 8] |= 1 << (number % 8) }
        return bytes
    }
}
