/// All cases.
enum Suite {
    static let cases: [Case] =
        [
            DocumentCases.cases, RootAndMountCases.cases, MountOptionCases.cases, IdentityMountCases.cases,
            ProcessCases.cases, LimitCases.cases, SchedulingCases.cases, NameCases.cases, NamespaceCases.cases, HookCases.cases,
            DeviceCases.cases, RootPropagationCases.cases, SeccompCases.cases, ResourceCases.cases, ResourceRefusalCases.cases,
            CgroupCases.cases,
            NetworkCases.cases, IntelRdtCases.cases, FeatureCases.cases,
            LifecycleCases.cases, OperationCases.cases, TraceCases.cases,
        ].flatMap { $0 }

    static let casesByID = Dictionary(uniqueKeysWithValues: cases.map { ($0.id, $0) })
}
