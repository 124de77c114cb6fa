import Foundation
import Glibc

/// Kills the executable at its first, second, … system call, and looks whether the others find their way then.
struct Kills {
    enum Victim: String {
        case create, start, kill, delete, exec
        /// These two need CRIU, and that it knows the kernel.
        case checkpoint, restore

        var needsCriu: Bool { self == .checkpoint || self == .restore }
    }

    let bundle: FullBundle
    let report: Report
    let executable: Executable
    let console: ConsoleSocket?
    let before: Machine
    /// How many places are tried at most; all of them in a full run.
    let samples: Int

    init(_ bundle: FullBundle, _ report: Report, samples: Int) {
        self.bundle = bundle
        self.report = report
        self.samples = samples
        executable = Executable(bundle.work)
        console = bundle.usesTerminal ? ConsoleSocket(bundle.work.directory + "/console") : nil
        before = Machine.now(bundle.work)
    }

    func all(_ victim: Victim) {
        if victim == .restore { writeImages() }
        let count = countCalls(victim)
        report.expect(count > 20, "\(victim): only \(count) system calls were counted")
        let stride = Double(max(count, 1)) / Double(min(samples, max(count, 1)))
        var place = 1.0
        while Int(place) <= count {
            killAt(Int(place), victim)
            place += stride
        }
        // A command takes a call more or less each time.
        let tried = report.kills
        report.expect(tried * 10 >= min(samples, count) * 9, "\(victim): only \(tried) kills of \(min(samples, count))")
    }

    func arguments(_ victim: Victim) -> [String] {
        let id = bundle.id
        return switch victim {
        case .create:
            ["create", "--bundle", bundle.directory, "--pid-file", bundle.pidFile]
                + (console.map { ["--console-socket", $0.path] } ?? []) + [id]
        case .start: ["start", id]
        case .kill: ["kill", id, "KILL"]
        case .delete: ["delete", "--force", id]
        case .exec: ["exec", id, "/bin/true"]
        case .checkpoint: ["checkpoint"] + criuOptions + [id]
        case .restore: ["restore", "--detach", "--bundle", bundle.directory, "--pid-file", bundle.pidFile] + criuOptions + [id]
        }
    }

    /// Brings the container to where the victim is used.
    private func prepare(_ victim: Victim) {
        if victim == .create || victim == .restore { return }
        if victim == .checkpoint { return runSilently() }
        let created = Command.run(executable.line(arguments(.create)), in: bundle.work)
        report.expect(created.status == 0, "create before \(victim): \(created.output)")
        if victim == .start { return }
        let started = executable.run("start", bundle.id)
        report.expect(started.status == 0, "start before \(victim): \(started.output)")
    }

    /// How many system calls the command makes when nobody disturbs it.
    private func countCalls(_ victim: Victim) -> Int {
        prepare(victim)
        let result = Tracer.run(executable.line(arguments(victim)), in: bundle.work, at: 0, .nothing)
        report.expect(result.outcome.status == 0, "\(victim) under the tracer: \(result.outcome.output)")
        cleanUp("\(victim) undisturbed", mustSucceed: true)
        return result.calls
    }

    private func killAt(_ place: Int, _ victim: Victim) {
        let name = "\(victim) killed at system call \(place)"
        prepare(victim)
        let pid = victim == .checkpoint ? executable.pid(bundle.id) : 0
        report.count()
        // Only the command itself is traced and killed; what it started must notice on its own.
        let result = Tracer.run(executable.line(arguments(victim)), in: bundle.work, at: place, .kill)
        report.expect(result.outcome.status == 137 || result.hit == nil, "\(name): it lives on: \(result.outcome.output)")
        if result.hit != nil { report.countKill() }
        checkViews(name, victim)
        if victim == .exec { checkExecAgain(name) }
        if victim == .checkpoint { checkDumped(name, pid) }
        if victim == .restore { checkRestored(name) }
        cleanUp(name, mustSucceed: true)
    }

    /// Every call fails once, each with the next of these errors.
    func allRefused(_ victim: Victim) {
        let count = countCalls(victim)
        let errors = [EIO, ENOSPC, EMFILE, ENOMEM, EAGAIN, EINTR, EPERM, ENOSYS]
        let stride = max(1, count / samples)
        for place in Swift.stride(from: 1, through: count, by: stride) { refuse(at: place, errors[place / stride % errors.count], victim) }
    }

    private func refuse(at place: Int, _ error: Int32, _ victim: Victim) {
        prepare(victim)
        report.count()
        let result = Tracer.run(executable.line(arguments(victim)), in: bundle.work, at: place, .fail(error))
        let name = "\(victim), of which system call \(place) (number \(result.hit ?? -1)) fails with \(error)"
        let status = result.outcome.status
        // Without memory no program comes to its first instruction.
        let isRight = status >= 0 && (status < 128 || status == 255) || result.outcome.isBeforeMain
            || result.hit.map { Tracer.isMemory($0) } == true
        report.expect(isRight, "\(name): it ends with \(status): \(result.outcome.output.suffix(500))")
        checkViews(name, victim)
        cleanUp(name, mustSucceed: true)
    }

    /// `state` and `list` say something sensible, at once.
    func checkViews(_ name: String, _ victim: Victim) {
        let state = executable.run("state", bundle.id)
        let words = ["does not exist", "the state of the container cannot be read"]
        report.expect(
            state.status == 0 || state.status == 1 && words.contains { state.output.contains($0) },
            "\(name): state gives \(state.status): \(state.output)")
        let list = executable.run("list")
        report.expect(list.status == 0, "\(name): list gives \(list.status): \(list.output)")
    }

    private func checkExecAgain(_ name: String) {
        report.expect(executable.status(bundle.id) == "running", "\(name): the container does not run any more")
        let again = executable.run("exec", bundle.id, "/bin/true")
        report.expect(again.status == 0, "\(name): exec again gives \(again.status): \(again.output)")
    }

    func cleanUp(_ name: String, mustSucceed: Bool) {
        let deletion = executable.run("delete", "--force", bundle.id)
        report.expect(deletion.status == 0, "\(name): delete --force gives \(deletion.status): \(deletion.output)")
        unlink(bundle.pidFile)
        _ = bundle.takeMarks()
        console?.drain()
        let left = Machine.left(bundle.work, since: before, reaping: true)
        if !left.isEmpty { report.problem("\(name): left behind: \(left.joined(separator: "; "))") }
    }
}
