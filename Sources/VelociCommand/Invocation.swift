/// One call of the program, read and checked, as a command sees it.
struct Invocation {
    let global: GlobalOptions
    let flags: FlagValues
    let arguments: [String]
    let output: Output
    let log: Log
    /// A variable of the environment, nil when it is unset.
    let environment: (String) -> String?

    /// The container's id: the first argument.
    ///
    /// - Throws: runc's words for an empty one.
    var id: String {
        get throws(CommandFailure) {
            guard let id = arguments.first, !id.isEmpty else { throw CommandFailure("container id cannot be empty") }
            return id
        }
    }
}
