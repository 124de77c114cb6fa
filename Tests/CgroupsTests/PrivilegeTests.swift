import ByteText
import CLinux
import Foundation
import LinuxKernel
import RuntimeSpec
import Testing

@testable import Cgroups

/// What an unprivileged caller gets. The calling thread alone gives its privileges up for a moment.
@Suite(.serialized, .enabled(if: HostGroups.canRun, HostGroups.reason))
struct PrivilegeTests {
    private func asNobody<Result>(_ body: () throws -> Result) rethrows -> Result {
        let keep = UInt64(bitPattern: -1)
        _ = linux_system_call(Int64(__NR_setresuid), keep, 65534, keep, 0, 0, 0)
        defer { _ = linux_system_call(Int64(__NR_setresuid), keep, 0, keep, 0, 0, 0) }
        return try body()
    }

    @Test func withoutLimitsThereAreNoGroups() throws {
        let layout = try CgroupLayout.detect()
        let paths = try CgroupPaths(layout: layout, cgroupsPath: nil, containerID: HostGroups.name())
        let changes = try CgroupChanges(resources: nil, layout: layout)
        let creation = try asNobody { try Cgroup.create(paths, changes: changes, isPrivileged: false) }
        #expect(creation.createdDirectories.isEmpty)
        #expect(creation.cgroup.paths.locations.isEmpty)
        #expect(creation.warnings.count == paths.locations.count)
        // What follows has nothing to do, and does it.
        try creation.cgroup.apply(changes, isPrivileged: false)
        #expect(try creation.cgroup.processes().isEmpty)
        try creation.cgroup.kill(within: Deadline(milliseconds: 0))
        #expect(try creation.cgroup.destroy(within: Deadline(milliseconds: 0)).isEmpty)
    }

    @Test func limitsNeedADelegatedGroup() throws {
        let layout = try CgroupLayout.detect()
        let controller =
            layout.hierarchy(of: "pids") != nil
            ? Resources(pids: Pids(limit: 5)) : Resources(hugepageLimits: [HugepageLimit(pageSize: "2MB", limit: 0)])
        let changes = try CgroupChanges(resources: controller, layout: layout)
        let none = try CgroupChanges(resources: nil, layout: layout)
        for (path, changes) in [(nil, changes), ("/" + HostGroups.name(), none)] {
            let paths = try CgroupPaths(layout: layout, cgroupsPath: path, containerID: HostGroups.name())
            let error = #expect(throws: CgroupError.self) {
                _ = try asNobody { try Cgroup.create(paths, changes: changes, isPrivileged: false) }
            }
            #expect(error?.kind == .permission)
            #expect(error?.errno == .accessDenied)
            #expect(error?.file?.hasPrefix("/sys/fs/cgroup/") == true)
            #expect(error?.hint?.contains("systemd-run --user --scope") == true)
            #expect(error?.path != nil)
            #expect(!Cgroup(paths: paths).exists)
        }
    }

    /// A directory that an administrator gave away is enough.
    @Test func aDelegatedGroupWorks() throws {
        guard let unified = try HostGroups.unifiedLayout() else { return }
        let name = HostGroups.name()
        let parent = try CgroupPaths(layout: unified, cgroupsPath: "/" + name, containerID: "x")
        let none = try CgroupChanges(resources: nil, layout: unified)
        let given = try Cgroup.create(parent, changes: none).cgroup
        defer { _ = try? given.destroy(within: Deadline(milliseconds: 2000)) }
        try CgroupOwnership.give(given, to: 65534)
        let paths = try CgroupPaths(layout: unified, cgroupsPath: "/\(name)/web", containerID: "x")
        try asNobody {
            let cgroup = try Cgroup.create(paths, changes: none, isPrivileged: false).cgroup
            try cgroup.apply(none, isPrivileged: false)
            #expect(cgroup.exists)
            try cgroup.freeze(within: Deadline(milliseconds: 1000))
            try cgroup.thaw(within: Deadline(milliseconds: 1000))
            #expect(try cgroup.destroy(within: Deadline(milliseconds: 1000)).isEmpty)
        }
    }

    @Test func whoOwnsWhat() throws {
        guard let unified = try HostGroups.unifiedLayout() else { return }
        try HostGroups.with(unified) { paths, _ in
            let cgroup = try Cgroup.create(paths, changes: try CgroupChanges(resources: nil, layout: unified)).cgroup
            try CgroupOwnership.give(cgroup, to: 100_000)
            let directory = try #require(paths.unified).directory
            #expect(try Files.status(of: directory).userID == 100_000)
            let listed = Set(try Files.readText("/sys/kernel/cgroup/delegate").words)
            for file in try Files.list(directory) {
                let status = try Files.status(of: directory + "/" + file)
                #expect(status.userID == (listed.contains(file) ? 100_000 : 0), "\(file)")
                #expect(status.groupID == 0)
            }
        }
    }
}

@Suite struct OwnershipTests {
    private func spec(
        uid: UInt32 = 0, namespaces: [Namespace] = [Namespace(type: "cgroup")], mount: Mount? = nil,
        mappings: [IDMapping]? = [IDMapping(containerID: 0, hostID: 100_000, size: 1000)]
    ) -> Spec {
        var spec = Spec(ociVersion: "1.3.0")
        spec.process = Spec.Process(user: User(uid: uid, gid: 0), cwd: "/")
        spec.mounts = [mount ?? Mount(destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["rw"])]
        spec.linux = Linux()
        spec.linux?.namespaces = namespaces
        spec.linux?.uidMappings = mappings
        return spec
    }

    @Test func whoIsToOwnTheGroup() {
        #expect(CgroupOwnership.owner(spec(), mode: .unified) == 100_000)
        #expect(CgroupOwnership.owner(spec(uid: 7), mode: .unified) == 100_007)
        #expect(CgroupOwnership.owner(spec(uid: 1000), mode: .unified) == nil)
        #expect(CgroupOwnership.owner(spec(uid: 5, mappings: nil), mode: .unified) == 5)
        #expect(CgroupOwnership.owner(spec(), mode: .hybrid) == nil)
        #expect(CgroupOwnership.owner(spec(), mode: .legacy) == nil)
        #expect(CgroupOwnership.owner(spec(namespaces: []), mode: .unified) == nil)
        #expect(
            CgroupOwnership.owner(spec(namespaces: [Namespace(type: "cgroup", path: "/proc/1/ns/cgroup")]), mode: .unified) == nil
        )
        #expect(CgroupOwnership.owner(spec(namespaces: [Namespace(type: "cgroup", path: "")]), mode: .unified) == 100_000)
        let readOnly = Mount(destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "ro"])
        #expect(CgroupOwnership.owner(spec(mount: readOnly), mode: .unified) == nil)
        let elsewhere = Mount(destination: "/cg", type: "cgroup", source: "cgroup")
        #expect(CgroupOwnership.owner(spec(mount: elsewhere), mode: .unified) == nil)
        let wrap = [IDMapping(containerID: 0, hostID: .max, size: 10)]
        #expect(CgroupOwnership.owner(spec(uid: 3, mappings: wrap), mode: .unified) == nil)
    }
}
