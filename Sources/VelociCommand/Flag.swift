/// A flag of the command line. Parsing and `--help` both come from it.
struct Flag: Sendable {
    /// What a flag takes and how repeated flags add up.
    enum Kind: Sendable {
        /// Nothing, or `=true` and `=false`.
        case bool
        /// A text; the last one wins.
        case text
        /// An integer, in decimal or with Go's prefixes `0x`, `0o`, `0` and `0b`; the last one wins.
        case integer
        /// A length of time such as `5s` or `1m30s`; the last one wins.
        case duration
        /// Texts; each flag adds one. Commas do not separate, as in `--cgroup cpu,cpuacct:group`.
        case texts
        /// Integers; each flag adds one.
        case integers
    }

    let name: String
    /// The single letter that means the same.
    let letter: String?
    let kind: Kind
    /// One line for `--help`. Empty for flags that are only accepted for the sake of callers.
    let usage: String
    /// What `--help` names as the default.
    let standard: String

    /// Makes a flag that has a letter as well.
    init(_ name: String, _ letter: String?, _ kind: Kind, standard: String = "", _ usage: String) {
        self.name = name
        self.letter = letter
        self.kind = kind
        self.usage = usage
        self.standard = standard
    }

    /// Makes a flag.
    init(_ name: String, _ kind: Kind, standard: String = "", _ usage: String) {
        self.init(name, nil, kind, standard: standard, usage)
    }

    var isHidden: Bool { usage.isEmpty }

    func hasName(_ name: String) -> Bool { name == self.name || letter.map { name == $0 } ?? false }
}
