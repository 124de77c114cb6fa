import ByteText
import CLinux
import Foundation
import LinuxKernel
import RuntimeSpec
import Synchronization
import Testing

@testable import Cgroups

/// Tests that make groups on this machine: as root, only below names of their own, removed at the end.
enum HostGroups {
    static let canRun = geteuid() == 0 && ((try? CgroupLayout.detect().mode) ?? .none) != .none
    static let reason: Comment = "making control groups needs root and a mounted hierarchy"

    private static let counter = Mutex(0)

    /// A name that nobody else uses, also no test of another suite at the same time.
    static func name() -> String {
        let number = counter.withLock { number in
            number += 1
            return number
        }
        return "veloci-test-\(getpid())-\(number)"
    }

    /// Calls `body` with planned paths below a group of the test's own, and removes all of it afterwards.
    static func with(
        _ layout: CgroupLayout? = nil, _ body: (CgroupPaths, CgroupLayout) throws -> Void
    ) throws {
        let layout = try layout ?? CgroupLayout.detect()
        let name = name()
        let parent = try CgroupPaths(layout: layout, cgroupsPath: "/" + name, containerID: "x")
        let paths = try CgroupPaths(layout: layout, cgroupsPath: "/\(name)/web", containerID: "x")
        defer {
            let all = Cgroup(paths: parent)
            try? all.thaw(within: Deadline(milliseconds: 1000))
            try? all.kill(within: Deadline(milliseconds: 3000))
            let rest = try? all.destroy(within: Deadline(milliseconds: 3000))
            if rest?.isEmpty != true { Issue.record("left behind: \(String(describing: rest))") }
        }
        try body(paths, layout)
    }

    /// The v2 hierarchy alone; nil, with a printed reason, when there is none.
    static func unifiedLayout(_ purpose: String = #function) throws -> CgroupLayout? {
        if let unified = try CgroupLayout.detect().unified { return CgroupLayout(hierarchies: [unified]) }
        print("no v2 hierarchy on this host: \(purpose)")
        return nil
    }

    /// What resources ask for; nil, with a printed reason, when the host lacks a controller for them.
    static func plan(_ resources: Resources, _ layout: CgroupLayout, _ purpose: String = #function) throws -> CgroupChanges? {
        do throws(CgroupError) {
            return try CgroupChanges(resources: resources, layout: layout)
        } catch {
            guard error.kind == .missingController || error.kind == .unsupported else { throw error }
            print("not on this host: \(purpose): \(error.message)")
            return nil
        }
    }

    /// The number of a whole disk; nil, with a printed reason, when there is none.
    static func disk() throws -> (major: Int64, minor: Int64)? {
        let line = try Files.readText("/proc/partitions").split(separator: "\n").map(\.words)
            .first { $0.count == 4 && ["vda", "sda", "nvme0n1"].contains($0[3]) }
        if let line, let major = Int64(line[0]), let minor = Int64(line[1]) { return (major, minor) }
        print("no whole disk on this host")
        return nil
    }

    /// Starts a shell command inside the groups, the way a container's first process joins.
    /// - Parameter group: a path inside the groups, such as `/workers`.
    static func start(_ command: String, in cgroup: Cgroup, group: String = "") throws -> Child {
        let unified = try cgroup.paths.unified?.openToJoin(group).release()
        let tasks = try cgroup.paths.locations.filter { $0.version == .v1 }.map { try $0.openToJoin(group).release() }
        defer { for number in tasks + [unified].compactMap({ $0 }) { _ = Descriptor(owning: number) } }
        let joins = tasks.map { "echo 0 >&\($0); exec \($0)>&-; " }.joined()
        let shell = FileManager.default.isExecutableFile(atPath: "/usr/bin/bash") ? "/usr/bin/bash" : "/bin/bash"
        var request = SpawnRequest(path: shell, arguments: ["bash", "-c", joins + command], environment: ["PATH=/usr/bin:/bin"])
        request.descriptors = tasks
        request.controlGroup = unified
        let (pid, descriptor) = try Processes.spawn(request)
        return Child(pid: pid, descriptor: descriptor)
    }

    /// Waits until something is so.
    static func eventually(_ milliseconds: Int64 = 30_000, _ condition: () throws -> Bool) rethrows -> Bool {
        let deadline = Deadline(milliseconds: milliseconds)
        while !deadline.hasPassed {
            if try condition() { return true }
            Waiting.sleep(microseconds: 2000)
        }
        return try condition()
    }
}

/// A process that the test started; killed and reaped with its owner.
final class Child {
    let pid: Int32
    private let descriptor: Int32
    private var isReaped = false

    init(pid: Int32, descriptor: Int32) {
        self.pid = pid
        self.descriptor = descriptor
    }

    func wait() -> Int32 {
        if isReaped { return -1 }
        isReaped = true
        let descriptor = Descriptor(owning: self.descriptor)
        return (try? Processes.wait(for: descriptor).shellStatus) ?? -1
    }

    deinit {
        if isReaped { return }
        let descriptor = Descriptor(owning: self.descriptor)
        try? Processes.signal(descriptor, 9)
        _ = try? Processes.wait(for: descriptor)
    }
}
