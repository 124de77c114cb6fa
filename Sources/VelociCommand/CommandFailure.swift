internal import ByteText
internal import Veloci

/// Why a command failed, ready for the caller.
struct CommandFailure: Error, Equatable {
    /// One line.
    let message: String
    var hint: String? = nil
    /// The exit code: 1, 3 for unknown commands, 255 for exec.
    var exitCode: Int32 = 1
    /// Whether it stands on standard error as it is, without what a line of the log has before it.
    var isBare = false

    init(_ message: String, hint: String? = nil, exitCode: Int32 = 1) {
        self.message = message
        self.hint = hint
        self.exitCode = exitCode
    }
}

extension CommandFailure {
    /// The library's failure on one line: the place in config.json, what failed, what the kernel said. The hint goes
    /// its own way, so that callers who search the line for known words find only the failure's.
    init(_ failure: Failure, _ prefix: String = "") {
        var line = failure
        line.hint = nil
        let hint = failure.hint.map { LibraryWords.flagged($0) }
        guard line.isOfExecution else {
            self.init(prefix + LibraryWords.flagged(line.description), hint: hint)
            return
        }
        // RUNC: it comes from the container's process, in whose output people look for these words at the start of a line.
        let place = line.path.map { " (\($0))" } ?? ""
        self.init(line.message + place, hint: hint)
        isBare = true
    }
}

extension Failure {
    /// Whether the program was there, and the kernel did not execute it.
    fileprivate var isOfExecution: Bool { code == .program && message.begins(with: "exec ") }
}
