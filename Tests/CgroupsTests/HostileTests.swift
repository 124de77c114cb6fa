import CLinux
import Foundation
import LinuxKernel
import RuntimeSpec
import Testing

@testable import Cgroups

/// What a container with groups of its own, or an odd place for them, may do to us.
@Suite(.serialized, .enabled(if: HostGroups.canRun, HostGroups.reason))
struct HostileTests {
    private static let none = Resources()

    @Test func groupsDeeperThanAPathIsLong() throws {
        try HostGroups.with { paths, layout in
            let cgroup = try Cgroup.create(paths, changes: try CgroupChanges(resources: nil, layout: layout)).cgroup
            let name = String(repeating: "d", count: 200)
            let top = try #require(paths.unified ?? paths.location(of: "pids")).directory
            try dig(top, name, depth: 40)
            // With a process at the bottom.
            #expect(try cgroup.processes().isEmpty)
            #expect(try cgroup.destroy(within: Deadline(milliseconds: 5000)) == [])
            #expect(!cgroup.exists)
        }
    }

    /// Makes directories inside each other by their names alone, as a container would.
    private func dig(_ top: String, _ name: String, depth: Int) throws {
        var current = try Files.open(top, flags: .directory)
        for _ in 0..<depth {
            try Files.makeDirectory(name, mode: 0o755, at: current.number)
            current = try Files.open(name, flags: .directory, at: current.number)
        }
    }

    /// Only what refuses is called, for a test of the killing itself would end the machine.
    @Test func rootsAreRefused() throws {
        try HostGroups.with { paths, layout in
            let cgroup = try Cgroup.create(paths, changes: try CgroupChanges(resources: nil, layout: layout)).cgroup
            try cgroup.refuseRoots()
            for location in paths.locations {
                var root = location
                root.directory = location.mountPoint
                #expect(throws: CgroupError.self) { try Cgroup(paths: CgroupPaths(locations: [root])).refuseRoots() }
            }
            #expect(try cgroup.destroy(within: Deadline(milliseconds: 3000)) == [])
        }
    }

    @Test func manyGroups() throws {
        try HostGroups.with { paths, layout in
            let cgroup = try Cgroup.create(paths, changes: try CgroupChanges(resources: nil, layout: layout)).cgroup
            let top = try #require(paths.unified ?? paths.location(of: "pids")).directory
            for index in 0..<300 { try Files.makeDirectories("\(top)/\(index % 7)/\(index)", mode: 0o755) }
            #expect(try cgroup.destroy(within: Deadline(milliseconds: 5000)) == [])
        }
    }

    /// A group that the container froze inside its own does not protect it from being killed.
    @Test func groupsThatTheContainerFroze() throws {
        try HostGroups.with { paths, layout in
            let cgroup = try Cgroup.create(paths, changes: try CgroupChanges(resources: nil, layout: layout)).cgroup
            let inside = paths.locations.filter { $0.version == .v2 || !$0.controllers.contains("cpuset") }
            for location in inside { try Files.makeDirectory(location.directory + "/ice", mode: 0o755) }
            let joined = Cgroup(paths: CgroupPaths(locations: inside))
            let child = try HostGroups.start("sleep 100 & wait", in: joined, group: "/ice")
            #expect(try HostGroups.eventually { try cgroup.processes().count == 2 })
            for location in inside {
                if location.version == .v2 { try Files.writeValue("1", to: location.directory + "/ice/cgroup.freeze") }
                if location.controllers.contains("freezer") {
                    try Files.writeValue("FROZEN", to: location.directory + "/ice/freezer.state")
                }
            }
            try cgroup.kill(within: Deadline(milliseconds: 5000))
            #expect(child.wait() == 137)
            #expect(try cgroup.destroy(within: Deadline(milliseconds: 3000)) == [])
        }
    }

