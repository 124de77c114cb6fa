import CHarness
import RuntimeSpec

/// config-linux.md#seccomp and #the-container-process-state.
///
/// The call that the profiles name is sched_rr_get_interval: the probe asks for it by its number on each architecture, and no
/// runtime needs it.
enum SeccompCases {
    static let cases: [Case] = actions + comparisons + refused + architectures + flags

    #if arch(x86_64)
        private static let number = "148"
        /// The architectures whose programs this machine runs.
        static let nativeArchitectures: Set = ["SCMP_ARCH_X86", "SCMP_ARCH_X86_64", "SCMP_ARCH_X32"]
        private static let nativeNames = ["X86_64"]
    #else
        private static let number = "127"
        static let nativeArchitectures: Set = ["SCMP_ARCH_ARM", "SCMP_ARCH_AARCH64"]
        private static let nativeNames = ["AARCH64"]
    #endif
    private static let name: JSONValue = "sched_rr_get_interval"
    static let attempt = ["call", number, "0", "0", "0", "0"]

    static func profile(_ action: String, _ more: [(String, JSONValue)] = []) -> JSONValue {
        var rule: JSONMembers = ["names": [name], "action": .string(action)]
        for (key, value) in more { rule[key] = value }
        return ["defaultAction": "SCMP_ACT_ALLOW", "syscalls": [.object(rule)]]
    }

    private static func set(
        _ id: String, _ rules: [String], _ title: String, _ profile: JSONValue, without: JSONValue? = nil,
        operations: [String] = attempt, check: @escaping @Sendable (Inside) throws(Verdict) -> Void
    ) -> Case {
        .inside(id, rules, title, operations: operations) {
            $0["linux.seccomp"] = profile
        } sabotage: {
            $0["linux.seccomp"] = without
        } check: { inside throws(Verdict) in
            try check(inside)
        }
    }

    private static func isErrno(_ errno: Int) -> @Sendable (Inside) throws(Verdict) -> Void {
        { inside throws(Verdict) in try expect("errno of the call", try inside.errno("call"), is: errno) }
    }

    /// The probe is ended by a signal before it can tell.
    private static func ended(_ id: String, _ action: String, by signal: Int32) -> Case {
        .steps(
            id, ["seccomp.actions", "seccomp.action"], "\(action) ends the program by signal \(signal)",
            sabotage: .configuration { $0["linux.seccomp"] = nil }
        ) { trial throws(Verdict) in
            trial.bundle["linux.seccomp"] = profile(action)
            trial.bundle.operations = ["echo", "before"] + attempt
            try trial.succeed("create", try trial.create())
            try trial.succeed("start", try trial.start())
            let status = try trial.waitForEnd()
            try expect("text before the call", trial.lines().first?.object?["text"]?.string, is: "before")
            try expect("128 and the signal", status, is: 128 + signal)
        }
    }

