import Cgroups
import Foundation
import RuntimeSpec

@testable import ContainerPlan

/// A host that exists only on paper, so that a plan depends on nothing of the machine that runs the test.
struct PaperHost: Sendable {
    let name: String
    let layout: CgroupLayout
    let facts: HostFacts

    /// Version 1 with version 2 beside it, as on Debian 11 with `systemd.unified_cgroup_hierarchy=0`; AppArmor.
    static let hybrid: PaperHost = {
        let named = ["cpuset", "cpu,cpuacct", "blkio", "memory", "devices", "freezer", "net_cls,net_prio", "perf_event",
            "hugetlb", "pids", "rdma"]
        let controllers = named.map { name in
            CgroupHierarchy(
                version: .v1, controllers: name.split(separator: ",").map(String.init), mountPoint: "/sys/fs/cgroup/\(name)")
        }
        let systemd = CgroupHierarchy(version: .v1, controllers: [], name: "systemd", mountPoint: "/sys/fs/cgroup/systemd")
        let unified = CgroupHierarchy(version: .v2, controllers: [], mountPoint: "/sys/fs/cgroup/unified")
        return PaperHost("hybrid", controllers + [systemd, unified], HostFacts(appArmorIsEnabled: true))
    }()

    /// Version 2 alone. With both security modules, which real hosts rarely have, so that both labels are planned.
    static let unified = PaperHost(
        "unified",
        [
            CgroupHierarchy(
                version: .v2,
                controllers: ["cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma", "misc"],
                mountPoint: "/sys/fs/cgroup")
        ], HostFacts(appArmorIsEnabled: true, selinuxIsEnabled: true))

    /// What a user without any privilege sees of the same host.
    static let unprivileged: PaperHost = {
        var facts = HostFacts(isPrivileged: false)
        facts.isRootless = true
        return PaperHost("unprivileged", unified.layout.hierarchies, facts)
    }()

    /// What veloci sees of it inside a user namespace with a mount namespace, as rootless engines call it.
    static let nested: PaperHost = {
        var facts = HostFacts()
        facts.isInUserNamespace = true
        facts.canRaiseLimits = false
        return PaperHost("nested", unified.layout.hierarchies, facts)
    }()

    /// An initial ramdisk, whose root cannot be left by pivot_root(2).
    static let ramdisk: PaperHost = {
        var facts = HostFacts()
        facts.kernelViews = ["/proc", "/sys"]
        return PaperHost("ramdisk", unified.layout.hierarchies, facts)
    }()

    /// One where few files may be open, with a link where a fixture has one.
    static let narrow: PaperHost = {
        var facts = HostFacts()
        facts.openFileLimit = OpenFileLimit(soft: 32, hard: 4096)
        facts.sourceLinks = ["/etc/localtime": "../usr/share/zoneinfo/UTC"]
        return PaperHost("narrow", unified.layout.hierarchies, facts)
    }()

    private init(_ name: String, _ hierarchies: [CgroupHierarchy], _ facts: HostFacts) {
        self.name = name
        layout = CgroupLayout(hierarchies: hierarchies)
        var facts = facts
        facts.layout = layout
        self.facts = facts
    }
}

/// What is planned for a fixture besides its first create.
enum PlanVariant: String, CaseIterable, Sendable {
    case create
    /// `run` with a pid file, without `--console-socket`.
    case run
    /// `create --no-pivot --no-new-keyring --preserve-fds 2`.
    case options
    /// `exec` of the container's own process.
    case exec
    /// `exec` in a terminal with kept descriptors and a pid file.
    case terminal
    /// `exec` in a terminal that nobody else gets, by a user whose container has a unit of the user's systemd.
    case terminalOfUser
    /// `create` with systemd's units, and with those of a user.
    case systemd, systemdOfUser
    /// `run --detach` under a service manager that waits, with a socket for the process.
    case service
    /// `mounts add` and `mounts remove` of the container's own mounts, while it runs.
    case addMounts, removeMounts
    /// `restore`, and with a terminal that nobody else gets.
    case restore, restoreInForeground
    /// `checkpoint`, with all that leaves the container running, and with memory alone.
    case checkpoint, checkpointLeavingRunning, preDump

