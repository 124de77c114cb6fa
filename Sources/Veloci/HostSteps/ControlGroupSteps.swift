internal import Cgroups
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

// Control groups, the units of systemd that have them, and classes of cache.
extension Performer {
    func makeControlGroup(_ request: ControlGroupRequest) throws(Failure) {
        let own: Set<Int32> = effects.placeholder.map { [$0.pid] } ?? []
        let creation = try controlGroup { () throws(CgroupError) in
            try Cgroup.create(request.paths, changes: request.changes, ignoring: own)
        }
        effects.creation = creation
        effects.group = ContainerGroup(creation.cgroup)
    }

    func apply(_ limit: ControlGroupLimit) throws(Failure) {
        guard let group = effects.group else { return }
        try controlGroup { () throws(CgroupError) in
            try group.group.apply(limit.limit, isPrivileged: !limit.toleratesDevices)
        }
    }

    func giveControlGroup(to user: UInt32) throws(Failure) {
        guard let group = effects.group else { return }
        try controlGroup { () throws(CgroupError) in try CgroupOwnership.give(group.group, to: user) }
    }

    // MARK: Units

    func holdUnit(_ name: String) throws(Failure) {
        let directory = runtime.root
        effects.placeholder = try kernel { () throws(KernelError) in try Placeholder(directory: directory) }
    }

    func startUnit(_ request: UnitRequest) throws(Failure) {
        let holder = effects.placeholder?.pid
        try controlGroup { () throws(CgroupError) in
            try ContainerUnit(name: request.name, isUser: request.isOfUser).start(request, around: holder)
        }
    }

    func tell(_ change: UnitChange) throws(Failure) {
        try controlGroup { () throws(CgroupError) in
            try ContainerUnit(name: change.name, isUser: change.isOfUser).set(change.properties)
        }
    }

    func moveIntoUnit(_ name: String?) throws(Failure) {
        guard effects.isOutside else { return }
        guard let name else {
            return runtime.warn("the program runs outside of the container's control group: you may not move processes into it")
        }
        let inside = effects.group?.group.paths.unified.map { subject.subgroups.suffix($0) } ?? ""
        try ContainerUnit(name: name, isUser: true).attach(stage().pid, group: inside)
    }

    // MARK: Classes of cache

    func makeCacheGroup(_ rdt: IntelRdt) throws(Failure) {
        let control = try CacheControl()
        let membership = try control.prepare(rdt, id: subject.record.id)
        effects.cache = (control, membership)
        effects.record.cacheGroups = membership.owned
        try state().write(effects.record)
    }

    func joinCacheGroup() throws(Failure) {
        guard let cache = effects.cache else { return }
        // What CRIU makes is in the group that it is in itself.
        let pid: Int32
        if let restorer = effects.restorer { pid = restorer.pid } else { pid = try stage().pid }
        try cache.control.join(cache.membership, pid: pid)
    }

    private func controlGroup<Result>(_ body: () throws(CgroupError) -> Result) throws(Failure) -> Result {
        do throws(CgroupError) {
            return try body()
        } catch {
            var failure = Failure(error)
            failure.path = failure.path ?? (origin.components.isEmpty ? nil : origin)
            throw failure
        }
    }
}