    private static let actions: [Case] = [
        set(
            "seccomp-errno", ["seccomp.actions", "seccomp.action", "seccomp.errnoRet"], "SCMP_ACT_ERRNO gives EPERM",
            profile("SCMP_ACT_ERRNO"), check: isErrno(1)),
        set(
            "seccomp-errno-value", ["seccomp.errnoRet"], "errnoRet is the errno", profile("SCMP_ACT_ERRNO", [("errnoRet", 77)]),
            without: profile("SCMP_ACT_ERRNO"), check: isErrno(77)),
        set(
            "seccomp-allow", ["seccomp.actions", "seccomp.defaultAction"], "SCMP_ACT_ALLOW makes an exception of the default",
            inverse([:], allowed: ["sched_rr_get_interval"]), without: inverse([:])
        ) { inside throws(Verdict) in
            try expect("errno of the call (EFAULT is 14)", try inside.errno("call"), is: 14)
        },
        set(
            "seccomp-log", ["seccomp.actions"], "SCMP_ACT_LOG lets the call happen", profile("SCMP_ACT_LOG"),
            without: profile("SCMP_ACT_ERRNO")
        ) { inside throws(Verdict) in
            try expect("errno of the call (EFAULT is 14)", try inside.errno("call"), is: 14)
        },
        set(
            "seccomp-trace", ["seccomp.actions"], "SCMP_ACT_TRACE without a tracer gives ENOSYS", profile("SCMP_ACT_TRACE"),
            check: isErrno(38)),
        ended("seccomp-kill", "SCMP_ACT_KILL", by: SIGSYS),
        ended("seccomp-kill-thread", "SCMP_ACT_KILL_THREAD", by: SIGSYS),
        ended("seccomp-kill-process", "SCMP_ACT_KILL_PROCESS", by: SIGSYS),
        ended("seccomp-trap", "SCMP_ACT_TRAP", by: SIGSYS),
        set(
            "seccomp-mode", ["seccomp.defaultAction"], "A profile puts the program into filter mode", profile("SCMP_ACT_ERRNO"),
            operations: ["report"]
        ) { inside throws(Verdict) in
            try expect("seccomp mode", try inside["seccomp"]?.integer ?? -1, is: 2)
        },
        set(
            "seccomp-default-errno", ["seccomp.defaultAction", "seccomp.defaultErrnoRet"],
            "defaultErrnoRet is the errno of the default action", inverse(["defaultErrnoRet": 42]), without: inverse([:]),
            check: isErrno(42)),
        set(
            "seccomp-default-eperm", ["seccomp.defaultErrnoRet"], "Without defaultErrnoRet the errno is EPERM", inverse([:]),
            without: inverse(["defaultErrnoRet": 42]), check: isErrno(1)),
        set(
            "seccomp-unknown-call", ["practice.seccomp-unknown-call"], "A system call that nobody knows is skipped",
            [
                "defaultAction": "SCMP_ACT_ALLOW",
                "syscalls": [["names": ["no_such_call", name], "action": "SCMP_ACT_ERRNO"]],
            ], check: isErrno(1)),
        set(
            "seccomp-empty-list", ["seccomp.defaultAction"], "A profile without rules is accepted",
            ["defaultAction": "SCMP_ACT_ALLOW"], without: profile("SCMP_ACT_ERRNO"), check: isErrno(14)),
        .inside(
            "seccomp-no-new-privileges", ["seccomp.defaultAction", "process.noNewPrivileges"],
            "A profile works with noNewPrivileges and without capabilities", operations: attempt + ["report"]
        ) {
            $0["process.noNewPrivileges"] = true
            $0["process.capabilities"] = ["bounding": [], "permitted": [], "effective": []]
            $0["process.user"] = ["uid": 1000, "gid": 1000]
            $0["linux.seccomp"] = profile("SCMP_ACT_ERRNO")
        } sabotage: {
            $0["linux.seccomp"] = nil
        } check: { inside throws(Verdict) in
            try expect("errno of the call", try inside.errno("call"), is: 1)
        },
    ]

    /// All calls are allowed by name except the one: everything that Debian's libseccomp and the probe use.
    private static func inverse(_ more: JSONMembers, allowed further: [String] = []) -> JSONValue {
        let allowed = [
            "read", "write", "writev", "open", "openat", "openat2", "close", "close_range", "fstat", "stat", "lstat",
            "newfstatat", "statx",
            "mmap", "munmap", "mprotect", "mremap", "madvise", "brk", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
            "sigaltstack",
            "ioctl", "access", "faccessat", "faccessat2", "pipe", "pipe2", "select", "pselect6", "poll", "ppoll", "sched_yield",
            "dup", "dup2", "dup3", "nanosleep",
            "clock_nanosleep", "getpid", "getppid", "gettid", "socket", "connect", "sendto", "recvfrom", "sendmsg", "recvmsg",
            "clone", "clone3", "fork", "vfork", "execve", "execveat", "exit", "exit_group", "wait4", "waitid", "kill", "tgkill",
            "tkill",
            "uname", "fcntl", "getcwd", "chdir", "fchdir", "umask", "getuid", "geteuid", "getgid", "getegid", "setuid", "setgid",
            "setresuid", "setresgid", "getresuid", "getresgid", "setgroups", "getgroups", "capget", "capset", "prctl",
            "arch_prctl", "seccomp",
            "futex", "sched_getaffinity", "sched_setaffinity", "getdents64", "set_tid_address", "set_robust_list", "rseq",
            "clock_gettime", "epoll_create1", "epoll_ctl",
            "epoll_pwait", "epoll_wait", "prlimit64", "getrlimit", "setrlimit", "getrandom", "memfd_create", "eventfd2",
            "readlink", "readlinkat", "statfs", "fstatfs",
            "setsid", "getsid", "setpgid", "getpgid", "lseek", "fchown", "fchownat", "fchmod", "unlink", "unlinkat", "pread64",
            "pwrite64", "restart_syscall",
            "keyctl", "personality", "pidfd_open", "pidfd_send_signal", "getsockopt", "setsockopt", "shutdown", "bind", "listen",
            "accept4", "umount2",
            "landlock_create_ruleset", "sysinfo", "gettimeofday", "time", "utimensat", "symlinkat", "mkdirat", "splice",
        ]
        var profile: JSONMembers = [
            "defaultAction": "SCMP_ACT_ERRNO",
            "syscalls": [["names": .array((allowed + further).map { .string($0) }), "action": "SCMP_ACT_ALLOW"]],
        ]
        for member in more.members { profile[member.name] = member.value }
        return .object(profile)
    }

