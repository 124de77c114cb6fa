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
    private struct Line {
        /// The number of a step of the stage, by which errors call it; the host's have none.
        var number: Int?
        /// When the host acts: before the stage runs, at a gate, or once the program runs.
        var moment = Moment.before
        var text: String
        var origin: JSONPath
    }

    private enum Moment: Equatable {
        case before, gate(Gate), completion
    }

    /// All steps in the order in which they happen: those of the host at a gate follow the gate.
    private var lines: [Line] {
        var lines: [Line] = []
        for planned in preparation {
            lines.append(Line(text: planned.action.text, origin: planned.origin))
            // No stage stands at the gates, but CRIU on its way.
            guard case .restoreProcesses = planned.action else { continue }
            for gate in Gate.allCases {
                lines += (gates[gate] ?? []).map { Line(moment: .gate(gate), text: $0.action.text, origin: $0.origin) }
            }
        }
        for (index, planned) in steps.enumerated() {
            lines.append(Line(number: index + 1, text: planned.action.text, origin: planned.origin))
            guard let gate = planned.action.gate else { continue }
            lines += (gates[gate] ?? []).map { Line(moment: .gate(gate), text: $0.action.text, origin: $0.origin) }
        }
        lines += completion.map { Line(moment: .completion, text: $0.action.text, origin: $0.origin) }
        return lines
    }

    /// The plan for people: the steps in the order in which they happen, each with the place in config.json that asked
    /// for it behind `#`.
    public var text: String {
        var text = "on the host\n"
        var isInside = false
        var runs = false
        for line in lines {
            if line.number != nil, !isInside {
                isInside = true
                text += "in the container\n"
            }
            if line.moment == .completion, !runs {
                runs = true
                text += "on the host, once the program runs\n"
            }
            text += start(of: line) + line.text
            let place = line.origin.description
            text += (place.isEmpty ? "" : "  # " + place) + "\n"
        }
        for warning in warnings { text += "warning: \(warning)\n" }
        return text
    }

    private func start(of line: Line) -> String {
        guard let number = line.number else {
            if case .gate = line.moment { return "        on the host: " }
            return "    "
        }
        let digits = String(number)
        return String(repeating: " ", count: max(0, 4 - digits.utf8.count)) + digits + "  "
    }

    /// The plan for programs: `actor` is `host` or `stage`, `step` the number by which errors call a step of the stage,
    /// `gate` the point at which the stage waits for the host (`running`: once the program runs), `path` the place in
    /// config.json.
    public var json: JSONValue {
        let steps = lines.map { line -> JSONValue in
            var members: JSONMembers = ["actor": .string(line.number == nil ? "host" : "stage")]
            if let number = line.number { members["step"] = .number(JSONNumber(number)) }
            if case .gate(let gate) = line.moment { members["gate"] = .string(gate.description) }
            if line.moment == .completion { members["gate"] = "running" }
            members["does"] = .string(line.text)
            let origin = line.origin.description
            if !origin.isEmpty { members["path"] = .string(origin) }
            return .object(members)
        }
        return ["steps": .array(steps), "warnings": .array(warnings.map { .string($0) })]
    }
}
