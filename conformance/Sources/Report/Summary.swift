import Glibc
import RuntimeSpec

/// Everything that a run has found, ready to be told.
struct Summary: Sendable {
    var runtimes: [Runtime]
    var cases: [Case]
    /// The results of plain runs by runtime and case.
    var results: [String: [String: Result]] = [:]
    /// The results of sabotaged runs.
    var sabotaged: [String: [String: Result]] = [:]
    var hierarchies: Hierarchies
    var isProof: Bool

    static let columns: [Result.Kind] = [.passed, .failed, .declined, .skipped, .broken]

    func result(_ runtime: Runtime, _ test: Case) -> Result? { results[runtime.path]?[test.id] }

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
        uname(&name)
        func text<Field>(_ field: Field) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        let groups = [hierarchies.hasVersion1 ? "v1" : nil, hierarchies.hasVersion2 ? "v2" : nil].compactMap { $0 }
        return "Linux \(text(name.release)) \(text(name.machine)), cgroup \(groups.joined(separator: " and "))"
    }

    static var date: String {
        var now = time(nil)
        var parts = tm()
        gmtime_r(&now, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return
            "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T\(two(parts.tm_hour)):\(two(parts.tm_min))Z"
    }
}

/// What the sabotage of a case has shown.
enum Proof: String, Sendable {
    /// On at least one runtime it passed without its sabotage and failed with it.
    case proven
    /// It failed with its sabotage, but no runtime here passes it without.
    case redOnly = "red only"
    /// It passed although sabotaged, and no runtime here shows otherwise.
    case blind
    /// It could not be run here.
    case unavailable
}

extension Summary {
    func proof(_ test: Case) -> Proof {
        var best = Proof.unavailable
        for runtime in runtimes {
            guard let plain = result(runtime, test)?.kind, let red = sabotaged[runtime.path]?[test.id]?.kind else { continue }
            let isRed = red == .failed || red == .declined
            switch (plain, isRed) {
            case (.passed, true): return .proven
            // A runtime that ignores what the sabotage changes cannot show it; another one can.
            case (.passed, false): best = .blind
            case (.failed, true), (.declined, true): if best == .unavailable { best = .redOnly }
            default: break
            }
        }
        return best
    }
}
