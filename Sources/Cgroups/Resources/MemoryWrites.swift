internal import RuntimeSpec

/// SPEC(config-linux.md#memory), KERNEL(Documentation/admin-guide/cgroup-v1/memory.rst, cgroup-v2.rst).
extension ResourcePlanner {
    /// RUNC: 0 means unset for limits, since callers write it for "not given".
    mutating func plan(_ memory: Memory) throws(CgroupError) {
        try plan(memory, at: path.member("memory"))
    }

    mutating func plan(_ memory: Memory, at path: JSONPath) throws(CgroupError) {
        let limit = try limit(memory.limit, path.member("limit"))
        let reservation = try self.limit(memory.reservation, path.member("reservation"))
        let swap = try self.limit(memory.swap, path.member("swap"))
        ignoreKernelMemory(memory, path)
        try planWithoutLimits(memory, path)
        guard limit != nil || reservation != nil || swap != nil else { return }
        let version = try version(v1: "memory", for: limit != nil ? path.member("limit") : path)
        if let limit, let swap, limit >= 0, swap >= 0, swap < limit {
            throw CgroupError(
                .invalidValue, "memory+swap limit \(swap) is below the memory limit \(limit)", path: path.member("swap"),
                hint: "swap is the sum of memory and swap")
        }
        switch version {
        case .v1: planV1(limit: limit, reservation: reservation, swap: swap, path)
        case .v2: try planV2(memory, limit: limit, reservation: reservation, swap: swap, path)
        }
    }

    private func limit(_ value: Int64?, _ path: JSONPath) throws(CgroupError) -> Int64? {
        guard let value, value != 0 else { return nil }
        if value < -1 {
            throw CgroupError(.invalidValue, "\(value) is no number of bytes", path: path, hint: "-1 means no limit")
        }
        return value
    }

    private mutating func planV1(limit: Int64?, reservation: Int64?, swap: Int64?, _ path: JSONPath) {
        if let limit {
            add("memory", .v1, "memory.limit_in_bytes", String(limit), path.member("limit"), set: "memory")
        }
        if let swap {
            add("memory", .v1, "memory.memsw.limit_in_bytes", String(swap), path.member("swap"), set: "memory")
        } else if limit == -1 {
            // Without a limit of memory there can be none of memory and swap. The file is missing without swap accounting.
            add(
                "memory", .v1, "memory.memsw.limit_in_bytes", "-1", path.member("limit"), isOptional: true, set: "memory")
        }
        if let reservation {
            add("memory", .v1, "memory.soft_limit_in_bytes", String(reservation), path.member("reservation"))
        }
    }

    private mutating func planV2(
        _ memory: Memory, limit: Int64?, reservation: Int64?, swap: Int64?, _ path: JSONPath
    ) throws(CgroupError) {
        if memory.checkBeforeUpdate == true {
            if let swap, swap > 0 {
                changes.checks.append(
                    CgroupUsageCheck(
                        files: ["memory.current", "memory.swap.current"], limit: swap, what: "memory+swap",
                        path: path.member("swap")))
            }
            if let limit, limit > 0 {
                changes.checks.append(
                    CgroupUsageCheck(files: ["memory.current"], limit: limit, what: "memory", path: path.member("limit")))
            }
        }
        if let value = try swapOnly(limit: limit, swap: swap, path) {
            // Without swap in the kernel there is nothing to switch off, and no limit to lift.
            add(
                "memory", .v2, "memory.swap.max", value, path.member(swap == nil ? "limit" : "swap"),
                isOptional: value == "max" || value == "0")
        }
        if let limit { add("memory", .v2, "memory.max", unlimited(limit), path.member("limit")) }
        if let reservation { add("memory", .v2, "memory.low", unlimited(reservation), path.member("reservation")) }
    }

    /// v2 counts swap alone; the specification counts memory and swap together.
    private func swapOnly(limit: Int64?, swap: Int64?, _ path: JSONPath) throws(CgroupError) -> String? {
        switch (limit, swap) {
        case (-1, nil), (_, -1): return "max"
        case (_, nil): return nil
        case (nil, _):
            throw CgroupError(
                .invalidValue, "a limit of swap needs a limit of memory on cgroup v2", path: path.member("swap"),
                hint: "set limit as well: swap is the sum of memory and swap")
        case (-1, let swap?): return String(swap)
        case (let limit?, let swap?): return String(swap - limit)
        }
    }

    private func unlimited(_ value: Int64) -> String { value == -1 ? "max" : String(value) }

    private mutating func ignoreKernelMemory(_ memory: Memory, _ path: JSONPath) {
        for (name, value) in [("kernel", memory.kernel), ("kernelTCP", memory.kernelTCP)] where value ?? 0 != 0 {
            changes.warnings.append(
                Diagnostic(
                    severity: .should, path: path.member(name),
                    message: "is ignored: kernels since 5.16 have no separate limit for kernel memory",
                    section: "config-linux.md#memory"))
        }
    }

    private mutating func planWithoutLimits(_ memory: Memory, _ path: JSONPath) throws(CgroupError) {
        if let swappiness = memory.swappiness {
            let property = path.member("swappiness")
            // RUNC: callers of older versions wrote -1, which reads as the largest number, for unset.
            if swappiness != UInt64.max {
                guard swappiness <= 100 else {
                    throw CgroupError(.invalidValue, "\(swappiness) is not in the range 0 to 100", path: property)
                }
                guard try version(v1: "memory", for: property) == .v1 else {
                    throw inexpressible(property, "swappiness of a group")
                }
                add("memory", .v1, "memory.swappiness", String(swappiness), property)
            }
        }
        if memory.disableOOMKiller == true {
            let property = path.member("disableOOMKiller")
            guard try version(v1: "memory", for: property) == .v1 else {
                throw inexpressible(property, "way to disable the OOM killer")
            }
            add("memory", .v1, "memory.oom_control", "1", property)
        }
        if let useHierarchy = memory.useHierarchy {
            let property = path.member("useHierarchy")
            if try version(v1: "memory", for: property) == .v1 {
                add("memory", .v1, "memory.use_hierarchy", useHierarchy ? "1" : "0", property)
            } else if !useHierarchy {
                throw inexpressible(property, "accounting without hierarchy")
            }
        }
    }
}
