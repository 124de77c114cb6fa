internal import ByteText
internal import LinuxKernel

extension Cgroup {
    /// What the container used. Whatever this host does not count stays 0 or empty.
    /// - Throws: `CgroupError` of kind `kernel` when the container has no group any more.
    package func statistics() throws(CgroupError) -> CgroupStatistics {
        guard exists else {
            throw CgroupError(
                .kernel, "the container has no control group any more", file: paths.directories.first, errno: .noEntry)
        }
        var statistics = CgroupStatistics()
        if let unified = paths.unified.map(GroupFiles.init), unified.exists {
            unified.readUnified(&statistics, pids: { (try? self.processes().count) ?? 0 })
        }
        for location in paths.locations where location.version == .v1 {
            let group = GroupFiles(location)
            for controller in location.controllers { group.readLegacy(controller, &statistics) }
        }
        return statistics
    }
}

/// cgroup v2 (Documentation/admin-guide/cgroup-v2.rst).
extension GroupFiles {
    /// On a hybrid host v1 values come later and replace what both hierarchies count.
    fileprivate func readUnified(_ statistics: inout CgroupStatistics, pids: () -> Int) {
        readUnifiedCPU(&statistics.cpu)
        readUnifiedMemory(&statistics.memory)
        statistics.pids.current = number("pids.current") ?? UInt64(pids())
        statistics.pids.limit = number("pids.max") ?? 0
        if let text = readIfPresent("io.stat") { statistics.blkio = StatisticsText.unifiedBlockIO(text) }
        statistics.blkio.psi = readIfPresent("io.pressure").map(StatisticsText.pressure)
        for size in pageSizes(suffix: "current") {
            var huge = HugetlbStatistics()
            huge.usage = number("hugetlb.\(size).rsvd.current") ?? number("hugetlb.\(size).current") ?? 0
            huge.failcnt = readIfPresent("hugetlb.\(size).events").map(StatisticsText.pairs)?["max"] ?? 0
            statistics.hugetlb[size] = huge
        }
    }

    private func readUnifiedCPU(_ cpu: inout CPUStatistics) {
        let values = readIfPresent("cpu.stat").map(StatisticsText.pairs) ?? [:]
        func nanoseconds(_ key: String) -> UInt64 { (values[key] ?? 0) &* 1000 }
        cpu.total = nanoseconds("usage_usec")
        cpu.user = nanoseconds("user_usec")
        cpu.kernel = nanoseconds("system_usec")
        cpu.periods = values["nr_periods"] ?? 0
        cpu.throttledPeriods = values["nr_throttled"] ?? 0
        cpu.throttledTime = nanoseconds("throttled_usec")
        cpu.psi = readIfPresent("cpu.pressure").map(StatisticsText.pressure)
    }

    private func readUnifiedMemory(_ memory: inout MemoryStatistics) {
        memory.psi = readIfPresent("memory.pressure").map(StatisticsText.pressure)
        guard let text = readIfPresent("memory.stat") else { return }
        memory.raw = StatisticsText.pairs(text)
        memory.cache = memory.raw["file"] ?? 0
        memory.usage.usage = number("memory.current") ?? 0
        memory.usage.limit = StatisticsText.limit(readIfPresent("memory.max")) ?? 0
        memory.usage.max = number("memory.peak") ?? 0
        let events = readIfPresent("memory.events").map(StatisticsText.pairs) ?? [:]
        memory.usage.failcnt = events["max"] ?? 0
        if let swap = number("memory.swap.current") {
            // v1 counts memory and swap together, and so do the fields. The two peaks were at different times: no sum.
            let limit = StatisticsText.limit(readIfPresent("memory.swap.max")) ?? 0
            let (sum, overflow) = limit.addingReportingOverflow(memory.usage.limit)
            memory.swap.usage = swap &+ memory.usage.usage
            memory.swap.limit = overflow ? UInt64.max : sum
        }
    }

    /// Sizes of huge pages, from the names of files.
    fileprivate func pageSizes(suffix: String) -> [String] {
        ((try? Files.list(directory)) ?? []).compactMap { name in
            let parts = name.parts(at: ".")
            return parts.count == 3 && parts[0] == "hugetlb" && parts[2] == suffix ? parts[1] : nil
        }
    }
}

/// cgroup v1 (Documentation/admin-guide/cgroup-v1).
extension GroupFiles {
    fileprivate func readLegacy(_ controller: String, _ statistics: inout CgroupStatistics) {
        switch controller {
        case "cpu": readBandwidth(&statistics.cpu)
        case "cpuacct": readAccounting(&statistics.cpu)
        case "cpuset": readPlacement(&statistics.cpuset)
        case "memory": readMemory(&statistics.memory)
        case "pids":
            statistics.pids.current = number("pids.current") ?? 0
            statistics.pids.limit = number("pids.max") ?? 0
        case "blkio":
            let psi = statistics.blkio.psi
            statistics.blkio = readBlockIO()
            statistics.blkio.psi = psi
        case "hugetlb":
            for size in pageSizes(suffix: "usage_in_bytes") {
                var huge = HugetlbStatistics()
                let prefix = readIfPresent("hugetlb.\(size).rsvd.usage_in_bytes") == nil ? size : size + ".rsvd"
                huge.usage = number("hugetlb.\(prefix).usage_in_bytes") ?? 0
                huge.max = number("hugetlb.\(prefix).max_usage_in_bytes") ?? 0
                huge.failcnt = number("hugetlb.\(prefix).failcnt") ?? 0
                statistics.hugetlb[size] = huge
            }
        default: break
        }
    }

