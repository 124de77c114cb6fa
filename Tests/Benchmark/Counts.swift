import Foundation
import LinuxKernel

/// What is counted once, not timed: system calls, instructions of the host's side, the memory of a container that waits.
struct Counts {
    let measurement: Measurement
    private var workshop: Workshop { measurement.workshop }
    private var launcher: Launcher { workshop.launcher }
    private var summary: String { workshop.directory + "/trace" }

    func count(_ runtime: Runtime) throws {
        try systemCalls(runtime)
        if !runtime.isFloor { try memory(runtime) }
        if ProcessInfo.processInfo.environment["INSTRUCTIONS"] == "1" { try instructions(runtime) }
    }

    private func write(_ operation: Operation, _ runtime: Runtime, _ name: String, _ number: Int) {
        measurement.write(.count(measurement.place("counts"), operation.rawValue, runtime: runtime.name, name: name, number))
    }

    /// As strace counts them, threads and what runs in the container until its program included.
    private func systemCalls(_ runtime: Runtime) throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/strace") else { return }
        try measurement.life(of: runtime, runner: { words, operation in
            try trace(words, operation)
            return Cost()
        }) { operation, body in
            _ = try body()
            guard operation != .life, measurement.options.operations.contains(operation) else { return }
            // "100.00    0.001    3    123    4 total"
            let total = try String(contentsOfFile: summary, encoding: .utf8).split(separator: "\n").last ?? ""
            if let number = total.split(separator: " ").dropFirst(3).first.flatMap({ Int($0) }) {
                write(operation, runtime, "system-calls", number)
            }
            if let folder = ProcessInfo.processInfo.environment["TRACES"] {
                let file = "\(folder)/\(measurement.options.view)-\(measurement.options.bundle.rawValue)-\(operation.rawValue)-\(runtime.name)"
                try? FileManager.default.removeItem(atPath: file)
                try FileManager.default.copyItem(atPath: summary, toPath: file)
            }
        }
    }

    private func trace(_ command: [String], _ operation: Operation) throws {
        let words = ["/usr/bin/strace", "-I", "2", "-f", "-c", "-o", summary] + command
        guard operation == .create else { return try launcher.run(words) }
        // The container that it leaves would keep strace; the file with its pid is the last that the command writes.
        try? FileManager.default.removeItem(atPath: workshop.pidFile)
        let process = Descriptor(owning: try launcher.spawn(words).descriptor)
        while !FileManager.default.fileExists(atPath: workshop.pidFile) {
            if try Processes.hasEnded(process, withinMilliseconds: 5) { throw Trouble("strace of create ended: \(launcher.text)") }
        }
        usleep(300_000)
        try Processes.signal(process, SIGINT)
        _ = try Processes.wait(for: process)
    }

    /// What waits in a created container: its proportional set, and what its group is charged, both in kB.
    private func memory(_ runtime: Runtime) throws {
        try measurement.life(of: runtime) { operation, body in
            _ = try body()
            guard operation == .create else { return }
            let process = try workshop.process()
            func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
            let share = text("/proc/\(process)/smaps_rollup")?.split(separator: "\n").first { $0.hasPrefix("Pss:") }
            if let size = share?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) {
                write(.create, runtime, "waiting-pss", size)
            }
            guard let group = text("/proc/\(process)/cgroup")?.split(separator: "\n").first(where: { $0.contains(":memory:") }),
                let path = group.split(separator: ":", maxSplits: 2).last
            else { return }
            let files = ["memory.usage_in_bytes", "memory.kmem.usage_in_bytes"].compactMap { file in
                text("/sys/fs/cgroup/memory\(path)/\(file)").flatMap { Int($0.split(separator: "\n").first ?? "") }
            }
            if let usage = files.first { write(.create, runtime, "waiting-charged", usage / 1024) }
            if files.count > 1 { write(.create, runtime, "waiting-charged-kernel", files[1] / 1024) }
        }
    }

    /// Of the process that was called; what it executes in its own place counts as well.
    private func instructions(_ runtime: Runtime) throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/valgrind") else { return }
        let simulated: Set<Operation> = [.version, .state, .start, .kill, .delete, .pause, .resume, .update]
        do {
            try measurement.life(of: runtime, runner: { words, operation in
                guard simulated.contains(operation) else { return try launcher.measure(words) }
                let prefix = ["/usr/bin/valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--trace-children=yes"]
                try launcher.run(prefix + words)
                return Cost()
            }) { operation, body in
                _ = try body()
                guard simulated.contains(operation) else { return }
                // "==12== Collected : 51566", once for each program that was executed.
                let collected = launcher.text.split(separator: "\n").filter { $0.contains("Collected :") }
                let sum = collected.compactMap { Int($0.split(separator: " ").last ?? "") }.reduce(0, +)
                if sum > 0 { write(operation, runtime, "instructions", sum) }
            }
        } catch {
            FileHandle.standardError.write(Data("\(runtime.name) does not run under valgrind: \(error)\n".utf8))
        }
    }
}
