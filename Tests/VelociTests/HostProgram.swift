import CLinux
import Foundation
import Glibc
import Testing
import Veloci

/// Tests that make containers, one after the other: their ids are names of control groups.
@Suite(.serialized, .enabled(if: HostProgram.isPossible, "containers need root and BusyBox here")) struct ContainerTests {}

/// A program that makes containers of BusyBox by this library, in a directory of its own.
struct HostProgram {
    static let busybox = ["/usr/bin/busybox", "/bin/busybox"].first { FileManager.default.isExecutableFile(atPath: $0) }
    static let isPossible = geteuid() == 0 && busybox != nil

    let directory = NSTemporaryDirectory() + "veloci-host-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    var runtime: Runtime { Runtime(root: directory + "/state") }

    init() throws {
        try FileManager.default.createDirectory(atPath: directory + "/rootfs/bin", withIntermediateDirectories: true)
        // By another process: whoever is started while a file is open for writing here keeps it from being executed.
        let copy = Foundation.Process()
        copy.executableURL = URL(fileURLWithPath: "/bin/cp")
        copy.arguments = [Self.busybox ?? "", directory + "/rootfs/bin/busybox"]
        try copy.run()
        copy.waitUntilExit()
        for name in ["cat", "sleep", "true"] {
            try FileManager.default.createSymbolicLink(atPath: directory + "/rootfs/bin/" + name, withDestinationPath: "busybox")
        }
    }

    func end() {
        for state in (try? runtime.list()) ?? [] { try? runtime.delete(state.id, force: true) }
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// A container of namespaces alone, whose program is a shell's script.
    func spec(_ script: String) -> Spec {
        Spec(
            ociVersion: "1.2.0", root: Root(path: "rootfs"),
            process: Spec.Process(args: ["/bin/busybox", "sh", "-c", script], env: ["PATH=/bin"], cwd: "/"),
            linux: Linux(namespaces: ["pid", "mount", "ipc", "uts", "network"].map { Namespace(type: $0) }))
    }

    func request(_ id: String, _ script: String) -> CreateRequest {
        CreateRequest(id: id, from: .spec(spec(script), relativeTo: directory))
    }

    /// All that a descriptor has to give.
    static func read(_ descriptor: Int32?) -> String {
        guard let descriptor else { return "no descriptor" }
        return String(decoding: (try? FileHandle(fileDescriptor: descriptor).readToEnd()) ?? Data(), as: UTF8.self)
    }

    /// What the script wrote to its standard output, and how it ended.
    func output(_ id: String, _ script: String) throws -> (String, Termination) {
        var request = request(id, script)
        request.streams.output = .pipe
        let process = try runtime.run(request)
        let text = Self.read(process.output)
        let end = try process.wait()
        try runtime.delete(id)
        return (text, end)
    }

    /// Children of this process that have ended and were not taken away.
    static var zombies: Int {
        let pids = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { Int32($0) } ?? []
        return pids.count { pid in
            guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let end = text.lastIndex(of: ")") else {
                return false
            }
            let fields = text[end...].split(separator: " ")
            return fields.count > 2 && fields[1] == "Z" && fields[2] == "\(getpid())"
        }
    }

    /// What a library could change of the program that links it.
    static func traits() throws -> [String] {
        var subreaper: Int32 = -1
        withUnsafeMutablePointer(to: &subreaper) { address in
            _ = linux_system_call(
                Int64(__NR_prctl), UInt64(PR_GET_CHILD_SUBREAPER), UInt64(UInt(bitPattern: address)), 0, 0, 0, 0)
        }
        // Not SigQ: it counts the signals that wait for all processes of the user.
        let names = [
            "Umask", "SigPnd", "SigBlk", "SigIgn", "SigCgt", "ShdPnd", "Cap", "NoNewPrivs", "Seccomp", "Uid", "Gid", "Cpus_allowed",
        ]
        let status = try String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8).split(separator: "\n").filter { line in
            names.contains { line.hasPrefix($0) }
        }
        let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { name in
            // Not the directory itself.
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + name)).map { name + " " + $0 }
        }
        return [FileManager.default.currentDirectoryPath, "subreaper \(subreaper)"] + status.map { withoutEndOfChild(String($0)) }
            + [try String(contentsOfFile: "/proc/self/limits", encoding: .utf8)]
            + ProcessInfo.processInfo.environment.map { $0 + "=" + $1 }.sorted() + descriptors.sorted()
    }

    /// SIGCHLD of a child that has just ended waits until a thread has time to ignore it.
    private static func withoutEndOfChild(_ line: String) -> String {
        guard line.hasPrefix("ShdPnd:"), let pending = UInt64(line.suffix(16), radix: 16) else { return line }
        return "ShdPnd: " + String(pending & ~(1 << UInt64(SIGCHLD - 1)), radix: 16)
    }

    static var descriptors: Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))?.count ?? 0 }
}

/// Ends an exit test with what was not as it should be.
func require(_ isRight: Bool, _ text: @autoclosure () -> String) {
    if isRight { return }
    // What an exit test says itself is shown to nobody; the process that waits for it has a standard error that is read.
    let error = FileHandle(forWritingAtPath: "/proc/\(getppid())/fd/2") ?? FileHandle.standardError
    error.write(Data(("✘ " + text() + "\n").utf8))
    exit(9)
}
