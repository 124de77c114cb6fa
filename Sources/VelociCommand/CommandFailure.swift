internal import Veloci

/// Why a command failed, ready for the caller.
struct CommandFailure: Error, Equatable {
    /// One line.
    let message: String
    var hint: String? = nil
    /// The exit code: 1, 3 for unknown commands, 255 for exec.
    var exitCode: Int32 = 1

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
        self.init(
            prefix + LibraryWords.translated(line.description), hint: failure.hint.map { LibraryWords.translated($0) })
    }
}
