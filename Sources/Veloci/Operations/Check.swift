internal import ByteText
internal import Cgroups
internal import ContainerPlan
internal import LinuxKernel
public import RuntimeSpec

extension Runtime {
    /// What this host cannot do for a configuration that is valid by itself: all problems at once, nothing is changed.
    ///
    /// No privilege is needed. What only trying shows, such as a limit that is below the current use, is not found.
    /// - Parameters:
    ///   - spec: the configuration. What is wrong with one that is not valid comes back instead.
    ///   - bundle: the directory that relative paths start from.
    public func hostProblems(_ spec: Spec, bundle: String) -> [Diagnostic] {
        do throws(DecodingFailure) {
            return hostProblems(try ValidatedSpec(spec), bundle: bundle)
        } catch {
            return error.diagnostics
        }
    }

    /// What this host cannot do for a configuration that is valid by itself.
    public func hostProblems(_ spec: ValidatedSpec, bundle: String) -> [Diagnostic] {
        var check = HostCheck(spec: spec, bundle: bundle)
        check.run(self)
        return check.problems
    }
}

/// Compares a configuration with the host.
private struct HostCheck {
    let spec: Spec
    private let validated: ValidatedSpec
    let bundle: HostPath
    var problems: [Diagnostic] = []

    init(spec: ValidatedSpec, bundle: String) {
        self.spec = spec.document
        validated = spec
        self.bundle = HostPath(bundle)
    }

    mutating func run(_ runtime: Runtime) {
        checkKernel()
        checkNamespaces()
        checkMounts()
        checkPrograms()
        checkSystemControls()
        checkLimits()
        checkNetworkDevices()
        if spec.linux?.intelRdt != nil { add { () throws(Failure) in _ = try CacheControl() } }
        var seccomp: SeccompFilter?
        var warnings: [String] = []
        if let profile = spec.linux?.seccomp {
            add { () throws(Failure) in seccomp = try FilterCompiler.compile(profile, &warnings) }
        }
        for warning in warnings { add(warning, at: "linux", "seccomp") }
        checkPlan(runtime, seccomp)
    }

    /// Both stop at the first problem. So what it is about is taken out of the configuration, until nothing is wrong any more.
    private mutating func checkPlan(_ runtime: Runtime, _ seccomp: SeccompFilter?) {
        var request = PlanRequest(id: "check", bundle: bundle)
        request.seccomp = seccomp
        request.controlGroupManager = runtime.controlGroupManager
        // Where the terminal goes is the caller's business.
        request.consoleSocket = spec.process?.terminal == true ? "" : nil
        var collected: HostFacts?
        let bundle = bundle
        eachProblem { (spec) throws(Failure) in
            collected = try HostFacts.collect(for: spec.document, in: bundle, id: "check", runtime)
        }
        let facts = collected ?? HostFacts.collect(isRootless: runtime.isRootless)
        eachProblem { (spec) throws(Failure) in
            do throws(PlanError) {
                _ = try Plan.create(spec, request: request, facts: facts).encode(descriptors: [:])
            } catch {
                throw Failure(error)
            }
        }
    }

    private mutating func eachProblem(_ attempt: (ValidatedSpec) throws(Failure) -> Void) {
        var rest = validated
        while true {
            do throws(Failure) {
                return try attempt(rest)
            } catch {
                add { () throws(Failure) in throw error }
                guard let path = error.path, let less = Self.spec(rest, without: path) else { return }
                rest = less
            }
        }
    }

    /// The configuration without a value; nil if there is none or if it cannot be left out, for what is left is validated.
    private static func spec(_ spec: ValidatedSpec, without path: JSONPath) -> ValidatedSpec? {
        guard var value = try? JSONValue.decode(spec.document.encoded()) else { return nil }
        var place = path
        if place.components.first == .member("mounts"), place.components.count > 1 {
            // Another mount in its place, so that the numbers of those behind it stay.
            value[JSONPath(Array(place.components.prefix(2)))] = ["destination": "/check", "type": "tmpfs"]
            let other = ValidatedSpec.check(value.encoded(), locatesWarnings: false).value
            return other == spec ? nil : other
        }
        // What an error names may be a required member of something: then that goes as a whole, one level after the other.
        while place.components.count > 1 {
            if value[place] != nil, case .member? = place.components.last {
                value[place] = nil
                if let less = ValidatedSpec.check(value.encoded(), locatesWarnings: false).value, less != spec { return less }
            }
            place = JSONPath(Array(place.components.dropLast()))
        }
        return nil
    }

    private mutating func add(_ message: String, at names: String...) {
        add(message, JSONPath(names.map { .member($0) }))
    }

