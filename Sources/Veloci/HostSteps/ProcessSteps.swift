internal import CLinux
internal import Cgroups
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

// The process of the stage, and what is done to it from outside.
extension Performer {
    func makeProgressPage() throws(Failure) {
        let directory = effects.state?.number
        effects.progress = try kernel { () throws(KernelError) in try ProgressPage(in: directory) }
    }

    /// The last of the preparation: from here on the stage acts, and waits for the host at its gates.
    func cloneProcess(inControlGroup: Bool) throws(Failure) {
        guard let progress = effects.progress else { throw Failure(.internalError, "there is no progress page") }
        var group: Int32?
        if inControlGroup { group = try effects.group?.openUnified(subject.subgroups) }
        defer {
            group.map { _ = Descriptor(owning: $0) }
            effects.openFiles = nil
        }
        do throws(Failure) {
            effects.stage = try clone(progress, in: group)
        } catch where error.errno == .accessDenied && group != nil && mayBeOutside {
            // A user may not put a process into a group of the user's manager, but the manager may.
            effects.stage = try clone(progress, in: nil)
            effects.isOutside = true
        }
    }

    private var mayBeOutside: Bool {
        (plan.gates[.ready] ?? []).contains { if case .moveIntoUnit = $0.action { true } else { false } }
    }

    /// What its standard streams are, as long as they are open here: a checkpoint has to know.
    func noteStreams() {
        if plan.hasOwnStreams { effects.record.streams = StreamNames.own(effects.streams?.numbers ?? [nil, nil, nil]) }
    }

    private func clone(_ progress: ProgressPage, in group: Int32?) throws(Failure) -> StageProcess {
        try kernel { () throws(KernelError) in try request.passed.clear(effects.table) }
        let encoded = try plan.encoded(descriptors: effects.table.numbers, request.options)
        let groups = effects.group?.group
        let stage = try kernel { () throws(KernelError) in
            try StageProcess(
                plan, encoded: encoded, descriptors: effects.table, progress: progress, controlGroup: group,
                passing: request.passed, standard: effects.streams?.numbers ?? [nil, nil, nil], directory: runtime.root,
                outOfMemory: { groups.map { MemoryWatch.kills(in: $0) ?? 0 > 0 } ?? false })
        }
        // Of a program that joins a container nothing is written down.
        if subject.status == .creating { noteStreams() }
        effects.streams?.closeTheirs()
        return stage
    }

    // MARK: At a gate

    func writeMappings(_ uid: [IDMapping], _ gid: [IDMapping]) throws(Failure) {
        let pid = try stage().pid
        try kernel { () throws(KernelError) in try Mappings.write(uid: uid, gid: gid, to: pid) }
    }

    func writeTimeOffset(_ clock: String, _ seconds: Int64, _ nanoseconds: UInt32) throws(Failure) {
        let pid = try stage().pid
        try kernel { () throws(KernelError) in
            try Files.writeValue("\(clock) \(seconds) \(nanoseconds)", to: "/proc/\(pid)/timens_offsets")
        }
    }

    func setOOMScore(_ score: Int) throws(Failure) {
        let pid = try stage().pid
        try kernel { () throws(KernelError) in try Files.writeValue("\(score)", to: "/proc/\(pid)/oom_score_adj") }
    }

    func setLimit(_ kind: RlimitKind, soft: UInt64, hard: UInt64) throws(Failure) {
        let pid = try stage().pid
        try kernel { () throws(KernelError) in
            try Processes.setLimit(of: pid, resource: kind.number, soft: soft, hard: hard)
        }
    }

    func moveNetworkDevice(_ name: String, newName: String) throws(Failure) {
        let stage = try stage()
        effects.devices[name] = try kernel { () throws(KernelError) in
            let socket = try Processes.descriptor(stage.progress.listener, of: stage.processDescriptor)
            return try MovedDevice(name, newName: newName, to: stage.pid, inside: RouteSocket(owning: socket))
        }
    }

    func runHook(_ hook: Hook, _ kind: HookKind) throws(Failure) {
        let isRunning = kind == .poststart
        // Others may look at the container, change and delete it once it runs: a hook may itself call us about it, and need not
        // end in time.
        if isRunning { effects.state?.unlock() }
        let pid: Int32
        if isRunning, let recorded = effects.record.process { pid = recorded.pid } else { pid = try child().pid }
        let bundle = HostPath(subject.record.bundle)
        let state = HookState.make(
            subject.spec, request: PlanRequest(id: subject.record.id, bundle: bundle),
            status: isRunning ? "running" : "creating")
        try HostHooks.run(
            hook, kind: kind, state: state.text(pid: pid), bundle: bundle, path: origin,
            for: isRunning ? nil : try child().descriptor)
    }

    func callHost() throws(Failure) {
        guard let call = request.createRuntime else { return }
        let record = subject.record
        try call(
            State(
                ociVersion: SpecificationVersion.current, id: record.id, status: "creating", pid: Int(try child().pid),
                bundle: record.bundle, annotations: record.annotations.isEmpty ? nil : record.annotations))
    }

    func sendListener(to path: HostPath) throws(Failure) {
        try SeccompListener.send(stage(), to: path, spec: subject.spec, effects.record, status: subject.status.rawValue)
    }

    /// For a container without a mount namespace.
    func attachRoot(_ slot: Slot, at path: HostPath) throws(Failure) {
        guard let tree = effects.table.take(slot) else { throw Failure(.internalError, "the root was not opened") }
        effects.record.rootMount = try kernel { () throws(KernelError) in try Mounts.identifier(of: tree) }
        // First the record, so that whoever removes what a killed veloci left behind knows the mount.
        try state().write(effects.record)
        try kernel { () throws(KernelError) in try HostRoot.attach(tree, at: path) }
        effects.table.set(slot, tree)
    }
}
