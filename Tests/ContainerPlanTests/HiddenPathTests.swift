import RuntimeSpec
import Testing

@testable import ContainerPlan

/// Masked and read-only paths are looked for on the mount that they lie on.
@Suite struct HiddenPathTests {
    private func places(_ mounts: [Mount], masked: [String], hooks: Hooks? = nil) throws -> [String] {
        var spec = Spec(
            ociVersion: "1.3.0", root: Root(path: "rootfs"), process: Spec.Process(user: User(uid: 0, gid: 0), cwd: "/"),
            linux: Linux(namespaces: [Namespace(type: "mount")]))
        spec.mounts = mounts
        spec.linux?.maskedPaths = masked
        spec.process?.args = ["/bin/true"]
        spec.hooks = hooks
        let plan = try Plan.create(spec, request: PlanRequest(id: "hidden", bundle: "/bundle"), facts: HostFacts())
        #expect(plan.violations() == [])
        var owners: [Slot: String] = [:]
        for step in plan.steps {
            if case .mountFileSystem(let mount, _) = step.action, let kept = mount.kept { owners[kept] = mount.type }
            if case .attachTree(_, let target, _, let kept?) = step.action { owners[kept] = target.path.text }
        }
        return plan.steps.compactMap { step in
            guard case .mask(let hidden, _, _, _, _) = step.action else { return nil }
            return "\(hidden.mount.flatMap { owners[$0] } ?? "root"):\(hidden.inside)" + (hidden.isLookedForAgain ? ", again" : "")
        }
    }

    private let proc = Mount(destination: "/proc", type: "proc", source: "proc")
    private let sys = Mount(destination: "/sys", type: "sysfs", source: "sysfs")

    @Test func lastMountAboveThePathHasIt() throws {
        #expect(try places([proc, sys], masked: ["/proc/keys", "/sys/firmware", "/etc/secret"]) == ["proc:keys", "sysfs:firmware", "root:"])
        let data = Mount(destination: "//data/./in", source: "/srv", options: ["bind"])
        let tmp = Mount(destination: "/data", type: "tmpfs")
        #expect(try places([tmp, data], masked: ["/data/in/file", "/data/in"]) == ["/data/in:file", "/data/in:"])
        #expect(try places([data, tmp], masked: ["/data/in/file"]) == ["tmpfs:in/file"])
        #expect(try places([proc, proc], masked: ["/proc/keys"]) == ["proc:keys"])
    }

    @Test func namesThatOnlyBeginAlike() throws {
        #expect(try places([proc], masked: ["/process/keys", "/proc"]) == ["root:", "proc:"])
        // Where that is only the kernel knows.
        #expect(try places([proc], masked: ["/proc/../etc/secret"]) == ["root:"])
    }

    /// A hook may have mounted something over it.
    @Test func hooksMayHaveMounted() throws {
        var hooks = Hooks()
        hooks.createContainer = [Hook(path: "/bin/true")]
        #expect(try places([proc], masked: ["/proc/keys", "/etc/secret"], hooks: hooks) == ["proc:keys, again", "root:"])
    }
}