    /// The operator compares the call's first argument with 10; `hit` satisfies it, `miss` does not.
    private static func comparison(_ op: String, value: Int64 = 10, valueTwo: Int64? = nil, hit: String, miss: String) -> Case {
        var argument: JSONMembers = ["index": 0, "value": .number(JSONNumber(value)), "op": .string(op)]
        if let valueTwo { argument["valueTwo"] = .number(JSONNumber(valueTwo)) }
        let filter = profile("SCMP_ACT_ERRNO", [("args", [.object(argument)]), ("errnoRet", 99)])
        return set(
            "seccomp-op-\(op.dropFirst("SCMP_CMP_".count).lowercased().replaced("_", by: "-"))", ["seccomp.args"],
            "\(op) compares the argument", filter,
            operations: ["call", number, hit, "0", "0", "0", "call", number, miss, "0", "0", "0"]
        ) { inside throws(Verdict) in
            try expect("errno of the call with \(hit)", try inside.errno("call", 0), is: 99)
            try expect(try inside.errno("call", 1) != 99, "the call with \(miss) is let through", seen: "errno 99")
        }
    }

    private static let comparisons: [Case] = [
        comparison("SCMP_CMP_EQ", hit: "10", miss: "11"),
        comparison("SCMP_CMP_NE", hit: "11", miss: "10"),
        comparison("SCMP_CMP_LT", hit: "9", miss: "10"),
        comparison("SCMP_CMP_LE", hit: "10", miss: "11"),
        comparison("SCMP_CMP_GT", hit: "11", miss: "10"),
        comparison("SCMP_CMP_GE", hit: "10", miss: "9"),
        comparison("SCMP_CMP_MASKED_EQ", value: 12, valueTwo: 8, hit: "9", miss: "4"),
        set(
            "seccomp-two-args", ["seccomp.args"], "All args of a rule must match",
            profile(
                "SCMP_ACT_ERRNO",
                [
                    ("args", [["index": 0, "value": 5, "op": "SCMP_CMP_EQ"], ["index": 2, "value": 6, "op": "SCMP_CMP_EQ"]]),
                    ("errnoRet", 99),
                ]), operations: ["call", number, "5", "0", "6", "0", "call", number, "5", "0", "7", "0"]
        ) { inside throws(Verdict) in
            try expect("errno of the call that matches", try inside.errno("call", 0), is: 99)
            try expect(try inside.errno("call", 1) != 99, "the other call is let through", seen: "errno 99")
        },
    ]

    private static func refusal(_ id: String, _ rules: [String], _ title: String, _ profile: JSONValue) -> Case {
        .refused(id, rules, title) {
            $0["linux.seccomp"] = profile
        } valid: {
            $0["linux.seccomp"] = Self.profile("SCMP_ACT_ERRNO")
        }
    }

