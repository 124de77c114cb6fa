// What may be validated on its own. Paths begin at the value that is validated.

/// A document that can be judged by itself.
public protocol ValidatedDocument: JSONDocument {
    /// Lists everything that is wrong with the value and can be known from it alone.
    func validate() -> [Diagnostic]

    /// Reads a document and validates it, as far as it could be read.
    ///
    /// - Parameters:
    ///   - bytes: the text, in UTF-8.
    ///   - locatesWarnings: whether lines and columns are looked up even if nothing binding is broken. A runtime that starts a
    ///     container has no use for them, and they cost more than the rest of the validation.
    /// - Returns: the value, nil if it is not usable, and all diagnostics; those from reading come first.
    static func check(_ bytes: UnsafeBufferPointer<UInt8>, locatesWarnings: Bool) -> (value: Self?, diagnostics: [Diagnostic])
}

extension ValidatedDocument {
    /// Reads a document and validates it, as far as it could be read.
    public static func check(_ bytes: [UInt8], locatesWarnings: Bool = true) -> (value: Self?, diagnostics: [Diagnostic]) {
        unsafe bytes.withUnsafeBufferPointer { unsafe check($0, locatesWarnings: locatesWarnings) }
    }
}

extension Validator {
    /// Reads a document, applies rules to what could be read, and puts all together.
    static func check<Value: JSONDocument & JSONCodable>(
        _ bytes: UnsafeBufferPointer<UInt8>, _ locatesWarnings: Bool, _ rules: (inout Validator, Value) -> Void
    ) -> (value: Value?, diagnostics: [Diagnostic]) {
        let (value, found, sawNull) = unsafe JSONReader.document(Value.self, from: bytes)
        guard let value else { return (nil, found) }
        var validator = Validator()
        validator.unread = found.filter { $0.severity == .must }.map { $0.path.components }
        let broken = validator.apply(rules, to: value, searchesNull: sawNull)
        if broken.isEmpty, found.isEmpty { return (value, []) }
        let isRefused = found.contains { $0.severity == .must } || broken.contains { $0.severity == .must }
        if !isRefused, !locatesWarnings { return (value, found + broken) }
        var locator = unsafe JSONLocator(bytes)
        return (isRefused ? nil : value, found + locator.locate(broken))
    }

    /// Applies rules to a value.
    mutating func apply<Value: JSONDocument & JSONCodable>(
        _ rules: (inout Validator, Value) -> Void, to value: Value, searchesNull: Bool = true
    ) -> [Diagnostic] {
        rules(&self, value)
        let all = searchesNull ? diagnostics + NullBytes.diagnostics(in: value) : diagnostics
        return unread.isEmpty ? all : all.filter { !isConsequence($0.path.components) }
    }

    /// Applies rules to a value.
    static func diagnostics<Value: JSONDocument & JSONCodable>(
        _ value: Value, _ rules: (inout Validator, Value) -> Void
    ) -> [Diagnostic] {
        var validator = Validator()
        return validator.apply(rules, to: value)
    }
}

extension Spec: ValidatedDocument {
    /// Lists everything that is wrong with the configuration and can be known from it alone.
    ///
    /// Nothing is asked of the host. An empty list, or one without `must`, means that the configuration can be planned.
    public func validate() -> [Diagnostic] { Validator.diagnostics(self) { $0.spec($1) } }

    /// Reads and validates; see `ValidatedDocument`.
    public static func check(
        _ bytes: UnsafeBufferPointer<UInt8>, locatesWarnings: Bool
    ) -> (value: Spec?, diagnostics: [Diagnostic]) {
        unsafe Validator.check(bytes, locatesWarnings) { $0.spec($1) }
    }
}

extension Spec.Process: ValidatedDocument {
    /// Lists everything that is wrong with a process.
    public func validate() -> [Diagnostic] { validate(in: nil) }

    /// Lists everything that is wrong with a process that is added to a container.
    ///
    /// - Parameter linux: the container's Linux section; its user namespace must map the process's ids.
    public func validate(in linux: Linux?) -> [Diagnostic] {
        Validator.diagnostics(self) {
            $0.namespaces = NamespaceSummary(linux?.namespaces)
            $0.process($1, linux: linux)
        }
    }

    /// Reads and validates; see `ValidatedDocument`.
    public static func check(
        _ bytes: UnsafeBufferPointer<UInt8>, locatesWarnings: Bool
    ) -> (value: Spec.Process?, diagnostics: [Diagnostic]) {
        unsafe Validator.check(bytes, locatesWarnings) { $0.process($1, linux: nil) }
    }
}

