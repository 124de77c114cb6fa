internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

/// What a failure of one step of the stage is told with: a plan has it, and for the steps after `start` a record.
struct StepAccount: Equatable, Sendable {
    /// What a step is about, where its failure has words of its own.
    enum Subject: Equatable, Sendable {
        case program(String)
        case directory(String)
        case hook(kind: String, path: String, timeout: Int?)
        case other
    }

    /// The step's number, from 1.
    var number: Int
    /// What it does, to complete "cannot …".
    var text: String
    /// The place in config.json.
    var origin: JSONPath
    var subject = Subject.other
    private var hints: [(name: String, text: String)] = []

    static func == (one: StepAccount, other: StepAccount) -> Bool {
        one.number == other.number && one.text == other.text && one.origin == other.origin && one.subject == other.subject
    }

    init(number: Int, text: String, origin: JSONPath, subject: Subject) {
        self.number = number
        self.text = text
        self.origin = origin
        self.subject = subject
    }

    init(_ planned: Planned<Step>, number: Int) {
        self.number = number
        text = planned.action.text
        origin = planned.origin
        switch planned.action {
        case .findProgram(let name): subject = .program(name)
        case .execute(let arguments, _, _): subject = .program(arguments.first ?? "")
        case .enterDirectory(let path, _), .makeWorkingDirectory(let path, _): subject = .directory(path.text)
        case .runHook(let kind, let hook, _): subject = .hook(kind: kind.rawValue, path: hook.path, timeout: hook.timeout)
        case .mountFileSystem(let mount, _):
            hints = [("ENODEV", "the kernel has no file system \(mount.type)")]
            // RUNC: its words.
            if mount.target.refusesLinks {
                let words = "\(mount.type) must be mounted on ordinary directory, and there is a symbolic link or a file"
                hints += [("ELOOP", words), ("ENOTDIR", words)]
            }
        case .joinSessionKeyring: hints = [("EDQUOT", "raise kernel.keys.maxkeys or make no session keyring")]
        case .writeSystemControl:
            hints = [("EXDEV", "another mount covers that part of /proc, and the kernel gives a user namespace no other then")]
        case .changeRoot(_, .pivot): hints = [("EINVAL", "on an initial ramdisk do without pivot_root")]
        case .setScheduler:
            let needed = "a realtime policy needs linux.resources.cpu.realtimeRuntime"
            // RUNC: the words are its own.
            let deadline = "for SCHED_DEADLINE: process scheduler can't be used together with AllowedCPUs"
            hints = [("EPERM", needed + " where the kernel shares that out by control groups; " + deadline)]
        default: break
        }
    }

    /// What to do about a refusal.
    func hint(_ errno: Errno) -> String? {
        if errno == .notImplemented { return "the kernel is older than 5.14" }
        return hints.first { $0.name == errno.name }?.text
    }
}

extension Plan {
    /// The account of a step of the stage; nil when there is no such step.
    func account(of number: Int) -> StepAccount? {
        steps.indices.contains(number - 1) ? StepAccount(steps[number - 1], number: number) : nil
    }

    /// The accounts of what happens until the host has answered at a gate, or until the program runs.
    func accounts(until last: Gate?) -> [StepAccount] {
        let end = last.flatMap { last in steps.firstIndex { $0.action.gate == last } }
        return steps.prefix(end.map { $0 + 1 } ?? steps.count).enumerated().map { StepAccount($0.element, number: $0.offset + 1) }
    }

    /// The accounts of what happens in `start`, when the plan is no longer there.
    var accountsOfStart: [StepAccount] {
        guard let wait = steps.firstIndex(where: { if case .waitForStart = $0.action { true } else { false } }) else { return [] }
        return (wait..<steps.count).map { StepAccount(steps[$0], number: $0 + 1) }
    }
}
