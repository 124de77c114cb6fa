import CStageWire
import Chance
import Foundation
import RuntimeSpec
import StageForHost

@testable import Cgroups
@testable import ContainerPlan
import LinuxKernel
@testable import Veloci

/// From a configuration to what the stage asks of the kernel.
enum PlanChain {
    /// The configuration with most properties, from the fixtures that the environment names.
    static let whole: JSONValue = {
        let folder = ProcessInfo.processInfo.environment["VELOCI_FIXTURES"] ?? "spec-fixtures"
        let data = (try? Data(contentsOf: URL(fileURLWithPath: folder + "/accepted/full-default.json"))) ?? Data()
        guard let value = try? JSONValue.decode([UInt8](data)) else { wrong("\(folder)/accepted/full-default.json cannot be read") }
        return value
    }()

    private static let hybrid = CgroupLayout(
        hierarchies: ["cpuset", "cpu,cpuacct", "blkio", "memory", "devices", "freezer", "hugetlb", "pids", "rdma"].map { name in
            CgroupHierarchy(
                version: .v1, controllers: name.split(separator: ",").map(String.init), mountPoint: "/sys/fs/cgroup/" + name)
        } + [CgroupHierarchy(version: .v2, controllers: [], mountPoint: "/sys/fs/cgroup/unified")])

    private static let unified = CgroupLayout(hierarchies: [
        CgroupHierarchy(
            version: .v2, controllers: ["cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma", "misc"],
            mountPoint: "/sys/fs/cgroup", ownCgroup: "/user.slice/session")
    ])

    private static func facts(_ input: inout Input) -> HostFacts {
        var facts = HostFacts(
            isPrivileged: input.below(4) != 0, lastCapability: input.pick([40, 37, 63]), appArmorIsEnabled: input.flag(),
            selinuxIsEnabled: input.flag())
        facts.layout = input.flag() ? unified : hybrid
        facts.isInUserNamespace = input.below(4) == 1
        facts.isRootless = input.below(4) == 1
        facts.kernelViews = input.flag() ? ["/proc", "/sys"] : []
        facts.canRaiseLimits = input.flag()
        if input.flag() { facts.systemd = SystemdFacts(version: 257, isUser: input.flag(), controlGroup: "/user.slice/manager") }
        return facts
    }

    private static func request(_ spec: Spec, _ input: inout Input) -> PlanRequest {
        var request = PlanRequest(id: "fuzz", bundle: "/bundles/fuzz", waitsForStart: input.flag())
        request.usesPivotRoot = input.below(4) != 0
        request.makesSessionKeyring = input.flag()
        request.controlGroupManager = input.pick([.files, .systemd, .disabled])
        request.consoleSocket = spec.process?.terminal == true ? "/run/console" : nil
        request.pidFile = input.flag() ? "/run/pid" : nil
        request.notifySocket = input.flag() ? "/run/notify" : nil
        request.keptDescriptors = input.flag() ? [3, 9] : []
        if spec.linux?.seccomp != nil {
            request.seccomp = SeccompFilter(program: [0x06, 0, 0, 0, 0, 0, 0xff, 0x7f], flags: 0, needsListener: input.flag())
        }
        return request
    }

    static func follow(_ spec: Spec, _ input: inout Input) {
        let facts = facts(&input)
        let request = request(spec, &input)
        guard let validated = try? ValidatedSpec(spec),
            let plan = try? Plan.create(validated, request: request, facts: facts)
        else { return }
        check(plan, spec, request, &input)
        guard let other = try? Plan.execute(validated.process, in: validated, request: request, facts: facts) else { return }
        check(other, spec, request, &input)
    }

    private static func check(_ plan: Plan, _ spec: Spec, _ request: PlanRequest, _ input: inout Input) {
        let violations = plan.violations()
        expect(violations.isEmpty, "a rule is broken: \(violations)\n\(plan.text)")
        let fills = plan.preparation.flatMap { $0.action.fills }
        var descriptors: [Slot: Int32] = [:]
        for (index, slot) in fills.enumerated() { descriptors[slot] = Int32(1000 + index) }
        guard let encoded = try? plan.encode(descriptors: descriptors) else { wrong("a plan cannot be encoded") }
        perform(plan, encoded, spec, &input)
    }

    /// The stage's own reading of the bytes: first with a kernel to which everything is right, then with one that refuses.
    private static func perform(_ plan: Plan, _ encoded: EncodedPlan, _ spec: Spec, _ input: inout Input) {
        for refuses in [false, true] {
            let kernel = ModelKernel(SplitMix(seed: input.word()), refuses: refuses)
            let block = UnsafeMutableRawPointer.allocate(byteCount: encoded.bytes.count, alignment: 8)
            let page = UnsafeMutablePointer<stage_progress>.allocate(capacity: 1)
            page.initialize(to: stage_progress())
            defer {
                block.deallocate()
                page.deallocate()
            }
            encoded.bytes.withUnsafeBytes { block.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
            HostedStage.perform(block, page, gate: ModelKernel.gate, kernel)
            expect(page.pointee.step <= plan.steps.count, "the stage says that it is at step \(page.pointee.step)")
            if page.pointee.phase == stage_phase_failed.rawValue { checkFailure(page.pointee, plan, kernel) }
            guard let executed = kernel.executed, !kernel.isHook, case .execute(let words, _, _)? = plan.steps.last?.action else {
                expect(refuses || kernel.isChild || page.pointee.phase == stage_phase_failed.rawValue, "the stage ended without a reason")
                continue
            }
            expect(executed.arguments == words, "\(executed.arguments) is executed instead of \(words)")
        }
    }

    private static func checkFailure(_ page: stage_progress, _ plan: Plan, _ kernel: ModelKernel) {
        expect(page.error != 0 || kernel.isRefusing, "a failure without an error")
        let report = ProgressPage.Report(
            phase: stage_phase(rawValue: page.phase), step: Int(page.step), errno: .init(rawValue: page.error),
            detail: stage_detail(rawValue: page.detail), value: page.detail_value, text: [])
        let failure = StageFailure.describe(report, plan.account(of: Int(page.step)), end: .exited(1))
        expect(!failure.message.isEmpty, "a failure without words")
    }
}