    func request(bundle: String, _ spec: Spec) -> PlanRequest {
        let creates: [PlanVariant] = [.create, .options, .systemd, .systemdOfUser]
        var request = PlanRequest(id: "golden", bundle: HostPath(bundle), waitsForStart: creates.contains(self))
        let hasTerminal = self == .terminal || spec.process?.terminal == true
        if hasTerminal && self != .run && self != .terminalOfUser && self != .restoreInForeground { request.consoleSocket = "/run/console.sock" }
        if self != .create && self != .exec { request.pidFile = "/run/golden.pid" }
        if self == .systemd || self == .systemdOfUser { request.controlGroupManager = .systemd }
        if self == .service {
            request.detaches = true
            request.processSocket = "/run/process.sock"
            request.callsHost = true
            request.notifySocket = "/run/notify.sock"
        }
        if self == .restore { request.detaches = true }
        request.endsWithCaller = self == .run || self == .terminalOfUser
        if self == .terminalOfUser { request.unitOfUser = "user.scope" }
        if self == .options {
            request.usesPivotRoot = false
            request.makesSessionKeyring = false
            request.keptDescriptors = [3, 4]
        }
        if self == .terminal { request.keptDescriptors = [3, 7] }
        return request
    }
}

/// The plan of one accepted fixture on one host, and the file that says what it must be.
struct PlannedFixture: Sendable, CustomStringConvertible {
    let name: String
    let host: PaperHost
    let variant: PlanVariant
    let spec: Spec

    static let fixtures = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("spec-fixtures")
    static let plans = fixtures.appendingPathComponent("plans")

    var description: String { fileName }

    /// Whether a stage performs it.
    var isStaged: Bool {
        ![.restore, .restoreInForeground, .checkpoint, .checkpointLeavingRunning, .preDump].contains(variant)
    }
    static var staged: [PlannedFixture] { all.filter { $0.isStaged } }

    /// `terminal.hybrid.txt`, or `terminal.hybrid.run.txt`.
    var fileName: String {
        [name, host.name, variant == .create ? nil : variant.rawValue, "txt"].compactMap(\.self).joined(separator: ".")
    }

    /// Fixtures of which more than the first create is planned, with the host and the variant.
    private static let more: [(String, PaperHost, [PlanVariant])] = [
        ("full-default", .hybrid, [.run, .options, .exec, .terminal]),
        ("full-default", .unified, [.run, .options, .exec, .terminal]),
        ("terminal", .unified, [.run]),
        ("full-default", .unprivileged, [.terminalOfUser]),
        ("cgroups-path-systemd", .hybrid, [.systemd]),
        ("cgroups-path-systemd", .unified, [.systemd]),
        ("cgroups-path-systemd", .unprivileged, [.systemdOfUser]),
        ("pids-zero", .unified, [.systemd]),
        ("engine-daemonless", .unified, [.service]),
        ("every-hook", .unified, [.run, .options]),
        ("every-namespace", .unified, [.exec]),
        ("exec-cpu-affinity", .unified, [.exec]),
        ("engine-daemon", .hybrid, [.exec, .terminal]),
        ("security-labels", .unified, [.exec]),
        ("seccomp-every-action", .unified, [.exec]),
        ("scheduler-deadline", .unified, [.exec]),
        ("memory-policy-bind", .unified, [.exec]),
        ("personality", .unified, [.exec]),
        ("rootless", .unprivileged, [.create, .exec]),
        ("every-namespace-joined", .unprivileged, [.create, .exec]),
        ("engine-daemon", .nested, [.create]),
        ("full-default", .ramdisk, [.options]),
        ("rootless", .nested, [.create, .exec]),
        ("mount-links", .narrow, [.create]),
        ("mount-links", .unified, [.addMounts, .removeMounts]),
        ("user-namespace-devices", .hybrid, [.removeMounts]),
        ("mount-idmap-option", .hybrid, [.addMounts]),
        ("full-default", .hybrid, [.restore, .checkpoint]),
        ("full-default", .unified, [.restore, .restoreInForeground, .checkpoint, .checkpointLeavingRunning, .preDump]),
        ("every-hook", .unified, [.restore]),
        ("sysctl", .unified, [.restore]),
        ("every-namespace", .hybrid, [.restore, .checkpoint]),
        ("every-namespace-joined", .unified, [.restore, .checkpoint]),
        ("engine-daemon", .hybrid, [.restore, .checkpoint]),
        ("user-namespace-devices", .hybrid, [.restore, .checkpoint]),
        ("memory-policy-bind", .unified, [.restore]),
        ("mount-links", .nested, [.create]),
        ("user-namespace-devices", .nested, [.create]),
    ]

