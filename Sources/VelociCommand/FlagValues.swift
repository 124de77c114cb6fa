/// The flags that a command line gave, in order. They are asked for by the flag itself, so that a misspelt name does not
/// compile.
///
/// A list and not a dictionary: there are few, and generic containers cost page faults at their first use.
struct FlagValues {
    enum Value: Equatable, Sendable {
        case bool(Bool)
        case text(String)
        case integer(Int)
        /// Nanoseconds.
        case duration(Int)
    }

    private(set) var entries: [(name: String, value: Value)] = []

    mutating func append(_ flag: Flag, _ value: Value) { entries.append((flag.name, value)) }

    mutating func append(contentsOf others: FlagValues) { entries += others.entries }

    /// Whether the flag was given, whatever its value.
    func isSet(_ flag: Flag) -> Bool { last(flag) != nil }

    /// Whether the last such flag switches on. False when it was not given.
    func bool(_ flag: Flag) -> Bool { last(flag) == .bool(true) }

    /// The last such flag's text. Empty, which callers use for "unset", when it was not given.
    func text(_ flag: Flag) -> String { if case .text(let text)? = last(flag) { text } else { "" } }

    /// The last such flag's text, nil when it was not given or is empty.
    func textUnlessEmpty(_ flag: Flag) -> String? {
        let text = text(flag)
        return text.isEmpty ? nil : text
    }

    /// The last such flag's integer, nil when it was not given.
    func integer(_ flag: Flag) -> Int? { if case .integer(let value)? = last(flag) { value } else { nil } }

    /// The last such flag's nanoseconds, nil when it was not given.
    func duration(_ flag: Flag) -> Int? { if case .duration(let value)? = last(flag) { value } else { nil } }

    /// The texts of all such flags.
    func texts(_ flag: Flag) -> [String] {
        entries.compactMap { if $0.name == flag.name, case .text(let text) = $0.value { text } else { nil } }
    }

    /// The integers of all such flags.
    func integers(_ flag: Flag) -> [Int] {
        entries.compactMap { if $0.name == flag.name, case .integer(let value) = $0.value { value } else { nil } }
    }

    private func last(_ flag: Flag) -> Value? { entries.last { $0.name == flag.name }?.value }
}
