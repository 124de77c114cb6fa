internal import CLinux
internal import Cgroups
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

/// Makes one container, and takes everything back if that does not succeed.
final class Creation {
    let runtime: Runtime
    let request: CreateRequest
    private let waitsForStart: Bool
    let bundle: Bundle
    private(set) var plan: Plan
    let groups: GroupRequest?
    var record: ContainerRecord
    /// The stage; there once the container's process exists.
    private(set) var launch: Launch?
    /// What was opened for the stage, and our end of the socket over which the terminal comes.
    private(set) var descriptors: DescriptorTable?
    /// What hears from the container that it is ready; `start` makes it for one that waits.
    private(set) var notification: Notification?
    /// What holds systemd's unit until the container's process is inside.
    private var placeholder: Placeholder?
    /// The unit that the container's process still has to be moved into, by systemd.
    private var unitToAttach: ContainerUnit?
    let fault: HostFault
    let rollback = Rollback()

    /// The first with mount_setattr(2), cgroup.kill and all else that every container needs (RHEL 9).
    static let oldestKernel = KernelVersion(5, 14)

    init(_ runtime: Runtime, _ request: CreateRequest, waitsForStart: Bool) throws(Failure) {
        try ContainerID.check(request.id)
        if let running = KernelVersion.running, running < Self.oldestKernel {
            throw Failure(.unsupported, "Linux \(running) runs here; veloci needs \(Self.oldestKernel) or newer")
        }
        self.runtime = runtime
        self.request = request
        self.waitsForStart = waitsForStart
        var bundle = try Bundle.open(request.bundle)
        if request.notifySocket != nil {
            Notification.add(to: &bundle.spec, state: runtime.root + "/" + request.id)
            bundle.bytes = bundle.spec.encoded()
        }
        self.bundle = bundle
        let terminal = JSONPath([.member("process"), .member("terminal")])
        if bundle.spec.process?.terminal == true && (waitsForStart || request.detaches) && request.consoleSocket == nil {
            throw Failure(
                .invalidArgument, "cannot allocate tty if runc will detach without setting console socket", path: terminal,
                hint: "give --console-socket")
        }
        if bundle.spec.process?.terminal != true && request.consoleSocket != nil {
            throw Failure(
                .invalidArgument, "cannot use console socket if runc will not detach or allocate tty", path: terminal)
        }
        let groups = try GroupRequest(bundle.spec, id: request.id, runtime)
        self.groups = groups
        let (plan, remarks) = try Self.plan(bundle, request, waitsForStart: waitsForStart, groups: groups)
        self.plan = plan
        fault = HostFault(request.failingHostStep, in: plan)
        record = ContainerRecord(
            id: request.id, bundle: bundle.path, rootfs: bundle.rootfs, created: Clock.now(), owner: "")
        record.stepCount = plan.steps.count
        record.annotations = bundle.spec.annotations ?? [:]
        record.controlGroups = groups?.paths.recorded ?? [:]
        record.unit = groups?.unit?.unit.name ?? ""
        record.unitIsOfUser = groups?.unit?.isUser ?? false
        for remark in remarks { runtime.remark(remark) }
        for warning in (groups?.changes.warnings.map({ $0.description }) ?? []) + plan.warnings { runtime.warn(warning) }
    }

    /// - Parameter facts: what the plan is for, if not this process.
    static func plan(
        _ bundle: Bundle, _ request: CreateRequest, waitsForStart: Bool, groups: GroupRequest?, facts: HostFacts = .collect()
    ) throws(Failure) -> (plan: Plan, remarks: [String]) {
        var wanted = PlanRequest(id: request.id, bundle: bundle.path, waitsForStart: waitsForStart)
        wanted.consoleSocket = request.consoleSocket
        wanted.usesPivotRoot = request.usesPivotRoot
        wanted.makesSessionKeyring = request.makesSessionKeyring
        wanted.pidFile = request.pidFile
        wanted.keptDescriptors = try request.keptDescriptors()
        if request.listenDescriptors > 0 {
            wanted.addedEnvironment = ["LISTEN_FDS=\(request.listenDescriptors)", "LISTEN_PID=1"]
        }
        var facts = facts
        if !request.usesPivotRoot { facts.kernelViews = MountTable.kernelViews }
        var remarks: [String] = []
        if let groups {
            facts.controlGroups = groups.facts
            wanted.controlGroup = groups.shown
            wanted.limits = groups.limits
        } else {
            facts.controlGroups = .ofCaller()
        }
        if let profile = bundle.spec.linux?.seccomp {
            wanted.seccomp = try FilterCompiler.compile(profile, &remarks)
        }
        do throws(PlanError) {
            return (try Plan.create(bundle.spec, request: wanted, facts: facts), remarks)
        } catch {
            throw Failure(error)
        }
    }