    /// Every accepted fixture that has a process and a root, on both hosts. Empty if the folder cannot be read, which a
    /// test notices.
    static let all: [PlannedFixture] = {
        var specs: [String: Spec] = [:]
        // Of the choices some are refused: the index tells.
        let index = (try? Data(contentsOf: fixtures.appendingPathComponent("index.json"))).flatMap { try? JSONValue.decode([UInt8]($0)) }
        for entry in (index?.array ?? []).compactMap(\.object)
        where entry["document"]?.string == "config" && entry["verdict"]?.string == "accepted" {
            let file = entry["file"]?.string ?? ""
            guard let data = try? Data(contentsOf: fixtures.appendingPathComponent(file)),
                let spec = try? Spec.decode([UInt8](data)), spec.process != nil, spec.root != nil
            else { continue }
            specs[String(file.drop { $0 != "/" }.dropFirst().dropLast(5))] = spec
        }
        let names = specs.keys.sorted()
        let creations = names.flatMap { name in
            [PaperHost.hybrid, .unified].compactMap { host in
                specs[name].map { PlannedFixture(name: name, host: host, variant: .create, spec: $0) }
            }
        }
        return creations
            + more.flatMap { name, host, variants in
                variants.compactMap { variant in
                    specs[name].map { PlannedFixture(name: name, host: host, variant: variant, spec: $0) }
                }
            }
    }()

    /// The plan, made with the host's facts only.
    func plan() throws -> Plan {
        var request = variant.request(bundle: "/bundles/\(name)", spec)
        request.seccomp = spec.linux?.seccomp.map(SeccompFilter.standIn)
        var facts = host.facts
        if variant == .systemd { facts.systemd = SystemdFacts(version: 257) }
        if variant == .systemdOfUser {
            let manager = "/user.slice/user-1000.slice/user@1000.service"
            facts.systemd = SystemdFacts(version: 257, isUser: true, controlGroup: manager)
        }
        if variant == .addMounts || variant == .removeMounts {
            request.controlGroupManager = .disabled
            let spec = try ValidatedSpec(spec)
            return variant == .addMounts
                ? try Plan.addMounts(of: spec, request: request, facts: facts)
                : try Plan.removeMounts(spec.mounts, in: spec, request: request, facts: facts)
        }
        if !isStaged {
            var known = CheckpointFacts()
            known.criuVersion = 40201
            var options = CheckpointOptions(imagePath: "/images")
            options.tcpEstablished = true
            if variant == .restore { known.streams = ["/dev/null", "pipe:[17]", "pipe:[18]"] }
            if variant != .restore && variant != .restoreInForeground {
                return try checkpoint(options, known)
            }
            return try Plan.restore(
                spec, request: request, options: options, state: "/run/veloci/golden", host: facts, facts: known)
        }
        guard [.exec, .terminal, .terminalOfUser].contains(variant) else {
            return try Plan.create(spec, request: request, facts: facts)
        }
        guard var process = spec.process else { throw PlanError("no process", at: .of("process")) }
        if variant != .exec {
            process.terminal = true
            process.consoleSize = ConsoleSize(height: 24, width: 80)
        }
        request.containerGroups = try CgroupPaths(
            layout: host.layout, cgroupsPath: spec.linux?.cgroupsPath, containerID: request.id)
        return try Plan.execute(process, in: spec, request: request, facts: facts)
    }

    private func checkpoint(_ asked: CheckpointOptions, _ facts: CheckpointFacts) throws -> Plan {
        var (options, facts) = (asked, facts)
        facts.maskedFiles = ["/proc/keys"]
        facts.namespaceNumbers = [.network: 4026531840, .pid: 4026531836]
        options.isPreDump = variant == .preDump
        options.leavesRunning = variant == .checkpointLeavingRunning
        if options.leavesRunning {
            options.workPath = "/log"
            options.fileLocks = true
            options.pageServer = CheckpointOptions.PageServer(address: "10.0.0.2", port: 7)
        }
        if options.isPreDump { options.parentPath = "../1" }
        let groups = try CgroupPaths(layout: host.layout, cgroupsPath: spec.linux?.cgroupsPath, containerID: "golden")
        return try Plan.checkpoint(
            spec, root: HostPath("/bundles/\(name)/rootfs"), groups: groups.recorded,
            process: CheckpointFacts.Process(pid: 4711, isPaused: options.leavesRunning), options: options, host: host.facts, facts: facts)
    }

    /// What the golden file holds: the plan and its warnings, or why there is none.
    var document: String {
        do {
            return try plan().text
        } catch {
            return "no plan: \(error)\n"
        }
    }
}

extension SeccompFilter {
    /// One instruction for each rule and one to allow the rest: what the real compiler makes depends on its library.
    static func standIn(_ profile: SeccompProfile) -> SeccompFilter {
        let allow: [UInt8] = [0x06, 0, 0, 0, 0, 0, 0xff, 0x7f]
        let rules = profile.syscalls ?? []
        return SeccompFilter(
            program: (0...rules.count).flatMap { _ in allow }, flags: 0,
            needsListener: rules.contains { $0.action == "SCMP_ACT_NOTIFY" })
    }
}
