/// Collects what is wrong with a document. Knows where it is in the document; the rules are in the extensions.
struct Validator {
    private(set) var diagnostics: [Diagnostic] = []
    /// The steps from the top of the document to where the rules look now.
    private var steps: [JSONPath.Component] = []
    /// The section of the specification that the rules at hand come from.
    var section: StaticString = "config.md"
    /// What namespaces the container gets, for rules that depend on it.
    var namespaces = NamespaceSummary(nil)
    /// Where values could not be read. What is there now is not what the author meant, so nothing follows from it.
    var unread: [[JSONPath.Component]] = []

    // MARK: Finding the way

    /// Applies rules to a member.
    mutating func member(_ name: String, _ rules: (inout Validator) -> Void) {
        steps.append(.member(name))
        rules(&self)
        steps.removeLast()
    }

    /// Applies rules to a member if it is there.
    mutating func member<Value>(_ name: String, _ value: Value?, _ rules: (inout Validator, Value) -> Void) {
        guard let value else { return }
        member(name) { rules(&$0, value) }
    }

    /// Applies rules to each element of a list, if it is there.
    mutating func elements<Element>(
        _ name: String, _ list: [Element]?, _ rules: (inout Validator, Element) -> Void
    ) {
        guard let list, !list.isEmpty else { return }
        steps.append(.member(name))
        for (index, element) in list.enumerated() {
            steps.append(.index(index))
            rules(&self, element)
            steps.removeLast()
        }
        steps.removeLast()
    }

    /// Applies rules to one element of the list here.
    mutating func element(_ index: Int, _ rules: (inout Validator) -> Void) {
        steps.append(.index(index))
        rules(&self)
        steps.removeLast()
    }

    /// Applies rules to each entry of a map, sorted by name so that the result is always the same.
    mutating func entries<Value>(
        _ name: String, _ map: [String: Value]?, _ rules: (inout Validator, String, Value) -> Void
    ) {
        guard let map, !map.isEmpty else { return }
        steps.append(.member(name))
        for (key, value) in map.sortedByName {
            steps.append(.member(key))
            rules(&self, key, value)
            steps.removeLast()
        }
        steps.removeLast()
    }

    // MARK: Values that could not be read

    /// Whether a member of the Linux section, or something in it, could not be read.
    func couldNotRead(_ name: String) -> Bool {
        if unread.isEmpty { return false }
        let path: [JSONPath.Component] = [.member("linux"), .member(name)]
        return unread.contains { $0.starts(with: path) || path.starts(with: $0) }
    }

    /// Whether a finding may only be there because something could not be read: that value itself, what encloses it, or a
    /// neighbor in the same small object.
    func isConsequence(_ path: [JSONPath.Component]) -> Bool {
        unread.contains {
            path.starts(with: $0) || $0.starts(with: path) || ($0.count > 2 && path.starts(with: $0.dropLast()))
        }
    }

    // MARK: Findings

    /// Records that a binding rule is broken here.
    mutating func must(_ message: String, moment: Diagnostic.Moment = .always) {
        record(.must, message, moment)
    }

    /// Records something that is allowed but not advised here.
    mutating func should(_ message: String) { record(.should, message, .always) }

    /// How many findings are kept. Nobody reads more, and hostile input could have millions.
    static let mostDiagnostics = 1000

    private mutating func record(_ severity: Diagnostic.Severity, _ message: String, _ moment: Diagnostic.Moment) {
        // A `must` is never lost to a crowd of `should`.
        if diagnostics.count >= Validator.mostDiagnostics, severity != .must || diagnostics.last?.severity == .must { return }
        diagnostics.append(
            Diagnostic(
                severity: severity, path: JSONPath(steps), message: message, section: "\(section)", moment: moment))
    }

    // MARK: Rules that many properties share

    /// The longest path that the kernel takes, without the zero byte at its end.
    static let longestPath = 4095

    /// A path that the kernel will see. `what` says what is missing when it is empty.
    mutating func path(_ text: String) {
        if text.isEmpty { return must("is missing or empty; a path is required") }
        longPath(text)
    }

    /// An absolute path that the kernel will see.
    mutating func absolutePath(_ text: String) {
        if text.isEmpty { return must("is missing or empty; an absolute path is required") }
        if text.utf8.first != UInt8(ascii: "/") { must("\(quoted(text)) is relative; an absolute path is required") }
        longPath(text)
    }

