import RuntimeSpec
import Testing

@testable import VelociCommand

/// The features document is made from the tables that the code itself works with.
@Suite struct FeaturesTests {
    private let document = SupportedFeatures.document()

    @Test func documentIsValid() {
        #expect(document.validate().map(\.message) == [])
    }

    @Test func listsAreTheTablesOfTheCode() throws {
        let linux = try #require(document.linux)
        #expect(document.hooks == HookKind.allCases.map(\.rawValue))
        #expect(document.mountOptions == MountOptionTable.options.map(\.name))
        #expect(Set(linux.namespaces ?? []) == Set(NamespaceKind.allCases.map(\.rawValue)))
        #expect(linux.capabilities == Capability.allCases.map(\.name))
        #expect(Set(linux.seccomp?.actions ?? []) == Set(SeccompAction.allCases.map(\.rawValue)))
        #expect(Set(linux.seccomp?.operators ?? []) == Set(SeccompOperator.allCases.map(\.rawValue)))
        #expect(linux.seccomp?.knownFlags == SeccompFlag.allCases.map(\.rawValue))
        let known = Set(linux.seccomp?.knownFlags ?? [])
        #expect(known.isSuperset(of: linux.seccomp?.supportedFlags ?? []))
        let architectures = Set(SeccompArchitecture.allCases.map(\.rawValue))
        #expect(architectures.isSuperset(of: linux.seccomp?.archs ?? []))
        #expect(linux.memoryPolicy?.modes == MemoryPolicyMode.allCases.map(\.rawValue))
        #expect(linux.memoryPolicy?.flags == MemoryPolicyFlag.allCases.map(\.rawValue))
    }

    /// Absent means unknown, and nothing about this runtime is unknown to itself.
    @Test func nothingIsLeftUnknown() throws {
        let linux = try #require(document.linux)
        #expect(linux.cgroup == Features.Cgroup(v1: true, v2: true, systemd: true, systemdUser: true, rdma: true))
        #expect(linux.seccomp?.enabled == true && linux.apparmor?.enabled == true && linux.selinux?.enabled == true)
        #expect(linux.intelRdt == Features.IntelRdt(enabled: true, schemata: true, monitoring: true))
        #expect(linux.mountExtensions?.idmap?.enabled == true && linux.netDevices?.enabled == true)
    }

    /// An annotation of config.json that sets properties of systemd's unit changes what is done to the host.
    @Test func annotationsWithEffectAreTold() {
        #expect(document.potentiallyUnsafeConfigAnnotations == [
            "org.criu.config", "org.systemd.property.", "run.oci.keep_original_groups", "run.oci.mount_context_type",
        ])
    }
}
