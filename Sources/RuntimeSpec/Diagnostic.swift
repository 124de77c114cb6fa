/// Something wrong with a document: one line, the place, and the sentence of the specification behind it.
public struct Diagnostic: Hashable, Sendable, CustomStringConvertible {
    /// How binding the broken rule is.
    public enum Severity: String, Sendable, CaseIterable {
        /// The document cannot be used.
        case must
        /// The document can be used; the specification, or experience, advises against this.
        case should
        /// The document is fine but this host cannot do it. Never made by this module.
        case host
    }

    /// From which operation on the rule counts.
    public enum Moment: String, Sendable {
        /// Any use of the document.
        case always
        /// The specification asks for it when the container is started. runc and veloci ask when it is created.
        case start
    }

    /// How binding the broken rule is.
    public var severity: Severity
    /// Where in the document.
    public var path: JSONPath
    /// What is wrong and what is allowed, on one line.
    public var message: String
    /// The section of the specification, such as `config.md#mounts`.
    public var section: String
    /// From which operation on the rule counts.
    public var moment: Moment
    /// The line, counted from 1. Known when the document was read from text.
    public var line: Int?
    /// The column, counted in Unicode scalars from 1. Known when the document was read from text.
    public var column: Int?

    /// Makes a diagnostic.
    public init(
        severity: Severity, path: JSONPath, message: String, section: String, moment: Moment = .always,
        line: Int? = nil, column: Int? = nil
    ) {
        self.severity = severity
        self.path = path
        self.message = message
        self.section = section
        self.moment = moment
        self.line = line
        self.column = column
    }

    /// The place and the message, such as `12:7: process.cwd: is relative; …`.
    public var description: String {
        var text = ""
        if let line, let column { text += "\(line):\(column): " }
        let place = path.description
        if !place.isEmpty { text += place + ": " }
        return text + message
    }
}

/// Why a document was refused: never empty, and at least one diagnostic is a `must`.
public struct DecodingFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// All problems that were found, in the order of the document.
    public let diagnostics: [Diagnostic]

    /// The diagnostics, one per line.
    public var description: String { diagnostics.map { $0.description }.joined(separator: "\n") }
}
