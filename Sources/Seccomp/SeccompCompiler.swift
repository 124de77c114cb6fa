internal import CLinux
internal import CSeccomp
public import RuntimeSpec

/// Turns a profile into a program for the kernel. Needs no privilege and changes nothing.
///
/// Names, numbers and what a rule means come from libseccomp, and so does the program of every architecture that
/// `FilterGenerator` does not know. Of several rules for one call without conditions the first counts, and a rule without
/// conditions counts before all rules with conditions, whatever their order: that is how libseccomp, and so every runtime,
/// reads a profile.
///
/// What it costs, with 370 names for x86-64, i386 and x32: 0.6 ms and 500 instructions; libseccomp's generator (2.5.4) took
/// 5.3 ms and made 1,000. Too little for a cache to be worth its trouble.
public enum SeccompCompiler {
    /// Compiles a profile.
    ///
    /// The native architecture is always covered, whatever `architectures` lists. Calls of architectures that are not
    /// covered kill the thread.
    ///
    /// - Parameters:
    ///   - profile: the profile.
    ///   - path: where the profile stands, for errors.
    /// - Returns: nil when the profile says nothing: neither a default action nor a rule.
    /// - Throws: `SeccompError`.
    public static func compile(
        _ profile: SeccompProfile, at path: JSONPath = JSONPath([.member("linux"), .member("seccomp")])
    ) throws(SeccompError) -> SeccompProgram? {
        try compile(profile, at: path, usesLibrary: false)
    }

    /// - Parameter usesLibrary: whether libseccomp generates the program on every architecture, as tests want for comparison.
    package static func compile(
        _ profile: SeccompProfile, at path: JSONPath = JSONPath([.member("linux"), .member("seccomp")]), usesLibrary: Bool
    ) throws(SeccompError) -> SeccompProgram? {
        // RUNC: an empty object switches seccomp off.
        if profile.defaultAction.isEmpty && (profile.syscalls ?? []).isEmpty { return nil }
        let rules = try SeccompRules(profile, at: path)
        let native = numbers(rules, seccomp_arch_native())
        var parts: [FilterAssembly.Part] = []
        var unknownCalls = UnknownCallGuard(rules.defaultAction)
        for (token, index) in architectures(rules.architectures) {
            let place = index.map { path.member("architectures").index($0) } ?? path
            let numbers = token == seccomp_arch_native() ? native : numbers(rules, token)
            for number in numbers { unknownCalls.note(number, architecture: token) }
            let generated = usesLibrary ? nil : FilterGenerator.program(rules, numbers, architecture: token)
            let program: [SockFilter]
            if let generated { program = generated } else { program = try filter(token, at: place, native, rules, at: path) }
            parts.append(FilterAssembly.Part(architecture: token, program: program))
        }
        let instructions = FilterAssembly.program(parts, guardedBy: unknownCalls)
        guard instructions.count <= maximumInstructions else {
            throw SeccompError(
                .unsupported, at: path,
                "the filter has \(instructions.count) instructions, the kernel takes \(maximumInstructions)")
        }
        return SeccompProgram(
            instructions: instructions, flags: rules.flags, unknownSystemCalls: unknownNames(rules, native),
            notifiesRead: rules.notifiesRead)
    }

    /// The rules' calls on an architecture, in their order.
    private static func numbers(_ rules: SeccompRules, _ architecture: UInt32) -> [Int32] {
        rules.rules.map { rule in
            // A text that is given to C as it is would be copied to an array first.
            unsafe rule.name.withCString { unsafe seccomp_syscall_resolve_name_arch(architecture, $0) }
        }
    }

    /// The version of the linked libseccomp, such as `2.5.4`.
    public static var libraryVersion: String {
        guard let version = unsafe seccomp_version()?.pointee else { return "" }
        return "\(version.major).\(version.minor).\(version.micro)"
    }

    /// The flags that the running kernel takes, in the order of `SeccompFlag.allCases`.
    ///
    /// A program at address 0 tells known flags (EFAULT) from unknown ones (EINVAL) and loads nothing.
    public static func supportedFlags() -> [SeccompFlag] {
        SeccompFlag.allCases.filter { flag in
            // The kernel takes this one only together with a listener.
            let word = flag == .waitKillableReceive ? flag.bit | FilterFlag.newListener : flag.bit
            let result = linux_system_call(Int64(__NR_seccomp), setModeFilter, UInt64(word), 0, 0, 0, 0)
            return result == -Int64(EFAULT)
        }
    }

