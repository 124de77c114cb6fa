internal import RuntimeSpec
internal import Seccomp
internal import Veloci

extension Subcommand {
    static let features = Subcommand(
        name: "features", summary: "print what this runtime can do, as JSON",
        explanation: """
            Prints the features document of the runtime specification: what is built in, whatever this host offers.
            """,
        arity: .exactly(0)
    ) { invocation throws(CommandFailure) in
        invocation.output.write(SupportedFeatures.document().encoded(JSONLayout(indent: 4, endsWithNewline: true)))
        return 0
    }
}

/// The features document. What it claims must be true: engines decide by it what they ask for.
///
/// SPEC(features.md): a property that is absent is unknown, so what is not supported is said with `false`.
enum SupportedFeatures {
    static func document() -> Features {
        Features(
            ociVersionMin: "1.0.0", ociVersionMax: Version.specification, hooks: HookKind.allCases.map { $0.rawValue },
            mountOptions: MountOptionTable.options.map { $0.name }, linux: linux(),
            annotations: [
                "io.github.seccomp.libseccomp.version": SeccompCompiler.libraryVersion,
                "io.github.veloci.version": Version.number,
            ],
            potentiallyUnsafeConfigAnnotations: Runtime.annotationsWithEffect)
    }

    private static func linux() -> Features.Linux {
        Features.Linux(
            namespaces: NamespaceKind.allCases.map { $0.rawValue }.sortedByBytes(),
            capabilities: Capability.names,
            cgroup: Features.Cgroup(v1: true, v2: true, systemd: true, systemdUser: true, rdma: true),
            seccomp: seccomp(), apparmor: Features.Enabled(enabled: true), selinux: Features.Enabled(enabled: true),
            intelRdt: Features.IntelRdt(enabled: true, schemata: true, monitoring: true),
            memoryPolicy: Features.MemoryPolicy(
                modes: MemoryPolicyMode.allCases.map { $0.rawValue }, flags: MemoryPolicyFlag.allCases.map { $0.rawValue }),
            mountExtensions: Features.MountExtensions(idmap: Features.Enabled(enabled: true)),
            netDevices: Features.Enabled(enabled: true))
    }

    private static func seccomp() -> Features.Seccomp {
        Features.Seccomp(
            enabled: true, actions: SeccompAction.allCases.map { $0.rawValue }.sortedByBytes(),
            operators: SeccompOperator.allCases.map { $0.rawValue }.sortedByBytes(),
            archs: SeccompCompiler.supportedArchitectures().map { $0.rawValue }.sortedByBytes(),
            knownFlags: SeccompFlag.allCases.map { $0.rawValue },
            supportedFlags: SeccompCompiler.supportedFlags().map { $0.rawValue })
    }
}
