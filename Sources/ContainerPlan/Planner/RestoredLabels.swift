internal import ByteText
internal import RuntimeSpec

/// A module of the kernel that gives processes a label, by CRIU's number for it (`lsmtype` of its `images/inventory.proto`).
public enum ImageModule: Int32, Equatable, Sendable {
    /// Labels of processes are not in the images.
    case unlabelled = 0
    /// `process.selinuxLabel`.
    case selinux = 1
    /// `process.apparmorProfile`.
    case appArmor = 2
}

extension CheckpointPlanner {
    /// What config.json asks for that this host has.
    private var wanted: (module: ImageModule, name: String, path: JSONPath)? {
        if let label = spec.process.document.selinuxLabel, !label.isEmpty, host.selinuxIsEnabled {
            return (.selinux, label, JSONPath.of("process", "selinuxLabel"))
        }
        if let profile = spec.process.document.apparmorProfile, !profile.isEmpty, profile != "unconfined", host.appArmorIsEnabled
        {
            return (.appArmor, profile, JSONPath.of("process", "apparmorProfile"))
        }
        return nil
    }

    /// A CRIU that sees no security module writes images without labels, and no word about it: what is restored from those is
    /// confined by nothing.
    func keepLabel(_ order: inout CriuOrder) throws(PlanError) {
        guard let wanted else { return }
        switch wanted.module {
        // Whether CRIU was built with SELinux it does not tell. Whoever names a label is refused by one that was not, and a dump
        // does nothing else with the name.
        case .selinux: order.label = "selinux:" + wanted.name
        case .appArmor:
            guard facts.showsAppArmor else {
                throw PlanError(
                    "CRIU does not see AppArmor, so the profile \(wanted.name) would be lost", at: wanted.path,
                    hint: "mount securityfs on /sys/kernel/security", kind: .unsupported)
            }
        case .unlabelled: return
        }
    }

    /// Images without labels would make a container that is not confined.
    func checkImages() throws(PlanError) {
        guard let wanted, let module = facts.imageModule, module != wanted.module else { return }
        let name = wanted.module == .selinux ? "SELinux" : "AppArmor"
        throw PlanError(
            "the images have no label of \(name), so the container would not be confined by it", at: wanted.path,
            hint: "write the images with a CRIU that knows \(name), or take \(wanted.path) out of config.json", kind: .unsupported
        )
    }
}
