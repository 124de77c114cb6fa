internal import ContainerPlan
internal import LinuxKernel

/// A step of the host that is refused instead of performed, so that a test can see what is left then. The stage has its
/// own (`PlanEncodingOptions.failingRecord`). Without a number nothing is ever refused.
struct HostFault {
    private let step: Planned<HostStep>?

    /// - Parameter number: an index into the plan's `hostSteps`.
    init(_ number: Int?, in plan: Plan) {
        let steps = plan.hostSteps
        step = number.flatMap { steps.indices.contains($0) ? steps[$0] : nil }
    }

    /// Each step asks before it acts.
    func check(_ planned: Planned<HostStep>) throws(KernelError) {
        if let step, step == planned { throw KernelError(Errno(rawValue: 5), call: "injected failure") }
    }

    /// For the steps of the preparation that are performed together.
    func check(_ plan: Plan, _ isMeant: (HostStep) -> Bool) throws(Failure) {
        for planned in plan.preparation where isMeant(planned.action) {
            do throws(KernelError) {
                try check(planned)
            } catch {
                throw .kernel(error, "cannot \(planned.action.text)", path: planned.origin)
            }
        }
    }
}