    /// The kernel's limit for a path.
    mutating func longPath(_ text: String) {
        let length = text.utf8.count
        if length > Validator.longestPath {
            must("is \(length) bytes long; a path has at most \(Validator.longestPath)")
        }
    }

    /// A word out of a closed set.
    mutating func word<Word: RawRepresentable & CaseIterable>(
        _ text: String, of type: Word.Type, _ what: String, named lead: String? = nil
    )
    where Word.RawValue == String {
        // Comparing strings takes a Kelvin sign for a K; no word has anything but ASCII in it.
        if Word(rawValue: text) != nil, text.utf8.allSatisfy({ $0 < 0x80 }) { return }
        refuse(text, what, allowed: Word.allCases.map { $0.rawValue }, named: lead)
    }

    /// Compiled once, and not for each set.
    @inline(never)
    private mutating func refuse(_ text: String, _ what: String, allowed words: [String], named lead: String?) {
        let allowed = words.joined(separator: ", ")
        if text.isEmpty {
            must((lead.map { "\($0): it " } ?? "") + "is missing or empty; \(allowed) are allowed")
        } else {
            must((lead.map { "\($0): " } ?? "") + "\(quoted(text)) is no \(what); \(allowed) are allowed")
        }
    }

    /// A number in a range.
    mutating func range<Number: BinaryInteger>(_ value: Number, _ allowed: ClosedRange<Number>) {
        if !allowed.contains(value) { refuse("\(value)", "\(allowed.lowerBound)", "\(allowed.upperBound)") }
    }

    @inline(never)
    private mutating func refuse(_ value: String, _ lowest: String, _ highest: String) {
        must("\(value) is out of range; \(lowest) to \(highest) is allowed")
    }

    /// A text that the kernel takes as one line.
    mutating func oneLine(_ text: String) {
        if text.utf8.contains(UInt8(ascii: "\n")) { must("contains a line feed; one line is allowed") }
    }

    /// A list of CPUs or memory nodes.
    mutating func numberList(_ text: String, named lead: String? = nil) {
        if NumberList.isList(text) { return }
        let words = "is no list of numbers; numbers and ranges with commas between them, such as 0-3,7, are allowed"
        must((lead.map { "\($0): " } ?? "") + "\(quoted(text)) \(words)")
    }

    /// A user or group id that a process or a file can have.
    mutating func id(_ value: UInt32) {
        if value == .max { must("\(value) means no id to the kernel; 0 to \(UInt32.max - 1) is allowed") }
    }

    /// A text in quotes and shortened, for messages.
    func quoted(_ text: String) -> String {
        text.utf8.count <= 80
            ? JSONWriter.quoted(text) : JSONWriter.quoted(String(String.UnicodeScalarView(text.unicodeScalars.prefix(60)))) + "…"
    }
}

/// Which namespaces a container gets, as far as rules elsewhere depend on it.
struct NamespaceSummary {
    // Bits instead of sets: validation runs in every start of a container, and a set costs more than all its questions.
    private var made: UInt16 = 0
    private var joined: UInt16 = 0
    private var isUnknown = false

    /// What could not be read; nothing is to be missed because of it.
    static var unknown: NamespaceSummary {
        var summary = NamespaceSummary(nil)
        summary.isUnknown = true
        return summary
    }

    init(_ namespaces: [Namespace]?) {
        for namespace in namespaces ?? [] {
            guard let kind = namespace.kind else { continue }
            if (namespace.path ?? "").isEmpty { made |= kind.bit } else { joined |= kind.bit }
        }
    }

    /// Whether the container does not share the runtime's namespace.
    func has(_ kind: NamespaceKind) -> Bool { isUnknown || (made | joined) & kind.bit != 0 }

    /// Whether the container gets a new namespace.
    func makes(_ kind: NamespaceKind) -> Bool { made & kind.bit != 0 || (isUnknown && kind != .user) }
}

extension NamespaceKind {
    /// A bit for each kind.
    var bit: UInt16 {
        switch self {
        case .pid: 1
        case .network: 2
        case .mount: 4
        case .ipc: 8
        case .uts: 16
        case .user: 32
        case .cgroup: 64
        case .time: 128
        }
    }
}