    /// Group names are the container's choice, and need not be text.
    @Test func groupsWhoseNamesAreNoText() throws {
        try HostGroups.with { paths, layout in
            let cgroup = try Cgroup.create(paths, changes: try CgroupChanges(resources: nil, layout: layout)).cgroup
            for directory in paths.directories {
                let path = Array(directory.utf8) + [0x2f, 0xff, 0]
                let made = path.withUnsafeBufferPointer { bytes in
                    bytes.withMemoryRebound(to: CChar.self) { mkdir($0.baseAddress!, 0o755) }
                }
                #expect(made == 0)
            }
            #expect(try cgroup.processes().isEmpty)
            #expect(try cgroup.destroy(within: Deadline(milliseconds: 2000)) == [])
            #expect(!cgroup.exists)
        }
    }

    @Test func aFrozenGroupAbove() throws {
        try HostGroups.with { paths, layout in
            let changes = try CgroupChanges(resources: nil, layout: layout)
            // The group of the test is the one above.
            let above = CgroupPaths(
                locations: paths.locations.map {
                    var location = $0
                    location.directory = String(location.directory.dropLast("/web".count))
                    return location
                })
            let parent = try Cgroup.create(above, changes: changes).cgroup
            try parent.freeze(within: Deadline(milliseconds: 3000))
            let error = #expect(throws: CgroupError.self) { _ = try Cgroup.create(paths, changes: changes) }
            #expect(error?.kind == .frozen)
            #expect(!Cgroup(paths: paths).exists)
            try parent.thaw(within: Deadline(milliseconds: 3000))
            _ = try Cgroup.create(paths, changes: changes)
        }
    }

    private static let huge = Resources(hugepageLimits: [HugepageLimit(pageSize: "2MB", limit: 0)])

    /// KERNEL(cgroup-v2.rst): beside threaded groups there are none that can have domain controllers.
    @Test func threadedHierarchies() throws {
        guard let layout = try HostGroups.unifiedLayout() else { return }
        try HostGroups.with(layout) { paths, layout in
            let directory = String(paths.directories[0].dropLast("/web".count))
            try Files.makeDirectories(directory + "/threads", mode: 0o755)
            try Files.writeValue("threaded", to: directory + "/threads/cgroup.type")
            if let changes = try HostGroups.plan(Self.huge, layout) {
                let error = #expect(throws: CgroupError.self) { _ = try Cgroup.create(paths, changes: changes) }
                #expect(error?.kind == .threaded)
                #expect(error?.message.contains("cannot enter cgroupv2") == true)
                #expect(error?.path?.description == "linux.resources.hugepageLimits[0].limit")
                #expect(!Cgroup(paths: paths).exists)
            }
            // Without limits that need a domain it becomes a threaded group, and works.
            let cgroup = try Cgroup.create(paths, changes: try CgroupChanges(resources: nil, layout: layout)).cgroup
            #expect(try GroupFiles(paths.directories[0]).read("cgroup.type") == "threaded")
            let child = try HostGroups.start("sleep 100", in: cgroup)
            #expect(try HostGroups.eventually { try cgroup.processes() == [child.pid] })
            // cgroup.kill is for domains alone.
            try cgroup.kill(within: Deadline(milliseconds: 5000))
            #expect(child.wait() == 137)
        }
    }

    @Test func aGroupAboveWithProcesses() throws {
        guard let layout = try HostGroups.unifiedLayout() else { return }
        try HostGroups.with(layout) { paths, layout in
            guard let changes = try HostGroups.plan(Self.huge, layout) else { return }
            let none = try CgroupChanges(resources: nil, layout: layout)
            var above = paths
            above.locations[0].directory = String(above.locations[0].directory.dropLast("/web".count))
            // On a host with v2 alone every controller is enabled beforehand, so the group is made by hand.
            try Files.makeDirectory(above.directories[0], mode: 0o755)
            let child = try HostGroups.start("sleep 100", in: Cgroup(paths: above))
            _ = child
            let error = #expect(throws: CgroupError.self) { _ = try Cgroup.create(paths, changes: changes) }
            #expect(error?.kind == .missingController)
            #expect(error?.errno == .busy)
            #expect(error?.hint?.contains("processes of its own") == true)
            // Without limits it is no obstacle.
            _ = try Cgroup.create(paths, changes: none)
        }
    }
}
