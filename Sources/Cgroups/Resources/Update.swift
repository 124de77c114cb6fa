package import RuntimeSpec

/// An update of a running container: what to write, and what its resources are afterwards.
package struct CgroupUpdate: Equatable, Sendable {
    /// The resources with the change in them, for the state file.
    package var resources: Resources
    package var changes: CgroupChanges
    /// The device rules that there were, if they change.
    package var formerDevices: CgroupChanges?

    /// Plans an update: writes what the change names, and what becomes different because of it (on v2 the limit of swap
    /// depends on the limit of memory). Everything else is left as it is, also what somebody wrote by hand.
    ///
    /// The properties of the change that are absent keep their value; -1 takes a limit away. Paths in errors start at the top,
    /// as in the document that `update` reads.
    /// - Throws: as `CgroupChanges.init`.
    package init(_ change: Resources, of current: Resources?, layout: CgroupLayout) throws(CgroupError) {
        let old = current ?? Resources()
        let top = JSONPath()
        resources = old.updated(by: change)
        let changesDevices = change.devices?.isEmpty == false
        var planned = try CgroupChanges(resources: resources, layout: layout, path: top, changingDevices: changesDevices)
        let before = try? CgroupChanges(resources: old, layout: layout, path: top, changingDevices: false)
        let known = Set((before?.writes ?? []).map { "\($0.file) \($0.value)" })
        let named = Set(
            try CgroupChanges(
                resources: resources.restricted(to: change), layout: layout, path: top, changingDevices: changesDevices
            ).writes.map { $0.path })
        planned.writes.removeAll { known.contains("\($0.file) \($0.value)") && !named.contains($0.path) }
        // The container's processes are inside.
        for index in planned.writes.indices { planned.writes[index].moment = .beforeJoin }
        changes = planned
        if changesDevices { formerDevices = try? CgroupChanges(resources: Resources(devices: old.devices), layout: layout) }
    }
}

extension Resources {
    /// These resources with the properties that a change names.
    func updated(by change: Resources) -> Resources {
        var result = self
        result.devices = change.devices?.isEmpty == false ? change.devices : devices
        result.memory = merge(memory, change.memory, Memory.merged)
        result.cpu = merge(cpu, change.cpu, CPU.merged)
        if let limit = change.pids?.limit { result.pids = Pids(limit: limit) }
        result.blockIO = merge(blockIO, change.blockIO, BlockIO.merged)
        result.hugepageLimits = replacing(hugepageLimits, change.hugepageLimits) { $0.pageSize }
        if let network = change.network {
            var merged = result.network ?? Network()
            merged.classID = network.classID ?? merged.classID
            merged.priorities = replacing(merged.priorities, network.priorities) { $0.name }
            result.network = merged
        }
        if let rdma = change.rdma {
            var merged = result.rdma ?? [:]
            for (key, value) in rdma { merged[key] = value }
            result.rdma = merged
        }
        if let unified = change.unified {
            var merged = result.unified ?? [:]
            for (key, value) in unified { merged[key] = value }
            result.unified = merged
        }
        return result
    }

    /// These resources without the properties that a change does not name; limits of memory need each other.
    func restricted(to change: Resources) -> Resources {
        var result = self
        if change.devices?.isEmpty != false { result.devices = nil }
        if change.memory == nil { result.memory = nil }
        if let cpu = change.cpu {
            if cpu.shares == nil { result.cpu?.shares = nil }
            if cpu.idle == nil { result.cpu?.idle = nil }
            if cpu.burst == nil { result.cpu?.burst = nil }
            if cpu.quota == nil && cpu.period == nil {
                result.cpu?.quota = nil
                result.cpu?.period = nil
            }
            if cpu.realtimePeriod == nil { result.cpu?.realtimePeriod = nil }
            if cpu.realtimeRuntime == nil { result.cpu?.realtimeRuntime = nil }
            if cpu.cpus ?? "" == "" { result.cpu?.cpus = nil }
            if cpu.mems ?? "" == "" { result.cpu?.mems = nil }
        } else {
            result.cpu = nil
        }
        if change.pids?.limit == nil { result.pids = nil }
        result.blockIO = change.blockIO
        result.hugepageLimits = change.hugepageLimits
        result.network = change.network
        result.rdma = change.rdma
        result.unified = change.unified
        return result
    }
}

