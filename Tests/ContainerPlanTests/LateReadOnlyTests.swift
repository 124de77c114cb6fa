import RuntimeSpec
import Testing

@testable import ContainerPlan

/// Mounts that become read-only when all inside is made are held from the moment on when they are mounted.
@Suite struct LateReadOnlyTests {
    private func plan(_ mounts: [Mount], _ change: (inout Spec) -> Void = { _ in }) throws -> Plan {
        var spec = Spec(
            ociVersion: "1.3.0", root: Root(path: "rootfs"), process: Spec.Process(user: User(uid: 0, gid: 0), cwd: "/"),
            linux: Linux(namespaces: [Namespace(type: "mount")]))
        spec.mounts = mounts
        spec.process?.args = ["/bin/true"]
        change(&spec)
        let plan = try Plan.create(spec, request: PlanRequest(id: "late", bundle: "/bundle"), facts: PaperHost.unified.facts)
        #expect(plan.violations() == [])
        return plan
    }

    /// What becomes read-only: the entry whose descriptor it is, or that it was looked for by its path.
    private func protected(_ mounts: [Mount], masked: [String] = []) throws -> [String] {
        let plan = try plan(mounts) { $0.linux?.maskedPaths = masked }
        var origins: [Slot: String] = [:]
        for step in plan.steps {
            switch step.action {
            case .mountFileSystem(let mount, _): if let kept = mount.kept { origins[kept] = "held since \(step.origin)" }
            case .attachTree(_, _, _, let kept?): origins[kept] = "held since \(step.origin)"
            case .openMount(_, _, let slot): origins[slot] = "by path"
            default: continue
            }
        }
        return plan.steps.compactMap { step in
            guard case .makeMountReadOnly(let slot, _) = step.action else { return nil }
            return origins[slot]
        }
    }

    private func tmpfs(_ destination: String, _ options: String...) -> Mount {
        Mount(destination: destination, type: "tmpfs", source: "tmpfs", options: options)
    }

    @Test func entriesAreHeld() throws {
        #expect(try protected([tmpfs("/a", "ro"), tmpfs("/b"), tmpfs("/c", "ro", "tmpcopyup")]) == ["held since mounts[0]", "held since mounts[2]"])
        #expect(try protected([Mount(destination: "/dev", type: "bind", source: "/dev", options: ["rbind", "ro"])]) == ["held since mounts[0]"])
    }

    @Test func remountsFindWhatTheyChange() throws {
        #expect(try protected([tmpfs("/a"), tmpfs("/b"), tmpfs("/a", "remount", "ro")]) == ["held since mounts[0]"])
        // Once is enough, and the last word counts.
        #expect(try protected([tmpfs("/a", "ro"), tmpfs("/a", "remount", "ro")]) == ["held since mounts[0]"])
        #expect(try protected([tmpfs("/a"), tmpfs("/a", "remount", "ro"), tmpfs("/a", "remount", "rw")]) == [])
        #expect(try protected([tmpfs("/a"), tmpfs("/a"), tmpfs("//a/", "remount", "ro")]) == ["held since mounts[1]"])
        // What no entry has mounted nobody holds.
        #expect(try protected([tmpfs("/dev", "remount", "ro")]) == ["by path"])
    }

    @Test func masksOnItUseTheSame() throws {
        #expect(try protected([tmpfs("/a", "ro")], masked: ["/a/secret"]) == ["held since mounts[0]"])
    }

    /// What `tmpcopyup` copies is the container's, whichever way its memory is limited.
    @Test(arguments: [
        (nil, nil, nil), (1_000_000, nil, 1_000_000), (-1, nil, nil), (nil, "2000000", 2_000_000), (nil, "max", nil),
        (1_000_000, "2000000", 1_000_000),
    ] as [(Int64?, String?, UInt64?)])
    func copiesUpToTheLimit(limit: Int64?, unified: String?, copied: UInt64?) throws {
        let plan = try plan([tmpfs("/a", "tmpcopyup")]) { spec in
            spec.linux?.resources = Resources()
            if let limit { spec.linux?.resources?.memory = .init(limit: limit) }
            if let unified { spec.linux?.resources?.unified = ["memory.max": unified] }
        }
        let limits = plan.preparation.compactMap { planned -> CopyOfCovered? in
            guard case .makeTree(_, _, let copy, _, _, _) = planned.action else { return nil }
            return copy
        }
        #expect(limits == [CopyOfCovered(limit: copied)])
    }
}
