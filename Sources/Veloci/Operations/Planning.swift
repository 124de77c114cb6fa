internal import Cgroups
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

/// What `create` and `run` will do, completely decided: nothing has been touched yet.
struct PlannedContainer {
    let bundle: Bundle
    let plan: Plan
    /// What is worth knowing only when something is looked for.
    let remarks: [String]
    /// What the container will be known by.
    let record: ContainerRecord

    /// - Parameter change: what the plan is for, if not this process.
    init(
        _ request: CreateRequest, waitsForStart: Bool, _ runtime: Runtime,
        facts change: (inout HostFacts, Spec) -> Void = { _, _ in }
    ) throws(Failure) {
        try self.init(request, waitsForStart: waitsForStart, runtime, facts: change) { (bundle, wanted, facts) throws(Failure) in
            do throws(PlanError) {
                return try Plan.create(bundle.spec, request: wanted, facts: facts)
            } catch {
                throw Failure(error)
            }
        }
    }

    /// - Parameter make: what makes the plan of all that is known.
    init(
        _ request: CreateRequest, waitsForStart: Bool, _ runtime: Runtime,
        facts change: (inout HostFacts, Spec) -> Void = { _, _ in },
        plan make: (Bundle, PlanRequest, HostFacts) throws(Failure) -> Plan
    ) throws(Failure) {
        try ContainerID.check(request.id)
        try KernelVersion.checkOldest()
        var bundle = try Bundle.open(request.source)
        if request.notifySocket != nil {
            bundle.spec = Notification.added(to: bundle.spec, state: runtime.root + "/" + request.id)
            bundle.bytes = bundle.spec.document.encoded()
        }
        self.bundle = bundle
        var facts = try HostFacts.collect(for: bundle.spec.document, in: bundle.path, id: request.id, runtime)
        if !request.usesPivotRoot { facts.kernelViews = MountTable.kernelViews.map { HostPath($0) } }
        let isOfRoot = !facts.isInUserNamespace && UserIdentity.effectiveUserID == 0
        change(&facts, bundle.spec.document)
        var remarks: [String] = []
        var wanted = try request.planned(bundle.path, waitsForStart: waitsForStart, runtime)
        if let profile = bundle.spec.document.linux?.seccomp { wanted.seccomp = try FilterCompiler.compile(profile, &remarks) }
        plan = try make(bundle, wanted, facts)
        self.remarks = remarks
        record = ContainerRecord(request.id, bundle, plan, isOfRoot: isOfRoot)
    }
}

extension ContainerRecord {
    /// As it is written before the first effect.
    fileprivate init(_ id: String, _ bundle: Bundle, _ plan: Plan, isOfRoot: Bool) {
        self.init(id: id, bundle: bundle.path.text, rootfs: bundle.rootfs.text, created: Timestamp.now().preciseText)
        annotations = bundle.spec.document.annotations ?? [:]
        hasOwnProcesses = (bundle.spec.document.linux?.namespaces ?? []).contains { $0.kind == .pid && ($0.path ?? "").isEmpty }
        hasPoststartHooks = !bundle.spec.hooks(.poststart).isEmpty
        self.isOfRoot = isOfRoot
        undo = plan.undo
        sharesKeyring = !plan.makesSessionKeyring
        start = plan.accountsOfStart
    }
}

extension CreateRequest {
    fileprivate func planned(_ bundle: HostPath, waitsForStart: Bool, _ runtime: Runtime) throws(Failure) -> PlanRequest {
        var wanted = PlanRequest(id: id, bundle: bundle, waitsForStart: waitsForStart)
        wanted.consoleSocket = consoleSocket.map { HostPath($0) }
        wanted.usesPivotRoot = usesPivotRoot
        wanted.makesSessionKeyring = makesSessionKeyring
        wanted.pidFile = pidFile.map { HostPath($0) }
        wanted.processSocket = processSocket.map { HostPath($0) }
        wanted.notifySocket = notifySocket
        wanted.callsHost = createRuntime != nil
        wanted.detaches = detaches
        wanted.endsWithCaller = endsWithCaller && !waitsForStart
        wanted.controlGroupManager = runtime.controlGroupManager
        wanted.keptDescriptors = passing.keys.sorted()
        if listenDescriptors > 0 { wanted.addedEnvironment = ["LISTEN_FDS=\(listenDescriptors)", "LISTEN_PID=1"] }
        return wanted
    }
}

extension Plan {
    fileprivate var makesSessionKeyring: Bool { steps.contains { $0.action == .joinSessionKeyring } }

    /// The bytes for the stage.
    func encoded(
        descriptors: [Slot: Int32], _ options: PlanEncodingOptions = PlanEncodingOptions()
    ) throws(Failure) -> [UInt8] {
        do throws(PlanError) {
            return try encode(descriptors: descriptors, options: options).bytes
        } catch {
            throw Failure(error)
        }
    }
}

extension KernelVersion {
    /// The first with mount_setattr(2), cgroup.kill and all else that every container needs (RHEL 9).
    static let oldest = KernelVersion(5, 14)

    static func checkOldest() throws(Failure) {
        guard let running, running < oldest else { return }
        throw Failure(.unsupported, "Linux \(running) runs here; veloci needs \(oldest) or newer")
    }
}

extension Runtime {
    /// The plan for a bundle; nothing is touched, no privilege is needed. Without a user namespace it is root's plan.
    public func plan(_ request: CreateRequest) throws(Failure) -> Plan {
        try plan(request, waitsForStart: true)
    }

    /// The plan of `create`, or of `run`, which does not wait.
    package func plan(_ request: CreateRequest, waitsForStart: Bool) throws(Failure) -> Plan {
        let plan = try PlannedContainer(request, waitsForStart: waitsForStart, self) { facts, spec in
            // Without a user namespace only root can make it, so that is whose plan people want to see.
            let mayMakeNamespaces = facts.permittedCapabilities >> 21 & 1 == 1  // CAP_SYS_ADMIN
            if mayMakeNamespaces || spec.linux?.hasNamespace(.user) == true { return }
            facts.isPrivileged = true
            facts.isInUserNamespace = false
            facts.canRaiseLimits = true
            facts.permittedCapabilities = .max
            facts.refusedGroups = [:]
        }.plan
        // What no stage could be given is refused as well.
        _ = try plan.encoded(descriptors: [:])
        return plan
    }
}
