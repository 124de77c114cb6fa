import Cgroups
import Chance
import RuntimeSpec

@testable import ContainerPlan

/// Configurations that a validated document could be, by chance.
struct RandomRequest {
    private var generator: SplitMix

    init(seed: UInt64) { generator = SplitMix(seed: seed) }

    private mutating func chance(_ percent: UInt64) -> Bool { generator.below(100) < percent }
    private mutating func pick<Element>(_ elements: [Element]) -> Element { generator.pick(elements) }
    private mutating func some<Element>(_ elements: [Element]) -> [Element] {
        var kept: [Element] = []
        for element in elements where chance(40) { kept.append(element) }
        return kept
    }

    mutating func make() -> (Spec, PlanRequest, HostFacts) {
        var spec = Spec(ociVersion: "1.3.0", root: Root(path: pick(["rootfs", "/srv/root"]), readonly: chance(30)))
        let linux = makeLinux()
        spec.linux = chance(95) ? linux : nil
        let kinds = Set((spec.linux?.namespaces ?? []).map(\.type))
        if kinds.contains("mount") || chance(50) { spec.mounts = makeMounts() }
        if !kinds.contains("mount") {
            // The validator refuses them.
            spec.linux?.maskedPaths = nil
            spec.linux?.readonlyPaths = nil
        }
        if kinds.contains("uts") && chance(50) { spec.hostname = "host" }
        if kinds.contains("uts") && chance(20) { spec.domainname = "domain" }
        spec.process = makeProcess()
        if chance(40) {
            spec.hooks = Hooks(
                prestart: makeHooks(), createRuntime: makeHooks(), createContainer: makeHooks(), startContainer: makeHooks(),
                poststart: makeHooks(), poststop: makeHooks())
        }
        var request = PlanRequest(id: "random", bundle: "/bundle", waitsForStart: chance(70))
        request.usesPivotRoot = chance(80)
        request.makesSessionKeyring = chance(80)
        request.detaches = !request.waitsForStart && chance(50)
        request.endsWithCaller = !request.waitsForStart && !request.detaches
        let sendsTerminal = spec.process?.terminal == true && (request.waitsForStart || request.detaches)
        request.consoleSocket = sendsTerminal ? "/run/console" : nil
        request.processSocket = chance(20) ? "/run/process" : nil
        request.notifySocket = chance(20) ? "/run/notify" : nil
        request.pidFile = chance(30) ? "/run/pid" : nil
        request.keptDescriptors = chance(20) ? [3, 5] : []
        request.controlGroupManager = chance(80) ? .files : .disabled
        request.callsHost = chance(20)
        if chance(50) {
            request.seccomp = SeccompFilter(program: [UInt8](repeating: 6, count: 16), flags: 0, needsListener: chance(30))
            spec.linux?.seccomp = SeccompProfile(defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/run/listener")
        }
        return (spec, request, makeFacts())
    }

    private mutating func makeFacts() -> HostFacts {
        var facts = HostFacts(
            isPrivileged: chance(80), lastCapability: pick([37, 40, 41]), appArmorIsEnabled: chance(50),
            selinuxIsEnabled: chance(50))
        let names = chance(50) ? ["cpu,cpuacct", "memory"] : []
        let legacy = names.map { name in
            CgroupHierarchy(
                version: .v1, controllers: name.split(separator: ",").map(String.init), mountPoint: "/sys/fs/cgroup/\(name)")
        }
        let unified = CgroupHierarchy(version: .v2, controllers: [], mountPoint: "/sys/fs/cgroup")
        facts.layout = CgroupLayout(hierarchies: legacy + (legacy.isEmpty || chance(80) ? [unified] : []))
        facts.isInUserNamespace = chance(20)
        facts.kernelViews = chance(30) ? ["/proc", "/sys"] : []
        return facts
    }

    private mutating func makeLinux() -> Linux {
        var linux = Linux()
        var namespaces: [Namespace] = []
        for kind in NamespaceKind.allCases where chance(kind == .mount ? 95 : kind == .user || kind == .time ? 30 : 70) {
            let path = chance(15) ? "/run/ns/\(kind.rawValue)" : chance(10) ? "" : nil
            namespaces.append(Namespace(type: kind.rawValue, path: path))
        }
        linux.namespaces = namespaces
        let isNew = { (kind: String) in namespaces.contains { $0.type == kind && ($0.path ?? "").isEmpty } }
        if isNew("user") {
            linux.uidMappings = [IDMapping(containerID: 0, hostID: 1000, size: 65536)]
            linux.gidMappings = linux.uidMappings
        }
        if isNew("time"), chance(60) { linux.timeOffsets = ["monotonic": TimeOffset(secs: 5), "boottime": TimeOffset(secs: -5)] }
        if isNew("network"), chance(30) { linux.netDevices = ["eth0": NetDevice(name: chance(50) ? "lan" : nil)] }
        if isNew("network"), chance(30) { linux.sysctl = ["net.ipv4.ip_forward": "1", "net.core.somaxconn": "9"] }
        linux.maskedPaths = chance(60) ? some(["/proc/kcore", "/proc/keys", "/sys/firmware", "/etc/x"]) : nil
        linux.readonlyPaths = chance(60) ? some(["/proc/sys", "/proc/bus", "/usr"]) : nil
        linux.rootfsPropagation = chance(40) ? pick(["private", "rslave", "shared", "rshared", "unbindable", "rprivate"]) : nil
        linux.personality = chance(20) ? Personality(domain: "LINUX32") : nil
        linux.memoryPolicy = chance(10) ? MemoryPolicy(mode: "MPOL_BIND", nodes: "0-1") : nil
        if chance(30) {
            linux.devices = [
                Device(path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 0o600, uid: 1, gid: 2),
                Device(path: "/run/fifo", type: "p"),
            ]
        }
        return linux
    }

    private mutating func makeMounts() -> [Mount] {
        some([
            Mount(destination: "/proc", type: "proc", source: "proc", options: ["nosuid"]),
            Mount(destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["mode=755", "nosuid"]),
            Mount(destination: "/sys", type: "sysfs", source: "sysfs", options: ["ro"]),
            Mount(destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro", "relatime"]),
            Mount(destination: "/data", type: "bind", source: "/srv", options: ["rbind", "rro"]),
            Mount(destination: "/other", source: pick(["/srv/root/data/a", "rootfs/data"]), options: ["rbind", "ro"]),
            Mount(destination: "/layers", type: "overlay", options: ["lowerdir=" + String(repeating: "/layer:", count: 60)]),
            Mount(destination: "/data/../x", type: "", source: "files", options: ["bind", "rshared"]),
            Mount(destination: "/scratch", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]),
            Mount(destination: "/proc", options: ["remount", "ro"]),
            Mount(destination: "/dev", type: "bind", source: "/dev", options: ["bind"]),
            Mount(destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["remount", "ro"]),
            Mount(destination: "/late", type: "tmpfs", source: "tmpfs", options: ["ro"]),
            Mount(destination: "/late/inside", type: "tmpfs", source: "tmpfs"),
        ])
    }

    private mutating func makeHooks() -> [Hook]? {
        guard chance(50) else { return nil }
        return (0...generator.below(2)).map {
            Hook(path: "/bin/hook\($0)", args: ["hook"], env: ["A=b"], timeout: chance(50) ? 3 : nil)
        }
    }

    private mutating func makeProcess() -> Spec.Process {
        var process = Spec.Process(
            terminal: chance(30), consoleSize: chance(30) ? ConsoleSize(height: 24, width: 80) : nil,
            user: User(
                uid: pick([0, 0, 1000, UInt32.max - 1]), gid: pick([0, 5]), umask: chance(30) ? 0o27 : nil,
                additionalGids: chance(30) ? [1, 2, 3] : nil),
            args: ["/bin/program", "argument", ""], env: chance(50) ? ["PATH=/bin", "HOME=/x"] : ["PATH=/bin"],
            cwd: pick(["/", "/srv"]))
        process.noNewPrivileges = chance(50)
        process.oomScoreAdj = chance(40) ? 100 : nil
        process.apparmorProfile = chance(5) ? "profile" : nil
        process.selinuxLabel = chance(5) ? "label" : nil
        process.scheduler = chance(15) ? Scheduler(policy: "SCHED_BATCH", nice: 3) : nil
        process.ioPriority = chance(15) ? IOPriority(class: "IOPRIO_CLASS_BE", priority: 3) : nil
        process.execCPUAffinity = chance(15) ? CPUAffinity(initial: "0-1", final: "1") : nil
        if chance(60) {
            let names = ["CAP_KILL", "CAP_CHOWN", "CAP_SYS_ADMIN", "CAP_CHECKPOINT_RESTORE"]
            let all = some(names)
            process.capabilities = Capabilities(
                effective: all, bounding: some(names), inheritable: some(all), permitted: all, ambient: some(all))
        }
        if chance(50) {
            process.rlimits = [Rlimit(type: "RLIMIT_NOFILE", soft: 8, hard: 9), Rlimit(type: "RLIMIT_CORE", soft: 0, hard: 0)]
        }
        return process
    }
}
