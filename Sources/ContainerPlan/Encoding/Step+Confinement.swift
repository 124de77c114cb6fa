internal import CLinux
internal import CStageWire
internal import RuntimeSpec

extension Step {
    /// The records of the steps that decide what the user's program may do.
    func encodeConfinement(into encoder: inout RecordEncoder) {
        switch self {
        case .setLimit(let kind, let soft, let hard):
            encoder.call(
                __NR_prlimit64, [.value(0), .value(UInt64(kind.number)), .address(encoder.words([soft, hard])), .value(0)])
        case .setScheduler(let attributes):
            let words: [UInt64] = [
                56 | UInt64(attributes.policy.number) << 32, attributes.flags.reduce(0) { $0 | $1.bit },
                UInt64(UInt32(bitPattern: attributes.nice)) | UInt64(attributes.priority) << 32, attributes.runtime,
                attributes.deadline, attributes.period, 0,
            ]
            encoder.call(__NR_sched_setattr, [.value(0), .address(encoder.words(words)), .value(0)])
        case .setIOPriority(let kind, let level):
            encoder.call(__NR_ioprio_set, [.value(1), .value(0), .value(kind.number << 13 | UInt64(level))])
        case .setCPUAffinity(let mask):
            encoder.call(
                __NR_sched_setaffinity,
                [.value(0), .value(UInt64(8 * mask.words.count)), .address(encoder.words(mask.words))])
        case .resetCPUAffinity:
            // KERNEL: of a mask that is longer than it needs, and of processors that it has not, it takes what it knows; the
            // control group's are what remains. EPERM: a filter around veloci forbids it; then those of the caller stay.
            encoder.call(
                __NR_sched_setaffinity,
                [.value(0), .value(1024), .address(encoder.words([UInt64](repeating: .max, count: 128)))],
                tolerating: [EPERM, EINVAL])
        case .setMemoryPolicy(let mode, let flags, let nodes):
            let count = UInt64(64 * nodes.words.count)
            encoder.call(
                __NR_set_mempolicy,
                [
                    .value(flags.reduce(mode.number) { $0 | $1.bit }),
                    nodes.words.isEmpty ? .value(0) : .address(encoder.words(nodes.words)),
                    // KERNEL: the number of bits is one too many in the call's definition (set_mempolicy(2), BUGS).
                    .value(nodes.words.isEmpty ? 0 : count + 1),
                ])
        case .setPersonality(let domain): encoder.call(__NR_personality, [.value(domain.number)])
        case .setSecurityLabel(let module, let label, let proc):
            switch module {
            case .appArmor: encoder.writeFile("thread-self/attr/apparmor/exec", below: proc, "exec " + label)
            case .selinux: encoder.writeFile("thread-self/attr/exec", below: proc, label)
            }
        case .setNoNewPrivileges:
            encoder.call(__NR_prctl, [.value(UInt64(PR_SET_NO_NEW_PRIVS)), .value(1), .value(0), .value(0), .value(0)])
        case .dropBoundingCapabilities(let kept, let last):
            for capability in 0...UInt64(last) where kept.bits & (1 << capability) == 0 {
                encoder.call(__NR_prctl, [.value(UInt64(PR_CAPBSET_DROP)), .value(capability)])
            }
        case .keepCapabilitiesAcrossUserChange:
            encoder.call(__NR_prctl, [.value(UInt64(PR_SET_KEEPCAPS)), .value(1)])
        case .setUser(let uid, let gid, let groups):
            if let groups {
                let list = stride(from: 0, to: groups.count, by: 2).map { index in
                    UInt64(groups[index]) | (index + 1 < groups.count ? UInt64(groups[index + 1]) << 32 : 0)
                }
                encoder.call(
                    __NR_setgroups,
                    [.value(UInt64(groups.count)), groups.isEmpty ? .value(0) : .address(encoder.words(list))],
                    // An unprivileged user namespace denies setgroups; without groups of its own nothing is lost.
                    tolerating: groups.isEmpty ? [EPERM] : [])
            }
            let (user, group) = (UInt64(uid), UInt64(gid))
            encoder.call(__NR_setresgid, [.value(group), .value(group), .value(group)])
            encoder.call(__NR_setresuid, [.value(user), .value(user), .value(user)])
        case .setCapabilities(let effective, let permitted, let inheritable):
            let header = encoder.words([UInt64(_LINUX_CAPABILITY_VERSION_3)])
            func low(_ set: CapabilitySet) -> UInt64 { set.bits & 0xffff_ffff }
            func high(_ set: CapabilitySet) -> UInt64 { set.bits >> 32 }
            let data = encoder.words([
                low(effective) | low(permitted) << 32, low(inheritable) | high(effective) << 32,
                high(permitted) | high(inheritable) << 32,
            ])
            encoder.call(__NR_capset, [.address(header), .address(data)])
        case .raiseAmbientCapabilities(let set):
            for capability in UInt64(0)..<64 where set.bits & (1 << capability) != 0 {
                // EPERM: not permitted or not inheritable; the planner has warned.
                encoder.call(
                    __NR_prctl,
                    [
                        .value(UInt64(PR_CAP_AMBIENT)), .value(UInt64(PR_CAP_AMBIENT_RAISE)), .value(capability),
                        .value(0), .value(0),
                    ], tolerating: [EPERM])
            }
        case .loadSeccompFilter(let filter, let listener):
            let program = encoder.bytes(filter.program)
            let description = encoder.structure([UInt64(filter.program.count / 8), 0], addresses: [(1, program)])
            encoder.call(
                __NR_seccomp, [.value(UInt64(SECCOMP_SET_MODE_FILTER)), .value(filter.flags), .address(description)],
                result: listener)
            if let listener {
                encoder.add(
                    stage_operation_listener, [.slot(listener), .value(UInt64(Gate.listener.rawValue))])
                encoder.close(listener)
            }
        default: break
        }
    }
}