    /// Performs the plan until the container is created, or for `run` until its program runs.
    func perform(standard: [Int32?], untilRunning: Bool = false) throws(Failure) {
        try KeptDescriptors.check(try request.keptDescriptors())
        try fault.check(plan) { $0 == .makeStateDirectory }
        let state = try StateDirectory.make(root: runtime.root, id: request.id)
        do throws(Failure) {
            try perform(in: state, standard: standard)
            if untilRunning, let launch {
                try launch.run(until: nil) { (_, _) in }
                if let hooks = bundle.spec.hooks?.poststart, !hooks.isEmpty {
                    // As in `start`.
                    state.unlock()
                    try runtime.runPoststartHooks(record, bundle.spec)
                }
            }
        } catch {
            if state.lockAgain() {
                rollback.run()
                _ = try? state.remove()
            } else {
                // Deleted meanwhile, and perhaps made again by somebody else.
                rollback.commit()
                launch?.kill()
            }
            throw error
        }
        rollback.commit()
    }

    private func perform(in state: borrowing StateDirectory, standard: [Int32?]) throws(Failure) {
        try state.write(bundle.bytes, to: StateDirectory.configurationFile)
        try state.begin(record)
        if let manager = request.notifySocket {
            try Notification.makeDirectory(in: state.number)
            if !waitsForStart { notification = try Notification(state: state.number, manager: manager) }
        }
        let group = try makeGroup()
        let cache = try joinCacheControl(state)
        let preparation = Preparation(state: state, groups: group)
        descriptors = preparation.table
        try preparation.perform(plan, fault)
        try attachRoot(preparation.table, state)
        let progress: ProgressPage
        do throws(KernelError) {
            progress = try ProgressPage(in: state.number)
        } catch {
            throw .kernel(error, "cannot make the progress page")
        }
        let unified = try group?.openUnified()
        defer { unified.map { _ = Descriptor(owning: $0) } }
        try fault.check(plan) { if case .cloneProcess = $0 { true } else { false } }
        let launch = try launch(preparation.table, progress, unified, standard)
        self.launch = launch
        rollback.add { [bundle, record, runtime] in Poststop.run(bundle.spec, record, runtime) }
        rollback.add { launch.kill() }
        let directory = state.number
        try launch.run(until: .ready) { [self] (gate, launch) throws(Failure) in
            if let unit = unitToAttach {
                try unit.attach(launch.pid)
                unitToAttach = nil
            }
            try meet(gate, launch, directory)
            // What the kernel takes only for a group with a process in it.
            if gate == .ready {
                try preparation.table.receiveTerminal(request.prepareTerminal)
                placeholder?.end()
                try applyLateLimits(group)
                if let cache { try cache.control.join(cache.membership, pid: launch.pid) }
            }
        }
    }

    private func launch(
        _ table: DescriptorTable, _ progress: ProgressPage, _ unified: Int32?, _ standard: [Int32?]
    ) throws(Failure) -> Launch {
        let unit = groups?.unit.flatMap { $0.isUser ? $0 : nil }
        let kept = try request.keptDescriptors()
        let (launch, isOutside) = try Launch.start(in: unified, orOutside: unit != nil) { (group) throws(Failure) in
            try Launch(
                plan, descriptors: table, progress: progress, controlGroup: group, keeping: kept,
                standard: standard, options: request.stageOptions)
        }
        if isOutside { unitToAttach = unit }
        return launch
    }

    /// Makes the control group, empty as yet, with all limits that an empty one can have.
    private func makeGroup() throws(Failure) -> ContainerGroup? {
        guard let groups else { return nil }
        try fault.check(plan) { if case .makeControlGroup = $0 { true } else { false } }
        let creation = try createGroup(groups)
        let group = ContainerGroup(creation.cgroup)
        // Groups above it were perhaps made as well; those that are empty again go too.
        rollback.add { creation.undo() }
        rollback.add { _ = try? group.destroy(killing: true) }
        try planWithout(creation, groups)
        try fault.check(plan) { if case .limit = $0 { true } else { false } }
        do throws(CgroupError) {
            // Who tolerates refusals has no nodes made: the host's are bound, and its permissions hold.
            try creation.cgroup.apply(groups.changes, isPrivileged: !runtime.toleratesRefusals)
            if let owner = groups.owner, UserIdentity.isRootOfHost { try CgroupOwnership.give(creation.cgroup, to: owner) }
        } catch {
            throw Failure(error)
        }
        return group
    }

    private func createGroup(_ groups: GroupRequest) throws(Failure) -> CgroupCreation {
        if let unit = groups.unit { try start(unit, groups) }
        do throws(CgroupError) {
            if let placeholder {
                return try Cgroup.create(groups.paths, changes: groups.changes, ignoring: [placeholder.pid])
            }
            do throws(CgroupError) {
                return try Cgroup.create(groups.paths, changes: groups.changes)
            } catch where error.kind == .permission && runtime.toleratesRefusals {
                return try Cgroup.create(groups.paths, changes: groups.changes, isPrivileged: false)
            }
        } catch {
            throw Failure(error)
        }
    }

