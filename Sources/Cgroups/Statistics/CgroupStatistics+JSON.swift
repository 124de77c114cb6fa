internal import RuntimeSpec

/// The text of `data` in a line of `runc events`: its names, its order, and, as there, most members without a value left out.
extension CgroupStatistics {
    /// A JSON object on one line. RUNC: types/events.go. `intel_rdt` and `network_interfaces` are for the caller to fill in.
    /// - Parameter intelRdt: the text of an object.
    public func jsonText(intelRdt: String = "{}") -> String {
        var members = MemberText()
        members.add("cpu", cpu.jsonText)
        members.add("cpuset", cpuset.jsonText)
        members.add("memory", memory.jsonText)
        var pids = MemberText()
        pids.addUnlessZero("current", self.pids.current)
        pids.addUnlessZero("limit", self.pids.limit)
        members.add("pids", pids.text)
        members.add("blkio", blkio.jsonText)
        var sizes = MemberText()
        for (size, huge) in hugetlb.sortedByName {
            var entry = MemberText()
            entry.addUnlessZero("usage", huge.usage)
            entry.addUnlessZero("max", huge.max)
            entry.add("failcnt", String(huge.failcnt))
            sizes.add(size, entry.text)
        }
        members.add("hugetlb", sizes.text)
        members.add("intel_rdt", intelRdt)
        members.add("network_interfaces", "null")
        return members.text
    }
}

/// Collects the members of a JSON object. Names are plain words of this module or file names of the kernel.
private struct MemberText {
    private var parts: [String] = []

    var text: String { "{" + parts.joined(separator: ",") + "}" }
    var isEmpty: Bool { parts.isEmpty }

    mutating func add(_ name: String, _ value: String) { parts.append("\"\(name)\":\(value)") }

    mutating func addUnlessZero(_ name: String, _ value: UInt64) {
        if value != 0 { add(name, String(value)) }
    }

    mutating func addUnlessEmpty(_ name: String, _ values: [some FixedWidthInteger]) {
        if !values.isEmpty { add(name, "[" + values.map { String($0) }.joined(separator: ",") + "]") }
    }

    mutating func addUnlessNil(_ name: String, _ psi: PressureStatistics?) {
        if let psi { add(name, psi.jsonText) }
    }
}

extension CPUStatistics {
    fileprivate var jsonText: String {
        var members = MemberText()
        if total != 0 || kernel != 0 || user != 0 || !percpu.isEmpty || !percpuKernel.isEmpty || !percpuUser.isEmpty {
            var usage = MemberText()
            usage.addUnlessZero("total", total)
            usage.addUnlessEmpty("percpu", percpu)
            usage.addUnlessEmpty("percpu_kernel", percpuKernel)
            usage.addUnlessEmpty("percpu_user", percpuUser)
            usage.add("kernel", String(kernel))
            usage.add("user", String(user))
            members.add("usage", usage.text)
        }
        var throttling = MemberText()
        throttling.addUnlessZero("periods", periods)
        throttling.addUnlessZero("throttledPeriods", throttledPeriods)
        throttling.addUnlessZero("throttledTime", throttledTime)
        if !throttling.isEmpty { members.add("throttling", throttling.text) }
        members.addUnlessNil("psi", psi)
        return members.text
    }
}

extension CPUSetStatistics {
    fileprivate var jsonText: String {
        var members = MemberText()
        members.addUnlessEmpty("cpus", cpus)
        members.add("cpu_exclusive", String(cpuExclusive))
        members.addUnlessEmpty("mems", mems)
        members.add("mem_hardwall", String(memHardwall))
        members.add("mem_exclusive", String(memExclusive))
        members.add("memory_migrate", String(memoryMigrate))
        members.add("memory_spread_page", String(memorySpreadPage))
        members.add("memory_spread_slab", String(memorySpreadSlab))
        members.add("memory_pressure", String(memoryPressure))
        members.add("sched_load_balance", String(schedLoadBalance))
        members.add("sched_relax_domain_level", String(schedRelaxDomainLevel))
        return members.text
    }
}

extension MemoryStatistics {
    fileprivate var jsonText: String {
        var members = MemberText()
        members.addUnlessZero("cache", cache)
        for (name, entry) in [("usage", usage), ("swap", swap), ("kernel", kernel), ("kernelTCP", kernelTCP)]
        where entry != Entry() {
            var values = MemberText()
            values.add("limit", String(entry.limit))
            values.addUnlessZero("usage", entry.usage)
            values.addUnlessZero("max", entry.max)
            values.add("failcnt", String(entry.failcnt))
            members.add(name, values.text)
        }
        if !raw.isEmpty {
            var values = MemberText()
            for (key, value) in raw.sortedByName { values.add(key, String(value)) }
            members.add("raw", values.text)
        }
        members.addUnlessNil("psi", psi)
        return members.text
    }
}

extension BlockIOStatistics {
    fileprivate var jsonText: String {
        var members = MemberText()
        // RUNC: the third name has no "d".
        for (name, entries) in [
            ("ioServiceBytesRecursive", serviceBytes), ("ioServicedRecursive", serviced), ("ioQueueRecursive", queued),
            ("ioServiceTimeRecursive", serviceTime), ("ioWaitTimeRecursive", waitTime), ("ioMergedRecursive", merged),
            ("ioTimeRecursive", time), ("sectorsRecursive", sectors),
        ] where !entries.isEmpty {
            members.add(name, "[" + entries.map { $0.jsonText }.joined(separator: ",") + "]")
        }
        members.addUnlessNil("psi", psi)
        return members.text
    }
}

extension BlockIOStatistics.Entry {
    fileprivate var jsonText: String {
        var members = MemberText()
        members.addUnlessZero("major", major)
        members.addUnlessZero("minor", minor)
        if !operation.isEmpty { members.add("op", "\"\(operation)\"") }
        members.addUnlessZero("value", value)
        return members.text
    }
}

extension PressureStatistics {
    fileprivate var jsonText: String {
        var members = MemberText()
        for (name, share) in [("some", some), ("full", full)] where share != Share() {
            var values = MemberText()
            for (key, value) in [("avg10", share.avg10), ("avg60", share.avg60), ("avg300", share.avg300)] {
                values.add(key, Int64(exactly: value).map { String($0) } ?? String(value))
            }
            values.add("total", String(share.total))
            members.add(name, values.text)
        }
        return members.text
    }
}