extension Resources: ValidatedDocument {
    /// Lists everything that is wrong with the limits as a change of others: those that are absent stay as they are.
    public func validate() -> [Diagnostic] { Validator.diagnostics(self) { $0.resources($1, isUpdate: true) } }

    /// Reads and validates; see `ValidatedDocument`.
    public static func check(
        _ bytes: UnsafeBufferPointer<UInt8>, locatesWarnings: Bool
    ) -> (value: Resources?, diagnostics: [Diagnostic]) {
        unsafe Validator.check(bytes, locatesWarnings) { $0.resources($1, isUpdate: true) }
    }
}

extension SeccompProfile: ValidatedDocument {
    /// Lists everything that is wrong with the filter.
    public func validate() -> [Diagnostic] { Validator.diagnostics(self) { $0.seccomp($1) } }

    /// Reads and validates; see `ValidatedDocument`.
    public static func check(
        _ bytes: UnsafeBufferPointer<UInt8>, locatesWarnings: Bool
    ) -> (value: SeccompProfile?, diagnostics: [Diagnostic]) {
        unsafe Validator.check(bytes, locatesWarnings) { $0.seccomp($1) }
    }
}

extension State: ValidatedDocument {
    /// Lists everything that is wrong with the container's state.
    public func validate() -> [Diagnostic] { Validator.diagnostics(self) { $0.state($1) } }

    /// Reads and validates; see `ValidatedDocument`.
    public static func check(
        _ bytes: UnsafeBufferPointer<UInt8>, locatesWarnings: Bool
    ) -> (value: State?, diagnostics: [Diagnostic]) {
        unsafe Validator.check(bytes, locatesWarnings) { $0.state($1) }
    }
}

extension ContainerProcessState: ValidatedDocument {
    /// Lists everything that is wrong with what a seccomp agent receives.
    public func validate() -> [Diagnostic] { Validator.diagnostics(self) { $0.containerProcessState($1) } }

    /// Reads and validates; see `ValidatedDocument`.
    public static func check(
        _ bytes: UnsafeBufferPointer<UInt8>, locatesWarnings: Bool
    ) -> (value: ContainerProcessState?, diagnostics: [Diagnostic]) {
        unsafe Validator.check(bytes, locatesWarnings) { $0.containerProcessState($1) }
    }
}

extension Features: ValidatedDocument {
    /// Lists everything that is wrong with the features document.
    public func validate() -> [Diagnostic] { Validator.diagnostics(self) { $0.features($1) } }

    /// Reads and validates; see `ValidatedDocument`.
    public static func check(
        _ bytes: UnsafeBufferPointer<UInt8>, locatesWarnings: Bool
    ) -> (value: Features?, diagnostics: [Diagnostic]) {
        unsafe Validator.check(bytes, locatesWarnings) { $0.features($1) }
    }
}

/// U+0000 ends a string for the kernel. It may stand in JSON, but only where the kernel never sees the text.
enum NullBytes {
    static func diagnostics<Value: JSONDocument & JSONCodable>(in value: Value) -> [Diagnostic] {
        guard value.containsNull, let tree = try? JSONValue.decode(value.encoded(.compact)) else { return [] }
        var found: [Diagnostic] = []
        search(tree, at: JSONPath(), &found)
        return found
    }

    /// Texts that no kernel of ours sees: sections of other platforms, annotations, metadata for a seccomp agent.
    private static func isFree(_ path: JSONPath) -> Bool {
        switch path.components.last {
        case .member("listenerMetadata"): true
        case .member("annotations"), .member("solaris"), .member("windows"), .member("vm"), .member("zos"), .member("freebsd"):
            path.components.count == 1
        default: false
        }
    }

    private static func search(_ value: JSONValue, at path: JSONPath, _ found: inout [Diagnostic]) {
        func report(_ path: JSONPath) {
            if found.count >= Validator.mostDiagnostics { return }
            found.append(
                Diagnostic(
                    severity: .must, path: path, message: "contains U+0000; the kernel takes it for the end of the text",
                    section: "config.md"))
        }
        switch value {
        case .string(let text): if text.utf8.contains(0) { report(path) }
        case .array(let elements):
            for (index, element) in elements.enumerated() { search(element, at: path.index(index), &found) }
        case .object(let object):
            for member in object.members {
                let inner = path.member(member.name)
                if isFree(inner) { continue }
                if member.name.utf8.contains(0) { report(inner) }
                search(member.value, at: inner, &found)
            }
        default: break
        }
    }
}