    /// Has systemd make the unit. Its groups are complete, and have their limits, before the container's process exists.
    private func start(_ unit: ContainerUnit, _ groups: GroupRequest) throws(Failure) {
        do throws(KernelError) {
            if !unit.unit.isSlice { placeholder = try Placeholder() }
        } catch {
            throw .kernel(error, "cannot start a process for the unit \(unit.unit.name)")
        }
        do throws(CgroupError) {
            try unit.start(bundle.spec, id: request.id, around: placeholder?.pid, isUnified: groups.isUnified)
        } catch {
            throw Failure(error)
        }
        // Run in reverse: first the processes end, then the unit.
        rollback.add { _ = try? unit.stop() }
        rollback.add { [placeholder] in placeholder?.end() }
    }

    /// Plans again without the groups that a user without privileges may not make.
    private func planWithout(_ creation: CgroupCreation, _ groups: GroupRequest) throws(Failure) {
        guard let warning = creation.warnings.first else { return }
        let others = creation.warnings.count - 1
        runtime.remark(warning + (others > 0 ? " (and \(others) more)" : "") + "; the container runs without")
        record.controlGroups = creation.cgroup.paths.recorded
        var groups = groups
        groups.joined = Set(creation.cgroup.paths.directories)
        plan = try Self.plan(bundle, request, waitsForStart: waitsForStart, groups: groups).plan
        record.stepCount = plan.steps.count
    }

    private func joinCacheControl(
        _ state: borrowing StateDirectory
    ) throws(Failure) -> (control: CacheControl, membership: CacheControl.Membership)? {
        guard let rdt = bundle.spec.linux?.intelRdt else { return nil }
        let control = try CacheControl()
        let membership = try control.prepare(rdt, id: request.id)
        rollback.add { CacheControl.remove(membership.owned) }
        record.cacheControlGroups = membership.owned
        try state.write(record)
        return (control, membership)
    }

    /// For a container without a mount namespace.
    private func attachRoot(_ table: DescriptorTable, _ state: borrowing StateDirectory) throws(Failure) {
        try fault.check(plan) { if case .attachRoot = $0 { true } else { false } }
        for planned in plan.preparation {
            guard case .attachRoot(let slot, let path) = planned.action, let tree = table.take(slot) else { continue }
            let failure = "cannot \(planned.action.text)"
            do throws(KernelError) {
                record.rootMount = try Mounts.identifier(of: tree)
            } catch {
                throw .kernel(error, failure, path: planned.origin)
            }
            // First the record, so that whoever removes what a killed veloci left behind knows the mount.
            try state.write(record)
            rollback.add { [record] in _ = try? HostRoot.detach(record) }
            do throws(KernelError) {
                try HostRoot.attach(tree, at: path)
            } catch {
                throw .kernel(error, failure, path: planned.origin)
            }
            table.set(slot, tree)
        }
    }

    private func applyLateLimits(_ group: ContainerGroup?) throws(Failure) {
        guard let groups, let group else { return }
        do throws(CgroupError) {
            try group.group.apply(groups.changes, .afterJoin)
            if let unit = groups.unit, let pids = bundle.spec.linux?.resources?.pids, pids.isTight {
                try unit.set(
                    Resources(pids: pids), isUnified: groups.isUnified, changingDevices: false,
                    path: JSONPath([.member("linux"), .member("resources")]))
            }
        } catch {
            throw Failure(error)
        }
    }
}

extension CreateRequest {
    /// Sockets of activation first, then those that the caller preserves.
    func keptDescriptors() throws(Failure) -> [Int32] {
        try KeptDescriptors.numbers(Int(listenDescriptors) + Int(preservedDescriptors))
    }
}

/// Descriptors of the caller that the program gets under the same numbers.
enum KeptDescriptors {
    /// What /proc/sys/fs/nr_open is by default. Any number may come from outside; a list of it must not fill the memory.
    private static let limit = 1 << 20

    /// The first `count` descriptors after the standard streams.
    static func numbers(_ count: Int) throws(Failure) -> [Int32] {
        guard (0...limit).contains(count) else {
            throw Failure(.invalidArgument, "cannot preserve \(count) descriptors: a process has at most \(limit)")
        }
        return (0..<Int32(count)).map { 3 + $0 }
    }

    static func check(_ numbers: [Int32]) throws(Failure) {
        for number in numbers where linux_system_call(Int64(__NR_fcntl), UInt64(number), UInt64(F_GETFD), 0, 0, 0, 0) < 0 {
            throw Failure(
                .invalidArgument, "unable to stat preserved-fd \(number - 3) (of \(numbers.count))",
                hint: "descriptor \(number) is not open")
        }
    }
}
