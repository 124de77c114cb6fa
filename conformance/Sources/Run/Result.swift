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

    var json: JSONValue {
        var value: JSONValue = [
            "case": .string(caseID), "runtime": .string(runtime), "result": .string(kind.rawValue),
            "milliseconds": .number(JSONNumber(milliseconds)),
        ]
        if isBeyondClaim { value[JSONPath([.member("beyondClaim")])] = true }
        guard kind != .passed else { return value }
        for (name, text) in [("expected", expected), ("seen", seen)] where !text.isEmpty {
            value[JSONPath([.member(name)])] = .string(text)
        }
        if kind == .failed || kind == .broken {
            value[JSONPath([.member("config")])] = .string(config)
            value[JSONPath([.member("commands")])] = .array(commands.map { .string($0) })
        }
        return value
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
        commands = (object["commands"]?.array ?? []).compactMap(\.string)
        milliseconds = object["milliseconds"]?.integer ?? 0
        isBeyondClaim = object["beyondClaim"]?.bool ?? false
    }
}
