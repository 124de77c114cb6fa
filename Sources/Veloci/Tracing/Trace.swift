internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

/// What notes when each step of one operation takes place: given to a request, it fills while the operation goes on.
///
/// Without one nothing is measured, neither here nor in the container's process.
///
/// Sendable because requests are; an operation and whoever reads what came of it take turns.
public final class Trace: @unchecked Sendable {
    /// What has happened so far.
    public private(set) var timeline = Timeline()
    private let began = Clocks.monotonic()
    private var current: (text: String, place: JSONPath, start: Int64)?

    /// A trace that begins now.
    public init() {}

    /// A step of the host begins; one that is under way ends.
    func begin(_ text: String, for place: JSONPath = JSONPath()) {
        end()
        current = (text, place, Clocks.monotonic())
    }

    /// The step of the host that is under way ends, if there is one.
    func end() {
        guard let (text, place, start) = current else { return }
        current = nil
        timeline.add(host: text, place.description, from: start, until: Clocks.monotonic())
    }

    /// The steps of the container's process, which it has noted on its page.
    func add(_ steps: [StepAccount], _ progress: ProgressPage) {
        let clocks = progress.clocks(count: steps.last?.number ?? 0)
        timeline.add(stage: steps, clocks, from: began, until: Clocks.monotonic())
    }
}
