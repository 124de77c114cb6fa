import Foundation
import LinuxKernel
import Testing

@testable import Cgroups
@testable import Veloci

@Suite struct WatchTests {
    /// The kernel announces a change of memory.events up to 10 ms later than the end of the process that it is about.
    @Test func whatEndedItIsToldBeforeTheEnd() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        // A file in the place of the kernel's, which announces nothing.
        let events = directory.appendingPathComponent("memory.events")
        try Data("max 0\noom_kill 1\n".utf8).write(to: events)
        let location = CgroupLocation(
            version: .v2, controllers: ["memory"], mountPoint: directory.deletingLastPathComponent().path,
            directory: directory.path)
        let (reader, writer) = try Pipes.make()
        defer { close(writer) }
        var watch = ContainerWatch(
            process: Descriptor(owning: reader), memory: try MemoryWatch(Cgroup(paths: CgroupPaths(locations: [location]))))
        #expect(try watch.next(within: .zero) == nil)
        let file = try FileHandle(forWritingTo: events)
        try file.write(contentsOf: Data("max 9\noom_kill 2\n".utf8))
        #expect(try watch.next(within: .zero) == nil)
        try Pipes.write([0], to: writer)
        #expect(try watch.next(within: .zero) == .outOfMemory)
        #expect(try watch.next(within: .zero) == .stopped)
    }
}
