// What the text of a closed set means. Each is nil when validation would have refused the text.

extension Namespace {
    /// The kind of namespace.
    public var kind: NamespaceKind? { NamespaceKind(rawValue: type) }
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
    public var kind: RlimitKind? { RlimitKind(rawValue: type) }
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
