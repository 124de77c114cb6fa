import CLinux
import Foundation
import LinuxKernel
import RuntimeSpec
import Testing

@testable import Cgroups

/// The life of a container's groups on the real kernel, in all hierarchies of this host.
@Suite(.serialized, .enabled(if: HostGroups.canRun, HostGroups.reason))
struct LifeTests {
    private static func memory(_ limit: Int64) -> Resources { Resources(memory: Memory(limit: limit), pids: Pids(limit: 64)) }

    @Test func fromCreationToRemoval() throws {
        try HostGroups.with { paths, layout in
            // With limits where the host has the controllers.
            let changes = try HostGroups.plan(Self.memory(64 << 20), layout) ?? CgroupChanges(resources: nil, layout: layout)
            let creation = try Cgroup.create(paths, changes: changes)
            #expect(creation.createdDirectories.count == paths.directories.count * 2)
            #expect(creation.warnings.isEmpty)
            let cgroup = creation.cgroup
            try cgroup.apply(changes)
            if let memory = paths.location(of: "memory") {
                let file = memory.version == .v1 ? "memory.limit_in_bytes" : "memory.max"
                #expect(try GroupFiles(memory).read(file) == String(64 << 20))
            }
            #expect(try cgroup.processes().isEmpty)
            #expect(try !cgroup.isPopulated())

            let child = try HostGroups.start("sleep 100 & wait", in: cgroup)
            #expect(try HostGroups.eventually { try cgroup.processes().count == 2 })
            #expect(try cgroup.processes().contains(child.pid))
            // In every hierarchy.
            #expect(
                try HostGroups.eventually {
                    try paths.locations.allSatisfy { try Cgroup.processes(in: GroupFiles($0), recursive: false).contains(child.pid) }
                })
            #expect(try cgroup.isPopulated())

            // Somebody else, systemd, may have put them there.
            #expect(try Cgroup.create(paths, changes: changes, ignoring: Set(cgroup.processes())).createdDirectories.isEmpty)
            // In use now: nobody else may have it.
            let error = #expect(throws: CgroupError.self) { _ = try Cgroup.create(paths, changes: changes) }
            #expect(error?.kind == .populated)
            #expect(error?.message == "container's cgroup is not empty: 2 process(es) found")
            #expect(cgroup.exists)

            try cgroup.kill(within: Deadline(milliseconds: 3000))
            #expect(child.wait() == 137)
            #expect(try cgroup.destroy(within: Deadline(milliseconds: 3000)) == [])
            #expect(!cgroup.exists)
            // Once more changes nothing.
            try cgroup.kill(within: Deadline(milliseconds: 0))
            #expect(try cgroup.destroy(within: Deadline(milliseconds: 0)) == [])
        }
    }

    @Test func worksFromRecordedPathsAlone() throws {
        try HostGroups.with { paths, layout in
            let changes = try CgroupChanges(resources: nil, layout: layout)
            let cgroup = try Cgroup.create(paths, changes: changes).cgroup
            try cgroup.apply(changes)
            let child = try HostGroups.start("sleep 100 & wait", in: cgroup)
            let recorded = Cgroup(paths: CgroupPaths(recorded: cgroup.paths.recorded))
            #expect(try HostGroups.eventually { try recorded.processes().count == 2 })
            try recorded.kill(within: Deadline(milliseconds: 3000))
            _ = child.wait()
            #expect(try recorded.destroy(within: Deadline(milliseconds: 3000)) == [])
            #expect(!cgroup.exists)
        }
    }

    @Test func freezingAndThawing() throws {
        try HostGroups.with { paths, layout in
            let changes = try CgroupChanges(resources: nil, layout: layout)
            let cgroup = try Cgroup.create(paths, changes: changes).cgroup
            let counter = NSTemporaryDirectory() + "veloci-freeze-\(getpid())"
            defer { unlink(counter) }
            let child = try HostGroups.start("while :; do echo x >> \(counter); sleep 0.01; done", in: cgroup)
            func size() -> UInt64 { (try? Files.status(of: counter))?.size ?? 0 }
            #expect(HostGroups.eventually { size() > 4 })
            #expect(cgroup.freezerState() == .thawed)
            try cgroup.freeze(within: Deadline(milliseconds: 5000))
            #expect(cgroup.freezerState() == .frozen)
            let frozen = size()
            Waiting.sleep(microseconds: 100_000)
            #expect(size() == frozen)
            // Freezing what is frozen is fine.
            try cgroup.freeze(within: Deadline(milliseconds: 5000))
            try cgroup.thaw(within: Deadline(milliseconds: 5000))
            #expect(cgroup.freezerState() == .thawed)
            #expect(HostGroups.eventually { size() > frozen })
            // A frozen container can be killed.
            try cgroup.freeze(within: Deadline(milliseconds: 5000))
            try cgroup.kill(within: Deadline(milliseconds: 5000))
            #expect(child.wait() == 137)
        }
    }

    @Test func aFrozenGroupIsRefused() throws {
        try HostGroups.with { paths, layout in
            let changes = try CgroupChanges(resources: nil, layout: layout)
            let cgroup = try Cgroup.create(paths, changes: changes).cgroup
            try cgroup.freeze(within: Deadline(milliseconds: 5000))
            let error = #expect(throws: CgroupError.self) { _ = try Cgroup.create(paths, changes: changes) }
            #expect(error?.kind == .frozen)
            #expect(error?.message == "container's cgroup unexpectedly frozen")
            try cgroup.thaw(within: Deadline(milliseconds: 5000))
            // An empty group that is left over is taken.
            #expect(try Cgroup.create(paths, changes: changes).createdDirectories.isEmpty)
        }
    }

    @Test func onlyEmptyGroupsAreRemovedAtOnce() throws {
        try HostGroups.with { paths, layout in
            let cgroup = try Cgroup.create(paths, changes: try CgroupChanges(resources: nil, layout: layout)).cgroup
            // The one by which processes are killed or frozen: it stays as long as there is something in any other.
            let last = paths.unified?.directory ?? paths.directories[0]
            try Files.makeDirectory(last + "/inside", mode: 0o755)
            #expect(!cgroup.removeEmpty())
            #expect((try? Files.status(of: last + "/inside")) != nil)
            try Files.removeDirectory(last + "/inside")
            #expect(cgroup.removeEmpty())
            #expect(!cgroup.exists)
            #expect(cgroup.removeEmpty(), "what is gone is fine")
            // What is no control group is not touched.
            let other = FileManager.default.temporaryDirectory.path + "/" + HostGroups.name()
            try Files.makeDirectory(other, mode: 0o700)
            let location = CgroupLocation(version: .v2, controllers: [], mountPoint: "", directory: other)
            #expect(Cgroup(paths: CgroupPaths(locations: [location])).removeEmpty())
            try Files.removeDirectory(other)
        }
    }

    @Test func groupsInsideAreRemoved() throws {
        try HostGroups.with { paths, layout in
            let changes = try CgroupChanges(resources: nil, layout: layout)
            let cgroup = try Cgroup.create(paths, changes: changes).cgroup
            for directory in paths.directories {
                try Files.makeDirectories(directory + "/a/b/c", mode: 0o755)
                try Files.makeDirectory(directory + "/d", mode: 0o755)
            }
            // cpuset groups of v1 take no process before they have CPUs; the others are enough.
            let inside = paths.locations.filter { $0.version == .v2 || !$0.controllers.contains("cpuset") }
            let joined = Cgroup(paths: CgroupPaths(locations: inside))
            let child = try HostGroups.start("sleep 100 & wait", in: joined, group: "/a/b")
            #expect(try HostGroups.eventually { try cgroup.processes().count == 2 })
            #expect(try cgroup.processes(recursive: false).isEmpty)
            // With processes inside nothing goes away, and what is left is told.
            let left = try cgroup.destroy(within: Deadline(milliseconds: 30))
            #expect(left.count == inside.count)
            #expect(left.allSatisfy { $0.processes.contains(child.pid) && $0.errno != nil })
            try cgroup.kill(within: Deadline(milliseconds: 3000))
            _ = child.wait()
            #expect(try cgroup.destroy(within: Deadline(milliseconds: 3000)) == [])
            #expect(!cgroup.exists)
        }
    }

    @Test func aForkBombDies() throws {
        try HostGroups.with { paths, layout in
            // The shell's own limit holds it back where the host has no controller.
            let changes =
                try HostGroups.plan(Resources(pids: Pids(limit: 40)), layout) ?? CgroupChanges(resources: nil, layout: layout)
            let cgroup = try Cgroup.create(paths, changes: changes).cgroup
            try cgroup.apply(changes)
            let child = try HostGroups.start("ulimit -u 400; f() { f 2>/dev/null & f 2>/dev/null; }; f", in: cgroup)
            _ = try HostGroups.eventually(1000) { try cgroup.processes().count > 20 }
            try cgroup.kill(within: Deadline(milliseconds: 10_000))
            _ = child.wait()
            #expect(try cgroup.destroy(within: Deadline(milliseconds: 5000)) == [])
        }
    }

    @Test func directoriesThatAreNoGroupsAreNeverTouched() throws {
        let directory = NSTemporaryDirectory() + "veloci-no-group-\(getpid())"
        try Files.makeDirectories(directory + "/inside", mode: 0o755)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let cgroup = Cgroup(
            paths: CgroupPaths(recorded: ["memory": directory, "": "/sys/fs/cgroup/unified", "pids": "/sys/fs/cgroup/pids"]))
        #expect(try cgroup.destroy(within: Deadline(milliseconds: 0)) == [])
        #expect(try Files.status(of: directory + "/inside").kind == .directory)
    }

    @Test func failureLeavesNothing() throws {
        try HostGroups.with { paths, layout in
            // The last hierarchy's directory cannot be made.
            var broken = paths
            broken.locations[broken.locations.count - 1].directory += "/a\nb"
            let changes = try CgroupChanges(resources: nil, layout: layout)
            let error = #expect(throws: CgroupError.self) { _ = try Cgroup.create(broken, changes: changes) }
            // The kernel refuses a newline in the name of a group.
            #expect(error?.errno == .invalidArgument)
            #expect(!Cgroup(paths: paths).exists)
        }
    }

    @Test func aRefusedLimitSaysWhatTheKernelSaid() throws {
        try HostGroups.with { paths, layout in
            let resources = Resources(cpu: CPU(cpus: "8000"))
            guard let changes = try HostGroups.plan(resources, layout) else { return }
            let cgroup = try Cgroup.create(paths, changes: changes).cgroup
            let error = #expect(throws: CgroupError.self) { try cgroup.apply(changes) }
            #expect(error?.kind == .refused)
            #expect(error?.path?.description == "linux.resources.cpu.cpus")
            #expect(error?.value == "8000")
            #expect(error?.file?.hasSuffix("/web/cpuset.cpus") == true)
            #expect(error?.errno != nil)
        }
    }
}
