internal import ByteText
internal import RuntimeSpec

/// The last part of every plan: who the program runs as, where, and that it runs.
struct ProgramPlanner {
    let process: ValidatedProcess
    let keptDescriptors: [Int32]
    let addedEnvironment: [String]
    let endsWithCaller: Bool
    let confinement: ConfinementPlanner

    /// Where the process stands in its document.
    let origin: JSONPath

    init(
        process: ValidatedProcess, request: PlanRequest, confinement: ConfinementPlanner, origin: JSONPath
    ) {
        self.origin = origin
        self.process = process
        keptDescriptors = request.keptDescriptors
        endsWithCaller = request.endsWithCaller
        addedEnvironment = request.addedEnvironment
        self.confinement = confinement
    }

    /// `wait` adds what happens between "everything is ready" and the program.
    func plan(
        _ builder: inout PlanBuilder, root: Slot, _ wait: (inout PlanBuilder) -> Void
    ) {
        let (user, cwd) = (process.document.user, ContainerPath(process.document.cwd))
        // RUNC: an empty HOME is none.
        let environment = Self.unique((process.document.env ?? []) + addedEnvironment).filter {
            !$0.utf8.elementsEqual("HOME=".utf8)
        }
        let findsHome = !environment.contains { $0.begins(with: "HOME=") }
        let noNewPrivileges = process.document.noNewPrivileges == true
        if findsHome { builder.add(.findHome(uid: user.uid, root: root), for: JSONPath.of("process", "user", "uid")) }
        if process.document.terminal != true {
            builder.add(.ownStandardStreams(user: user.uid, root: root), for: JSONPath.of("process", "user", "uid"))
        }
        if let umask = user.umask {
            builder.add(.setUmask(umask), for: JSONPath.of("process", "user", "umask"))
        } else {
            builder.add(.restoreUmask)
        }
        builder.add(.enterDirectory(cwd, attempt: .first), for: JSONPath.of("process", "cwd"))
        // Before a filter is loaded, which need not allow it, and before the user changes, which takes the power away.
        LimitPlanner(process: process, facts: confinement.facts, path: origin.member("rlimits"))
            .planOwn(&builder, hasUserNamespace: confinement.hasUserNamespace)
        if noNewPrivileges {
            builder.add(.setNoNewPrivileges, for: JSONPath.of("process", "noNewPrivileges"))
        } else {
            // KERNEL: without no_new_privs a filter needs CAP_SYS_ADMIN, so it comes before the capabilities go.
            confinement.planSeccomp(&builder)
        }
        confinement.planUserAndCapabilities(&builder)
        builder.add(.enterDirectory(cwd, attempt: .second), for: JSONPath.of("process", "cwd"))
        builder.add(.findProgram(process.program), for: JSONPath.of("process", "args").index(0))
        if endsWithCaller { builder.add(.endWithCaller) }
        // With no_new_privs as late as possible, so that the filter need not allow what we do ourselves; but before the
        // container counts as created. RUNC: startContainer hooks run under it, as they do without no_new_privs.
        if noNewPrivileges { confinement.planSeccomp(&builder) }
        wait(&builder)
        if !keptDescriptors.isEmpty { builder.add(.keepDescriptors(keptDescriptors)) }
        builder.add(
            .execute(arguments: process.arguments, environment: environment, home: findsHome),
            for: JSONPath.of("process", "args"))
    }

    /// RUNC: of several entries for one variable the last counts, in the place of the first. `exec --env` adds to what
    /// config.json has, and programs do not agree on which of two they take.
    static func unique(_ entries: [String]) -> [String] {
        // By bytes: to Swift some different texts are equal.
        var places: [[UInt8]: Int] = [:]
        places.reserveCapacity(entries.count)
        var result: [String] = []
        result.reserveCapacity(entries.count)
        for entry in entries {
            let name = Array(entry.utf8.prefix { $0 != UInt8(ascii: "=") })
            if let place = places[name] {
                result[place] = entry
            } else {
                places[name] = result.count
                result.append(entry)
            }
        }
        return result
    }
}