    private func readBandwidth(_ cpu: inout CPUStatistics) {
        let values = readIfPresent("cpu.stat").map(StatisticsText.pairs) ?? [:]
        cpu.periods = values["nr_periods"] ?? 0
        cpu.throttledPeriods = values["nr_throttled"] ?? 0
        cpu.throttledTime = values["throttled_time"] ?? 0
    }

    private func readAccounting(_ cpu: inout CPUStatistics) {
        // cpuacct.stat counts ticks, and a tick that user space sees is a hundredth of a second on every architecture.
        let tick: UInt64 = 10_000_000
        let values = readIfPresent("cpuacct.stat").map(StatisticsText.pairs) ?? [:]
        cpu.user = (values["user"] ?? 0) &* tick
        cpu.kernel = (values["system"] ?? 0) &* tick
        cpu.total = number("cpuacct.usage") ?? 0
        cpu.percpu = (readIfPresent("cpuacct.usage_percpu")?.words ?? []).compactMap { UInt64($0) }
        let rows = (readIfPresent("cpuacct.usage_all") ?? "").lines.dropFirst().map { $0.words }
        cpu.percpuUser = rows.compactMap { $0.count >= 3 ? UInt64($0[1]) : nil }
        cpu.percpuKernel = rows.compactMap { $0.count >= 3 ? UInt64($0[2]) : nil }
    }

    private func readPlacement(_ cpuset: inout CPUSetStatistics) {
        func numbers(_ file: String) -> [UInt16] {
            readIfPresent(file).flatMap { CPUList($0) }?.numbers.map { UInt16($0) } ?? []
        }
        cpuset.cpus = numbers("cpuset.cpus")
        cpuset.mems = numbers("cpuset.mems")
        cpuset.cpuExclusive = number("cpuset.cpu_exclusive") ?? 0
        cpuset.memHardwall = number("cpuset.mem_hardwall") ?? 0
        cpuset.memExclusive = number("cpuset.mem_exclusive") ?? 0
        cpuset.memoryMigrate = number("cpuset.memory_migrate") ?? 0
        cpuset.memorySpreadPage = number("cpuset.memory_spread_page") ?? 0
        cpuset.memorySpreadSlab = number("cpuset.memory_spread_slab") ?? 0
        cpuset.memoryPressure = number("cpuset.memory_pressure") ?? 0
        cpuset.schedLoadBalance = number("cpuset.sched_load_balance") ?? 0
        cpuset.schedRelaxDomainLevel = readIfPresent("cpuset.sched_relax_domain_level").flatMap { Int64($0) } ?? 0
    }

    private func readMemory(_ memory: inout MemoryStatistics) {
        memory.raw = readIfPresent("memory.stat").map(StatisticsText.pairs) ?? [:]
        memory.cache = memory.raw["cache"] ?? 0
        func entry(_ name: String) -> MemoryStatistics.Entry {
            var entry = MemoryStatistics.Entry()
            entry.usage = number("memory\(name).usage_in_bytes") ?? 0
            entry.limit = number("memory\(name).limit_in_bytes") ?? 0
            entry.max = number("memory\(name).max_usage_in_bytes") ?? 0
            entry.failcnt = number("memory\(name).failcnt") ?? 0
            return entry
        }
        memory.usage = entry("")
        memory.swap = entry(".memsw")
        memory.kernel = entry(".kmem")
        memory.kernelTCP = entry(".kmem.tcp")
    }

    /// The files of the scheduler that counts: BFQ, then those of older kernels, then what every kernel has.
    private func readBlockIO() -> BlockIOStatistics {
        var result = BlockIOStatistics()
        func entries(_ file: String) -> [BlockIOStatistics.Entry] {
            readIfPresent(file).map(StatisticsText.legacyBlockIO) ?? []
        }
        for prefix in ["blkio.bfq.", "blkio."] {
            let serviced = entries(prefix + "io_serviced_recursive")
            if serviced.isEmpty { continue }
            result.serviced = serviced
            result.serviceBytes = entries(prefix + "io_service_bytes_recursive")
            result.queued = entries(prefix + "io_queued_recursive")
            result.serviceTime = entries(prefix + "io_service_time_recursive")
            result.waitTime = entries(prefix + "io_wait_time_recursive")
            result.merged = entries(prefix + "io_merged_recursive")
            result.time = entries(prefix + "time_recursive")
            result.sectors = entries(prefix + "sectors_recursive")
            return result
        }
        for suffix in ["_recursive", ""] {
            result.serviced = entries("blkio.throttle.io_serviced" + suffix)
            result.serviceBytes = entries("blkio.throttle.io_service_bytes" + suffix)
            if !result.serviced.isEmpty { return result }
        }
        return result
    }
}
