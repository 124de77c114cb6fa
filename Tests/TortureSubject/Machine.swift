import Foundation
import Glibc

/// What this process and its containers hold of the machine. Two pictures that differ show what was left behind.
struct Machine: Equatable {
    /// Number and target of each open descriptor.
    var descriptors: Set<String>
    /// The lines of the mount table.
    var mounts: Set<String>
    /// Direct children, and all orphans of theirs: this process is their reaper.
    var children: Set<Int32>
    /// Control groups with the name of this run in any hierarchy.
    var controlGroups: Set<String>
    /// Whatever is below the state root.
    var stateFiles: Set<String>

    static func now(_ work: Work) -> Machine {
        Machine(
            descriptors: openDescriptors(), mounts: Set(lines("/proc/self/mountinfo")), children: liveAndDeadChildren(),
            controlGroups: groups(work.groupPrefix), stateFiles: Set(names(work.state)))
    }

    /// What is in `self` and was not in `before`, in words. Pipes, sockets and memory files have numbers of their own.
    func surplus(over before: Machine) -> [String] {
        descriptors.subtracting(before.descriptors).map { "descriptor \($0)" }
            + mounts.subtracting(before.mounts).map { "mount \($0)" }
            + children.subtracting(before.children).map { "process \($0) (\(Self.commandLine($0)))" }
            + controlGroups.subtracting(before.controlGroups).map { "control group \($0)" }
            + stateFiles.subtracting(before.stateFiles).map { "state file \($0)" }
    }

    /// Waits ten seconds at most for those on their way out, and says what stays.
    static func left(_ work: Work, since before: Machine, reaping: Bool) -> [String] {
        var left: [String] = []
        for attempt in 0..<510 {
            if reaping { reap(but: before.children) }
            left = now(work).surplus(over: before)
            if left.isEmpty { return [] }
            usleep(attempt < 10 ? 1000 : 20_000)
        }
        return left
    }

    /// Takes dead children away, as init does for the executable's.
    static func reap(but kept: Set<Int32>) {
        for child in liveAndDeadChildren().subtracting(kept) { waitpid(child, nil, WNOHANG) }
    }

    private static func openDescriptors() -> Set<String> {
        var found: Set<String> = []
        for name in names("/proc/self/fd") {
            var buffer = [CChar](repeating: 0, count: 4096)
            let count = readlink("/proc/self/fd/\(name)", &buffer, 4095)
            guard count > 0 else { continue }
            let target = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            // The directory that is being listed right now.
            if target.hasSuffix("/fd") && target.hasPrefix("/proc/") { continue }
            found.insert("\(name) → \(target)")
        }
        return found
    }

    private static func liveAndDeadChildren() -> Set<Int32> {
        var found: Set<Int32> = []
        for name in names("/proc") {
            guard let pid = Int32(name), let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
                let end = text.lastIndex(of: ")")
            else { continue }
            let fields = text[end...].split(separator: " ")
            if fields.count > 2, Int32(fields[2]) == getpid() { found.insert(pid) }
        }
        return found
    }

    static func groups(_ prefix: String) -> Set<String> {
        var found: Set<String> = []
        for hierarchy in names("/sys/fs/cgroup") {
            for name in names("/sys/fs/cgroup/" + hierarchy) where name.hasPrefix(prefix) {
                found.insert("/sys/fs/cgroup/\(hierarchy)/\(name)")
            }
            // On a host with version 2 alone the hierarchy is this directory itself.
            if hierarchy.hasPrefix(prefix) { found.insert("/sys/fs/cgroup/" + hierarchy) }
        }
        return found
    }

    static func commandLine(_ pid: Int32) -> String {
        let bytes = (try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/cmdline"))) ?? Data()
        let text = String(decoding: bytes.map { $0 == 0 ? 32 : $0 }, as: UTF8.self)
        return text.isEmpty ? "dead, not waited for" : text
    }

    static func names(_ directory: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    }

    static func bytes(_ path: String) -> [UInt8] {
        guard let stream = fopen(path, "r") else { return [] }
        defer { fclose(stream) }
        var bytes: [UInt8] = []
        while case let byte = getc(stream), byte >= 0 { bytes.append(UInt8(byte)) }
        return bytes
    }

    static func lines(_ path: String) -> [String] {
        ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }
}

/// Where one run of the tests works: a directory that goes away at its end, and names that nobody else uses.
final class Work {
    let directory: String
    var state: String { directory + "/state" }
    let groupPrefix = "veloci-torture-\(getpid())"

    init() {
        var template = Array((NSTemporaryDirectory() + "/veloci-torture-XXXXXX").utf8CString)
        guard let path = mkdtemp(&template) else { fatalError("no temporary directory: \(String(cString: strerror(errno)))") }
        directory = URL(fileURLWithPath: String(cString: path)).standardizedFileURL.path
        mkdir(state, 0o700)
    }

    func remove() {
        // What is mounted on cannot be removed: namespaces that bundles keep.
        for line in Machine.lines("/proc/self/mountinfo") {
            let fields = line.split(separator: " ")
            if fields.count > 4, fields[4].hasPrefix(directory + "/") { umount2(String(fields[4]), 2) }  // MNT_DETACH
        }
        try? FileManager.default.removeItem(atPath: directory)
    }
}

/// Collects what is wrong, and counts what was tried.
final class Report {
    private(set) var problems = 0
    private(set) var tried = 0

    /// Commands that were killed where they were to be.
    private(set) var kills = 0

    func count() { tried += 1 }

    func countKill() { kills += 1 }

    func problem(_ text: String) {
        problems += 1
        print("PROBLEM \(text)")
        fflush(nil)
    }

    func expect(_ condition: Bool, _ text: @autoclosure () -> String) {
        if !condition { problem(text()) }
    }
}
