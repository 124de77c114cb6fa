internal import ContainerPlan
internal import LinuxKernel

extension HostFacts {
    /// Looks at this host.
    static func collect() -> HostFacts {
        var facts = HostFacts()
        if let text = try? Files.readText("/proc/sys/kernel/cap_last_cap"),
            let number = UInt8(text.split(separator: "\n").first ?? "")
        {
            facts.lastCapability = min(number, 63)
        }
        facts.isInUserNamespace = UserIdentity.isInUserNamespace
        facts.canRaiseLimits = UserIdentity.hasEffectiveCapability(24) && !facts.isInUserNamespace
        facts.isPrivileged = UserIdentity.isPrivileged
        facts.permittedCapabilities = UserIdentity.permittedCapabilities
        if let text = try? Files.readText("/sys/module/apparmor/parameters/enabled") {
            facts.appArmorIsEnabled = text.hasPrefix("Y")
        }
        facts.selinuxIsEnabled = (try? Files.status(of: "/sys/fs/selinux/enforce")) != nil
        facts.hasKernelCore = (try? Files.status(of: "/proc/kcore")) != nil
        return facts
    }
}
