import RuntimeSpec
import Testing

@testable import ContainerPlan

/// What is told to CRIU, and in which order.
@Suite struct RestorePlanTests {
    private static func spec(_ change: (inout Spec) -> Void = { _ in }) throws -> Spec {
        var spec = try #require(PlannedFixture.all.first { $0.fileName == "full-default.hybrid.txt" }).spec
        change(&spec)
        // What needs a namespace goes with it.
        if spec.linux?.hasNamespace(.uts) == false { (spec.hostname, spec.domainname) = (nil, nil) }
        if spec.linux?.hasNamespace(.mount) == false {
            spec.linux?.maskedPaths = nil
            spec.linux?.readonlyPaths = nil
        }
        return spec
    }

    private static func facts(_ version: Int = 40201) -> CheckpointFacts {
        var facts = CheckpointFacts()
        facts.criuVersion = version
        facts.maskedFiles = ["/proc/keys"]
        facts.namespaceNumbers = [.network: 42]
        return facts
    }

    private static func order(_ spec: Spec, _ version: Int = 40201, _ change: (inout CheckpointOptions) -> Void = { _ in }) throws -> CriuOrder {
        var options = CheckpointOptions(imagePath: "/images")
        change(&options)
        let plan = try Plan.checkpoint(
            spec, root: "/b/rootfs", groups: ["": "/sys/fs/cgroup/unified/c", "freezer": "/sys/fs/cgroup/freezer/c"],
            process: CheckpointFacts.Process(pid: 42, isPaused: false), options: options, host: PaperHost.hybrid.facts,
            facts: facts(version))
        #expect(plan.violations() == [])
        return try #require(plan.preparation.lazy.compactMap { if case .dumpProcesses(let order) = $0.action { order } else { nil } }.first)
    }

    private static func plan(_ spec: Spec, _ request: PlanRequest = PlanRequest(id: "c", bundle: "/b", waitsForStart: false)) throws -> Plan {
        try Plan.restore(
            spec, request: request, options: CheckpointOptions(imagePath: "/images"), state: "/run/veloci/c", host: PaperHost.hybrid.facts,
            facts: facts())
    }

    private static let bind = Mount(destination: "/data/", type: "bind", source: "data", options: ["rbind"])

