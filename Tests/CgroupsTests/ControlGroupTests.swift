import Cgroups
import Foundation
import Glibc
import LinuxKernel
import RuntimeSpec
import Testing

/// A control group by itself, as a program outside of this package has it.
@Suite(.enabled(if: geteuid() == 0, "control groups need root")) struct ControlGroupTests {
    @Test func life() throws {
        let path = "/veloci-test-group-\(getpid())"
        let group = try ControlGroup(creating: path, resources: Resources(pids: Pids(limit: 20)))
        defer { try? group.remove() }
        var request = SpawnRequest(path: "/bin/sleep", arguments: ["sleep", "100"], environment: [])
        request.resetsSignals = true
        let (pid, descriptor) = try Processes.spawn(request)
        let process = Descriptor(owning: descriptor)
        try group.add(pid)
        #expect(try group.processes() == [pid])
        #expect(try ControlGroup(existing: path).statistics().pids.limit == 20)
        try group.update(Resources(pids: Pids(limit: 30)))
        #expect(try group.statistics().pids.limit == 30)
        try group.freeze()
        try group.thaw()
        try group.kill()
        #expect(try Processes.wait(for: process) == .signalled(9))
        try group.remove()
        #expect(throws: CgroupError.self) { try ControlGroup(existing: path) }
        for directory in group.directories { #expect(!FileManager.default.fileExists(atPath: directory)) }
    }

    @Test func refusedPath() {
        #expect(throws: CgroupError.self) { try ControlGroup(creating: "jobs") }
        #expect(throws: CgroupError.self) { try ControlGroup(creating: "/a/../../b") }
    }
}