/// Both when there are two, else the one there is.
private func merge<Value>(_ old: Value?, _ new: Value?, _ merged: (Value, Value) -> Value) -> Value? {
    guard let old, let new else { return new ?? old }
    return merged(old, new)
}

/// A list in which new elements take the place of old ones with the same key.
private func replacing<Element, Key: Hashable>(_ old: [Element]?, _ new: [Element]?, _ key: (Element) -> Key) -> [Element]? {
    guard let new, !new.isEmpty else { return old }
    let replaced = Set(new.map(key))
    return (old ?? []).filter { !replaced.contains(key($0)) } + new
}

extension Memory {
    fileprivate static func merged(_ old: Memory, _ new: Memory) -> Memory {
        /// RUNC: 0 means not given.
        func limit(_ old: Int64?, _ new: Int64?) -> Int64? { new ?? 0 == 0 ? old : new }
        // RUNC: taking the limit of memory away takes that of memory and swap away, unless another is given.
        let swap = new.limit == -1 && new.swap ?? 0 == 0 ? -1 : limit(old.swap, new.swap)
        return Memory(
            limit: limit(old.limit, new.limit), reservation: limit(old.reservation, new.reservation), swap: swap,
            kernel: limit(old.kernel, new.kernel), kernelTCP: limit(old.kernelTCP, new.kernelTCP),
            swappiness: new.swappiness ?? old.swappiness,
            disableOOMKiller: new.disableOOMKiller ?? old.disableOOMKiller,
            useHierarchy: new.useHierarchy ?? old.useHierarchy,
            checkBeforeUpdate: new.checkBeforeUpdate ?? old.checkBeforeUpdate)
    }
}

extension CPU {
    fileprivate static func merged(_ old: CPU, _ new: CPU) -> CPU {
        /// RUNC: 0 and empty mean not given.
        func number<Integer: FixedWidthInteger>(_ old: Integer?, _ new: Integer?) -> Integer? { new ?? 0 == 0 ? old : new }
        func text(_ old: String?, _ new: String?) -> String? { new ?? "" == "" ? old : new }
        return CPU(
            shares: number(old.shares, new.shares), quota: number(old.quota, new.quota), burst: new.burst ?? old.burst,
            period: number(old.period, new.period), realtimeRuntime: number(old.realtimeRuntime, new.realtimeRuntime),
            realtimePeriod: number(old.realtimePeriod, new.realtimePeriod), cpus: text(old.cpus, new.cpus),
            mems: text(old.mems, new.mems), idle: new.idle ?? old.idle)
    }
}

extension BlockIO {
    fileprivate static func merged(_ old: BlockIO, _ new: BlockIO) -> BlockIO {
        func weight(_ old: UInt16?, _ new: UInt16?) -> UInt16? { new ?? 0 == 0 ? old : new }
        func throttles(_ old: [ThrottleDevice]?, _ new: [ThrottleDevice]?) -> [ThrottleDevice]? {
            replacing(old, new) { [$0.major, $0.minor] }
        }
        return BlockIO(
            weight: weight(old.weight, new.weight), leafWeight: weight(old.leafWeight, new.leafWeight),
            weightDevice: replacing(old.weightDevice, new.weightDevice) { [$0.major, $0.minor] },
            throttleReadBpsDevice: throttles(old.throttleReadBpsDevice, new.throttleReadBpsDevice),
            throttleWriteBpsDevice: throttles(old.throttleWriteBpsDevice, new.throttleWriteBpsDevice),
            throttleReadIOPSDevice: throttles(old.throttleReadIOPSDevice, new.throttleReadIOPSDevice),
            throttleWriteIOPSDevice: throttles(old.throttleWriteIOPSDevice, new.throttleWriteIOPSDevice))
    }
}