    private static let refused: [Case] = [
        refusal(
            "seccomp-no-default", ["seccomp.defaultAction"], "A profile without defaultAction is refused",
            ["syscalls": [["names": [name], "action": "SCMP_ACT_ERRNO"]]]),
        refusal(
            "seccomp-unknown-default", ["seccomp.defaultAction"], "An unknown defaultAction is refused",
            ["defaultAction": "SCMP_ACT_MAYBE"]),
        refusal("seccomp-unknown-action", ["seccomp.action"], "An unknown action is refused", profile("SCMP_ACT_MAYBE")),
        refusal(
            "seccomp-no-action", ["seccomp.action"], "A rule without action is refused",
            ["defaultAction": "SCMP_ACT_ALLOW", "syscalls": [["names": [name]]]]),
        refusal(
            "seccomp-no-names", ["seccomp.names"], "A rule with no names is refused",
            ["defaultAction": "SCMP_ACT_ALLOW", "syscalls": [["names": [], "action": "SCMP_ACT_ERRNO"]]]),
        refusal(
            "seccomp-names-missing", ["seccomp.names"], "A rule without names is refused",
            ["defaultAction": "SCMP_ACT_ALLOW", "syscalls": [["action": "SCMP_ACT_ERRNO"]]]),
        refusal(
            "seccomp-errno-on-kill", ["seccomp.errnoRet.unsupported"], "errnoRet with SCMP_ACT_KILL is refused",
            profile("SCMP_ACT_KILL", [("errnoRet", 5)])),
        refusal(
            "seccomp-default-errno-on-allow", ["seccomp.defaultErrnoRet.unsupported"],
            "defaultErrnoRet with SCMP_ACT_ALLOW is refused", ["defaultAction": "SCMP_ACT_ALLOW", "defaultErrnoRet": 5]),
        refusal(
            "seccomp-unknown-arch", ["seccomp.architectures"], "An unknown architecture is refused",
            ["defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_ABACUS"]]),
        refusal(
            "seccomp-unknown-flag", ["seccomp.flags"], "An unknown flag is refused",
            ["defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_MAYBE"]]),
        refusal(
            "seccomp-unknown-op", ["seccomp.args.members"], "An unknown operator is refused",
            profile("SCMP_ACT_ERRNO", [("args", [["index": 0, "value": 1, "op": "SCMP_CMP_LIKE"]])])),
        refusal(
            "seccomp-no-op", ["seccomp.args.members"], "An argument without op is refused",
            profile("SCMP_ACT_ERRNO", [("args", [["index": 0, "value": 1]])])),
        refusal(
            "seccomp-no-index", ["seccomp.args.members"], "An argument without index is refused",
            profile("SCMP_ACT_ERRNO", [("args", [["value": 1, "op": "SCMP_CMP_EQ"]])])),
        refusal(
            "seccomp-no-value", ["seccomp.args.members"], "An argument without value is refused",
            profile("SCMP_ACT_ERRNO", [("args", [["index": 0, "op": "SCMP_CMP_EQ"]])])),
        refusal(
            "seccomp-index-range", ["seccomp.args.members", "values.invalid"], "An index of 6 is refused",
            profile("SCMP_ACT_ERRNO", [("args", [["index": 6, "value": 1, "op": "SCMP_CMP_EQ"]])])),
        refusal(
            "seccomp-metadata-alone", ["seccomp.listenerMetadata.alone"], "listenerMetadata without listenerPath is refused",
            ["defaultAction": "SCMP_ACT_ALLOW", "listenerMetadata": "data"]),
        refusal(
            "seccomp-notify-no-listener", ["practice.seccomp-notify-listener"],
            "SCMP_ACT_NOTIFY without listenerPath is refused", profile("SCMP_ACT_NOTIFY")),
        refusal(
            "seccomp-listener-missing", ["seccomp.listener.failure"],
            "SCMP_ACT_NOTIFY with a listenerPath where nobody listens is refused",
            {
                var value = profile("SCMP_ACT_NOTIFY")
                value[JSONPath([.member("listenerPath")])] = "/nowhere/socket"
                return value
            }()),
    ]

    static let architectureNames = [
        "X86", "X86_64", "X32", "ARM", "AARCH64", "MIPS", "MIPS64", "MIPS64N32", "MIPSEL", "MIPSEL64", "MIPSEL64N32", "PPC",
        "PPC64",
        "PPC64LE", "S390", "S390X", "PARISC", "PARISC64", "RISCV64", "LOONGARCH64", "M68K", "SH", "SHEB",
    ]

    private static func filter(_ names: [String]) -> JSONValue {
        var value = profile("SCMP_ACT_ERRNO", [("errnoRet", 99)])
        value[JSONPath([.member("architectures")])] = .array(names.map { .string("SCMP_ARCH_" + $0) })
        return value
    }

    private static let native: [Case] =
        nativeNames.map { name in
            set(
                "seccomp-arch-\(name.lowercased().replaced("_", by: "-"))", ["seccomp.architectures"],
                "Calls of SCMP_ARCH_\(name), which this machine runs, are filtered", filter([name]),
                without: ["defaultAction": "SCMP_ACT_ALLOW"], check: isErrno(99))
        } + secondary

    /// An architecture of programs that the same machine runs: a call of its kind gets the rule's errno. Without the architecture
    /// in the list such a call ends the program.
    private static let secondary: [Case] = {
        #if arch(x86_64)
            [("X86", "call32", "161"), ("X32", "call", String(148 | 1 << 30))].map { (name, operation, number) in
                .inside(
                    "seccomp-arch-\(name.lowercased())", ["seccomp.architectures"],
                    "Calls of SCMP_ARCH_\(name) are filtered by the same rules",
                    operations: [operation, number, "0", "0", "0", "0"]
                ) {
                    $0["linux.seccomp"] = filter(["X86_64", name])
                } sabotage: {
                    $0["linux.seccomp"] = filter(["X86_64"])
                } check: { inside throws(Verdict) in
                    try expect("errno of the call", try inside.errno(operation), is: 99)
                }
                .needing { () throws(Verdict) in if operation == "call32" { try needCallsOf32Bits() } }
            }
        #else
            []
        #endif
    }()

    /// Skips on kernels that run no programs of 32 bits.
    private static func needCallsOf32Bits() throws(Verdict) {
        let (program, told) = (Raw.memoryFile(), Raw.memoryFile())
        defer {
            close(program)
            close(told)
        }
        try Files.write(program, Probe.image, "the probe")
        let getpid = "20"
        let outcome = try Processes.run(
            ["/proc/self/fd/\(program)", "call32", getpid, "0", "0", "0", "0"], outputPath: "/proc/self/fd/\(told)",
            errorPath: "/dev/null", milliseconds: 5000)
        if !outcome.succeeded || !outcome.output.holds("\"errno\":0") {
            throw Verdict.skipped("this kernel runs no programs of 32 bits")
        }
    }

    /// Programs of other architectures do not run here, so what their filter does cannot be seen.
    private static let architectures: [Case] =
        native + [
            .inside(
                "seccomp-arch-foreign", ["seccomp.architectures"],
                "Architectures of other machines do not disturb this one's filter",
                operations: attempt
            ) {
                $0["linux.seccomp"] = filter(nativeNames + ["RISCV64"])
            } sabotage: {
                $0["linux.seccomp"] = nil
            } check: { inside throws(Verdict) in
                try expect("errno of the call", try inside.errno("call"), is: 99)
            }
            .blind(to: "what the filter does to programs of another architecture")
        ]

    private static func flagged(_ flag: String) -> JSONValue {
        var value = profile("SCMP_ACT_ERRNO")
        value[JSONPath([.member("flags")])] = [.string("SECCOMP_FILTER_FLAG_" + flag)]
        return value
    }

    private static let flags: [Case] =
        ["TSYNC", "LOG", "SPEC_ALLOW"].map { flag in
            set(
                "seccomp-flag-\(flag.lowercased().replaced("_", by: "-"))", ["seccomp.flags"],
                "SECCOMP_FILTER_FLAG_\(flag) is accepted", flagged(flag), without: flagged("NO_" + flag), check: isErrno(1))
        } + [
            SeccompListenerCases.listening(
                "seccomp-flag-wait-killable", ["seccomp.flags"],
                "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is accepted with SCMP_ACT_NOTIFY",
                flags: ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]
            ) { (_, delivery, _) throws(Verdict) in
                try expect("descriptors", delivery.descriptors.count, is: 1)
            }
        ]
}
