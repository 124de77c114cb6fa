/// All cases.
enum Suite {
    /// The newest version of the specification that the rules are of.
    static let specification = "1.3.0 and what follows it"

    static let cases: [Case] =
        [
            DocumentCases.cases, RootAndMountCases.cases, MountLinkCases.cases, MountOptionCases.cases, IdentityMountCases.cases,
            ProcessCases.cases, LimitCases.cases, SchedulingCases.cases, NameCases.cases, NamespaceCases.cases, HookCases.cases,
            HookFailureCases.cases,
            DeviceCases.cases, RootPropagationCases.cases, SeccompCases.cases, SeccompListenerCases.cases,
            ResourceCases.cases, ResourceRefusalCases.cases,
            CgroupCases.cases,
            NetworkCases.cases, IntelRdtCases.cases, FeatureCases.cases,
            LifecycleCases.cases, OperationCases.cases, TraceCases.cases,
        ].flatMap { $0 }

    static let casesByID = Dictionary(uniqueKeysWithValues: cases.map { ($0.id, $0) })
}
