import RuntimeSpec

/// What came of one case on one runtime.
struct Result: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case passed
        /// The specification does not hold.
        case failed
        /// The runtime refused, in an orderly way, a valid value that it need not support.
        case declined
        /// This machine cannot show it.
        case skipped
        /// The harness could not do its work.
        case broken
    }

    var caseID: String
    var runtime: String
    var kind: Kind
    /// What the specification demands, if it did not hold.
    var expected = ""
    /// What was seen instead; why it was skipped; what broke.
    var seen = ""
    /// The config.json that was handed over last.
    var config = ""
    /// The commands in order.
    var commands: [String] = []
    var milliseconds = 0
    /// Whether the rule is newer than the version of the specification that the runtime claims.
    var isBeyondClaim = false

    /// Whether the runtime was stopped because it did not come to an end.
    var isHang: Bool { kind != .passed && seen.holds(Outcome.noEnd) }

    /// All that one process tells the other.
    var json: JSONValue {
        guard case .object(var value) = outcome else { return outcome }
        // A pipe does not take more at once.
        if config.utf8.count < 1 << 15 { value["config"] = .string(config) }
        value["case"] = .string(caseID)
        value["runtime"] = .string(runtime)
        value["milliseconds"] = .number(JSONNumber(milliseconds))
        return .object(value)
    }

    /// What reports have: nothing that is different in each run.
    var outcome: JSONValue {
        var value: JSONMembers = ["result": .string(kind.rawValue)]
        if isBeyondClaim { value["beyondClaim"] = true }
        guard kind != .passed else { return .object(value) }
        for (name, text) in [("expected", expected), ("seen", seen)] where !text.isEmpty { value[name] = .string(text) }
        if kind == .failed || kind == .broken {
            // A pipe does not take more at once.
            if config.utf8.count < 1 << 15 { value["config"] = .string(config) }
            value["commands"] = .array(commands.map { .string($0) })
        }
        return .object(value)
    }

    init(caseID: String, runtime: String, kind: Kind, seen: String = "") {
        self.caseID = caseID
        self.runtime = runtime
        self.kind = kind
        self.seen = seen
    }

    init?(_ text: String) {
        guard let object = (try? JSONValue.decode(text))?.object, let caseID = object["case"]?.string,
            let kind = object["result"]?.string.flatMap(Kind.init(rawValue:))
        else { return nil }
        self.init(caseID: caseID, runtime: object["runtime"]?.string ?? "", kind: kind)
        expected = object["expected"]?.string ?? ""
        seen = object["seen"]?.string ?? ""
        config = object["config"]?.string ?? ""
        commands = (object["commands"]?.array ?? []).compactMap { $0.string }
        milliseconds = object["milliseconds"]?.integer ?? 0
        isBeyondClaim = object["beyondClaim"]?.bool ?? false
    }
}

extension Verdict {
    /// What it makes of a case.
    var kind: Result.Kind {
        switch self {
        case .failed: .failed
        case .skipped: .skipped
        case .declined: .declined
        case .broken, .usage: .broken
        }
    }

    /// What was seen, or why.
    var text: String {
        switch self {
        case .failed(_, let text), .skipped(let text), .declined(let text), .broken(let text), .usage(let text): text
        }
    }
}
