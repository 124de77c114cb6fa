import CLinux
import Foundation
import LinuxKernel
import RuntimeSpec
import Testing

@testable import Cgroups
@testable import DBus

/// The systemd of this machine: names and types of properties, jobs, and where units are. Root speaks to the system's manager,
/// other users to their own.
@Suite(
    .serialized,
    .enabled(
        if: SystemdManager.isRunning && (geteuid() == 0 || getenv("XDG_RUNTIME_DIR") != nil),
        "needs a machine that systemd manages, and root or a user's session; the full lab has both"))
struct SystemdHostTests {
    private let isUser = geteuid() != 0
    private var soon: Deadline { Deadline(milliseconds: 30_000) }

    private func connect() throws -> SystemdManager {
        try SystemdManager.connect(
            isUser: isUser, userID: geteuid(), environment: { getenv($0).map { String(cString: $0) } }, before: soon)
    }

    /// Starts a unit around a process and stops it afterwards.
    private func with(
        _ id: String, _ resources: Resources?, annotations: [String: String] = [:],
        _ body: (Cgroup, SystemdUnit, SystemdProperties, Child) throws -> Void
    ) throws {
        let layout = try CgroupLayout.detect()
        let unit = try SystemdUnit(cgroupsPath: "veloci-test.slice:veloci:\(id)", containerID: id, isUser: isUser)
        var manager = try connect()
        let paths = try CgroupPaths(layout: layout, unit: unit, managerGroup: try manager.controlGroup(before: soon))
        let changes = try CgroupChanges(resources: SystemdProperties.rounded(resources), layout: layout)
        let planner = SystemdProperties(
            systemdVersion: try manager.version(before: soon), isUnified: layout.mode == .unified, isUser: isUser)
        let (pid, descriptor) = try Processes.spawn(
            SpawnRequest(path: "/usr/bin/sleep", arguments: ["sleep", "100"], environment: []))
        let child = Child(pid: pid, descriptor: descriptor)
        try Cgroup(paths: paths).checkUnused()
        try manager.start(
            unit,
            try planner.start(unit, containerID: id, process: pid, resources: resources, annotations: annotations), before: soon)
        do {
            let creation = try Cgroup.create(paths, changes: changes, isPrivileged: !isUser, ignoring: [pid])
            try creation.cgroup.apply(changes, isPrivileged: !isUser)
            try body(creation.cgroup, unit, planner, child)
        } catch {
            Issue.record("\(error)")
        }
        try Cgroup(paths: paths).kill(within: Deadline(milliseconds: 5000))
        _ = child.wait()
        var again = try connect()
        try again.stop(unit, before: soon)
        #expect(try Cgroup(paths: paths).destroy(within: Deadline(milliseconds: 5000)).isEmpty)
        // Stopping what is gone is fine.
        try again.stop(unit, before: soon)
    }

    @Test func aContainerIsAScope() throws {
        let resources = Resources(
            devices: [DeviceCgroup(allow: true, type: "c", major: 10, minor: 229, access: "rw")],
            memory: Memory(limit: 64 << 20), cpu: CPU(shares: 512, quota: 33_333, period: 100_000), pids: Pids(limit: 20))
        let annotations = ["org.systemd.property.CollectMode": "'inactive-or-failed'", "org.systemd.property.TimeoutStopSec": "7"]
        try with("scope-\(getpid())", resources, annotations: annotations) { cgroup, unit, _, child in
            let membership = try Files.readText("/proc/\(child.pid)/cgroup")
            if self.isUser { #expect(membership.contains("/user@")) }
            #expect(membership.contains("/veloci.slice/veloci-test.slice/\(unit.name)"))
            // On version 1 systemd moves it only in hierarchies that it uses itself.
            #expect(try cgroup.processesEverywhere() == [child.pid])
            if let memory = cgroup.paths.location(of: "memory") {
                let file = memory.version == .v2 ? "memory.max" : "memory.limit_in_bytes"
                #expect(try GroupFiles(memory).read(file) == String(64 << 20))
            }
            if let cpu = cgroup.paths.location(of: "cpu"), cpu.version == .v2 {
                #expect(try GroupFiles(cpu).read("cpu.max") == "34000 100000")
            }
            // A second one of the same name is refused, and the first lives on.
            var manager = try self.connect()
            do throws(CgroupError) {
                try manager.start(unit, [SystemdProperty("PIDs", .array(element: "u", [.uint32(UInt32(getpid()))]))], before: self.soon)
                Issue.record("an error was expected")
            } catch {
                #expect(error.kind == .populated)
            }
            #expect(cgroup.exists)
        }
    }

    /// systemd takes every property that the table of resources gives it: the names exist and the types are right.
    @Test func everyPropertyIsTaken() throws {
        try with("properties-\(getpid())", nil) { _, unit, planner, _ in
            var manager = try self.connect()
            var count = 0
            for row in ResourceRow.all where !ResourceDocument.systemd(row, isUnified: planner.isUnified).isEmpty {
                let properties = try planner.resources(row.resources, changingDevices: true)
                do throws(CgroupError) {
                    try manager.set(properties, of: unit, before: self.soon)
                    count += properties.count
                } catch {
                    Issue.record("\(row.property): \(properties.map(\.description)): \(error)")
                }
            }
            print("systemd took \(count) properties")
            // A user's manager gets no device rules.
            #expect(count > (self.isUser ? 25 : 60))
        }
    }

    @Test func refusals() throws {
        var manager = try connect()
        let unit = SystemdUnit(name: "veloci-none-\(getpid()).scope", slice: "system.slice")
        let cases: [[SystemdProperty]] = [
            // A scope needs a process, names that exist, and a slice that can be.
            [], [SystemdProperty("NoSuchProperty", .byte(1))], [SystemdProperty("Slice", .string("no slice"))],
            [SystemdProperty("PIDs", .array(element: "u", [.uint32(4_194_304)]))],
        ]
        for properties in cases {
            do throws(CgroupError) {
                try manager.start(unit, properties, before: soon)
                Issue.record("an error was expected for \(properties)")
            } catch {
                #expect(error.kind == .systemd, "\(error)")
            }
        }
        #expect(throws: Never.self) { try stop(unit) }
    }

    private func stop(_ unit: SystemdUnit) throws {
        var manager = try connect()
        try manager.stop(unit, before: soon)
    }
}
