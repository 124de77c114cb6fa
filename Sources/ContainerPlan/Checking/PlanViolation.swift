/// A rule about the order of a plan that the plan breaks.
package struct PlanViolation: Equatable, Sendable, CustomStringConvertible {
    /// What must hold of every plan, whatever the configuration.
    package enum Rule: String, CaseIterable, Sendable, CustomStringConvertible {
        package var description: String { rawValue }
        /// Nothing that needs power over a namespace comes after the capabilities are gone.
        case power
        /// A slot is filled once before it is used, is used, and is not used after it was closed.
        case slots
        /// All descriptors are closed, or close on execution, when the program is executed.
        case descriptors
        /// Paths of the host are opened only while the root is the host's.
        case hostPaths
        /// Mounts are made only in a mount namespace of the container's own, below its root, before that is entered.
        case mounts
        /// What the host's root was is out of reach for the container.
        case oldRoot
        /// Nothing is made in a root that is read-only.
        case readOnlyRoot
        /// A filter comes last with no_new_privs, and before the capabilities go without.
        case seccomp
        /// Host and stage meet at the same gates in the same order, and never without a reason.
        case gates
        /// A host step stands where somebody performs it.
        case hostSteps
        /// Namespaces are entered in an order that the kernel accepts, and with protection from those inside.
        case namespaces
        /// The file mode mask is out of the way while nodes are made, and back for the program.
        case umask
        /// Hooks run in the namespaces and at the moment that the specification names.
        case hooks
        /// Capabilities are given up in the only order that works.
        case capabilities
        /// What every plan does once is done once; the program is executed last.
        case once
    }

    package var rule: Rule
    /// The step's number in its list, from 1; 0 for the plan as a whole.
    package var step: Int
    package var message: String

    package var description: String {
        step == 0 ? "\(rule): \(message)" : "\(rule): step \(step): \(message)"
    }
}

extension Plan {
    /// Every rule that the plan breaks; empty for a plan that may be performed.
    ///
    /// An abstract interpretation: the steps are walked in order with what they do to descriptors, the root, namespaces and
    /// power, and nothing is looked at but the plan.
    package func violations() -> [PlanViolation] {
        var checker = PlanChecker(self)
        checker.check()
        return checker.violations
    }
}
