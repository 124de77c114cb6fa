internal import ContainerPlan
internal import LinuxKernel

/// A step of the host that is refused instead of performed, so that a test can see what is left then. The stage has its
/// own (`PlanEncodingOptions.failingRecord`). Without a number nothing is ever refused.
struct HostFault {
    private let step: Planned<HostStep>?

    /// - Parameter number: an index into the plan's `hostSteps`.
    init(_ number: Int?, in plan: Plan) {
        guard let number else {
            step = nil
            return
        }
        let steps = plan.hostSteps
        step = steps.indices.contains(number) ? steps[number] : nil
    }

    /// Each step asks before it acts.
    func check(_ planned: Planned<HostStep>) throws(KernelError) {
        if let step, step == planned { throw KernelError(.inputOutput, call: "injected failure") }
    }
}
