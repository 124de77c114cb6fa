import RuntimeSpec
import Testing

@testable import ContainerPlan

/// Ids of a user namespace: those of one that exists, those that an option has, and who owns what is copied.
@Suite struct JoinedMappingTests {
    private func mapping(_ container: UInt32, _ host: UInt32, _ size: UInt32) -> IDMapping {
        IDMapping(containerID: container, hostID: host, size: size)
    }

    private func planned(_ own: [IDMapping]?, joined: OwnerMappings?) throws -> Plan {
        var spec = Spec(ociVersion: "1.3.0")
        spec.root = Root(path: "/root")
        spec.process = Spec.Process(user: User(uid: 0, gid: 0), args: ["/bin/true"], cwd: "/")
        var linux = Linux()
        linux.namespaces = [Namespace(type: "mount"), Namespace(type: "user", path: "/run/user-namespace")]
        (linux.uidMappings, linux.gidMappings) = (own, own)
        spec.linux = linux
        var facts = HostFacts()
        facts.joinedMappings = joined
        return try Plan.create(spec, request: PlanRequest(id: "box", bundle: "/bundle"), facts: facts)
    }

    @Test func mappingsThatContradict() throws {
        let joined = OwnerMappings(uid: [mapping(0, 100_000, 65536)], gid: [mapping(0, 100_000, 65536)])
        let error = #expect(throws: PlanError.self) { try planned([mapping(0, 5, 10)], joined: joined) }
        #expect(error?.path.description == "linux.uidMappings")
        #expect(error?.message.contains("non-matching mapping") == true)
        #expect(error?.message.contains("0→100000+65536") == true && error?.message.contains("0→5+10") == true)
    }

    @Test func sameMappingsInOtherWords() throws {
        let joined = OwnerMappings(uid: [mapping(0, 100_000, 65536)], gid: [mapping(0, 100_000, 65536)])
        let split = [mapping(1000, 101_000, 64536), mapping(0, 100_000, 1000)]
        #expect(try planned(split, joined: joined).undo == planned(nil, joined: joined).undo)
        _ = try planned(split, joined: nil)
    }

    /// Where nobody is mapped to root, the stage becomes somebody who is.
    @Test func joinedWithoutRoot() throws {
        let joined = OwnerMappings(uid: [mapping(1000, 1000, 1)], gid: [mapping(2000, 2000, 1)])
        let steps = try planned(nil, joined: joined).steps.map(\.action)
        #expect(steps.contains(.becomeUserOfNamespace(uid: 1000, gid: 2000, keepsGroups: false)))
    }

    @Test(arguments: [
        (100_005, 100_005), (5, 165_534), (165_535, 165_535), (165_536, 165_534), (0, 165_534),
    ] as [(UInt32, UInt32)])
    func owners(of id: UInt32, are owner: UInt32) {
        let owners = OwnerMappings(uid: [mapping(0, 100_000, 65536)], gid: [mapping(0, 100_000, 65536)])
        #expect(owners.user(id) == owner)
        #expect(owners.group(id) == owner)
    }

    @Test func ownersWithoutNobody() {
        let owners = OwnerMappings(uid: [mapping(0, 1000, 10)], gid: [mapping(5, 2000, 10)])
        #expect(owners.user(0) == 1000)
        #expect(owners.group(0) == 2000)
        #expect(owners.root == (1000, 2000))
    }

    @Test func textOfMappings() throws {
        let linux = Linux(uidMappings: [mapping(0, 100_000, 65536)], gidMappings: [mapping(0, 200_000, 65536)])
        let text = try MappingText("uids=0-1000-1#@1-3-10;gids=@0-4-1", relativeTo: linux, at: JSONPath())
        #expect(text.uid == [mapping(0, 1000, 1), mapping(1, 100_003, 10)])
        #expect(text.gid == [mapping(0, 200_004, 1)])
    }

    @Test(arguments: [
        "", "uids=0-0-1", "gids=0-0-1", "uids=0-0;gids=0-0-1", "uids=0-0-0;gids=0-0-1", "uids=0--1;gids=0-0-1",
        "users=0-0-1;gids=0-0-1", "uids=@0-70000-1;gids=0-0-1", "uids=0-0-4294967296;gids=0-0-1",
    ])
    func textsThatAreNone(_ text: String) {
        let linux = Linux(uidMappings: [mapping(0, 100_000, 65536)], gidMappings: [mapping(0, 200_000, 65536)])
        #expect(throws: PlanError.self) { try MappingText(text, relativeTo: linux, at: JSONPath()) }
    }
}

/// How many descriptors the host may have open for a plan.
@Suite struct OpenFileTests {
    private func plan(soft: UInt64, hard: UInt64, raises: Bool, rlimits: [Rlimit]? = nil) throws -> Plan {
        var spec = Spec(ociVersion: "1.3.0")
        spec.root = Root(path: "/root")
        spec.process = Spec.Process(user: User(uid: 0, gid: 0), args: ["/bin/true"], cwd: "/", rlimits: rlimits)
        spec.linux = Linux(namespaces: [Namespace(type: "mount")])
        spec.mounts = (0..<100).map { Mount(destination: "/data/\($0)", type: "bind", source: "/data", options: ["bind"]) }
        var facts = HostFacts()
        facts.openFileLimit = OpenFileLimit(soft: soft, hard: hard)
        facts.canRaiseLimits = raises
        return try Plan.create(spec, request: PlanRequest(id: "box", bundle: "/bundle"), facts: facts)
    }

    private func raisedLimit(_ plan: Plan) -> (soft: UInt64, hard: UInt64)? {
        for case .raiseOpenFileLimit(let soft, let hard) in plan.preparation.map(\.action) { return (soft, hard) }
        return nil
    }

    private func limits(_ plan: Plan) -> [Step] {
        plan.steps.map(\.action).filter { if case .setLimit = $0 { true } else { false } }
    }

    @Test func enough() throws {
        let plan = try plan(soft: 1024, hard: 1024, raises: true)
        #expect(raisedLimit(plan) == nil)
        #expect(limits(plan).isEmpty)
    }

    @Test func raisedAndGivenBack() throws {
        let plan = try plan(soft: 64, hard: 128, raises: true)
        let raised = try #require(raisedLimit(plan))
        #expect(raised.soft > 100 && raised.hard >= raised.soft && raised.hard >= 128)
        #expect(limits(plan) == [.setLimit(.openFiles, soft: 64, hard: 128)])
        #expect(plan.violations().isEmpty)
    }

    @Test func asFarAsOneMay() throws {
        let raised = try #require(raisedLimit(try plan(soft: 64, hard: 128, raises: false)))
        #expect(raised == (128, 128))
        #expect(raisedLimit(try plan(soft: 64, hard: 64, raises: false)) == nil)
    }

    @Test func ownLimit() throws {
        let plan = try plan(soft: 64, hard: 128, raises: true, rlimits: [Rlimit(type: "RLIMIT_NOFILE", soft: 5, hard: 6)])
        #expect(limits(plan) == [.setLimit(.openFiles, soft: 5, hard: 6)])
    }
}
