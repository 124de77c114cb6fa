import ContainerPlan
import Glibc
import LinuxKernel
import RuntimeSpec
import Veloci

/// Makes each step of a plan fail once, and looks at what the failure says and at what is left.
struct StepFaults {
    let bundle: FullBundle
    let report: Report
    let runtime: Runtime
    let console: ConsoleSocket?
    let before: Machine
    /// Or the first and the last record of each step.
    let everyRecord: Bool

    init(_ bundle: FullBundle, _ report: Report, everyRecord: Bool) {
        self.everyRecord = everyRecord
        self.bundle = bundle
        self.report = report
        console = bundle.usesTerminal ? ConsoleSocket(bundle.work.directory + "/console") : nil
        runtime = Runtime(root: bundle.work.state)
        before = Machine.now(bundle.work)
    }

    func request() -> CreateRequest {
        var request = CreateRequest(id: bundle.id, bundle: bundle.directory)
        request.pidFile = bundle.pidFile
        request.usesPivotRoot = bundle.variant != .joined
        request.makesSessionKeyring = bundle.variant != .joined
        return request
    }

    /// The numbers of the records that are to fail, each with the number of its step.
    private func records(of plan: Plan) throws -> [(record: Int, step: Int)] {
        let steps = try plan.encode(descriptors: [:]).stepOfRecord
        return steps.indices.filter { index in
            everyRecord || index == 0 || index == steps.count - 1 || steps[index - 1] != steps[index]
                || steps[index + 1] != steps[index]
        }.map { ($0, steps[$0]) }
    }

    // MARK: create and start

    func create() throws {
        var wanted = request()
        wanted.consoleSocket = console?.path
        let plan = try runtime.plan(wanted, waitsForStart: true)
        try life(wanted)
        let wait = plan.steps.firstIndex { if case .waitForStart = $0.action { true } else { false } } ?? 0
        for (record, step) in try records(of: plan) {
            var request = wanted
            request.stageOptions = PlanEncodingOptions(failingRecord: record)
            let planned = plan.steps[step - 1]
            let name = "create \(bundle.variant) record \(record): \(planned.action.text)"
            if step - 1 < wait {
                attempt(name, planned.expectation) { try runtime.create(request) }
            } else {
                try failAtStart(request, name, step - 1 == wait ? nil : planned.expectation)
            }
        }
        // What comes once the program runs is the business of `start`.
        for (number, planned) in plan.hostSteps.dropLast(plan.completion.count).enumerated() {
            var request = wanted
            request.failingHostStep = number
            attempt("create \(bundle.variant) host step \(number): \(planned.action.text)", planned.expectation) {
                try runtime.create(request)
            }
        }
        try life(wanted)
    }

    /// The whole life without a fault: the loops below would prove nothing if this failed.
    private func life(_ request: CreateRequest) throws {
        try runtime.create(request)
        report.expect(try runtime.state(request.id).status == "created", "not created")
        try runtime.start(request.id)
        report.expect(try runtime.state(request.id).status == "running", "not running")
        try runtime.kill(request.id, signal: .kill)
        waitUntilStopped()
        try runtime.delete(request.id)
        unlink(bundle.pidFile)
        let marks = bundle.takeMarks()
        let wanted: Set<String> = bundle.variant == .bare ? [] : ["prestart", "createRuntime", "poststart", "poststop"]
        report.expect(marks == wanted, "\(bundle.variant): of the hooks only \(marks.sorted()) ran")
        checkNothingLeft("\(bundle.variant) without a fault", reaping: true)
    }

    /// The container is created and fails in `start`. A failed hook destroys it; after any other failure it is a stopped
    /// container that can be deleted.
    private func failAtStart(_ request: CreateRequest, _ name: String, _ expectation: Expectation?) throws {
        report.count()
        try runtime.create(request)
        var isDestroyed = false
        do throws(Failure) {
            try runtime.start(request.id)
            report.problem("\(name): start succeeded")
        } catch {
            if let expectation { check(error, expectation, name) }
            isDestroyed = error.code == .hook
        }
        if isDestroyed {
            report.expect((try? runtime.state(request.id)) == nil, "\(name): the container outlives its failed hook")
        } else {
            waitUntilStopped()
            let status = try runtime.state(request.id).status
            report.expect(status == "stopped", "\(name): the container is \(status)")
            do throws(Failure) { try runtime.delete(request.id) } catch { report.problem("\(name): delete: \(error)") }
        }
        unlink(bundle.pidFile)
        checkHooks(name)
        checkNothingLeft(name, reaping: true)
    }

    private func waitUntilStopped() {
        for _ in 0..<200 where (try? runtime.state(bundle.id).status) != "stopped" { usleep(2000) }
    }

    // MARK: run

