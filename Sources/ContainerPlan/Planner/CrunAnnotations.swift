internal import RuntimeSpec

/// What annotations of crun's change. podman sets the first two for its users, who would lose something in silence without them.
public struct CrunAnnotations {
    /// The program keeps the other groups of who runs it: `podman run --group-add keep-groups`.
    public static let keepOriginalGroups = "run.oci.keep_original_groups"
    /// Which option of a file system carries `linux.mountLabel`: context, fscontext, defcontext or rootcontext.
    public static let mountContextType = "run.oci.mount_context_type"
    /// All that have an effect.
    public static let names = [keepOriginalGroups, mountContextType]
    /// What crun does and this runtime does not: whoever sets one is told that nothing comes of it.
    public static let unknown = [
        "run.oci.delegate-cgroup", "run.oci.handler", "run.oci.hooks.stderr", "run.oci.hooks.stdout",
        "run.oci.pidfd_receiver", "run.oci.seccomp.receiver", "run.oci.seccomp_bpf_data", "run.oci.seccomp_fail_unknown_syscall",
        "run.oci.systemd.force_cgroup_v1", "run.oci.systemd.subgroup", "run.oci.timens_offset",
    ]

    private let annotations: [String: String]

    init(_ spec: Spec) { annotations = spec.annotations ?? [:] }

    /// The program's other groups stay those of the caller.
    var keepsGroups: Bool {
        switch annotations[Self.keepOriginalGroups] {
        case nil, "", "0", "false": false
        default: true
        }
    }

    /// The name of the option for `linux.mountLabel`.
    func labelOption() throws(PlanError) -> String {
        let known = ["context", "defcontext", "fscontext", "rootcontext"]
        guard let name = annotations[Self.mountContextType], !name.isEmpty else { return "context" }
        guard known.contains(name) else {
            throw PlanError(
                "\"\(name)\" is no option for a label: one of \(known.joined(separator: ", "))",
                at: JSONPath.of("annotations").member(Self.mountContextType))
        }
        return name
    }

    /// What is said of annotations without effect.
    var warnings: [String] {
        Self.unknown.filter { annotations[$0] != nil }.map { "the annotation \($0) has no effect here" }
    }
}
