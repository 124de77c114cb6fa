internal import CLibrary
internal import LinuxKernel
internal import RuntimeSpec
internal import Veloci

/// The commands that are one call of the library each: options in, outcome out.
enum Lifecycle {
    static func create(_ invocation: Invocation) throws(CommandFailure) -> Int32 {
        let request = try createRequest(invocation)
        try calling("create failed: ") { () throws(Failure) in try runtime(invocation).create(request) }
        return 0
    }

    static func run(_ invocation: Invocation) throws(CommandFailure) -> Int32 {
        let flags = invocation.flags
        let detaches = flags.bool("detach")
        var request = try createRequest(invocation)
        request.detaches = detaches
        request.prepareTerminal = { Foreground.prepareTerminal($0) }
        guard detaches || request.consoleSocket == nil else { throw CommandFailure(.uselessConsoleSocket, "run failed: ") }
        // The program may run for days: nobody should wait that long for a warning.
        defer { invocation.log.flush() }
        return try calling("run failed: ") { () throws(Failure) in
            let runtime = runtime(invocation)
            if detaches {
                _ = try runtime.run(request)
                return 0
            }
            let end = try foreground(invocation) { () throws(Failure) in try runtime.run(request) }
            if !flags.bool("keep") {
                do throws(Failure) {
                    try runtime.delete(request.id, force: true)
                } catch {
                    // The program's end is what the caller wants to know.
                    invocation.log.warning("\(error)")
                }
            }
            return end.shellStatus
        }
    }

    /// Starts a program, and stays with it until it ends: signals go to it, and its terminal's bytes are carried.
    static func foreground(
        _ invocation: Invocation, _ start: () throws(Failure) -> ContainerProcess
    ) throws(Failure) -> ProcessEnd {
        // Before the program exists, so that a signal meant for it cannot end this process instead.
        let signals = try Foreground.blockSignals()
        let process = try start()
        invocation.log.flush()
        return try Foreground(process, signals: signals).wait()
    }

    static func start(_ invocation: Invocation) throws(CommandFailure) -> Int32 {
        let id = try invocation.id
        let socket = notifySocket(invocation)
        try calling { () throws(Failure) in try runtime(invocation).start(id, notifySocket: socket) }
        return 0
    }

    static func state(_ invocation: Invocation) throws(CommandFailure) -> Int32 {
        let id = try invocation.id
        let state = try calling { () throws(Failure) in try runtime(invocation).state(id) }
        invocation.output.write(StateDocument(state).text)
        return 0
    }

    static func kill(_ invocation: Invocation) throws(CommandFailure) -> Int32 {
        let id = try invocation.id
        let text = invocation.arguments.count > 1 ? invocation.arguments[1] : ""
        let signal = try Signals.number(text.isEmpty ? "TERM" : text)
        let all = invocation.flags.bool("all")
        try calling { () throws(Failure) in try runtime(invocation).kill(id, signal: signal, all: all) }
        return 0
    }

    static func delete(_ invocation: Invocation) throws(CommandFailure) -> Int32 {
        let id = try invocation.id
        let force = invocation.flags.bool("force")
        try calling { () throws(Failure) in try runtime(invocation).delete(id, force: force) }
        return 0
    }

    static func list(_ invocation: Invocation) throws(CommandFailure) -> Int32 {
        let root = invocation.global.root
        var states = try calling { () throws(Failure) in try runtime(invocation).list() }.map { StateDocument($0) }
        // RUNC: the default root may be missing, for there were no containers yet; one that was named may not.
        if states.isEmpty, invocation.global.isRootGiven, (try? Files.status(of: root)) == nil {
            throw CommandFailure("open \(root): no such file or directory")
        }
        for index in states.indices where states[index].owner.isEmpty {
            guard let status = try? Files.status(of: root + "/" + states[index].id) else { continue }
            states[index].owner = UserNames.name(status.userID)
        }
        if invocation.flags.bool("quiet") {
            invocation.output.write(StateList.ids(states))
            return 0
        }
        switch invocation.flags.text("format") {
        case "", "table": invocation.output.write(StateList.table(states))
        case "json": invocation.output.write(StateList.json(states))
        default: throw CommandFailure("invalid format option")
        }
        return 0
    }

