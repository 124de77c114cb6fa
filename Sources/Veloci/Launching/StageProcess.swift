internal import CLinux
internal import CStageWire
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec
internal import StageImage

/// The process of the stage: it is started with a plan, met at its gates, and becomes the container's program.
final class StageProcess {
    let plan: Plan
    let progress: ProgressPage
    private let gate: Descriptor
    private var descriptor: Int32
    /// The container's process as this process sees it.
    private(set) var pid: Int32
    private let forks: Bool
    /// How it ended, when it failed before the program ran.
    private(set) var end: ProcessEnd?

    /// What the caller does at a gate.
    typealias GateAction = (Gate) throws(Failure) -> Void

    /// - Parameters:
    ///   - keeping: descriptors above 2 that the container's program keeps.
    ///   - standard: its standard streams, where they are not the caller's.
    init(
        _ plan: Plan, encoded: [UInt8], descriptors: DescriptorTable, progress: ProgressPage, controlGroup: Int32?,
        keeping: [Int32], standard: [Int32?] = [nil, nil, nil]
    ) throws(KernelError) {
        self.plan = plan
        self.progress = progress
        forks = plan.steps.contains { if case .fork = $0.action { true } else { false } }
        let (hostEnd, stageEnd) = try Sockets.messagePair()
        gate = Descriptor(owning: hostEnd)
        let stageGate = Descriptor(owning: stageEnd)
        let planFile = Descriptor(
            owning: try encoded.withUnsafeBytesTyped { (bytes) throws(KernelError) in
                try MemoryFiles.sealedFile(name: "veloci-plan", executable: false, bytes).release()
            })
        let stage = try StageProcess.file()
        var request = SpawnRequest(
            path: "veloci-stage",
            arguments: ["veloci-stage", "\(planFile.number)", "\(progress.file)", "\(stageGate.number)"], environment: [])
        request.program = stage.number
        request.cloneFlags = plan.cloneNamespaces.cloneFlags
        request.controlGroup = controlGroup
        request.standard = standard
        request.descriptors =
            [planFile.number, progress.file, stageGate.number] + descriptors.numbers.values.filter { $0 > 2 } + keeping
        (pid, descriptor) = try Processes.spawn(request)
        descriptors.closeAll()
    }

    deinit {
        _ = Descriptor(owning: descriptor)
    }

    /// A new file for each launch: what a container could reach of it is a sealed copy, never the host's binary (CVE-2019-5736).
    static func file() throws(KernelError) -> Descriptor {
        Descriptor(
            owning: try StageImage.withBytes { (bytes) throws(KernelError) in
                try MemoryFiles.sealedFile(name: "veloci-stage", executable: true, bytes).release()
            })
    }

    // MARK: Gates

    private var hasLost = false

    /// Meets the stage at each gate until `last`, or until it executes the program or fails.
    func run(until last: Gate?, _ action: GateAction) throws(Failure) {
        while let message = try receive() {
            try adoptChild()
            guard let gate = Gate(rawValue: message.gate) else {
                throw Failure(.internalError, "the stage is at a gate that does not exist: \(message.gate)")
            }
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
            let first = Descriptor(owning: descriptor)
            _ = try Processes.wait(for: first)
            descriptor = opened.release()
            pid = child
        } catch {
            throw .kernel(error, "cannot follow the container's process")
        }
    }

    private func receive() throws(Failure) -> stage_gate_message? {
        var message = stage_gate_message()
        let size = MemoryLayout<stage_gate_message>.size
        let number = gate.number
        do throws(KernelError) {
            let count = try withUnsafeMutablePointer(to: &message) { (pointer) throws(KernelError) in
                try systemCall(
                    __NR_read, "read", on: "gate", UInt64(descriptor: number), UInt64(address: pointer), UInt64(size))
            }
            return count == size ? message : nil
        } catch {
            // ECONNRESET: the stage ended while an answer was under way.
            if error.errno.name == "ECONNRESET" { return nil }
            throw .kernel(error, "cannot hear from the container's process")
        }
    }

    private func answer(_ gate: Gate) throws(Failure) {
        var message = stage_gate_message(gate: gate.rawValue, value: 0)
        let number = self.gate.number
        do throws(KernelError) {
            try withUnsafeMutablePointer(to: &message) { (pointer) throws(KernelError) in
                // Not write: when the stage has ended, its signal would end us or the program that we are part of.
                _ = try systemCall(
                    __NR_sendto, "send", on: "gate", UInt64(descriptor: number), UInt64(address: pointer),
                    UInt64(MemoryLayout<stage_gate_message>.size), UInt64(MSG_NOSIGNAL), 0, 0)
            }
        } catch {
            if error.errno.name == "EPIPE" || error.errno.name == "ECONNRESET" { throw try failure(progress.report) }
            throw .kernel(error, "cannot answer the container's process")
        }
    }

    // MARK: The end

    /// Kills the process and takes it away; nothing of it is left.
    func kill() {
        guard !hasLost else { return }
        _ = try? Processes.signal(number: descriptor, 9)
        _ = try? Processes.wait(forNumber: descriptor)
        if forks, progress.child > 0, progress.child != pid, let child = try? Processes.open(progress.child) {
            _ = try? Processes.signal(child, 9)
            _ = try? Processes.wait(for: child)
        }
        hasLost = true
    }

    /// Waits until the container's first process ends.
    func wait() throws(Failure) -> ProcessEnd {
        do throws(KernelError) {
            let end = try Processes.wait(forNumber: descriptor)
            hasLost = true
            return end
        } catch {
            throw .kernel(error, "cannot wait for the container's process")
        }
    }

    /// A descriptor of the container's process; closed with this launch.
    var processDescriptor: Int32 { descriptor }

    private func failure(_ report: ProgressPage.Report) throws(Failure) -> Failure {
        // A child that took over may have failed before its first gate.
        try adoptChild()
        let end = try wait()
        self.end = end
        return StageFailure.describe(report, plan.account(of: report.step), end: end)
    }
}

extension [UInt8] {
    /// withUnsafeBytes with a typed error.
    func withUnsafeBytesTyped<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeBufferPointer { (buffer) throws(Failure) in try body(UnsafeRawBufferPointer(buffer)) }
    }
}