    /// What a dump names as from outside, a restore brings along under the same name.
    @Test func bothSidesNameTheSame() throws {
        let spec = try Self.spec { $0.mounts?.append(Self.bind); $0.linux?.maskedPaths = ["/proc/keys", "/sys/firmware"] }
        let order = try Self.order(spec)
        #expect(order.externalMounts == [.init(key: "/data", value: "/data"), .init(key: "/proc/keys", value: "/dev/null")])
        let plan = try Self.plan(spec)
        let restored = plan.preparation.compactMap { if case .restoreProcesses(let order) = $0.action { order } else { nil } }
        #expect(restored.first?.externalMounts == [
            .init(key: "/data", value: "/b/data"), .init(key: "/dev/null", value: "/run/veloci/c/devices/0"),
        ])
        #expect(plan.violations() == [])
    }

    @Test func namespacesFromOutside() throws {
        let spec = try Self.spec { $0.linux?.namespaces = [Namespace(type: "network", path: "/n"), Namespace(type: "mount")] }
        #expect(try Self.order(spec).externals == ["net[42]:extRootNetNS"])
        let error = #expect(throws: PlanError.self) { try Self.order(spec, 31000) }
        #expect(error?.description == "linux.namespaces[0]: a network namespace from outside needs CRIU 3.11 or newer, and this one is 3.10")
    }

    /// The group in which `pause` freezes, if CRIU can.
    @Test func freezer() throws {
        #expect(try Self.order(Self.spec()).freezer == "/sys/fs/cgroup/unified/c")
        #expect(try Self.order(Self.spec(), 31300).freezer == "/sys/fs/cgroup/freezer/c")
    }

    @Test func configurationFile() throws {
        #expect(try Self.order(Self.spec { $0.annotations = nil }).configurationFile == "/etc/criu/runc.conf")
        #expect(try Self.order(Self.spec { $0.annotations = ["org.criu.config": "/x"] }).configurationFile == "/x")
        #expect(try Self.order(Self.spec { $0.annotations = ["org.criu.config": ""] }).configurationFile == nil)
    }

    @Test func theFirstProcessIsDumped() throws { #expect(try Self.order(Self.spec()).process == 42) }

    /// Streams of the new caller take the place of pipes, and of nothing else.
    @Test func pipesOfStreams() throws {
        var facts = Self.facts()
        facts.streams = ["/dev/null", "pipe:[7]", "pipe:[8]", "pipe:[9]"]
        let plan = try Plan.restore(
            Self.spec(), request: PlanRequest(id: "c", bundle: "/b", waitsForStart: false), options: CheckpointOptions(imagePath: "/images"),
            state: "/run/veloci/c", host: PaperHost.hybrid.facts, facts: facts)
        let order = plan.preparation.lazy.compactMap { if case .restoreProcesses(let order) = $0.action { order } else { nil } }.first
        #expect(order?.streams == [.init(key: "pipe:[7]", number: 1), .init(key: "pipe:[8]", number: 2)])
        #expect(order?.takesOwnGroups == true)
    }

    /// A paused container stays paused after a failure; another is thawed.
    @Test func thawing() throws {
        var order = try Self.order(Self.spec())
        #expect(HostStep.dumpProcesses(order).undo.actions == [.thaw])
        order.isPaused = true
        #expect(HostStep.dumpProcesses(order).undo.actions == [])
    }

    /// What is refused says what to do.
    @Test func refusalsHaveHints() throws {
        func hint(_ plan: () throws -> Any) -> String? {
            do { _ = try plan() } catch { return (error as? PlanError)?.hint }
            Issue.record("it was not refused")
            return nil
        }
        let group = try Self.spec { $0.linux?.namespaces = [Namespace(type: "cgroup", path: "/n"), Namespace(type: "mount")] }
        #expect(hint { try Self.order(group) } != nil)
        let policy = try Self.spec { $0.linux?.memoryPolicy = MemoryPolicy(mode: "MPOL_DEFAULT") }
        #expect(hint { try Self.order(policy) } != nil)
        let devices = try Self.spec { $0.linux?.netDevices = ["eth0": NetDevice()]; $0.linux?.namespaces = [Namespace(type: "network")] }
        #expect(hint { try Self.order(devices) } != nil)
        let listener = try Self.spec { $0.linux?.seccomp = SeccompProfile(defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/run/agent") }
        #expect(hint { try Self.order(listener) } != nil)
        let network = try Self.spec { $0.linux?.namespaces = [Namespace(type: "network", path: "/n"), Namespace(type: "mount")] }
        #expect(hint { try Self.order(network, 31000) } != nil)
        let process = try Self.spec { $0.linux?.namespaces = [Namespace(type: "pid", path: "/n"), Namespace(type: "mount")] }
        #expect(hint { try Self.order(process) } != nil)
        #expect(hint { try Self.plan(Self.spec { $0.linux?.namespaces = [] }) } != nil)
    }

    /// Each step of a dump that others rely on is missed.
    @Test func theCheckerSeesWhatADumpLacks() throws {
        let whole = try Plan.checkpoint(
            Self.spec(), root: "/r", groups: [:], process: CheckpointFacts.Process(pid: 42, isPaused: false),
            options: CheckpointOptions(imagePath: "/images"), host: PaperHost.hybrid.facts, facts: Self.facts())
        #expect(whole.violations() == [])
        for index in whole.preparation.indices {
            var plan = whole
            let step = plan.preparation.remove(at: index).action
            #expect(!plan.violations().isEmpty, "without \"\(step.text)\" nothing is wrong")
        }
    }

    /// CRIU would take a missing parent for none.
    @Test func theParentHasToBeThere() throws {
        func refusal(_ parent: String?, isThere: Bool, _ features: CheckpointFacts.Features?) throws -> String? {
            var facts = Self.facts()
            facts.hasParent = isThere
            facts.features = features
            var options = CheckpointOptions(imagePath: "/images/2")
            options.parentPath = parent
            let spec = try Self.spec()
            do throws(PlanError) {
                _ = try Plan.checkpoint(
                    spec, root: "/r", groups: [:], process: CheckpointFacts.Process(pid: 42, isPaused: false), options: options,
                    host: PaperHost.hybrid.facts, facts: facts)
                return nil
            } catch {
                #expect(error.hint != nil)
                return error.description
            }
        }
        let all = CheckpointFacts.Features(tracksMemory: true, fetchesPages: true)
        let none = CheckpointFacts.Features(tracksMemory: false, fetchesPages: false)
        #expect(try refusal("../1", isThere: true, all) == nil)
        #expect(try refusal("../1", isThere: true, none)?.contains("criu is missing features: [MemTrack]") == true)
        #expect(try refusal("../1", isThere: true, nil) == "CRIU feature check failed")
        // What the caller has mistaken comes before what this machine cannot.
        for features in [all, none, nil] {
            let missing = "cannot use the images of the parent: there is no directory ../1 as seen from /images/2"
            #expect(try refusal("../1", isThere: false, features) == missing)
            #expect(try refusal("/images/1", isThere: false, features) == "the path of the parent's images must be relative")
        }
        #expect(try refusal(nil, isThere: true, none) == nil)
        #expect(try refusal(nil, isThere: true, nil) == nil)
    }

    /// CRIU gives what it restores clocks of its own; who comes in later has them too, or could not be dumped with the others.
    @Test func programsHaveTheClockOfWhatWasRestored() throws {
        var spec = try Self.spec()
        var facts = PaperHost.hybrid.facts
        func joined() throws -> Set<NamespaceKind> {
            let process = try #require(spec.process)
            let plan = try Plan.execute(process, in: spec, request: PlanRequest(id: "c", bundle: "", waitsForStart: false), facts: facts)
            #expect(plan.violations() == [])
            var all: Set<NamespaceKind> = []
            for case .joinNamespaces(let kinds, _) in plan.steps.map(\.action) { all.formUnion(kinds) }
            return all
        }
        let before = try joined()
        #expect(!before.contains(.time))
        facts.hasRestoredClock = true
        #expect(try joined() == before.union([.time]))
        spec = try Self.spec { $0.linux?.namespaces = [Namespace(type: "mount")] }
        #expect(try joined() == [.mount, .time])
    }

    /// What this machine cannot is told before anything is done, on both sides.
    @Test func lazyPagesNeedTheKernel() throws {
        var options = CheckpointOptions(imagePath: "/images")
        options.lazyPages = true
        var facts = Self.facts()
        facts.features?.fetchesPages = false
        let dump = #expect(throws: PlanError.self) {
            try Plan.checkpoint(
                Self.spec(), root: "/r", groups: [:], process: CheckpointFacts.Process(pid: 42, isPaused: false), options: options,
                host: PaperHost.hybrid.facts, facts: facts)
        }
        let back = #expect(throws: PlanError.self) {
            try Plan.restore(
                Self.spec(), request: PlanRequest(id: "c", bundle: "/b", waitsForStart: false), options: options, state: "/run/veloci/c",
                host: PaperHost.hybrid.facts, facts: facts)
        }
        #expect(dump == back && dump?.message.contains("[LazyPages]") == true)
        let old = #expect(throws: PlanError.self) { try Self.order(Self.spec(), 31400) { $0.lazyPages = true; $0.statusDescriptor = 9 } }
        #expect(old?.description == "a descriptor for the status needs CRIU 3.15 or newer, and this one is 3.14")
    }

    @Test func preDumpsHaveMemoryAlone() throws {
        let spec = try Self.spec { $0.mounts?.append(Self.bind) }
        #expect(try Self.order(spec, change: { $0.isPreDump = true }).externalMounts.isEmpty)
    }

    @Test func whatWouldBeLostIsRefused() throws {
        let devices = try Self.spec { $0.linux?.netDevices = ["eth0": NetDevice()]; $0.linux?.namespaces = [Namespace(type: "network")] }
        #expect(throws: PlanError.self) { try Self.order(devices) }
        #expect(throws: Never.self) { try Self.order(devices, change: { $0.leavesRunning = true }) }
        let policy = try Self.spec { $0.linux?.memoryPolicy = MemoryPolicy(mode: "MPOL_DEFAULT") }
        #expect(throws: PlanError.self) { try Self.order(policy) }
        func refusal(_ change: (inout Spec) -> Void) throws -> String? {
            let spec = try Self.spec { $0.process?.ioPriority = nil; $0.process?.scheduler = nil; change(&$0) }
            if case .failure(let error) = Result(catching: { try Self.order(spec) }) { return (error as? PlanError)?.description }
            return nil
        }
        #expect(try refusal { _ in } == nil)
        #expect(try refusal { $0.process?.ioPriority = IOPriority(class: "IOPRIO_CLASS_BE", priority: 6) }
            == "process.ioPriority: CRIU restores no I/O priority, so the container's would be lost")
        #expect(try refusal { $0.process?.scheduler = Scheduler(policy: "SCHED_BATCH", nice: 3, flags: []) } == nil)
        #expect(try refusal { $0.process?.scheduler = Scheduler(policy: "SCHED_DEADLINE", runtime: 1024, deadline: 2048, period: 4096) }
            == "process.scheduler.policy: CRIU restores no SCHED_DEADLINE, so the container's would be lost")
        let flags = ["SCHED_FLAG_KEEP_PARAMS", "SCHED_FLAG_RESET_ON_FORK"]
        #expect(try refusal { $0.process?.scheduler = Scheduler(policy: "SCHED_RR", priority: 3, flags: flags) }
            == "process.scheduler.flags[1]: CRIU restores no flags of scheduling, so the container's would be lost")
    }

    /// A network namespace that is made anew gets its parameters anew, when the hooks have made its devices; others are in the
    /// images, or in a namespace that has stayed.
    @Test func parametersOfTheNetworkAreSetAgain() throws {
        let controls = ["net.ipv4.ip_forward": "1", "net/ipv4/conf/eth0.1/forwarding": "1", "kernel.shmmax": "7"]
        func steps(_ namespace: Namespace) throws -> [HostStep] {
            let spec = try Self.spec { $0.linux?.sysctl = controls; $0.linux?.namespaces = [namespace, Namespace(type: "mount"), Namespace(type: "ipc")] }
            let plan = try Self.plan(spec)
            #expect(plan.violations() == [])
            return (plan.gates[.ready] ?? []).map(\.action).filter { if case .setNetworkControl = $0 { true } else { false } }
        }
        let both: [HostStep] = [
            .setNetworkControl(key: "net.ipv4.ip_forward", value: "1"), .setNetworkControl(key: "net/ipv4/conf/eth0.1/forwarding", value: "1"),
        ]
        #expect(try steps(Namespace(type: "network")) == both)
        #expect(try steps(Namespace(type: "network", path: "/n")) == [])
    }

    /// What would be restored without its label is refused, at the checkpoint and again at the restore, each with its place.
    @Test func labelsAreNotLost() throws {
        var host = PaperHost.hybrid.facts
        host.selinuxIsEnabled = true
        var facts = Self.facts()
        func dump(_ spec: Spec) throws -> CriuOrder? {
            try Plan.checkpoint(
                spec, root: "/r", groups: [:], process: CheckpointFacts.Process(pid: 42, isPaused: false),
                options: CheckpointOptions(imagePath: "/images"), host: host, facts: facts
            ).preparation.lazy.compactMap { if case .dumpProcesses(let order) = $0.action { order } else { nil } }.first
        }
        func back(_ spec: Spec) throws -> Plan {
            try Plan.restore(
                spec, request: PlanRequest(id: "c", bundle: "/b", waitsForStart: false),
                options: CheckpointOptions(imagePath: "/images"),
                state: "/run/veloci/c", host: host, facts: facts)
        }
        let labelled = try Self.spec {
            $0.process?.selinuxLabel = "u:r:t:s0"
            $0.process?.apparmorProfile = nil
        }
        let profiled = try Self.spec {
            $0.process?.selinuxLabel = nil
            $0.process?.apparmorProfile = "kept"
        }
        let free = try Self.spec {
            $0.process?.selinuxLabel = ""
            $0.process?.apparmorProfile = "unconfined"
        }
        #expect(try dump(labelled)?.label == "selinux:u:r:t:s0")
        #expect(try dump(profiled)?.label == nil)
        #expect(try dump(free)?.label == nil)
        facts.showsAppArmor = false
        #expect(try dump(labelled) != nil && dump(free) != nil)
        #expect(
            #expect(throws: PlanError.self) { try dump(profiled) }?.description
                == "process.apparmorProfile: CRIU does not see AppArmor, so the profile kept would be lost")
        facts.imageModule = .unlabelled
        #expect(
            #expect(throws: PlanError.self) { try back(labelled) }?.description
                == "process.selinuxLabel: the images have no label of SELinux, so the container would not be confined by it")
        #expect(
            #expect(throws: PlanError.self) { try back(profiled) }?.description
                == "process.apparmorProfile: the images have no label of AppArmor, so the container would not be confined by it")
        #expect(throws: Never.self) { try back(free) }
        for module in [ImageModule.selinux, nil] {
            facts.imageModule = module
            #expect(throws: Never.self) { try back(labelled) }
        }
        for module in [ImageModule.appArmor, nil] {
            facts.imageModule = module
            #expect(throws: Never.self) { try back(profiled) }
        }
        // A host without the module has nothing to lose: it refused the label when the container was made.
        host.selinuxIsEnabled = false
        facts.imageModule = .unlabelled
        #expect(try dump(labelled)?.label == nil)
        #expect(throws: Never.self) { try back(labelled) }
    }

    /// Each step that others rely on is missed.
    @Test func theCheckerSeesWhatIsMissing() throws {
        let whole = try Self.plan(Self.spec { $0.process?.terminal = false })
        #expect(whole.violations() == [])
        for index in whole.preparation.indices {
            var plan = whole
            let step = plan.preparation.remove(at: index).action
            switch step {
            case .makeStateDirectory, .writeRecord, .bindRoot, .startRestorer, .detachRestorePlace:
                #expect(!plan.violations().isEmpty, "without \"\(step.text)\" nothing is wrong")
            default: continue
            }
        }
        var plan = whole
        plan.gates[.ready]?.removeAll { $0.action == .noteRunning }
        #expect(!plan.violations().isEmpty)
    }
}

extension RestorePlanTests {
    private static func order(_ spec: Spec, change: (inout CheckpointOptions) -> Void) throws -> CriuOrder {
        try order(spec, 40201, change)
    }
}