    static func plan(_ invocation: Invocation) throws(CommandFailure) -> Int32 {
        let plan: Plan
        let processFile = invocation.flags.text("process")
        if processFile.isEmpty {
            var request = try createRequest(invocation, id: invocation.arguments.first ?? "container")
            let runs = invocation.flags.bool("run")
            request.detaches = runs && invocation.flags.bool("detach")
            plan = try calling { () throws(Failure) in try runtime(invocation).plan(request, waitsForStart: !runs) }
        } else {
            var request = ExecuteRequest(id: try invocation.id, process: try ExecCommand.read(processFile))
            request.consoleSocket = text("console-socket", invocation.flags)
            request.processSocket = text("pidfd-socket", invocation.flags)
            request.pidFile = text("pid-file", invocation.flags)
            request.preservedDescriptors = try InheritedDescriptors.preserved(invocation.flags)
            plan = try calling { () throws(Failure) in try runtime(invocation).plan(request) }
        }
        switch invocation.flags.text("format") {
        case "", "text": invocation.output.write(plan.text)
        case "json":
            invocation.output.write(plan.json.encoded(JSONLayout(indent: 2, endsWithNewline: true)))
        default: throw CommandFailure("invalid format option")
        }
        return 0
    }

    /// The library, set up as the global flags ask.
    static func runtime(_ invocation: Invocation) -> Runtime {
        var runtime = Runtime(root: invocation.global.root)
        runtime.controlGroupManager =
            switch invocation.global.cgroupManager {
            case .files: .files
            case .systemd: .systemd
            case .disabled: .disabled
            }
        runtime.isRootless =
            switch invocation.global.rootless {
            case .yes: true
            case .no: false
            case .automatic: nil
            }
        let log = invocation.log
        runtime.warn = { log.warning($0) }
        runtime.remark = { log.warning($0) }
        return runtime
    }

    /// Calls the library and turns its failure into the program's.
    static func calling<Result>(
        _ prefix: String = "", _ body: () throws(Failure) -> Result
    ) throws(CommandFailure) -> Result {
        do throws(Failure) {
            return try body()
        } catch {
            throw CommandFailure(error, prefix)
        }
    }

    private static func createRequest(_ invocation: Invocation) throws(CommandFailure) -> CreateRequest {
        try createRequest(invocation, id: invocation.id)
    }

    private static func createRequest(_ invocation: Invocation, id: String) throws(CommandFailure) -> CreateRequest {
        let flags = invocation.flags
        var request = CreateRequest(id: id, bundle: try bundle(flags))
        request.consoleSocket = text("console-socket", flags)
        request.processSocket = text("pidfd-socket", flags)
        request.pidFile = text("pid-file", flags)
        request.usesPivotRoot = !flags.bool("no-pivot")
        request.makesSessionKeyring = !flags.bool("no-new-keyring")
        request.listenDescriptors = InheritedDescriptors.listening(invocation.environment)
        request.preservedDescriptors = try InheritedDescriptors.preserved(flags, after: request.listenDescriptors)
        request.notifySocket = notifySocket(invocation)
        return request
    }

    /// The bundle's absolute path.
    private static func bundle(_ flags: FlagValues) throws(CommandFailure) -> String {
        try GlobalOptions.absolute(flags.text("bundle"))
    }

    /// A flag's text, nil when it is unset or empty, as callers write it for unset.
    static func text(_ name: String, _ flags: FlagValues) -> String? {
        let text = flags.text(name)
        return text.isEmpty ? nil : text
    }

    /// The socket of the service manager that started this program and waits for the container to be ready.
    private static func notifySocket(_ invocation: Invocation) -> String? {
        invocation.environment("NOTIFY_SOCKET").flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension StateDocument {
    init(_ state: ContainerState) {
        self.init(
            ociVersion: state.ociVersion, id: state.id, pid: Int(state.pid), status: state.status, bundle: state.bundle,
            rootfs: state.rootfs, created: state.created, annotations: state.annotations, owner: state.owner)
    }
}

extension CommandFailure {
    /// The library's failure on one line: the place in config.json, what failed, what the kernel said. The hint goes
    /// its own way, so that callers who search the line for known words find only the failure's.
    init(_ failure: Failure, _ prefix: String) {
        var line = failure
        line.hint = nil
        self.init(prefix + line.description, hint: failure.hint)
    }
}

extension Failure {
    /// RUNC's words: a terminal goes to a socket only when nobody stays to carry it.
    static let uselessConsoleSocket = Failure(
        .invalidArgument, "cannot use console socket if runc will not detach or allocate tty")
    /// RUNC's words, for the opposite.
    static let missingConsoleSocket = Failure(
        .invalidArgument, "cannot allocate tty if runc will detach without setting console socket",
        hint: "give --console-socket")
}
