import CHarness
import RuntimeSpec

/// Everything that a run has found, ready to be told.
struct Summary: Sendable {
    var runtimes: [Runtime]
    var cases: [Case]
    /// The results by variant, runtime and case.
    var results: [Variant: [String: [String: Result]]] = [:]
    var hierarchies: Hierarchies
    var isProof: Bool
    /// What came of leaving out properties.
    var drops: [Drop] = []

    static let columns: [Result.Kind] = [.passed, .failed, .declined, .skipped, .broken]

    func result(_ runtime: Runtime, _ test: Case, _ variant: Variant = .plain) -> Result? {
        results[variant]?[runtime.path]?[test.id]
    }

    /// Whether a result counts: the rule is not newer than what the runtime claims, and nobody disputes the case.
    func counts(_ runtime: Runtime, _ test: Case) -> Bool {
        test.dispute == nil && !(result(runtime, test)?.isBeyondClaim ?? false)
    }

    /// The cases that count for a runtime.
    func counting(_ runtime: Runtime, _ cases: [Case]? = nil) -> [Case] { (cases ?? self.cases).filter { counts(runtime, $0) } }

    /// The failures that count.
    func failures(_ runtime: Runtime) -> [Case] { counting(runtime).filter { result(runtime, $0)?.kind == .failed } }

    /// How many rules those are about: one fault often fails several cases.
    func failedRules(_ runtime: Runtime) -> Int { Set(failures(runtime).map { $0.mainRule.id }).count }

    /// 0 if nothing failed that counts, 1 if a MUST did, 3 if something else, 4 if the harness broke.
    var exitStatus: Int32 {
        if runtimes.contains(where: { count($0, .broken) > 0 }) { return 4 }
        let failed = runtimes.flatMap(failures)
        return failed.isEmpty ? 0 : failed.contains { $0.mainRule.level == .must } ? 1 : 3
    }

    func count(_ runtime: Runtime, _ kind: Result.Kind, in cases: [Case]? = nil) -> Int {
        (cases ?? self.cases).filter { result(runtime, $0)?.kind == kind }.count
    }

    /// The sections in the order of the rules, each with its cases.
    var sections: [(name: String, cases: [Case])] {
        var order: [String] = []
        for rule in Tables.rules where !order.contains(rule.section) { order.append(rule.section) }
        let bySection = Dictionary(grouping: cases) { $0.mainRule.section }
        return order.compactMap { name in bySection[name].map { (name, $0) } }
    }

    /// The kernel, the machine, and the time.
    var machine: String {
        var name = utsname()
        unsafe uname(&name)
        func text<Field>(_ field: Field) -> String {
            unsafe withUnsafeBytes(of: field) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        let groups = [hierarchies.hasVersion1 ? "v1" : nil, hierarchies.hasVersion2 ? "v2" : nil].compactMap { $0 }
        return "Linux \(text(name.release)) \(text(name.machine)), cgroup \(groups.joined(separator: " and "))"
    }

    static var date: String {
        var now = time(nil)
        var parts = unsafe tm()
        unsafe gmtime_r(&now, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return
            unsafe "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T\(two(parts.tm_hour)):\(two(parts.tm_min))Z"
    }
}

/// What the sabotage of a case has shown.
enum Proof: String, Sendable {
    /// It passed and failed: plain and sabotaged, or mended and plain.
    case proven
    /// It passed although sabotaged, and no runtime here shows otherwise.
    case blind
    /// It failed with its sabotage, but no runtime here passes it without.
    case failed
    /// Every runtime here refuses, in an orderly way, what it is about.
    case declined
    /// It could not be run here.
    case unavailable
}

extension Summary {
    func proof(_ test: Case) -> Proof {
        var best = Proof.unavailable
        for runtime in runtimes {
            guard let plain = result(runtime, test)?.kind else { continue }
            let red = result(runtime, test, .sabotaged)?.kind
            switch (plain, red) {
            case (.passed, .failed?), (.passed, .declined?): return .proven
            // A runtime that ignores what the sabotage changes cannot show it; another one can.
            case (.passed, _?): best = .blind
            case (.failed, _): if result(runtime, test, .mended)?.kind == .passed { return .proven }
            default: break
            }
            if best != .blind, plain == .failed { best = .failed }
            if best == .unavailable, plain == .declined { best = .declined }
        }
        return best
    }

    /// The failure of a case with its sabotage, on the first runtime that shows one.
    func redness(_ test: Case) -> Result? {
        runtimes.compactMap { result($0, test, .sabotaged) }.first { [.failed, .declined].contains($0.kind) }
    }

    /// Why a case is not proven, as this run has seen it.
    func reason(_ test: Case, _ proof: Proof) -> String {
        switch proof {
        case .proven: ""
        case .blind: "PASSED ALTHOUGH SABOTAGED"
        case .failed: "no runtime here passes it"
        case .declined: "no runtime here takes the value, which it need not"
        case .unavailable: runtimes.compactMap { result($0, test)?.seen }.first { !$0.isEmpty } ?? "not run"
        }
    }
}
