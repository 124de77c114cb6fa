internal import Veloci

/// What `plan` prints.
enum PlanDocument {
    /// The steps in the order in which they happen, each with its place in config.json behind `#`.
    static func text(_ plan: Plan) -> String {
        var text = "on the host\n"
        for planned in plan.preparation { text += line("    ", planned.action.text, planned.origin) }
        text += "in the container\n"
        for (index, planned) in plan.steps.enumerated() {
            let number = String(index + 1)
            let indent = String(repeating: " ", count: max(0, 4 - number.utf8.count)) + number + "  "
            text += line(indent, planned.action.text, planned.origin)
            guard case .gate(let gate) = planned.action else { continue }
            for planned in plan.gates[gate] ?? [] {
                text += line("        on the host: ", planned.action.text, planned.origin)
            }
        }
        for warning in plan.warnings { text += "warning: \(warning)\n" }
        return text
    }

    private static func line(_ start: String, _ text: String, _ origin: JSONPath) -> String {
        let place = origin.description
        return start + text + (place.isEmpty ? "" : "  # " + place) + "\n"
    }

    /// The same for programs.
    static func json(_ plan: Plan) -> JSONValue {
        var gates = JSONMembers()
        for gate in Gate.allCases {
            guard let steps = plan.gates[gate] else { continue }
            gates["\(gate)"] = .array(steps.map { step($0.action.text, $0.origin) })
        }
        return [
            "preparation": .array(plan.preparation.map { step($0.action.text, $0.origin) }),
            "steps": .array(plan.steps.map { step($0.action.text, $0.origin) }),
            "gates": .object(gates), "warnings": .array(plan.warnings.map { .string($0) }),
        ]
    }

    private static func step(_ text: String, _ origin: JSONPath) -> JSONValue {
        ["step": .string(text), "path": .string(origin.description)]
    }
}
