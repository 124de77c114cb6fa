import CStageWire
import Foundation
import Glibc
import LinuxKernel
import RuntimeSpec
import Testing

@testable import Veloci

/// What a record names may be another's by now.
@Suite struct RecordTests {
    /// A process with the pid and the start time of the record: after a restart of the machine that says nothing.
    @Test(arguments: [true, false]) func processesOfAnotherStart(_ isSameBoot: Bool) throws {
        let making = try Making()
        defer { making.end() }
        let (pid, number) = try Processes.spawn(SpawnRequest(path: "/bin/sleep", arguments: ["sleep", "1000"], environment: []))
        let process = Descriptor(owning: number)
        defer {
            _ = try? Processes.signal(process, 9)
            _ = try? Processes.wait(for: process)
        }
        var record = Making.record
        #expect(!record.boot.isEmpty)
        if !isSameBoot { record.boot = "another" }
        record.process = ContainerRecord.FirstProcess(pid: pid, startTime: try #require(Processes.startTime(of: pid)))
        try making.write(record)
        flock(making.lock, LOCK_UN)
        #expect(try making.runtime.state("web").status == (isSameBoot ? "running" : "stopped"))
        if isSameBoot {
            try making.runtime.kill("web", signal: Signal(rawValue: 0))
        } else {
            #expect(throws: Failure.self) { try making.runtime.kill("web", signal: .kill) }
            try making.runtime.delete("web", force: true)
        }
        #expect(!Processes.hasEnded(pid))
    }

    /// Where the kernel numbers processes, the number tells, and nothing else is asked.
    @Test func processesByTheirNumber() throws {
        let making = try Making()
        defer { making.end() }
        flock(making.lock, LOCK_UN)
        let (pid, number) = try Processes.spawn(SpawnRequest(path: "/bin/sleep", arguments: ["sleep", "1000"], environment: []))
        let process = Descriptor(owning: number)
        defer { _ = try? Processes.signal(process, 9) }
        guard let identity = Processes.identity(ofNumber: number) else { return }
        var record = Making.record
        func state(_ identity: UInt64) throws -> String {
            record.process = ContainerRecord.FirstProcess(pid: pid, startTime: 1, identity: identity)
            try making.write(record)
            return try making.runtime.state("web").status
        }
        #expect(try state(identity + 1) == "stopped")
        #expect(throws: Failure.self) { try making.runtime.kill("web", signal: .kill) }
        #expect(try !Processes.hasEnded(process, withinMilliseconds: 0))
        #expect(try state(identity) == "running")
        try making.runtime.kill("web", signal: .kill)
        #expect(try Processes.hasEnded(process, withinMilliseconds: 10_000))
        // Nobody has taken it away yet.
        #expect(try state(identity) == "stopped")
        _ = try Processes.wait(for: process)
        #expect(try state(identity) == "stopped")
    }

    /// A directory that was removed and made again is not the container's.
    @Test func groupsOfOthers() throws {
        let making = try Making()
        defer { making.end() }
        let own = making.root + "/own"
        let other = making.root + "/other"
        for path in [own, other] { mkdir(path, 0o700) }
        var record = Making.record
        record.process = ContainerRecord.FirstProcess(pid: 1, startTime: 1)
        record.undo = [
            .removeControlGroup(["": own, "pids": other, "memory": other, "cpu": making.root + "/gone"]),
            .stopUnit(name: "web.scope", isOfUser: false),
        ]
        record.identifyGroups()
        #expect(Set(record.controlGroupNumbers.keys) == [own, other])
        try making.write(record)
        let state = try StateDirectory.open(root: making.root, id: "web", locking: false)
        #expect(state.record() == record)
        // The kernel may give the number of a directory again at once; those of control groups it never does.
        mkdir(making.root + "/placeholder", 0o700)
        rename(making.root + "/placeholder", other)
        #expect(state.record()?.controlGroups == ["": own, "cpu": making.root + "/gone"])
        #expect(state.record()?.unit == nil)
    }

    /// Nothing waits for who put something else in the place of a file.
    @Test(arguments: ["state.json", "config.json"]) func noWaiting(_ file: String) throws {
        let making = try Making()
        defer { making.end() }
        flock(making.lock, LOCK_UN)
        try making.write(Making.record)
        unlink(making.directory + "/" + file)
        mkfifo(making.directory + "/" + file, 0o600)
        #expect(throws: Failure.self) { _ = try making.runtime.configuredProcess("web") }
        _ = try making.runtime.list()
        // Whatever is in the directory: it goes, and what links lead to stays.
        mkdir(making.directory + "/notify", 0o700)
        mkdir(making.directory + "/notify/deep", 0o700)
        symlink("/etc/passwd", making.directory + "/notify/deep/link")
        try making.runtime.delete("web", force: true)
        #expect(access(making.directory, F_OK) != 0 && access("/etc/passwd", F_OK) == 0)
    }

    /// What `list` reads is one file of the container's own, whole, and in a directory of that name.
    @Test func frontsOfOthers() throws {
        let making = try Making()
        defer { making.end() }
        flock(making.lock, LOCK_UN)
        var record = Making.record
        record.process = ContainerRecord.FirstProcess(pid: getpid(), startTime: try #require(Processes.startTime(of: getpid())))
        record.annotations = ["from": "front"]
        func page(paused: UInt32 = 0) -> Data {
            var page = stage_progress()
            (page.phase, page.paused) = (stage_phase_executing.rawValue, paused)
            return withUnsafeBytes(of: page) { Data($0) }
        }
        func shown() throws -> [String] { try making.runtime.list().map { "\($0.id) \($0.status) \($0.annotations["from"] ?? "")" } }
        let file = URL(fileURLWithPath: making.directory + "/progress")
        try (page() + record.encodedFront).write(to: file)
        #expect(try shown() == ["web running front"])
        #expect(try making.runtime.list().first?.ownerID == geteuid())
        // What is no more than a part, or another's, is not believed: the record is.
        record.annotations = ["from": "record"]
        try making.write(record)
        for bytes in [Data(page().prefix(100)), page(), page() + record.encodedFront.dropLast(), page(paused: 1) + record.encodedFront] {
            try bytes.write(to: file)
            #expect(try shown() == ["web running record"], "\(bytes.count) bytes")
        }
        record.annotations = ["from": "front"]
        try (page() + record.encodedFront).write(to: file)
        symlink("web", making.root + "/link")
        try FileManager.default.copyItem(atPath: making.directory, toPath: making.root + "/copy")
        #expect(try shown() == ["web running front"])
        #expect(try making.runtime.ids() == ["web"])
    }

    /// Other users see neither records nor sockets.
    @Test func directoriesAreOurs() throws {
        let root = NSTemporaryDirectory() + "veloci-modes-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: root) }
        _ = try StateDirectory.make(root: root + "/state", id: "web")
        for path in [root + "/state", root + "/state/web"] { #expect(try Files.status(of: path).mode == 0o700) }
    }
}
