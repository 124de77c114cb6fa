public import RuntimeSpec

extension Step {
    /// The gate at which the step ends, if it ends at one.
    public var gate: Gate? {
        switch self {
        case .gate(let gate), .offerRouteSocket(_, let gate): gate
        case .loadSeccompFilter(_, .some): .listener
        default: nil
        }
    }
}

extension Plan {
    /// One line of a printed plan.
    struct Line {
        var actor: String
        var text: String
        var origin: JSONPath
    }

    /// All steps in the order in which they happen: those of the host at a gate follow the gate.
    var lines: [Line] {
        var lines = preparation.map { Line(actor: "host", text: $0.action.text, origin: $0.origin) }
        for planned in steps {
            lines.append(Line(actor: "stage", text: planned.action.text, origin: planned.origin))
            guard let gate = planned.action.gate else { continue }
            lines += (gates[gate] ?? []).map { Line(actor: "host", text: $0.action.text, origin: $0.origin) }
        }
        return lines
    }

    /// The plan for people: number, who acts, what, and the place in config.json that asked for it.
    public var text: String {
        let lines = lines
        let width = String(lines.count).utf8.count
        return lines.enumerated().map { index, line in
            let number = String(index + 1)
            let padding = String(repeating: " ", count: width - number.utf8.count)
            let actor = line.actor == "host" ? "host " : "stage"
            let origin = line.origin.description
            return "\(padding)\(number)  \(actor)  \(line.text)" + (origin.isEmpty ? "" : "  [\(origin)]") + "\n"
        }.joined()
    }

    /// The plan for programs.
    public var json: JSONValue {
        let steps = lines.enumerated().map { index, line -> JSONValue in
            var members: JSONMembers = [
                "number": .number(JSONNumber(index + 1)), "actor": .string(line.actor), "does": .string(line.text),
            ]
            let origin = line.origin.description
            if !origin.isEmpty { members["path"] = .string(origin) }
            return .object(members)
        }
        return ["steps": .array(steps), "warnings": .array(warnings.map { .string($0) })]
    }
}
