import ContainerPlan
import RuntimeSpec

/// What the failure of a step has to say.
struct Expectation {
    var words: [String]
    var path: JSONPath
}

extension Planned where Action == Step {
    /// Most failures repeat the step's own words. Those that callers of runc search for say what runc says.
    var expectation: Expectation {
        switch action {
        case .findProgram(let name): Expectation(words: ["exec: \"\(name)\""], path: origin)
        case .execute(let arguments, _, _): Expectation(words: ["exec: \"\(arguments[0])\""], path: origin)
        case .enterDirectory(let path, _), .makeWorkingDirectory(let path, _): Expectation(words: ["cwd", path.text], path: origin)
        case .runHook(let kind, let hook, _): Expectation(words: [kind.rawValue, hook.path], path: origin)
        default: Expectation(words: [action.text], path: origin)
        }
    }
}

extension Planned where Action == HostStep {
    var expectation: Expectation { Expectation(words: [action.text], path: origin) }
}
