internal import CLibrary
internal import LinuxKernel
internal import RuntimeSpec

/// Messages for the caller, in the two formats that callers of runc parse.
///
/// - Text: `time="…" level=error msg="…"`, one line each.
/// - JSON: `{"level":"error","msg":"…","time":"…"}`, one line each. containerd takes the last line of level error;
///   podman takes the whole file as one object. So when a command fails, that line is the only one: warnings wait
///   until the outcome is known, and then go into the error's line as `warnings`.
///
/// Without `--log` lines go to standard error; text for a terminal is short, for it is a person who reads it. With
/// `--log` they go to the file, and an error's message to standard error as well: conmon and go-runc read it there.
///
/// Warnings go to the file, and without one only `--debug` shows them: in `create`, `run` and `exec` standard error is the
/// container's own, and what a program writes must not depend on what its configuration looks like.
///
/// Sendable because the library's warnings may come from any thread of a program; this program has one.
final class Log: @unchecked Sendable {
    enum Format: Sendable { case text, json }
    enum Level: Int, Sendable, CustomStringConvertible {
        case debug, info, warning, error

        var description: String {
            switch self {
            case .debug: "debug"
            case .info: "info"
            case .warning: "warning"
            case .error: "error"
            }
        }
    }

    var level = Level.info
    var format = Format.text
    private var file: Descriptor?
    private var heldWarnings: [String] = []
    /// The time of a message, replaceable for tests.
    private let now: () -> String
    /// Standard error, replaceable for tests.
    private let standardError: Int32

    init(standardError: Int32 = 2, now: @escaping () -> String = { Timestamp.now().text }) {
        self.standardError = standardError
        self.now = now
    }

    /// Sends messages to a file from here on, which is made if need be.
    ///
    /// - Throws: the kernel's refusal.
    func open(_ path: String) throws(KernelError) {
        // Nobody is waited for who may come to read from a FIFO.
        file = try Files.open(path, flags: [.create, .writeOnly, .append, .nonBlocking, .synchronous], mode: 0o644)
    }

    func debug(_ message: @autoclosure () -> String) {
        if level == .debug { write(line(.debug, message())) }
    }

    func warning(_ message: String) {
        if level.rawValue <= Level.warning.rawValue { heldWarnings.append(message) }
    }

    /// Writes the warnings that were held back: the command succeeded, or will now run for long.
    func flush() {
        if file != nil || level == .debug {
            for warning in heldWarnings { write(line(.warning, warning)) }
        }
        heldWarnings = []
    }

    /// Writes the reason of a failure. Nothing may be written after it.
    /// - Parameter isBare: whether it stands on standard error as it is, if the log is text.
    func error(_ message: String, hint: String? = nil, isBare: Bool = false) {
        if format == .text { flush() }
        defer { heldWarnings = [] }
        if file != nil {
            write(line(.error, message, hint: hint))
            Self.write(Quoted.printable(message) + "\n", to: standardError)
        } else if format == .text, isBare {
            Self.write(Quoted.printable(message) + "\n", to: standardError)
        } else if format == .text, isatty(standardError) != 0 {
            let suffix = hint.map { "  hint: \(Quoted.printable($0))\n" } ?? ""
            Self.write("veloci: \(Quoted.printable(message))\n" + suffix, to: standardError)
        } else {
            write(line(.error, message, hint: hint))
        }
    }

    private func line(_ level: Level, _ message: String, hint: String? = nil) -> String {
        let time = now()
        switch format {
        case .text:
            let name = level == .warning ? "warning" : "\(level)"
            let suffix = hint.map { " hint=" + Quoted.logValue($0) } ?? ""
            return "time=\(Quoted.logValue(time)) level=\(name) msg=\(Quoted.logValue(message))\(suffix)\n"
        case .json:
            var members: JSONMembers = [
                "level": .string("\(level)"), "msg": .string(message), "time": .string(time),
            ]
            if let hint { members["hint"] = .string(hint) }
            if level == .error, !heldWarnings.isEmpty { members["warnings"] = .array(heldWarnings.map { .string($0) }) }
            return JSONValue.object(members).encodedText() + "\n"
        }
    }

    private func write(_ line: String) { Self.write(line, to: file?.number ?? standardError) }

    /// A message that cannot be written cannot be reported either; and nobody who stops reading them ends a command half way.
    private static func write(_ text: String, to descriptor: Int32) {
        try? Pipes.write(Array(text.utf8), to: descriptor)
    }
}
