internal import RuntimeSpec

/// The sets of `process.capabilities`, without what the kernel does not know or the process does not have when it comes to its
/// own. Each name is looked up once.
struct GrantableCapabilities {
    private(set) var bounding = CapabilitySet()
    private(set) var effective = CapabilitySet()
    private(set) var inheritable = CapabilitySet()
    private(set) var permitted = CapabilitySet()
    private(set) var ambient = CapabilitySet()
    /// Names that are in none of them, each once.
    private(set) var leftOut: [String] = []

    /// - Parameter hasUserNamespace: whether the process comes to its own in a user namespace, where it has all.
    init(_ capabilities: Capabilities, _ facts: HostFacts, hasUserNamespace: Bool) {
        let last = facts.lastCapability
        let available = hasUserNamespace ? .max : facts.permittedCapabilities
        var leftOut: [String] = []
        func set(_ names: [String]?) -> CapabilitySet {
            var bits: UInt64 = 0
            for name in names ?? [] {
                if let capability = Capability(name: name), capability.rawValue <= last,
                    available >> UInt64(capability.rawValue) & 1 == 1
                {
                    bits |= 1 << UInt64(capability.rawValue)
                } else if !leftOut.contains(name) {
                    leftOut.append(name)
                }
            }
            return CapabilitySet(bits: bits)
        }
        bounding = set(capabilities.bounding)
        effective = set(capabilities.effective)
        inheritable = set(capabilities.inheritable)
        permitted = set(capabilities.permitted)
        ambient = set(capabilities.ambient)
        self.leftOut = leftOut
    }

    /// KERNEL: capset(2) takes nothing into the effective set that is not permitted. SPEC(config.md#linux-process): what cannot
    /// be granted is no reason to fail.
    var takenEffective: CapabilitySet { CapabilitySet(bits: effective.bits & permitted.bits) }

    /// KERNEL: capset(2) takes nothing into the inheritable set that has gone from the bounding set.
    var takenInheritable: CapabilitySet { CapabilitySet(bits: inheritable.bits & bounding.bits) }
}
