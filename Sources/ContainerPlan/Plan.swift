public import RuntimeSpec

/// Everything that will be done to the machine, in order, before anything is done.
public struct Plan: Equatable, Sendable {
    /// What the host does before the container's process exists; the last is to clone it.
    public internal(set) var preparation: [Planned<HostStep>] = []
    /// What the stage does.
    public internal(set) var steps: [Planned<Step>] = []
    /// What the host does while the stage waits at a gate.
    public internal(set) var gates: [Gate: [Planned<HostStep>]] = [:]
    /// What the host does once the program runs: for `run` at once, for `create` in `start`.
    public internal(set) var completion: [Planned<HostStep>] = []
    /// What the kernel or the specification could misunderstand; said once, on the log.
    public internal(set) var warnings: [String] = []
    /// The namespaces that the first clone makes.
    public internal(set) var cloneNamespaces: [NamespaceKind] = []
    /// Whether hooks follow the container's end.
    public internal(set) var hasPoststopHooks = false
    /// How many descriptors the stage holds at most.
    public internal(set) var slotCount = 0

    init() {}

    /// Whether the program's standard streams are those of its caller.
    package var hasOwnStreams: Bool {
        !hostSteps.contains { if case .connectConsole = $0.action { true } else { false } }
    }

    /// What `start` does once the program of a container runs that `create` left waiting.
    ///
    /// - Parameter notifySocket: a service manager's, who waits for the program to be ready.
    package static func completion(poststart hooks: [Hook], notifySocket: String?) -> Plan {
        var builder = PlanBuilder()
        builder.complete(poststart: hooks, notifySocket: notifySocket)
        return builder.plan
    }

    /// What the host does, in its order: before the process exists, then at each gate, and once the program runs.
    package var hostSteps: [Planned<HostStep>] {
        preparation + Gate.allCases.flatMap { gates[$0] ?? [] } + completion
    }
}

/// A step and the place in config.json that asked for it; an empty place is veloci's own need.
public struct Planned<Action: Equatable & Sendable>: Equatable, Sendable {
    /// What is done.
    public var action: Action
    /// The place in config.json; the whole document for what veloci needs itself.
    public var origin: JSONPath

    init(_ action: Action, _ origin: JSONPath) {
        self.action = action
        self.origin = origin
    }
}

/// Why no plan can be made: the document asks for what cannot be done.
public struct PlanError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The place in config.json.
    public var path: JSONPath
    /// What cannot be done, and what to do instead where there is something.
    public var message: String
    /// What to do about it.
    public var hint: String?
    /// What is in the way.
    public var kind = Kind.invalid

    /// What is in the way of a plan.
    public enum Kind: Sendable {
        /// The document, as it is.
        case invalid
        /// This host, which lacks something.
        case unsupported
        /// What the caller asks for beside the document.
        case argument
    }

    /// An error at a place in config.json.
    public init(_ message: String, at path: JSONPath, hint: String? = nil, kind: Kind = .invalid) {
        self.path = path
        self.message = message
        self.hint = hint
        self.kind = kind
    }

    public var description: String {
        path.components.isEmpty ? message : "\(path): \(message)"
    }
}

/// Collects steps and hands out slots.
struct PlanBuilder {
    var plan = Plan()

    init() {
        // For what nearly every container takes: growing to it would move all steps seven times.
        plan.preparation.reserveCapacity(32)
        plan.steps.reserveCapacity(128)
    }

    mutating func slot() -> Slot {
        defer { plan.slotCount += 1 }
        return Slot(index: plan.slotCount)
    }

    mutating func prepare(_ step: HostStep, for origin: JSONPath = JSONPath()) {
        plan.preparation.append(Planned(step, origin))
    }

    mutating func add(_ step: Step, for origin: JSONPath = JSONPath()) {
        plan.steps.append(Planned(step, origin))
    }

    mutating func at(_ gate: Gate, _ step: HostStep, for origin: JSONPath = JSONPath()) {
        plan.gates[gate, default: []].append(Planned(step, origin))
    }

    mutating func complete(_ step: HostStep, for origin: JSONPath = JSONPath()) {
        plan.completion.append(Planned(step, origin))
    }

    /// What follows once the program runs. `notifySocket`: a service manager's, who waits for the program to be ready.
    mutating func complete(poststart hooks: [Hook], notifySocket: String?) {
        for (index, hook) in hooks.enumerated() {
            complete(.runHook(.poststart, hook), for: JSONPath.of("hooks", "poststart").index(index))
        }
        if let notifySocket { complete(.passOnReadiness(to: notifySocket)) }
    }

    /// Adds the gate if the host has something to do there.
    mutating func meet(_ gate: Gate) {
        if plan.gates[gate] != nil { add(.gate(gate)) }
    }
}

extension JSONPath {
    /// `process.user.uid` from its words.
    static func of(_ names: String...) -> JSONPath {
        JSONPath(names.map { .member($0) })
    }
}
