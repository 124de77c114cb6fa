import RuntimeSpec
import Testing

@testable import ContainerPlan

/// What of a plan depends on the host that it is made for.
@Suite struct HostFactTests {
    private func plan(_ facts: HostFacts, _ change: (inout Spec) -> Void = { _ in }) throws -> String {
        var spec = Spec(
            ociVersion: "1.3.0", root: Root(path: "rootfs"), process: Spec.Process(user: User(uid: 0, gid: 0), cwd: "/"),
            linux: Linux(namespaces: [Namespace(type: "mount")]))
        spec.process?.args = ["/bin/true"]
        change(&spec)
        return try Plan.create(spec, request: PlanRequest(id: "facts", bundle: "/bundle"), facts: facts).text
    }

    @Test func coreLinkNeedsAKernelCore() throws {
        var facts = HostFacts()
        #expect(try !plan(facts).contains("/dev/core"))
        facts.hasKernelCore = true
        #expect(try plan(facts).contains("link /dev/core to /proc/kcore"))
        let bound = try plan(facts) { $0.mounts = [Mount(destination: "/dev", source: "/dev", options: ["rbind"])] }
        #expect(!bound.contains("/dev/core"), "nothing is made in a /dev that is bound")
    }

    /// RUNC: a namespace that is given by path may be the runtime's own, and what is changed in it is changed for the host.
    @Test(arguments: [
        ("net.ipv4.ip_forward", "network"), ("kernel.msgmax", "ipc"), ("fs.mqueue.msg_max", "ipc"), ("kernel.domainname", "uts"),
    ])
    func parametersOfOwnNamespaces(key: String, kind: String) throws {
        func attempt(_ facts: HostFacts) throws -> String {
            try plan(facts) {
                $0.linux?.namespaces?.append(Namespace(type: kind, path: "/proc/1/ns/" + kind))
                $0.linux?.sysctl = [key: "1"]
            }
        }
        #expect(try attempt(HostFacts()).contains("set \(key) to 1"))
        var facts = HostFacts()
        facts.ownNamespaces = Set(NamespaceKind.allCases.filter { $0.rawValue != kind && $0 != .mount })
        #expect(try attempt(facts).contains("set \(key) to 1"))
        facts.ownNamespaces = [try #require(NamespaceKind(rawValue: kind))]
        let error = #expect(throws: PlanError.self) { try attempt(facts) }
        #expect(error?.message == "sysctl \"\(key)\" not allowed in host \(kind) namespace")
    }

    /// Pods on the host's network name the host's names, which changes nothing.
    @Test func namesOfOwnNamespace() throws {
        var facts = HostFacts()
        facts.ownNamespaces = [.uts]
        facts.hostname = "host"
        func attempt(_ name: String) throws -> String {
            try plan(facts) {
                $0.linux?.namespaces?.append(Namespace(type: "uts", path: "/proc/1/ns/uts"))
                $0.hostname = name
            }
        }
        #expect(try !attempt("host").contains("set the hostname"))
        #expect(throws: PlanError.self) { try attempt("other") }
        facts.ownNamespaces = []
        #expect(try attempt("other").contains("set the hostname to other"))
    }

    @Test func securityModulesMustBeThere() throws {
        var facts = HostFacts()
        #expect(throws: PlanError.self) { try plan(facts) { $0.process?.apparmorProfile = "docker-default" } }
        #expect(throws: PlanError.self) { try plan(facts) { $0.process?.selinuxLabel = "system_u:system_r:x_t:s0" } }
        #expect(throws: PlanError.self) { try plan(facts) { $0.linux?.mountLabel = "system_u:object_r:x_t:s0" } }
        facts.appArmorIsEnabled = true
        facts.selinuxIsEnabled = true
        #expect(try plan(facts) { $0.process?.apparmorProfile = "docker-default" }.contains("docker-default"))
        #expect(try plan(facts) { $0.process?.selinuxLabel = "a:b:c:s0" }.contains("a:b:c:s0"))
    }

    /// Where SELinux is on, a label goes to each file system that can have one, and not to the kernel's own views.
    @Test func mountLabelGoesToFileSystems() throws {
        var facts = HostFacts()
        facts.selinuxIsEnabled = true
        let text = try plan(facts) {
            $0.linux?.mountLabel = "a:b:c:s0"
            $0.mounts = [
                Mount(destination: "/proc", type: "proc"), Mount(destination: "/sys", type: "sysfs"),
                Mount(destination: "/dev/mqueue", type: "mqueue"), Mount(destination: "/tmp", type: "tmpfs"),
            ]
        }
        let labelled = text.split(separator: "\n").filter { $0.contains("context=a:b:c:s0") }
        #expect(labelled.count == 1 && labelled[0].contains("mount tmpfs on /tmp"))
    }

    /// SPEC(config.md#linux-process): what cannot be granted is a warning and no failure.
    @Test(arguments: [(nil, ["CAP_CHOWN"], true), ("user", ["CAP_CHOWN", "CAP_SYS_RESOURCE"], false)] as [(String?, [String], Bool)])
    func onlyOwnCapabilitiesCanBeGiven(namespace: String?, given: [String], warns: Bool) throws {
        var facts = HostFacts()
        facts.permittedCapabilities = ~(1 << 24)
        let both = ["CAP_CHOWN", "CAP_SYS_RESOURCE"]
        let map = [IDMapping(containerID: 0, hostID: 5000, size: 1)]
        var spec = Spec(
            ociVersion: "1.3.0", root: Root(path: "rootfs"), process: Spec.Process(args: ["/bin/true"], cwd: "/"),
            linux: Linux(namespaces: [Namespace(type: "mount")] + (namespace.map { [Namespace(type: $0)] } ?? [])))
        if namespace != nil {
            spec.linux?.uidMappings = map
            spec.linux?.gidMappings = map
        }
        spec.process?.capabilities = Capabilities(effective: both, bounding: both, permitted: both)
        let plan = try Plan.create(spec, request: PlanRequest(id: "facts", bundle: "/bundle"), facts: facts)
        let bits = given.reduce(into: UInt64(0)) { $0 |= 1 << UInt64(Capability(name: $1)?.rawValue ?? 63) }
        let set = CapabilitySet(bits: bits)
        let step = Step.setCapabilities(effective: set, permitted: set, inheritable: CapabilitySet(bits: 0))
        #expect(plan.steps.contains { $0.action == step })
        #expect(plan.warnings == (warns ? ["ignoring unknown or unavailable capabilities: [CAP_SYS_RESOURCE]"] : []))
    }

    @Test func onlyWhatIsPermittedIsEffective() throws {
        var spec = Spec(
            ociVersion: "1.3.0", root: Root(path: "rootfs"), process: Spec.Process(args: ["/bin/true"], cwd: "/"),
            linux: Linux(namespaces: [Namespace(type: "mount")]))
        spec.process?.capabilities = Capabilities(effective: ["CAP_KILL", "CAP_CHOWN"], bounding: ["CAP_KILL", "CAP_CHOWN"], permitted: ["CAP_KILL"])
        let plan = try Plan.create(spec, request: PlanRequest(id: "facts", bundle: "/bundle"), facts: HostFacts())
        let kill = CapabilitySet(bits: 1 << 5)
        let step = Step.setCapabilities(effective: kill, permitted: kill, inheritable: CapabilitySet(bits: 0))
        #expect(plan.steps.contains { $0.action == step })
        #expect(plan.warnings == ["effective capabilities that are not permitted cannot be given: [CAP_CHOWN]"])
    }

    @Test func withoutPrivilegeTheHostMapsNothing() throws {
        let map = [IDMapping(containerID: 0, hostID: 5000, size: 1)]
        let mount = Mount(destination: "/m", type: "tmpfs", uidMappings: map, gidMappings: map)
        #expect(throws: PlanError.self) { try plan(HostFacts(isPrivileged: false)) { $0.mounts = [mount] } }
        #expect(try plan(HostFacts()) { $0.mounts = [mount] }.contains("with ids mapped"))
    }

    /// Who is privileged reads everybody's files; otherwise root of the user namespace copies, which only the stage is.
    @Test func whoCopiesUp() throws {
        func mount(_ facts: HostFacts, _ options: [String] = []) throws -> String {
            try plan(facts) { $0.mounts = [Mount(destination: "/c", type: "tmpfs", options: ["tmpcopyup"] + options)] }
        }
        let user = HostFacts(isPrivileged: false)
        #expect(try mount(user).contains("mount tmpfs on /c, with the mode of what it covers, with a copy of what it covers"))
        #expect(try !mount(HostFacts()).contains("mount tmpfs on /c"))
        #expect(throws: PlanError.self) { try mount(user, ["context=" + String(repeating: "x", count: 256)]) }
    }

    /// Where nodes cannot be made the host's are bound, and cover what is masked: in a user namespace, be it the container's or
    /// the one that veloci is in, and without CAP_MKNOD.
    @Test(arguments: [(false, true, true, true), (true, true, true, false), (false, false, true, false), (false, true, false, false)])
    func devicesAreMadeOrBound(container: Bool, first: Bool, mknod: Bool, makes: Bool) throws {
        var facts = HostFacts()
        facts.isInUserNamespace = !first
        if !mknod { facts.permittedCapabilities &= ~(1 << 27) }
        let map = [IDMapping(containerID: 0, hostID: 5000, size: 1)]
        let text = try plan(facts) {
            if container {
                $0.linux?.namespaces?.append(Namespace(type: "user"))
                $0.linux?.uidMappings = map
                $0.linux?.gidMappings = map
            }
            $0.linux?.devices = [
                Device(path: "/dev/fuse", type: "c", major: 10, minor: 229), Device(path: "/run/fifo", type: "p"),
            ]
            $0.linux?.maskedPaths = ["/proc/keys"]
        }
        #expect(text.contains("make the device /dev/null") == makes && text.contains("make the device /dev/fuse") == makes)
        #expect(text.contains("bind the host's device on /dev/null") != makes && text.contains("on /dev/fuse") != makes)
        #expect(text.contains("open /dev/null of the host and check") != makes)
        #expect(text.contains("make the device /run/fifo"), "a fifo is no device of the host")
    }

    /// What is mounted in a tmpfs, and devices in /dev, are made before these become read-only.
    @Test func readOnlyComesLast() throws {
        let text = try plan(HostFacts()) {
            $0.root?.readonly = true
            $0.process?.cwd = "/late/directory"
            $0.mounts = [
                Mount(destination: "/dev", type: "tmpfs", options: ["ro"]), Mount(destination: "/late", type: "tmpfs", options: ["ro"]),
                Mount(destination: "/late/inside", type: "tmpfs"), Mount(destination: "/bound", source: "/srv", options: ["bind", "ro"]),
            ]
        }
        let lines = text.split(separator: "\n").map(String.init)
        func place(_ words: String) throws -> Int { try #require(lines.firstIndex { $0.contains(words) }, "no \(words)") }
        let end = try place("make the mount on /dev read-only")
        #expect(try place("mount tmpfs on /late/inside") < end && place("make the device /dev/null") < end)
        #expect(try place("make the directory /late/directory if it is missing") < end)
        #expect(try end < place("make the mount on /late read-only") && end < place("make the root read-only"))
        #expect(lines.filter { $0.contains("mount tmpfs on") && $0.contains("ro") }.isEmpty)
        #expect(lines[try place("open a copy of the mount at /srv")].contains("with ro"), "what is bound is complete")
    }

    /// A program that says nothing about its powers has the container's.
    @Test func programsHaveThePowersOfTheirContainer() throws {
        var spec = Spec(
            ociVersion: "1.3.0", root: Root(path: "rootfs"),
            process: Spec.Process(user: User(uid: 0, gid: 0, umask: 0o27), args: ["/bin/true"], cwd: "/"),
            linux: Linux(namespaces: [Namespace(type: "mount")]))
        spec.process?.capabilities = Capabilities(effective: ["CAP_KILL"], bounding: ["CAP_KILL"], permitted: ["CAP_KILL"])
        spec.process?.oomScoreAdj = 321
        spec.process?.ioPriority = IOPriority(class: "IOPRIO_CLASS_BE", priority: 3)
        func text(_ program: Spec.Process) throws -> String {
            try Plan.execute(program, in: spec, request: PlanRequest(id: "facts", bundle: ""), facts: HostFacts()).text
        }
        let silent = try text(Spec.Process(args: ["/bin/true"], cwd: "/"))
        for words in ["effective kill,", "mask to 027", "score to 321", "level 3"] { #expect(silent.contains(words), "\(words)") }
        var own = Spec.Process(user: User(uid: 0, gid: 0, umask: 0), args: ["/bin/true"], cwd: "/")
        own.capabilities = Capabilities()
        own.oomScoreAdj = 0
        let spoken = try text(own)
        for words in ["kill,", "mask to 027", "score to 321"] { #expect(!spoken.contains(words), "\(words)") }
        #expect(spoken.contains("set capabilities"))
    }

    /// A source that an earlier mount provides is looked up in the root: on the host nothing of it is to be seen.
    @Test(arguments: [
        ("/bundle/rootfs/a", true), ("rootfs/a/b", true), ("/bundle/./rootfs//a", true), ("/bundle/rootfs/ab", false),
        ("/bundle/rootfs", false), ("/a", false), ("/bundle/rootfs/late/x", false),
    ] as [(String, Bool)])
    func sourcesMayComeFromEarlierMounts(source: String, isInside: Bool) throws {
        let text = try plan(HostFacts()) {
            $0.mounts = [
                Mount(destination: "/a", type: "tmpfs"), Mount(destination: "/b", source: source, options: ["bind"]),
                Mount(destination: "/late", type: "tmpfs"),
            ]
        }
        #expect(text.contains("of the root") == isInside)
    }

    /// KERNEL: fsconfig(2) takes 255 bytes; mount(2) a page for all.
    @Test func longOptionsHaveALimit() throws {
        func mount(_ count: Int, _ options: [String] = []) throws -> String {
            let layers = "lowerdir=" + String(repeating: "x", count: count)
            return try plan(HostFacts()) { $0.mounts = [Mount(destination: "/o", type: "overlay", options: [layers] + options)] }
        }
        #expect(try mount(255).contains("overlay") && mount(256).contains("overlay") && mount(4086).contains("overlay"))
        #expect(throws: PlanError.self) { try mount(4087) }
        #expect(throws: PlanError.self) { try mount(256, ["tmpcopyup"]) }
    }

    /// The old root stays underneath; a whole proc or sysfs of the host must not.
    @Test func withoutPivotTheHostsViewsAreHidden() throws {
        var facts = HostFacts()
        facts.kernelViews = ["/proc", "/srv/sys"]
        var spec = Spec(
            ociVersion: "1.3.0", root: Root(path: "rootfs"), process: Spec.Process(args: ["/bin/true"], cwd: "/"),
            linux: Linux(namespaces: [Namespace(type: "mount")]))
        var request = PlanRequest(id: "facts", bundle: "/bundle")
        request.usesPivotRoot = false
        let text = try Plan.create(spec, request: request, facts: facts).text
        #expect(text.contains("detach /proc of the host") && text.contains("detach /srv/sys of the host"))
        #expect(text.contains("enter the root, which covers /") && !text.contains("move the root"))
        spec.hooks = Hooks(createContainer: [Hook(path: "/bin/hook")])
        #expect(try Plan.create(spec, request: request, facts: facts).text.contains("move the root to /"))
    }

    /// Who maps nobody to root becomes somebody who is mapped.
    @Test(arguments: [
        ([(0, 5, 1)], 0, 0), ([(1000, 1000, 1)], 1000, 1000), ([(1000, 1000, 1)], 7, 1000), ([(10, 0, 5), (50, 10, 2)], 51, 51),
        ([(10, 0, 5), (0, 10, 2)], 12, 0),
    ] as [([(UInt32, UInt32, UInt32)], UInt32, UInt32)])
    func userOfTheNamespaceIsMapped(mappings: [(UInt32, UInt32, UInt32)], user: UInt32, expected: UInt32) throws {
        let text = try plan(HostFacts()) {
            // One that exists may have any.
            $0.linux?.namespaces?.append(Namespace(type: "user", path: "/n"))
            let map = mappings.map { IDMapping(containerID: $0.0, hostID: $0.1, size: $0.2) }
            $0.linux?.uidMappings = map
            $0.linux?.gidMappings = map
            $0.process?.user = User(uid: user, gid: user)
        }
        #expect(text.contains(expected == 0 ? "become root of the user" : "become user \(expected), group \(expected) of the user"))
    }

    @Test func whatIsListedTwiceIsHiddenOnce() throws {
        let text = try plan(HostFacts()) {
            $0.linux?.maskedPaths = ["/proc/keys", "/proc//keys", "/proc/keys/", "/proc/kcore"]
            $0.linux?.readonlyPaths = ["/proc/sys", "/proc/sys"]
        }
        func count(_ words: String) -> Int { text.split(separator: "\n").count { $0.contains(words) } }
        #expect(count("mask /proc/keys") == 1 && count("mask /proc/kcore") == 1 && count("make /proc/sys read-only") == 1)
    }

    /// To Unicode a letter with an accent is the same as the letter and the accent; to the kernel they are two names.
    @Test func whatIsWrittenOtherwiseIsHiddenToo() throws {
        let text = try plan(HostFacts()) {
            $0.linux?.maskedPaths = ["/proc/\u{e9}", "/proc/e\u{301}"]
            $0.linux?.readonlyPaths = ["/sys/\u{e9}", "/sys/e\u{301}"]
        }
        func count(_ words: String) -> Int { text.split(separator: "\n").count { $0.contains(words) } }
        #expect(count("mask /proc/") == 2 && count("make /sys/") == 2)
    }

    /// The caller may be bound to some processors; the container is not, unless its configuration says so.
    @Test func processorsAreNotTheCallers() throws {
        let words = "run on all processors"
        #expect(try plan(HostFacts()).contains(words))
        let spec = Spec(
            ociVersion: "1.3.0", root: Root(path: "rootfs"), process: Spec.Process(args: ["/bin/true"], cwd: "/"),
            linux: Linux(namespaces: [Namespace(type: "mount")]))
        func text(_ affinity: CPUAffinity?) throws -> String {
            let program = Spec.Process(args: ["/bin/true"], cwd: "/", execCPUAffinity: affinity)
            return try Plan.execute(program, in: spec, request: PlanRequest(id: "facts", bundle: ""), facts: HostFacts()).text
        }
        #expect(try text(nil).contains(words))
        #expect(try !text(CPUAffinity(initial: "0")).contains(words) && !text(CPUAffinity(final: "0")).contains(words))
        // What cannot be said to the kernel is not passed over.
        for beyond in [CPUAffinity(initial: "0,8192"), CPUAffinity(final: "0-9000")] {
            #expect(throws: PlanError.self) { try text(beyond) }
        }
    }
}

/// What becomes of process.env.
@Suite struct EnvironmentTests {
    @Test(arguments: [
        ([], []), (["A=1", "B=2"], ["A=1", "B=2"]), (["A=1", "B=2", "A=3"], ["A=3", "B=2"]),
        (["A=1", "A", "A=", "AB=1", "a=1"], ["A=", "AB=1", "a=1"]), (["=x", "=y", "A=b=c", "A=d=e"], ["=y", "A=d=e"]),
        (["\u{e9}=1", "e\u{301}=2"], ["\u{e9}=1", "e\u{301}=2"]),
    ] as [([String], [String])])
    func lastEntryOfAVariableCounts(entries: [String], expected: [String]) {
        #expect(ProgramPlanner.unique(entries) == expected)
    }

    /// RUNC: an empty HOME is none.
    @Test(arguments: [([], true), (["HOME="], true), (["HOME=/x", "HOME="], true), (["HOME=", "HOME=/x"], false), (["HOME=/x"], false)])
    func emptyHomeIsNone(entries: [String], isFound: Bool) throws {
        let process = Spec.Process(user: User(uid: 0, gid: 0), args: ["/bin/true"], env: entries, cwd: "/")
        let spec = Spec(ociVersion: "1.3.0", root: Root(path: "rootfs"), process: process, linux: Linux())
        let plan = try Plan.execute(process, in: spec, request: PlanRequest(id: "env", bundle: ""), facts: HostFacts())
        guard case .execute(_, let environment, let home)? = plan.steps.last?.action else { throw PlanError("no program", at: JSONPath()) }
        #expect(home == isFound && environment == (isFound ? [] : ["HOME=/x"]))
    }

    @Test func theProgramGetsEachVariableOnce() throws {
        let process = Spec.Process(
            user: User(uid: 0, gid: 0), args: ["/bin/true"], env: ["PATH=/bin", "A=1", "HOME=/root", "A=2"], cwd: "/")
        let spec = Spec(
            ociVersion: "1.3.0", root: Root(path: "rootfs"), process: process,
            linux: Linux(namespaces: [Namespace(type: "mount")]))
        let plan = try Plan.execute(process, in: spec, request: PlanRequest(id: "env", bundle: ""), facts: HostFacts())
        guard case .execute(_, let environment, let home)? = plan.steps.last?.action else {
            Issue.record("the last step executes nothing")
            return
        }
        #expect(environment == ["PATH=/bin", "A=2", "HOME=/root"])
        #expect(!home)
    }
}
