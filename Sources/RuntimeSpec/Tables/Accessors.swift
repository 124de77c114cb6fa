// What the text of a closed set means. Each is nil when validation would have refused the text.

extension Namespace {
    /// The kind of namespace.
    public var kind: NamespaceKind? { word(type) }
}

/// The word of a closed set. Short texts are numbers in two registers and compared as such, which costs a fraction of the table
/// that a `rawValue` is looked for in; kinds of namespaces are asked for at every turn.
private func word<Word: CaseIterable & RawRepresentable>(_ text: String) -> Word? where Word.RawValue == String {
    Word.allCases.first { $0.rawValue == text }
}

extension Linux {
    /// Whether a namespace of this kind is made or joined.
    public func hasNamespace(_ kind: NamespaceKind) -> Bool { namespaces?.contains { $0.kind == kind } ?? false }

    /// The meaning of `rootfsPropagation`; nil too when it is unset.
    public var rootPropagation: RootfsPropagation? { rootfsPropagation.flatMap(RootfsPropagation.init) }
}

extension Hooks {
    /// The hooks of one list, in order; empty when there are none.
    public func hooks(_ kind: HookKind) -> [Hook] {
        switch kind {
        case .prestart: prestart ?? []
        case .createRuntime: createRuntime ?? []
        case .createContainer: createContainer ?? []
        case .startContainer: startContainer ?? []
        case .poststart: poststart ?? []
        case .poststop: poststop ?? []
        }
    }
}

extension Device {
    /// The kind of device file.
    public var kind: DeviceKind? { DeviceKind(rawValue: type) }
}

extension Rlimit {
    /// The resource.
    public var kind: RlimitKind? { word(type) }
}

extension Scheduler {
    /// The meaning of `policy`.
    public var schedulerPolicy: SchedulerPolicy? { SchedulerPolicy(rawValue: policy) }
}

extension IOPriority {
    /// The meaning of `class`.
    public var priorityClass: IOPriorityClass? { IOPriorityClass(rawValue: `class`) }
}

extension MemoryPolicy {
    /// The meaning of `mode`.
    public var policyMode: MemoryPolicyMode? { MemoryPolicyMode(rawValue: mode) }
}

extension Personality {
    /// The meaning of `domain`.
    public var personalityDomain: PersonalityDomain? { PersonalityDomain(rawValue: domain) }
}

extension SeccompProfile {
    /// The meaning of `defaultAction`.
    public var defaultSeccompAction: SeccompAction? { SeccompAction(rawValue: defaultAction) }
}

extension SeccompSyscall {
    /// The meaning of `action`.
    public var seccompAction: SeccompAction? { SeccompAction(rawValue: action) }
}

extension SeccompArgument {
    /// The meaning of `op`.
    public var comparison: SeccompOperator? { SeccompOperator(rawValue: op) }
}
