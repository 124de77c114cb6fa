import Foundation
import LinuxKernel

/// Runs programs and tells what they cost. What they leave behind becomes a child of this process, so nothing that they had
/// done by others is missed.
struct Launcher {
    let program: String
    let directory: String
    private var costs: String { directory + "/costs" }
    private var output: String { directory + "/output" }
    private var input: String { directory + "/input" }

    init(program: String, directory: String) throws {
        self.program = program
        self.directory = directory
        becomeSubreaper()
        // A file of ours: runtimes give standard input to the container's user, and the machine's /dev/null is not theirs.
        try Data().write(to: URL(fileURLWithPath: input))
    }

    /// What the last program wrote.
    var text: String {
        ((try? String(contentsOfFile: output, encoding: .utf8)) ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func measure(_ words: [String]) throws -> Cost {
        try measureAll([words])[0]
    }

    /// Runs all at once.
    func measureAll(_ commands: [[String]]) throws -> [Cost] {
        try? FileManager.default.removeItem(atPath: costs)
        var running: [Int32] = []
        for words in commands { running.append(try spawn([program, costs] + words).descriptor) }
        var failed: [String]?
        for (number, words) in zip(running, commands) {
            let process = Descriptor(owning: number)
            guard case .exited(0) = try Processes.wait(for: process) else {
                failed = words
                continue
            }
        }
        if let failed { throw Trouble("\(failed.joined(separator: " ")): \(text)") }
        let lines = try String(contentsOfFile: costs, encoding: .utf8).split(separator: "\n")
        let found = lines.compactMap { line -> Cost? in
            let numbers = line.split(separator: " ").compactMap { Double($0) }
            guard numbers.count == 6 else { return nil }
            return Cost(
                wall: numbers[1] / 1000, processor: numbers[2], faults: Int(numbers[3]), switches: Int(numbers[5]),
                peak: Int(numbers[4]))
        }
        guard found.count == commands.count else { throw Trouble("no costs of \(commands[0].joined(separator: " "))") }
        return found
    }

    func run(_ words: [String]) throws {
        let process = Descriptor(owning: try spawn(words).descriptor)
        guard case .exited(0) = try Processes.wait(for: process) else {
            throw Trouble("\(words.joined(separator: " ")): \(text)")
        }
    }

    func spawn(_ words: [String]) throws -> (pid: Int32, descriptor: Int32) {
        let standardOutput = try Files.open(output, flags: [.writeOnly, .create, .truncate], mode: 0o600)
        let standardInput = try Files.open(input)
        var request = SpawnRequest(
            path: words[0], arguments: words, environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
        request.standard = [standardInput.number, standardOutput.number, standardOutput.number]
        request.resetsSignals = true
        return try Processes.spawn(request)
    }

    /// What children that nobody waited for cost: those that have ended by now, or the next one that ends.
    func orphans(atLeast expected: Int = 0) -> Cost {
        var sum = Cost()
        var found = 0
        for _ in 0..<2000 {
            while let cost = ended(-1) { (sum, found) = (sum + cost, found + 1) }
            if found >= expected { return sum }
            usleep(500)
        }
        return sum
    }

    /// Waits for a process that became a child.
    func end(of process: Int32) throws -> Cost {
        for _ in 0..<10_000 {
            if let cost = ended(process) { return cost }
            usleep(500)
        }
        throw Trouble("the container's process does not end")
    }

    private func ended(_ process: Int32) -> Cost? {
        var status: Int32 = 0
        var usage = rusage()
        guard wait4(process, &status, WNOHANG, &usage) > 0 else { return nil }
        func microseconds(_ time: timeval) -> Double { Double(time.tv_sec) * 1e6 + Double(time.tv_usec) }
        return Cost(
            processor: microseconds(usage.ru_utime) + microseconds(usage.ru_stime), faults: usage.ru_minflt + usage.ru_majflt,
            switches: usage.ru_nvcsw + usage.ru_nivcsw, peak: usage.ru_maxrss)
    }

    /// What a living process cost until now.
    func costs(ofLiving process: Int32) throws -> Cost {
        let times = try String(contentsOfFile: "/proc/\(process)/schedstat", encoding: .utf8)
        let statistics = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        // Behind the name, which may have spaces: state, six numbers, the page faults of its own.
        let numbers = statistics.split(separator: ")").last?.split(separator: " ") ?? []
        let nanoseconds = times.split(separator: " ").first.flatMap { Double($0) } ?? 0
        return Cost(processor: nanoseconds / 1000, faults: numbers.count > 7 ? Int(numbers[7]) ?? 0 : 0)
    }
}
