/// One test: what it hands to the runtime, what it demands, and how it is made to fail.
struct Case: Sendable {
    /// Stable and unique: `mount-option-ro`.
    let id: String
    /// The rules that it covers. The first gives the section and the level.
    let rules: [String]
    /// What must hold, as a sentence.
    let title: String
    /// The control groups that it needs; nil if any will do.
    let view: CgroupView?
    /// Throws `Verdict.skipped` if this machine cannot show it.
    private(set) var needs: @Sendable () throws(Verdict) -> Void = {}
    /// What makes it fail.
    let sabotage: Sabotage
    /// What makes it pass on runtimes that fail it by choice, to prove that it can; nil if some runtime is expected to pass it.
    private(set) var mend: Wrapper?
    /// What the case changes in the baseline before its steps, for tests of the suite itself; nil if the steps do it.
    private(set) var configure: (@Sendable (inout Bundle) -> Void)?
    /// What the probe does, as the baseline for `configure`.
    private(set) var operations: [String] = ["report"]
    private var ownClass = Class.behaviour
    /// What of the property cannot be seen, if the case only sees that the value is taken.
    private(set) var unseen: String?
    /// Does the test. Throws a `Verdict` if it does not hold.
    let body: @Sendable (Trial) throws(Verdict) -> Void

    init(
        _ id: String, _ rules: [String], _ title: String, view: CgroupView? = nil, sabotage: Sabotage,
        body: @escaping @Sendable (Trial) throws(Verdict) -> Void
    ) {
        self.id = id
        self.rules = rules
        self.title = title
        self.view = view
        self.sabotage = sabotage
        self.body = body
    }

    /// The rule that it belongs to in reports.
    var mainRule: Rule {
        guard let rule = Tables.rulesByID[rules[0]] else { stop("case \(id): no rule \(rules[0])") }
        return rule
    }

    /// The first version of the specification that has all its rules. Its configuration claims that version.
    var since: Version {
        let all = rules.compactMap { Tables.rulesByID[$0] }
        return all.filter { $0.until == nil || $0.id == rules[0] }.map { $0.since }.max() ?? mainRule.since
    }

    /// The last version of the specification that has its main rule, if a later one says something else.
    var until: Version? { mainRule.until }

    /// The sentence that it shows.
    var quote: Quote? { Tables.quotes[rules[0]] }

    /// What kind of demand it is.
    var classification: Class {
        if mainRule.level == .practice { return .practice }
        let isOfEnd = ["delete.resources", "errors.unchanged", "lifecycle.destroy"].contains(rules[0])
        return isOfEnd && ownClass == .behaviour ? .leftovers : ownClass
    }

    /// Why somebody holds it to be wrong; nil if nobody does.
    var dispute: String? { Tables.disputes[id] }

    /// Whether refusing the configuration is allowed: SPEC(config.md#valid-values) lets runtimes choose which valid values they
    /// support, where the specification does not say that they must.
    var mayBeDeclined: Bool {
        let values = [
            "seccomp.architectures", "seccomp.flags", "memoryPolicy.", "scheduler.", "personality.", "time.offsets",
            "mounts.idmap.",
            "mounts.ridmap.", "mounts.mappings.",
        ]
        return values.contains { rules[0].hasPrefix($0) }
    }

    /// The same case, with what it changes told to tests of the suite.
    func telling(_ configure: @escaping @Sendable (inout Bundle) -> Void, _ operations: [String] = ["report"]) -> Case {
        var copy = self
        copy.configure = configure
        copy.operations = operations
        return copy
    }

    /// The same case as one of another class.
    func of(_ other: Class) -> Case {
        var copy = self
        copy.ownClass = other
        return copy
    }

    /// The same case as one that sees no more than that the value is taken.
    func blind(to what: String) -> Case {
        var copy = self
        copy.unseen = what
        return copy
    }

    /// The same case with what makes a failing runtime pass it.
    func mended(by mend: Wrapper) -> Case {
        var copy = self
        copy.mend = mend
        return copy
    }

    /// The same case for machines with something that not all have.
    func needing(_ needs: @escaping @Sendable () throws(Verdict) -> Void) -> Case {
        var copy = self
        let before = self.needs
        copy.needs = { () throws(Verdict) in
            try before()
            try needs()
        }
        return copy
    }
}

/// What a case demands, so that each kind can be counted apart.
enum Class: String, Sendable, CaseIterable {
    /// A valid configuration has the effect that the specification gives it; an operation does what it shall.
    case behaviour
    /// An invalid configuration is refused. The specification lets runtimes validate (runtime.md#create), and demands an error
    /// for invalid values (config.md#valid-values).
    case refusal = "refuses invalid"
    /// Nothing is left behind by what has ended or failed.
    case leftovers = "leaves nothing behind"
    /// Not of the specification: what callers rely on.
    case practice
}

/// How a case is made to fail, to prove that it can.
enum Sabotage: Sendable {
    /// The runtime gets another configuration than the case believes.
    case configuration(@Sendable (inout Bundle) -> Void)
    /// The runtime gets a misbehaving wrapper around it.
    case wrapper(Wrapper)
}

/// What a wrapper around the runtime does wrong.
enum Wrapper: Sendable {
    /// The operation is done twice.
    case twice(String)
    /// The operation is not done, but said to be.
    case skip(String)
    /// The operation is refused.
    case refuse(String)
    /// Failures of the operation are said to be successes.
    case hideFailure(String)
    /// The operation begins by doing another: `before("create", ["delete", "-f", "ID"])`.
    case before(String, [String])
    /// The operation ends by doing another.
    case after(String, [String])
    /// What the operation prints is changed.
    case rewrite(String, @Sendable (String) -> String)
    /// The operation writes more to its standard error.
    case complain(String, String)
    /// The operation makes a directory of that name in the bundle, whether it fails or not.
    case leave(String, String)
    /// What the operation gets is changed.
    case arguments(String, @Sendable ([String]) -> [String])
}

/// Why a case did not pass, and whatever else ends before its end: the one error of the suite, because Embedded Swift has none of any
/// type.
enum Verdict: Error, Sendable {
    /// The runtime did something else than the specification demands.
    case failed(expected: String, seen: String)
    /// This machine, or this runtime's claim, gives no way to see it.
    case skipped(String)
    /// The runtime makes no use of what it may do, so that the duties of those who do are not its own.
    case declined(String)
    /// The harness itself could not do its work.
    case broken(String)
    /// The command line cannot be understood, or asks for what is not there.
    case usage(String)

    /// The kernel refused the harness a call.
    static func refused(_ call: String, _ object: String, errno: Int32 = errno) -> Verdict {
        .broken("\(call) \(object): \(System.names[errno] ?? "errno \(errno)")")
    }
}