    /// `SECCOMP_SET_MODE_FILTER` of linux/seccomp.h.
    private static let setModeFilter: UInt64 = 1

    /// BPF_MAXINSNS of linux/bpf_common.h.
    private static let maximumInstructions = 4096

    /// The architectures to cover and where the profile names them; the native one may be unnamed. x32 first.
    private static func architectures(_ tokens: [UInt32]) -> [(token: UInt32, index: Int?)] {
        var result: [(token: UInt32, index: Int?)] = []
        let native = seccomp_arch_native()
        for token in [ArchitectureToken.x32, native] + tokens where !result.contains(where: { $0.token == token }) {
            let index = tokens.firstIndex(of: token)
            if index != nil || token == native { result.append((token, index)) }
        }
        return result
    }

    /// The names that libseccomp does not know. Rules that repeat the default action change nothing.
    private static func unknownNames(_ rules: SeccompRules, _ numbers: [Int32]) -> [String] {
        var unknown: [String] = []
        for (rule, number) in zip(rules.rules, numbers) where number == nameError && rule.action != rules.defaultAction {
            if !unknown.contains(rule.name) { unknown.append(rule.name) }
        }
        return unknown
    }

    /// libseccomp's filter for one architecture.
    ///
    /// - Parameter numbers: the machine's own, which libseccomp translates.
    private static func filter(
        _ architecture: UInt32, at architecturePath: JSONPath, _ numbers: [Int32], _ rules: SeccompRules, at path: JSONPath
    ) throws(SeccompError) -> [SockFilter] {
        guard let filter = FilterContext(defaultAction: rules.defaultAction) else {
            throw SeccompError(
                .unsupported, at: path.member("defaultAction"), "libseccomp does not accept this default action")
        }
        if architecture != seccomp_arch_native() {
            try check(filter.add(architecture: architecture), at: architecturePath) {
                "libseccomp \(libraryVersion) cannot add this architecture to a filter"
            }
            try check(filter.removeNativeArchitecture(), at: path) { "libseccomp cannot leave the native calls out" }
        }
        // Whether new privileges are allowed is process.noNewPrivileges' business.
        try check(filter.set(SCMP_FLTATR_CTL_NNP, 0), at: path) { "libseccomp refused an attribute" }
        // libseccomp refuses rules that repeat the default action.
        for (number, rule) in zip(numbers, rules.rules) where number != nameError && rule.action != rules.defaultAction {
            for conditions in rule.alternatives {
                let result = filter.add(action: rule.action, systemCall: number, conditions: conditions)
                try check(result, at: place(rule, path)) { "libseccomp refused the rule for \(rule.name)" }
            }
        }
        do throws(FilterContext.ExportFailure) {
            return try filter.export()
        } catch {
            throw SeccompError(
                error.isLibrary ? .library : .system, at: path, "cannot generate the filter", errno: error.errno)
        }
    }

    /// `__NR_SCMP_ERROR`: no architecture that libseccomp knows has a call of that name.
    private static let nameError: Int32 = -1

    private static func place(_ rule: SeccompRules.Rule, _ path: JSONPath) -> JSONPath {
        path.member("syscalls").index(rule.place.rule).member("names").index(rule.place.name)
    }

    private static func check(
        _ result: Int32, at path: @autoclosure () -> JSONPath, _ message: () -> String
    ) throws(SeccompError) {
        if result < 0 { throw SeccompError(.library, at: path(), message(), errno: -result) }
    }
}

extension SeccompCompiler {
    /// The architectures that the linked libseccomp knows, in the order of `SeccompArchitecture.allCases`.
    public static func supportedArchitectures() -> [SeccompArchitecture] {
        // An unknown architecture has no number for any name; known ones all have a call named read.
        SeccompArchitecture.allCases.filter { architecture in
            unsafe seccomp_syscall_resolve_name_arch(ArchitectureToken.token(architecture), "read") >= 0
        }
    }
}
