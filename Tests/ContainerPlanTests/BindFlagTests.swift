import CLinux
import RuntimeSpec
import Testing

@testable import ContainerPlan

/// What becomes of the flags that the source of a bind has.
@Suite struct BindFlagTests {
    private static let all = UInt64(
        MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW)
    private static let times = UInt64(MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME)
    private static let noexec = UInt64(MOUNT_ATTR_NOEXEC)
    private static let ro = UInt64(MOUNT_ATTR_RDONLY)
    private static let links = UInt64(MOUNT_ATTR_NOSYMFOLLOW)

    /// RUNC: without a named flag all stay; with one, those that are named and no others. In a user namespace what nobody names
    /// stays, except that links are followed, which no user namespace locks, and what is taken away is the kernel's to refuse.
    @Test(arguments: [
        (["bind"], 0, 0, 0), (["rbind", "rprivate"], 0, 0, 0), (["bind", "defaults"], 0, 0, 0), (["rbind", "rro"], 0, 0, 0),
        (["bind", "rw"], 0, all, ro | links), (["bind", "exec"], 0, all, noexec | links), (["bind", "ro"], ro, all & ~ro, links),
        (["bind", "ro", "noexec"], ro | noexec, all & ~ro & ~noexec, links),
        (["bind", "nosymfollow"], links, all & ~links, 0),
        (["bind", "noexec", "exec"], 0, all, noexec | links), (["bind", "sync"], 0, all, links),
        (["bind", "noatime"], UInt64(MOUNT_ATTR_NOATIME), all | times, UInt64(MOUNT_ATTR__ATIME) | links),
        (["bind", "nodiratime"], UInt64(MOUNT_ATTR_NODIRATIME), all | UInt64(MOUNT_ATTR__ATIME), links),
    ] as [([String], UInt64, UInt64, UInt64)])
    func flags(options: [String], set: UInt64, clear: UInt64, clearWhereLocked: UInt64) {
        let free = MountOptions(options).changesOfCopy(isLocked: false)
        #expect(free.set == set && free.clear == clear, "\(free)")
        let locked = MountOptions(options).changesOfCopy(isLocked: true)
        #expect(locked.set == set && locked.clear == clearWhereLocked, "\(locked)")
    }

    @Test(arguments: [
        (["bind"], false), (["rbind"], true), (["rbind", "ro", "bind"], true), (["bind", "rbind"], true),
    ] as [([String], Bool)])
    func recursionStays(options: [String], recursive: Bool) {
        #expect(MountOptions(options).bind == recursive)
    }

    /// A plan whose one mount is a bind with these options.
    private func text(_ facts: HostFacts, user: Bool, _ options: [String] = ["bind", "ro"]) throws -> String {
        var spec = Spec(
            ociVersion: "1.3.0", root: Root(path: "rootfs"), mounts: [Mount(destination: "/d", source: "/s", options: options)],
            process: Spec.Process(args: ["/bin/true"], cwd: "/"), linux: Linux(namespaces: [Namespace(type: "mount")]))
        if user {
            spec.linux?.namespaces?.append(Namespace(type: "user"))
            let map = [IDMapping(containerID: 0, hostID: 5, size: 1)]
            spec.linux?.uidMappings = map
            spec.linux?.gidMappings = map
        }
        return try Plan.create(spec, request: PlanRequest(id: "bind", bundle: "/b"), facts: facts).text
    }

    /// RUNC: what the source withholds is not given to a user namespace, whoever asks; without one it is.
    @Test(arguments: [
        ("rw", UInt64(MOUNT_ATTR_RDONLY), "ro"), ("suid", UInt64(MOUNT_ATTR_NOSUID), "nosuid"),
        ("dev", UInt64(MOUNT_ATTR_NODEV), "nodev"), ("exec", UInt64(MOUNT_ATTR_NOEXEC), "noexec"),
    ])
    func whatIsWithheld(option: String, flag: UInt64, name: String) throws {
        var facts = HostFacts()
        facts.withheld["/s"] = flag
        let refusal = #expect(throws: PlanError.self) { try text(facts, user: true, ["bind", option]) }
        #expect(refusal?.message.contains("\(option): the source is mounted \(name)") == true)
        #expect(throws: Never.self) { try text(facts, user: false, ["bind", option]) }
        #expect(throws: Never.self) { try text(facts, user: true, ["bind", option, name]) }
        #expect(throws: Never.self) { try text(facts, user: true, ["bind"]) }
        facts.withheld["/s"] = 0xf & ~flag
        #expect(throws: Never.self) { try text(facts, user: true, ["bind", option]) }
    }

    @Test func aUserNamespaceLocks() throws {
        var nested = HostFacts()
        nested.isInUserNamespace = true
        #expect(try text(HostFacts(), user: false).contains("mount at /s with ro, suid, dev, exec, symfollow"))
        #expect(try !text(HostFacts(), user: true).contains("suid") && !text(nested, user: false).contains("suid"))
    }
}