    private mutating func add(_ message: String, _ path: JSONPath) {
        problems.append(Diagnostic(severity: .host, path: path, message: message, section: ""))
    }

    /// Adds what the library would say.
    private mutating func add(_ attempt: () throws(Failure) -> Void) {
        do throws(Failure) {
            try attempt()
        } catch {
            let hint = error.hint.map { "; \($0)" } ?? ""
            add(error.message + hint, error.path ?? JSONPath())
        }
    }

    private mutating func checkKernel() {
        guard let running = KernelVersion.running else { return }
        if running < KernelVersion.oldest { add("Linux \(running) runs here; veloci needs \(KernelVersion.oldest) or newer") }
    }

    private mutating func checkNamespaces() {
        for (index, namespace) in (spec.linux?.namespaces ?? []).enumerated() {
            guard let kind = namespace.kind else { continue }
            var path: JSONPath { JSONPath([.member("linux"), .member("namespaces"), .index(index)]) }
            if (try? Files.status(of: "/proc/self/ns".path(to: kind.fileName))) == nil {
                add("this kernel has no \(kind.rawValue) namespaces", path)
            }
            guard let file = namespace.path, !file.isEmpty else { continue }
            do throws(KernelError) {
                _ = try Namespaces.open(kind, HostPath(file))
            } catch where error.errno == .noEntry {
                add("\(file) does not exist", path.member("path"))
            } catch where error.errno == .accessDenied || error.errno == .notPermitted {
                // Somebody else's, whatever it is.
            } catch {
                add("\(file) is no \(kind.rawValue) namespace that can be joined: \(error)", path.member("path"))
            }
        }
    }

    private mutating func checkMounts() {
        let root = absolute(validated.root.path)
        if (try? Files.status(of: root.text, followingLink: true))?.kind != .directory {
            add("\(root) is no directory", at: "root", "path")
        }
        let known = FileSystemTypes.ofKernel
        for (index, mount) in (spec.mounts ?? []).enumerated() {
            var path: JSONPath { JSONPath([.member("mounts"), .index(index)]) }
            let type = mount.type ?? ""
            let isBind = type == "bind" || (mount.options ?? []).contains { $0 == "bind" || $0 == "rbind" }
            if isBind {
                let source = absolute(mount.source ?? "")
                if (try? Files.status(of: source.text, followingLink: true)) == nil {
                    add("\(source) does not exist", path.member("source"))
                }
            } else if !["", "none", "cgroup"].contains(type), !known.contains(type) {
                add("no file system \(type) in /proc/filesystems; a module may bring it", path.member("type"))
            }
        }
    }

    /// Hooks that are looked up on the host.
    private mutating func checkPrograms() {
        for kind in HookKind.allCases where kind != .startContainer {
            for (index, hook) in (spec.hooks?.hooks(kind) ?? []).enumerated() {
                guard let status = try? Files.status(of: hook.path, followingLink: true), status.mode & 0o111 != 0 else {
                    add(
                        "\(hook.path) is no program on this host",
                        JSONPath([.member("hooks"), .member(kind.rawValue), .index(index), .member("path")]))
                    continue
                }
            }
        }
    }

    private mutating func checkSystemControls() {
        for key in (spec.linux?.sysctl ?? [:]).keys.sortedByBytes() {
            let file = "/proc/sys/" + SystemControl.path(of: key)
            if (try? Files.status(of: file)) == nil {
                add("\(file) does not exist here", JSONPath([.member("linux"), .member("sysctl"), .member(key)]))
            }
        }
    }

    private mutating func checkLimits() {
        if UserIdentity.hasEffectiveCapability(24) { return }
        for (index, limit) in (spec.process?.rlimits ?? []).enumerated() {
            guard let kind = limit.kind, let own = try? Processes.limit(of: 0, resource: kind.number), limit.hard > own.hard
            else {
                continue
            }
            add(
                "\(limit.hard) is above the caller's own hard limit of \(own.hard); raising it needs CAP_SYS_RESOURCE",
                JSONPath([.member("process"), .member("rlimits"), .index(index), .member("hard")]))
        }
    }

    private mutating func checkNetworkDevices() {
        let devices = spec.linux?.netDevices ?? [:]
        if devices.isEmpty { return }
        guard let socket = try? RouteSocket() else { return }
        for name in devices.keys.sortedByBytes() where (try? socket.device(named: name)) == nil {
            add(
                "there is no network device \(name) here",
                JSONPath([.member("linux"), .member("netDevices"), .member(name)]))
        }
    }

    private func absolute(_ path: String) -> HostPath { HostPath(path, from: bundle) }
}
