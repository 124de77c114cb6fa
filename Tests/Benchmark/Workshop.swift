import Foundation
import LinuxKernel
import RuntimeSpec

/// What is measured, in the order of a container's life.
enum Operation: String, CaseIterable {
    case version = "--version"
    case create, state, start, exec, kill, delete
    case run
}

/// Bundle, state and the processes of one benchmark.
final class Workshop {
    private let directory: String
    private let id = "veloci-benchmark-\(getpid())"
    private var pidFile: String { directory + "/pid" }
    private var errors: String { directory + "/errors" }
    private let isTraceable = FileManager.default.isExecutableFile(atPath: "/usr/bin/strace")

    struct Trouble: Error, CustomStringConvertible { var description: String }

    init(_ options: Options) throws {
        // State on tmpfs: the disk is no part of the comparison.
        let place = FileManager.default.isWritableFile(atPath: "/run") ? "/run" : NSTemporaryDirectory()
        directory = place + "/" + id
        let binaries = directory + "/bundle/rootfs/bin"
        try FileManager.default.createDirectory(atPath: binaries, withIntermediateDirectories: true)
        guard FileManager.default.isExecutableFile(atPath: "/bin/busybox") else {
            throw Trouble(description: "busybox is missing: sudo apt-get install busybox-static")
        }
        try FileManager.default.copyItem(atPath: "/bin/busybox", toPath: binaries + "/busybox")
        for name in ["sleep", "true"] {
            try FileManager.default.createSymbolicLink(atPath: binaries + "/" + name, withDestinationPath: "busybox")
        }
        try execute(options.runtimes[0], ["spec", "--bundle", directory + "/bundle"])
        try writeBundle(options, arguments: ["sleep", "1000"], to: "bundle")
        try FileManager.default.createDirectory(atPath: directory + "/short", withIntermediateDirectories: true)
        try writeBundle(options, arguments: ["true"], to: "short")
    }

    func remove() { try? FileManager.default.removeItem(atPath: directory) }

    private func writeBundle(_ options: Options, arguments: [String], to name: String) throws {
        func read(_ file: String) throws -> Spec { try Spec.decode(Array(Data(contentsOf: URL(fileURLWithPath: file)))) }
        var spec = try read(directory + "/bundle/config.json")
        // Older runtimes refuse newer versions.
        spec.ociVersion = "1.0.2"
        spec.process?.terminal = false
        spec.process?.args = arguments
        spec.root?.path = directory + "/bundle/rootfs"
        spec.linux?.cgroupsPath = "/" + id
        if let source = options.filterSource {
            spec.linux?.seccomp = try read(source).linux?.seccomp
            spec.linux?.resources?.pids = Pids(limit: 100)
            spec.linux?.resources?.memory = Memory(limit: 256 << 20)
            spec.linux?.resources?.cpu = CPU(shares: 512, quota: 50_000, period: 100_000)
        }
        try Data(spec.encoded()).write(to: URL(fileURLWithPath: directory + "/" + name + "/config.json"))
    }

    private func command(_ operation: Operation) -> [String] {
        switch operation {
        case .version: ["--version"]
        case .create: ["create", "--bundle", directory + "/bundle", id]
        case .start, .state, .delete: [operation.rawValue, id]
        case .exec: ["exec", id, "/bin/true"]
        case .kill: ["kill", id, "KILL"]
        case .run: ["run", "--bundle", directory + "/short", id]
        }
    }

    /// Takes one container through its life; milliseconds for each command.
    func life(of runtime: String) throws -> [Operation: Double] {
        var costs: [Operation: Double] = [:]
        try live(with: runtime) { operation, arguments in
            let start = DispatchTime.now().uptimeNanoseconds
            try execute(runtime, arguments)
            costs[operation] = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e6
        }
        return costs
    }

    /// How many system calls each command makes, as strace counts them.
    func systemCalls(of runtime: String) throws -> [Operation: Int] {
        guard isTraceable else { return [:] }
        var counts: [Operation: Int] = [:]
        let summary = directory + "/trace"
        try live(with: runtime) { operation, arguments in
            try trace(operation, runtime, arguments, summary)
            let total = try String(contentsOfFile: summary, encoding: .utf8).split(separator: "\n").last ?? ""
            // "100.00    0.001    3    123    4 total"
            counts[operation] = total.split(separator: " ").dropFirst(3).first.flatMap { Int($0) }
        }
        return counts
    }

    private func trace(_ operation: Operation, _ runtime: String, _ arguments: [String], _ summary: String) throws {
        let words = ["-I", "2", "-f", "-c", "-o", summary, runtime] + arguments
        guard operation == .create else { return try execute("/usr/bin/strace", words) }
        // The container that it leaves would keep strace; the file with its pid is the last that the command writes.
        try? FileManager.default.removeItem(atPath: pidFile)
        let process = Descriptor(owning: try spawn("/usr/bin/strace", words).descriptor)
        while !FileManager.default.fileExists(atPath: pidFile) {
            if try Processes.hasEnded(process, withinMilliseconds: 5) { throw Trouble(description: "strace of create ended") }
        }
        usleep(200_000)
        try Processes.signal(process, SIGINT)
        _ = try Processes.wait(for: process)
    }

    /// The proportional set size of what waits in a created container, in kB.
    func memoryOfCreated(by runtime: String) throws -> Int? {
        var size: Int?
        try live(with: runtime) { operation, arguments in
            try execute(runtime, arguments)
            guard operation == .create else { return }
            let pid = try String(contentsOfFile: pidFile, encoding: .utf8)
            let rollup = try String(contentsOfFile: "/proc/\(pid)/smaps_rollup", encoding: .utf8)
            let line = rollup.split(separator: "\n").first { $0.hasPrefix("Pss:") }
            size = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        }
        return size
    }

    /// Every command once, in the order in which a container's life needs them.
    private func live(with runtime: String, _ step: (Operation, [String]) throws -> Void) throws {
        do {
            for operation in Operation.allCases {
                var arguments = command(operation)
                if operation != .version { arguments = ["--root", directory + "/state"] + arguments }
                if operation == .create { arguments.insert(contentsOf: ["--pid-file", pidFile], at: 3) }
                try step(operation, arguments)
                if operation == .kill { try waitForEnd() }
            }
        } catch {
            try? execute(runtime, ["--root", directory + "/state", "delete", "--force", id])
            throw error
        }
    }

    private func waitForEnd() throws {
        let pid = try String(contentsOfFile: pidFile, encoding: .utf8)
        for _ in 0..<5000 {
            guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return }
            if status.contains(") Z ") { return }
            usleep(1000)
        }
        throw Trouble(description: "the container's process does not end")
    }

    private func execute(_ program: String, _ arguments: [String]) throws {
        let process = Descriptor(owning: try spawn(program, arguments).descriptor)
        guard case .exited(0) = try Processes.wait(for: process) else {
            let text = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
            throw Trouble(description: "\(program) \(arguments.joined(separator: " ")): \(text)")
        }
    }

    private func spawn(_ program: String, _ arguments: [String]) throws -> (pid: Int32, descriptor: Int32) {
        let output = try Files.open(errors, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        let input = try Files.open("/dev/null")
        var request = SpawnRequest(
            path: program, arguments: [program] + arguments, environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
        request.standard = [input.number, output.number, output.number]
        request.resetsSignals = true
        return try Processes.spawn(request)
    }
}