    func run() throws {
        let wanted = request()
        let plan = try runtime.plan(wanted, waitsForStart: false)
        for (record, step) in try records(of: plan) {
            var request = wanted
            request.stageOptions = PlanEncodingOptions(failingRecord: record)
            let planned = plan.steps[step - 1]
            attempt("run \(bundle.variant) record \(record): \(planned.action.text)", planned.expectation) {
                _ = try runtime.run(request)
            }
        }
        for (number, planned) in plan.hostSteps.enumerated() {
            var request = wanted
            request.failingHostStep = number
            attempt("run \(bundle.variant) host step \(number): \(planned.action.text)", planned.expectation) {
                _ = try runtime.run(request)
            }
        }
    }

    // MARK: exec

    func execute() throws {
        // The container stays while programs in it fail: it belongs to the picture before.
        var wanted = request()
        wanted.pidFile = nil
        let container = try runtime.run(wanted)
        _ = bundle.takeMarks()
        let inside = StepFaults(bundle, report, runtime, console, Machine.now(bundle.work), everyRecord)
        try inside.executeLoop()
        let members = try runtime.processes(bundle.id)
        report.expect(members == [container.pid], "exec: the container's processes are \(members), not \(container.pid) alone")
        try runtime.delete(bundle.id, force: true)
        _ = try? container.wait()
    }

    init(
        _ bundle: FullBundle, _ report: Report, _ runtime: Runtime, _ console: ConsoleSocket?, _ before: Machine,
        _ everyRecord: Bool
    ) {
        (self.bundle, self.report, self.runtime, self.console, self.before) = (bundle, report, runtime, console, before)
        self.everyRecord = everyRecord
    }

    private func executeLoop() throws {
        var process = try runtime.configuredProcess(bundle.id)
        process.args = ["/bin/true"]
        var wanted = ExecuteRequest(id: bundle.id, process: process)
        wanted.consoleSocket = console?.path
        wanted.pidFile = bundle.pidFile
        let plan = try runtime.plan(wanted)
        let end = try runtime.execute(wanted).wait()
        report.expect(end == .exited(0), "exec without a fault: \(end)")
        unlink(bundle.pidFile)
        checkNothingLeft("exec without a fault", reaping: false)
        for (record, step) in try records(of: plan) {
            var request = wanted
            request.stageOptions = PlanEncodingOptions(failingRecord: record)
            let planned = plan.steps[step - 1]
            attempt("exec \(bundle.variant) record \(record): \(planned.action.text)", planned.expectation) {
                _ = try runtime.execute(request)
            }
        }
        for (number, planned) in plan.hostSteps.enumerated() {
            var request = wanted
            request.failingHostStep = number
            attempt("exec \(bundle.variant) host step \(number): \(planned.action.text)", planned.expectation) {
                _ = try runtime.execute(request)
            }
        }
    }

    // MARK: Checks

    /// - Parameter reaping: whether what others started, and left to this process, is taken away before it is counted.
    func attempt(_ name: String, _ expectation: Expectation, reaping: Bool = false, _ body: () throws -> Void) {
        report.count()
        do {
            try body()
            report.problem("\(name): nothing failed")
            try? runtime.delete(bundle.id, force: true)
        } catch let error as Failure {
            check(error, expectation, name)
        } catch {
            report.problem("\(name): \(error)")
        }
        report.expect(access(bundle.pidFile, F_OK) != 0, "\(name): the pid file is left")
        unlink(bundle.pidFile)
        checkHooks(name)
        checkNothingLeft(name, reaping: reaping)
    }

    func check(_ failure: Failure, _ expectation: Expectation, _ name: String) {
        let hasErrno = failure.errno?.rawValue == 5 || failure.message.contains("input/output error")
        report.expect(hasErrno, "\(name): no errno in \(failure)")
        for word in expectation.words where !failure.message.contains(word) {
            report.problem("\(name): the failure does not say \"\(word)\": \(failure)")
        }
        if !expectation.path.components.isEmpty && failure.path != expectation.path {
            report.problem("\(name): the failure does not name \(expectation.path): \(failure)")
        }
    }

    private func checkHooks(_ name: String) {
        let marks = bundle.takeMarks()
        if marks.contains("createRuntime") && !marks.contains("poststop") {
            report.problem("\(name): createRuntime hooks ran and poststop hooks did not")
        }
    }

    func checkNothingLeft(_ name: String, reaping: Bool) {
        console?.drain()
        let left = Machine.left(bundle.work, since: before, reaping: reaping)
        if left.isEmpty { return }
        report.problem("\(name): left behind: \(left.joined(separator: "; "))")
        // So that one leak is not reported for every step that follows.
        try? runtime.delete(bundle.id, force: true)
        Machine.reap(but: before.children)
    }
}
