/// What to measure.
struct Options {
    var runtimes: [String] = []
    var rounds = 30
    /// A config.json whose seccomp filter the containers get, together with limits, as engines ask for.
    var filterSource: String?

    struct Misuse: Error, CustomStringConvertible { var description: String }

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--rounds":
                guard let rounds = rest.popFirst().flatMap({ Int($0) }), rounds > 0 else {
                    throw Misuse(description: "--rounds takes a number")
                }
                self.rounds = rounds
            case "--filter-of":
                guard let file = rest.popFirst() else { throw Misuse(description: "--filter-of takes a config.json") }
                filterSource = file
            case let runtime where !runtime.hasPrefix("-"): runtimes.append(runtime)
            default: throw Misuse(description: "unknown option \(argument)")
            }
        }
        if runtimes.isEmpty { throw Misuse(description: "no runtime") }
    }
}
