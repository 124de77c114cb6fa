import CSeccomp
import Glibc
import RuntimeSpec

@testable import Seccomp

/// What a profile means, worked out rule by rule from the specification: the reading that filters are compared with.
struct Meaning {
    let profile: SeccompProfile

    /// The filter's result for a call, by name.
    func result(_ name: String, number: UInt32, arguments: [UInt64], highest: UInt32) -> UInt32 {
        let defaultResult = Self.value(profile.defaultAction, profile.defaultErrnoRet)
        for rule in profile.syscalls ?? [] where rule.names.contains(name) {
            if Self.matches(rule.args ?? [], arguments) { return Self.value(rule.action, rule.errnoRet) }
        }
        let answersUnknown = profile.defaultAction == "SCMP_ACT_ERRNO" && profile.defaultErrnoRet != 38
        return answersUnknown && number > highest ? 0x0005_0000 | 38 : defaultResult
    }

    /// The highest number that the profile names for an architecture.
    func highest(_ architecture: UInt32) -> UInt32 {
        let names = (profile.syscalls ?? []).flatMap(\.names)
        return names.map { seccomp_syscall_resolve_name_arch(architecture, $0) }.filter { $0 >= 0 }.map { UInt32($0) }
            .max() ?? 0
    }

    static func matches(_ conditions: [SeccompArgument], _ arguments: [UInt64]) -> Bool {
        let indexes = conditions.map(\.index)
        let held = conditions.map { holds($0, arguments[Int($0.index)]) }
        let repeated = Set(indexes).count != indexes.count
        return repeated ? held.contains(true) : !held.contains(false)
    }

    private static func holds(_ condition: SeccompArgument, _ argument: UInt64) -> Bool {
        switch condition.op {
        case "SCMP_CMP_NE": argument != condition.value
        case "SCMP_CMP_LT": argument < condition.value
        case "SCMP_CMP_LE": argument <= condition.value
        case "SCMP_CMP_EQ": argument == condition.value
        case "SCMP_CMP_GE": argument >= condition.value
        case "SCMP_CMP_GT": argument > condition.value
        default: argument & condition.value == condition.valueTwo ?? 0
        }
    }

    static func value(_ action: String, _ data: UInt?) -> UInt32 {
        switch action {
        case "SCMP_ACT_KILL_PROCESS": 0x8000_0000
        case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD": 0
        case "SCMP_ACT_TRAP": 0x0003_0000
        case "SCMP_ACT_ERRNO": 0x0005_0000 | UInt32(data ?? 1)
        case "SCMP_ACT_NOTIFY": 0x7fc0_0000
        case "SCMP_ACT_TRACE": 0x7ff0_0000 | UInt32(data ?? 1)
        case "SCMP_ACT_LOG": 0x7ffc_0000
        default: 0x7fff_0000
        }
    }
}

/// Architectures by libseccomp's token and what the kernel calls them.
enum TestArchitecture: UInt32, CaseIterable {
    case x86 = 0x4000_0003
    case x86_64 = 0xc000_003e
    case x32 = 0x4000_003e

    var kernel: UInt32 { self == .x32 ? Self.x86_64.rawValue : rawValue }
    var numbers: ClosedRange<UInt32> { self == .x32 ? 0x4000_0000...0x4000_0260 : 0...520 }

    func name(_ number: UInt32) -> String? {
        guard let pointer = seccomp_syscall_resolve_num_arch(rawValue, Int32(bitPattern: number)) else { return nil }
        defer { free(pointer) }
        return String(cString: pointer)
    }
}

/// A profile of the size and shape that container engines use: nearly every call allowed by name, a few with conditions.
func engineLikeProfile() -> SeccompProfile {
    let denied: Set<String> = [
        "mount", "umount", "umount2", "pivot_root", "move_mount", "open_tree", "fsopen", "fsmount", "fsconfig", "fspick",
        "mount_setattr", "reboot", "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module",
        "create_module", "query_module", "get_kernel_syms", "swapon", "swapoff", "settimeofday", "clock_settime",
        "clock_settime64", "stime", "acct", "bpf", "perf_event_open", "userfaultfd", "add_key", "request_key", "keyctl",
        "lookup_dcookie", "quotactl", "quotactl_fd", "nfsservctl", "vm86", "vm86old", "setns", "unshare", "iopl", "ioperm",
        "uselib", "ustat", "sysfs", "_sysctl", "syslog", "vhangup", "personality", "clone", "socket",
    ]
    var names: [String] = []
    for architecture in TestArchitecture.allCases {
        for number in architecture.numbers {
            guard let name = architecture.name(number), !denied.contains(name), !names.contains(name) else { continue }
            names.append(name)
        }
    }
    let personalities: [UInt64] = [0, 8, 0x20000, 0x20008, 0xffff_ffff]
    var rules = [SeccompSyscall(names: names, action: "SCMP_ACT_ALLOW")]
    for value in personalities {
        rules.append(
            SeccompSyscall(
                names: ["personality"], action: "SCMP_ACT_ALLOW",
                args: [SeccompArgument(index: 0, value: value, op: "SCMP_CMP_EQ")]))
    }
    rules.append(
        SeccompSyscall(
            names: ["clone"], action: "SCMP_ACT_ALLOW",
            args: [SeccompArgument(index: 0, value: 0x7e02_0000, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ")]))
    rules.append(
        SeccompSyscall(
            names: ["socket"], action: "SCMP_ACT_ALLOW",
            args: [SeccompArgument(index: 0, value: 40, op: "SCMP_CMP_NE")]))
    return SeccompProfile(
        defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 1,
        architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], syscalls: rules)
}
