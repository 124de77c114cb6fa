/// The flags that a command line gave, in order.
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

    mutating func append(_ name: String, _ value: Value) { entries.append((name, value)) }

    /// Whether the flag was given, whatever its value.
    func isSet(_ name: String) -> Bool { entries.contains { $0.name == name } }

    /// Whether the last such flag switches on. False when it was not given.
    func bool(_ name: String) -> Bool { last(name) == .bool(true) }

    /// The last such flag's text. Empty, which callers use for "unset", when it was not given.
    func text(_ name: String) -> String { if case .text(let text)? = last(name) { text } else { "" } }

    /// The last such flag's integer, nil when it was not given.
    func integer(_ name: String) -> Int? { if case .integer(let value)? = last(name) { value } else { nil } }

    /// The last such flag's nanoseconds, nil when it was not given.
    func duration(_ name: String) -> Int? { if case .duration(let value)? = last(name) { value } else { nil } }

    /// The texts of all such flags.
    func texts(_ name: String) -> [String] {
        entries.compactMap { if $0.name == name, case .text(let text) = $0.value { text } else { nil } }
    }

    /// The integers of all such flags.
    func integers(_ name: String) -> [Int] {
        entries.compactMap { if $0.name == name, case .integer(let value) = $0.value { value } else { nil } }
    }

    private func last(_ name: String) -> Value? { entries.last { $0.name == name }?.value }
}
