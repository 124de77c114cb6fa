import Foundation
import Glibc
import RuntimeSpec
import Testing

@testable import Veloci

/// The state directory of an id, with its lock held as its creator holds it.
struct Making {
    let root = NSTemporaryDirectory() + "veloci-creating-\(UUID().uuidString)"
    let lock: Int32
    var runtime: Runtime { Runtime(root: root) }
    var directory: String { root + "/web" }

    init() throws {
        try FileManager.default.createDirectory(atPath: root + "/web", withIntermediateDirectories: true)
        lock = open(root + "/web", O_RDONLY | O_DIRECTORY)
        try #require(flock(lock, LOCK_EX) == 0)
    }

    func write(_ record: ContainerRecord) throws {
        try Data(record.encoded).write(to: URL(fileURLWithPath: directory + "/state.json"))
    }

    func end() {
        close(lock)
        try? FileManager.default.removeItem(atPath: root)
    }

    static var record: ContainerRecord {
        var record = ContainerRecord(id: "web", bundle: "/b", rootfs: "/b/rootfs", created: "2026-01-01T00:00:00Z")
        record.undo = [.removeStateDirectory]
        return record
    }
}

/// What others see of a container while somebody is making it.
@Suite struct CreatingTests {
    /// RUNC: before the first record there is no container.
    @Test func nothingBeforeTheFirstRecord() throws {
        let making = try Making()
        defer { making.end() }
        for asking: (Runtime) throws -> Void in [
            { _ = try $0.state("web") }, { try $0.kill("web", signal: .terminate) }, { _ = try $0.processes("web") },
        ] {
            let failure = #expect(throws: Failure.self) { try asking(making.runtime) }
            #expect(failure?.code == .notFound && failure?.hint == nil, "\(String(describing: failure))")
        }
        #expect(try making.runtime.list().isEmpty)
    }

    @Test func creatingUntilThePidIsWritten() throws {
        let making = try Making()
        defer { making.end() }
        try making.write(Making.record)
        #expect(try making.runtime.state("web").status == "creating")
        #expect(try making.runtime.state("web").pid == 0)
        let failure = #expect(throws: Failure.self) { try making.runtime.kill("web", signal: .terminate) }
        #expect(failure?.code == .notRunning)
        // Whoever made it is gone, and it was never finished.
        flock(making.lock, LOCK_UN)
        #expect(try making.runtime.state("web").status == "stopped")
    }

    /// What somebody destroyed is told, also while somebody holds the lock; so is what a creation left that was killed.
    @Test func damagedIsNoBeginning() throws {
        let making = try Making()
        defer { making.end() }
        try Data("{".utf8).write(to: URL(fileURLWithPath: making.directory + "/state.json"))
        #expect(#expect(throws: Failure.self) { _ = try making.runtime.state("web") }?.code == .internalError)
        unlink(making.directory + "/state.json")
        flock(making.lock, LOCK_UN)
        #expect(#expect(throws: Failure.self) { _ = try making.runtime.state("web") }?.hint?.contains("a forced deletion of web") == true)
    }
}
