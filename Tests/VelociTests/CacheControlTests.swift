import Foundation
import RuntimeSpec
import Testing

@testable import Veloci

/// No machine of ours has resctrl, so these run against a file tree that is laid out like it. The kernel's own refusals
/// are not shown by it.
struct CacheControlTests {
    private let tree: URL

    init() throws {
        tree = FileManager.default.temporaryDirectory.appending(path: "veloci-resctrl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: tree.appending(path: "mon_groups"), withIntermediateDirectories: true)
        for file in ["tasks", "schemata"] { try Data().write(to: tree.appending(path: file)) }
    }

    /// A class as the kernel would make it: mkdir there brings files along, here they are made first.
    private func makeClass(_ name: String, schemata: String) throws {
        let directory = tree.appending(path: name)
        try FileManager.default.createDirectory(at: directory.appending(path: "mon_groups"), withIntermediateDirectories: true)
        try Data(schemata.utf8).write(to: directory.appending(path: "schemata"))
        try Data().write(to: directory.appending(path: "tasks"))
    }

    @Test func anExistingClassMustAgree() throws {
        try makeClass("gold", schemata: "    L3:0=00f;1=0ff\n    MB:0= 50;1=100\n")
        let control = try CacheControl(mountPoint: tree.path)
        let same = IntelRdt(closID: "gold", schemata: ["MB:0=50"], l3CacheSchema: "L3:0=f;1=ff")
        let membership = try control.prepare(same, id: "c")
        #expect(membership == CacheControl.Membership(group: tree.path + "/gold", monitoringGroup: nil, owned: []))
        #expect(throws: Failure.self) {
            try control.prepare(IntelRdt(closID: "gold", l3CacheSchema: "L3:0=7"), id: "c")
        }
    }

    @Test func aClassWithoutSchemaMustExist() throws {
        let control = try CacheControl(mountPoint: tree.path)
        #expect(throws: Failure.self) { try control.prepare(IntelRdt(closID: "none"), id: "c") }
        #expect(!FileManager.default.fileExists(atPath: tree.path + "/none"))
    }

    @Test func monitoringGroupsBelongToTheContainer() throws {
        let control = try CacheControl(mountPoint: tree.path)
        let membership = try control.prepare(IntelRdt(closID: "/", enableMonitoring: true), id: "web")
        let monitoring = tree.path + "/mon_groups/web"
        #expect(membership == CacheControl.Membership(group: tree.path, monitoringGroup: monitoring, owned: [monitoring]))
        #expect(FileManager.default.fileExists(atPath: monitoring))
        CacheControl.remove(membership.owned)
        #expect(!FileManager.default.fileExists(atPath: monitoring))
    }

    @Test func nothingIsLeftOfAFailure() throws {
        // The new class has no schemata file here, so the write is refused after the directory was made.
        let control = try CacheControl(mountPoint: tree.path)
        #expect(throws: Failure.self) { try control.prepare(IntelRdt(l3CacheSchema: "L3:0=f"), id: "web") }
        #expect(!FileManager.default.fileExists(atPath: tree.path + "/web"))
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOf: tree.appending(path: path), encoding: .utf8)
    }

    /// `update` of a container that is in a class writes to it, and moves nobody.
    @Test func updateOfAContainerWithAClass() throws {
        let control = try CacheControl(mountPoint: tree.path)
        let change = IntelRdt(l3CacheSchema: "L3:0=3", memBwSchema: "MB:0=20")
        for (current, directory) in [(IntelRdt(closID: "gold"), "gold"), (IntelRdt(), "web"), (IntelRdt(closID: ""), "web")] {
            try makeClass(directory, schemata: "")
            #expect(try control.update(change, of: current, id: "web", processes: [7]) == [])
            #expect(try text(directory + "/schemata").hasSuffix("MB:0=20\n"))
            #expect(try text(directory + "/tasks") == "")
        }
    }

    /// One that is in none gets the class of its name, with all its processes.
    @Test func updateOfAContainerWithoutAClass() throws {
        try makeClass("web", schemata: "")
        let control = try CacheControl(mountPoint: tree.path)
        // A class that was there is not the container's to remove. One that is made here has no files to write to: see below.
        #expect(try control.update(IntelRdt(memBwSchema: "MB:0=20"), of: nil, id: "web", processes: [7, 8]) == [])
        #expect(try text("web/schemata") == "MB:0=20\n")
        #expect(try ["7", "8"].contains(text("web/tasks")))
    }

    @Test func anUpdateThatFailsLeavesNothing() throws {
        let control = try CacheControl(mountPoint: tree.path, path: JSONPath())
        let failure = #expect(throws: Failure.self) {
            try control.update(IntelRdt(l3CacheSchema: "L3:0=f"), of: nil, id: "web", processes: [7])
        }
        #expect(failure?.description.hasPrefix("resctrl refused \"L3:0=f\"") == true, "\(failure?.description ?? "")")
        #expect(!FileManager.default.fileExists(atPath: tree.path + "/web"))
    }

    @Test func whatIsNotNamedStays() {
        let current = IntelRdt(closID: "gold", l3CacheSchema: "L3:0=f", memBwSchema: "MB:0=50")
        #expect(
            current.updated(by: IntelRdt(memBwSchema: "MB:0=20"))
                == IntelRdt(closID: "gold", l3CacheSchema: "L3:0=f", memBwSchema: "MB:0=20"))
    }

    @Test func theMountIsFoundInTheMountTable() {
        let table = "30 25 0:26 / /sys/fs/resctrl rw,nosuid shared:9 - resctrl resctrl rw\n31 25 0:27 / /tmp rw - tmpfs tmpfs rw\n"
        #expect(CacheControl.mountPoint(inMountTable: table) == "/sys/fs/resctrl")
        #expect(CacheControl.mountPoint(inMountTable: "31 25 0:27 / /resctrl rw - tmpfs tmpfs rw\n") == nil)
    }
}
