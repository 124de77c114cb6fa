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
