internal import CLinux
internal import CStageWire
internal import RuntimeSpec

/// What the program may do.
extension RecordEncoder {
    mutating func setLimit(_ kind: RlimitKind, soft: UInt64, hard: UInt64) {
        call(
            __NR_prlimit64, [.value(0), .value(UInt64(kind.number)), .address(words([soft, hard])), .value(0)])
    }

    mutating func setScheduler(_ attributes: SchedulerAttributes) {
        let fields: [UInt64] = [
            56 | UInt64(attributes.policy.number) << 32, attributes.flags.reduce(0) { $0 | $1.bit },
            UInt64(UInt32(bitPattern: attributes.nice)) | UInt64(attributes.priority) << 32, attributes.runtime,
            attributes.deadline, attributes.period, 0,
        ]
        call(__NR_sched_setattr, [.value(0), .address(words(fields)), .value(0)])
    }

    mutating func setIOPriority(_ kind: IOPriorityClass, level: UInt8) {
        call(__NR_ioprio_set, [.value(1), .value(0), .value(kind.number << 13 | UInt64(level))])
    }

    mutating func setCPUAffinity(_ mask: CPUMask) {
        call(
            __NR_sched_setaffinity,
            [.value(0), .value(UInt64(8 * mask.words.count)), .address(words(mask.words))])
    }

    mutating func resetCPUAffinity() {
        // KERNEL: of a mask that is longer than it needs, and of processors that it has not, it takes what it knows; the
        // control group's are what remains. EPERM: a filter around veloci forbids it; then those of the caller stay.
        call(
            __NR_sched_setaffinity,
            [.value(0), .value(1024), .address(words([UInt64](repeating: .max, count: 128)))],
            tolerating: [EPERM, EINVAL])
    }

    mutating func setMemoryPolicy(_ mode: MemoryPolicyMode, flags: [MemoryPolicyFlag], nodes: CPUMask) {
        let count = UInt64(64 * nodes.words.count)
        call(
            __NR_set_mempolicy,
            [
                .value(flags.reduce(mode.number) { $0 | $1.bit }),
                nodes.words.isEmpty ? .value(0) : .address(words(nodes.words)),
                // KERNEL: the number of bits is one too many in the call's definition (set_mempolicy(2), BUGS).
                .value(nodes.words.isEmpty ? 0 : count + 1),
            ])
    }

    mutating func setSecurityLabel(module: SecurityModule, label: String, processFileSystem proc: Slot) {
        switch module {
        case .appArmor: writeFile("thread-self/attr/apparmor/exec", below: proc, "exec " + label)
        case .selinux: writeFile("thread-self/attr/exec", below: proc, label)
        }
    }

    mutating func setNoNewPrivileges() {
        call(__NR_prctl, [.value(UInt64(PR_SET_NO_NEW_PRIVS)), .value(1), .value(0), .value(0), .value(0)])
    }

    mutating func dropBoundingCapabilities(keeping kept: CapabilitySet, last: UInt8) {
        for capability in 0...UInt64(last) where kept.bits & (1 << capability) == 0 {
            call(__NR_prctl, [.value(UInt64(PR_CAPBSET_DROP)), .value(capability)])
        }
    }

    mutating func keepCapabilitiesAcrossUserChange() {
        call(__NR_prctl, [.value(UInt64(PR_SET_KEEPCAPS)), .value(1)])
    }

    mutating func setUser(uid: UInt32, gid: UInt32, groups: [UInt32]?) {
        if let groups {
            let list = stride(from: 0, to: groups.count, by: 2).map { index in
                UInt64(groups[index]) | (index + 1 < groups.count ? UInt64(groups[index + 1]) << 32 : 0)
            }
            call(
                __NR_setgroups,
                [.value(UInt64(groups.count)), groups.isEmpty ? .value(0) : .address(words(list))],
                // An unprivileged user namespace denies setgroups; without groups of its own nothing is lost.
                tolerating: groups.isEmpty ? [EPERM] : [])
        }
        let (user, group) = (UInt64(uid), UInt64(gid))
        call(__NR_setresgid, [.value(group), .value(group), .value(group)])
        call(__NR_setresuid, [.value(user), .value(user), .value(user)])
    }

    mutating func setCapabilities(effective: CapabilitySet, permitted: CapabilitySet, inheritable: CapabilitySet) {
        let header = words([UInt64(_LINUX_CAPABILITY_VERSION_3)])
        func low(_ set: CapabilitySet) -> UInt64 { set.bits & 0xffff_ffff }
        func high(_ set: CapabilitySet) -> UInt64 { set.bits >> 32 }
        let data = words([
            low(effective) | low(permitted) << 32, low(inheritable) | high(effective) << 32,
            high(permitted) | high(inheritable) << 32,
        ])
        call(__NR_capset, [.address(header), .address(data)])
    }

    mutating func raiseAmbientCapabilities(_ set: CapabilitySet) {
        for capability in UInt64(0)..<64 where set.bits & (1 << capability) != 0 {
            // EPERM: not permitted or not inheritable; the planner has warned.
            call(
                __NR_prctl,
                [
                    .value(UInt64(PR_CAP_AMBIENT)), .value(UInt64(PR_CAP_AMBIENT_RAISE)), .value(capability),
                    .value(0), .value(0),
                ], tolerating: [EPERM])
        }
    }

    mutating func loadSeccompFilter(_ filter: SeccompFilter, listener: Slot?) {
        let program = bytes(filter.program)
        let description = structure([UInt64(filter.program.count / 8), 0], addresses: [(1, program)])
        call(
            __NR_seccomp, [.value(UInt64(SECCOMP_SET_MODE_FILTER)), .value(filter.flags), .address(description)],
            result: listener)
        if let listener {
            add(
                stage_operation_listener,
                [.slot(listener), .value(UInt64(Gate.listener.rawValue)), .value(filter.notifiesRead ? 1 : 0)])
            close(listener)
        }
    }
}
