extension Case {
    /// A case whose container runs to its end and is judged by what the probe saw inside.
    static func inside(
        _ id: String, _ rules: [String], _ title: String, operations: [String] = ["report"], view: CgroupView? = nil,
        _ configure: @escaping @Sendable (inout Bundle) -> Void,
        sabotage: @escaping @Sendable (inout Bundle) -> Void,
        check: @escaping @Sendable (Inside) throws(Verdict) -> Void
    ) -> Case {
        Case(id, rules, title, view: view, sabotage: .configuration(sabotage)) { trial throws(Verdict) in
            trial.bundle.operations = operations
            configure(&trial.bundle)
            try check(try trial.run())
        }
        .telling(configure, operations)
    }

    /// A case whose configuration is invalid and must be refused; the same without the fault must be accepted.
    ///
    /// - Parameter mayBeLate: whether `start` may be what refuses, as for properties of `process`.
    static func refused(
        _ id: String, _ rules: [String], _ title: String, mayBeLate: Bool = false, view: CgroupView? = nil,
        invalid: @escaping @Sendable (inout Bundle) -> Void, valid: @escaping @Sendable (inout Bundle) -> Void
    ) -> Case {
        Case(id, rules, title, view: view, sabotage: .configuration(valid)) { trial throws(Verdict) in
            try trial.control(valid)
            invalid(&trial.bundle)
            try trial.expectRefusal(mayBeLate: mayBeLate)
        }
        .telling(invalid)
        .of(isOfMachine(rules) ? .behaviour : .refusal)
    }

    /// Whether what is refused is a valid configuration that this machine cannot give, or no configuration at all.
    private static func isOfMachine(_ rules: [String]) -> Bool {
        let rules = Set(rules)
        let places: Set = [
            "create.cannot-apply", "bundle.config-file", "create.no-bundle", "root.path.exists", "namespaces.path.type",
            "intelRdt.mounted", "intelRdt.closID.exists", "intelRdt.closID.compare", "netDevices.check", "netDevices.exists",
            "apparmor.applied", "selinux.applied", "mountLabel.applied", "seccomp.listener.failure", "unified.missing",
            "unified.conversion.impossible", "mounts.mappings.applied", "mounts.type", "hugetlb.pageSize",
            "devices.path.mismatch",
        ]
        return !rules.isDisjoint(with: places)
    }

    /// A case whose configuration must be taken, whatever comes of the property; its sabotage is a runtime that refuses it.
    static func accepted(
        _ id: String, _ rules: [String], _ title: String, view: CgroupView? = nil,
        _ configure: @escaping @Sendable (inout Bundle) -> Void
    ) -> Case {
        Case(id, rules, title, view: view, sabotage: .wrapper(.refuse("create"))) { trial throws(Verdict) in
            configure(&trial.bundle)
            try trial.run()
        }
        .telling(configure)
    }

    /// A case about operations; its body does all.
    static func steps(
        _ id: String, _ rules: [String], _ title: String, view: CgroupView? = nil, sabotage: Sabotage,
        _ body: @escaping @Sendable (Trial) throws(Verdict) -> Void
    ) -> Case {
        Case(id, rules, title, view: view, sabotage: sabotage, body: body)
    }
}

/// Throws a failure unless both are equal.
func expect<Value: Equatable & Told>(_ what: String, _ seen: Value?, is expected: Value) throws(Verdict) {
    if seen != expected {
        throw Verdict.failed(expected: "\(what) is \(expected.told)", seen: seen?.told ?? "nothing")
    }
}

/// Throws a failure unless the condition holds.
func expect(_ condition: Bool, _ expected: String, seen: @autoclosure () -> String) throws(Verdict) {
    if !condition { throw Verdict.failed(expected: expected, seen: seen()) }
}
