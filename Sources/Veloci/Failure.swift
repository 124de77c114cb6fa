internal import ContainerPlan
public import LinuxKernel
public import RuntimeSpec

/// Why an operation did not succeed: one line that a person can act on, and the parts of it for programs.
public struct Failure: Error, Sendable, CustomStringConvertible {
    /// A stable name for the kind of failure. Later versions may have more of them.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The name.
        public let rawValue: String

        /// A code by its name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// config.json breaks a rule of the specification, or asks for what contradicts itself.
        public static var invalidConfiguration: Code { Code(rawValue: "invalidConfiguration") }
        /// What the caller asks for beside config.json.
        public static var invalidArgument: Code { Code(rawValue: "invalidArgument") }
        /// There is a container of this id.
        public static var exists: Code { Code(rawValue: "exists") }
        /// There is no container of this id.
        public static var notFound: Code { Code(rawValue: "notFound") }
        /// The operation needs a container with a process.
        public static var notRunning: Code { Code(rawValue: "notRunning") }
        /// The operation needs a container whose process has ended.
        public static var notStopped: Code { Code(rawValue: "notStopped") }
        /// The container's program runs already.
        public static var running: Code { Code(rawValue: "running") }
        /// The container's process has ended.
        public static var stopped: Code { Code(rawValue: "stopped") }
        /// The container is paused.
        public static var paused: Code { Code(rawValue: "paused") }
        /// This host, or veloci, cannot do it.
        public static var unsupported: Code { Code(rawValue: "unsupported") }
        /// The kernel refused a call; `errno` says why.
        public static var kernel: Code { Code(rawValue: "kernel") }
        /// How a process ended was taken away by another part of this program.
        public static var statusLost: Code { Code(rawValue: "statusLost") }
        /// The task that waited was cancelled.
        public static var cancelled: Code { Code(rawValue: "cancelled") }
        /// A hook failed.
        public static var hook: Code { Code(rawValue: "hook") }
        /// The container's program cannot be executed.
        public static var program: Code { Code(rawValue: "program") }
        /// What should not happen: the state is damaged, or veloci has a mistake.
        public static var internalError: Code { Code(rawValue: "internalError") }
    }

    /// The kind of failure.
    public var code: Code
    /// What failed, on one line.
    public var message: String
    /// The place in config.json that asked for it.
    public var path: JSONPath?
    /// What the kernel said.
    public var errno: Errno?
    /// What to do about it.
    public var hint: String?

    /// A failure; an empty path is none.
    public init(_ code: Code, _ message: String, path: JSONPath? = nil, errno: Errno? = nil, hint: String? = nil) {
        self.code = code
        self.message = message
        self.path = path.flatMap { $0.components.isEmpty ? nil : $0 }
        self.errno = errno
        self.hint = hint
    }

    /// The place, what failed, and what the kernel said.
    public var description: String {
        var text = ""
        if let path { text += "\(path): " }
        text += message
        if let errno { text += ": \(errno) (\(errno.name))" }
        if let hint { text += "; \(hint)" }
        return text
    }

    static func kernel(_ error: KernelError, _ what: String, path: JSONPath? = nil, hint: String? = nil) -> Failure {
        let object = error.object.isEmpty ? "" : " \(error.object)"
        return Failure(.kernel, "\(what): \(error.call)\(object)", path: path, errno: error.errno, hint: hint)
    }

    /// - Parameter path: its state directory: the root and the id.
    static func doesNotExist(_ path: String) -> Failure { Failure(.notFound, "container does not exist: there is no \(path)") }
}

extension Failure {
    init(_ error: PlanError) {
        let code: Code =
            switch error.kind {
            case .invalid: .invalidConfiguration
            case .unsupported: .unsupported
            case .argument: .invalidArgument
            }
        self.init(code, error.message, path: error.path, hint: error.hint)
    }

    /// All problems of a document: the first in full, the others counted.
    init(_ diagnostics: [Diagnostic]) {
        let problems = diagnostics.filter { $0.severity == .must }
        guard let first = problems.first else {
            self.init(.invalidConfiguration, "the configuration is invalid")
            return
        }
        var message = first.message
        if let line = first.line, let column = first.column { message += " (line \(line), column \(column))" }
        self.init(
            .invalidConfiguration, message, path: first.path,
            hint: problems.count > 1 ? "\(problems.count - 1) more: a check of the document lists all" : nil)
    }
}
