/// A command of the program: what it reads and what it does.
struct Subcommand: Sendable {
    /// How many arguments it takes.
    enum Arity: Sendable {
        case exactly(Int)
        case atLeast(Int)
        case between(Int, Int)
    }

    let name: String
    /// One line for the list of commands.
    let summary: String
    /// What stands behind the flags, such as `<container-id> [signal]`.
    var arguments = ""
    /// Paragraphs for `--help`.
    var explanation = ""
    var flags: [Flag] = []
    let arity: Arity
    /// After that many arguments everything is an argument, flags as well.
    var argumentLimit: Int? = nil
    /// Does it, and returns the exit code.
    let run: @Sendable (Invocation) throws(CommandFailure) -> Int32
}

extension Subcommand.Arity {
    /// What is wrong with a number of arguments, in runc's words; nil when nothing is.
    func complaint(_ count: Int, program: String, command: String) -> String? {
        let (minimum, maximum) = bounds
        let name = "\(program): \(Quoted.go(command)) requires"
        if minimum == maximum, count != minimum { return "\(name) exactly \(minimum) argument(s)" }
        if count < minimum { return "\(name) a minimum of \(minimum) argument(s)" }
        if count > maximum { return "\(name) a maximum of \(maximum) argument(s)" }
        return nil
    }

    private var bounds: (Int, Int) {
        switch self {
        case .exactly(let count): (count, count)
        case .atLeast(let count): (count, .max)
        case .between(let minimum, let maximum): (minimum, maximum)
        }
    }
}
