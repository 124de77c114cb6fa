internal import CLinux
internal import CStageWire
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

/// The process of the stage: it is started with a plan, met at its gates, and becomes the container's program.
final class StageProcess {
    let plan: Plan
    let progress: ProgressPage
    private let gate: Descriptor
    /// The container's process.
    private(set) var child: ChildProcess
    /// The container's process as this process sees it.
    var pid: Int32 { child.pid }
    private let outOfMemory: (@Sendable () -> Bool)?
    private let forks: Bool
    /// Whether others may be in the pid namespace that the stage comes to, who may stop it.
    private let hasCompany: Bool
    /// How it ended, when it failed before the program ran.
    private(set) var end: ProcessEnd?

    /// What the caller does at a gate.
    typealias GateAction = (Gate) throws(Failure) -> Void

    /// - Parameters:
    ///   - passing: descriptors that the container's program gets, by the numbers that they have there.
    ///   - standard: its standard streams, where they are not the caller's.
    ///   - directory: where the stage may be a file if it may not be one in memory.
    ///   - outOfMemory: whether memory ran out in its control group.
    init(
        _ plan: Plan, encoded: [UInt8], descriptors: DescriptorTable, progress: ProgressPage, controlGroup: Int32?,
        passing: PassedDescriptors, standard: [Int32?] = [nil, nil, nil], directory: String,
        outOfMemory: (@Sendable () -> Bool)? = nil
    ) throws(KernelError) {
        self.outOfMemory = outOfMemory
        self.plan = plan
        self.progress = progress
        forks = plan.steps.contains { if case .fork = $0.action { true } else { false } }
        hasCompany =
            !plan.cloneNamespaces.contains(.pid)
            && !plan.steps.contains { if case .fork(let kinds) = $0.action { kinds.contains(.pid) } else { false } }
        let (hostEnd, stageEnd) = try Sockets.messagePair()
        gate = Descriptor(owning: hostEnd)
        let stageGate = try passing.outOfTheWay(Descriptor(owning: stageEnd))
        let planFile = try unsafe passing.outOfTheWay(
            Descriptor(
                owning: try encoded.withUnsafeBytesTyped { (bytes) throws(KernelError) in
                    try unsafe MemoryFiles.sealedFile(name: "veloci-plan", executable: false, bytes).release()
                }))
        let page = try passing.copyOutOfTheWay(progress.file)
        defer { Descriptor.close(page.map { [$0] } ?? []) }
        let pageNumber = page ?? progress.file
        var request = SpawnRequest(
            path: "veloci-stage",
            arguments: ["veloci-stage", "\(planFile.number)", "\(pageNumber)", "\(stageGate.number)"], environment: [])
        request.cloneFlags = plan.cloneNamespaces.cloneFlags
        request.controlGroup = controlGroup
        request.standard = standard
        request.descriptors =
            [planFile.number, pageNumber, stageGate.number] + descriptors.numbers.values.filter { $0 > 2 } + passing.kept
        request.placements = passing.placements
        let started = try StageFile.spawn(request, directory: directory)
        child = ChildProcess(pid: started.pid, descriptor: started.descriptor, outOfMemory: outOfMemory)
        descriptors.closeAll()
    }

    // MARK: Gates

    private var hasLost = false

    /// Meets the stage at each gate until `last`, or until it executes the program or fails.
    func run(until last: Gate?, _ action: GateAction) throws(Failure) {
        while let gate = try receive() {
            try adoptChild()
            try action(gate)
            try answer(gate)
            if gate == last { return }
        }
        // The socket closed: either the program runs now, or the stage ended.
        let report = progress.report
        guard report.phase == stage_phase_executing else { throw try failure(report) }
    }

    /// After a fork in the stage the container's process is another one, a child of ours too.
    private func adoptChild() throws(Failure) {
        let child = progress.child
        guard forks, child > 0, child != pid else { return }
        do throws(KernelError) {
            let opened = try Processes.open(child)
            do throws(KernelError) {
                _ = try self.child.wait()
            } catch where error.errno == .noChild {
                // The host program has taken it away.
            }
            self.child = ChildProcess(pid: child, descriptor: opened.release(), outOfMemory: outOfMemory)
        } catch {
            throw .kernel(error, "cannot follow the container's process")
        }
    }

    private func receive() throws(Failure) -> Gate? {
        if hasCompany { try waitWithCompany() }
        return try GateSocket.receive(from: gate.number)
    }

    /// Waits until the stage says something, or has ended or executed the program.
    private func waitWithCompany() throws(Failure) {
        var patience = StopPatience()
        do throws(KernelError) {
            while try !Polling.isReadable(gate.number, withinMilliseconds: StopPatience.interval) {
                // After a fork the second goes on, a child of ours too.
                let current = progress.child > 0 ? progress.child : pid
                if try patience.isOver(current) { throw KernelError(.timedOut, call: "wait") }
            }
        } catch where error.errno == .timedOut {
            throw StopPatience.failure
        } catch {
            throw .kernel(error, "cannot wait for the container's process")
        }
    }

    private func answer(_ gate: Gate) throws(Failure) {
        do throws(KernelError) {
            try GateSocket.answer(gate, over: self.gate.number)
        } catch {
            if error.errno.name == "EPIPE" || error.errno.name == "ECONNRESET" { throw try failure(progress.report) }
            throw .kernel(error, "cannot answer the container's process")
        }
    }

    // MARK: The end

    /// Kills the process and takes it away; nothing of it is left.
    func kill() {
        guard !hasLost else { return }
        child.kill()
        if forks, progress.child > 0, progress.child != pid, let child = try? Processes.open(progress.child) {
            Processes.kill(number: child.number)
            _ = try? Processes.wait(for: child)
        }
        hasLost = true
    }

    /// Waits until the container's first process ends.
    func wait() throws(Failure) -> ProcessEnd {
        do throws(KernelError) {
            let end = try child.wait().end
            hasLost = true
            return end
        } catch {
            throw .kernel(error, "cannot wait for the container's process")
        }
    }

    /// A descriptor of the container's process; closed with this launch.
    var processDescriptor: Int32 { child.descriptor }

    private func failure(_ report: ProgressPage.Report) throws(Failure) -> Failure {
        // A child that took over may have failed before its first gate.
        try adoptChild()
        // Lost when the host program took it away: how it ended is told by the page then.
        let end: ProcessEnd?
        do throws(KernelError) {
            end = try child.wait().end
        } catch where error.errno == .noChild {
            end = nil
        } catch {
            throw .kernel(error, "cannot wait for the container's process")
        }
        hasLost = true
        self.end = end
        return StageFailure.describe(report, plan.account(of: report.step), end: end)
    }
}

extension [UInt8] {
    /// withUnsafeBytes with a typed error.
    func withUnsafeBytesTyped<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe withUnsafeBufferPointer { (buffer) throws(Failure) in try unsafe body(UnsafeRawBufferPointer(buffer)) }
    }
}
