/// A document that is read from JSON text and written back.
public protocol JSONDocument: Equatable, Sendable {
    /// Reads a document strictly, and lists all problems: of the syntax up to the first, of types all.
    ///
    /// - Parameter bytes: the text, in UTF-8, at most `JSONLimits.bytes`.
    /// - Returns: the value, nil if the text is no JSON or the diagnostics have a `must`, and all diagnostics.
    static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> (value: Self?, diagnostics: [Diagnostic])

    /// The document as JSON text in UTF-8. Absent members are left out; maps are sorted by name.
    func encoded(_ layout: JSONLayout) -> [UInt8]
}

extension JSONDocument {
    /// Reads a document strictly.
    ///
    /// - Throws: all problems, with line, column and path.
    public static func decode(_ bytes: UnsafeBufferPointer<UInt8>) throws(DecodingFailure) -> Self {
        let (value, diagnostics) = unsafe read(bytes)
        guard let value else { throw DecodingFailure(diagnostics: diagnostics) }
        return value
    }

    /// Reads a document strictly.
    ///
    /// - Throws: all problems, with line, column and path.
    public static func decode(_ bytes: [UInt8]) throws(DecodingFailure) -> Self {
        let (value, diagnostics) = unsafe bytes.withUnsafeBufferPointer { unsafe read($0) }
        guard let value else { throw DecodingFailure(diagnostics: diagnostics) }
        return value
    }

    /// Reads a document strictly.
    ///
    /// - Throws: all problems, with line, column and path.
    public static func decode(_ text: String) throws(DecodingFailure) -> Self { try decode(Array(text.utf8)) }

    /// The document as JSON text on one line.
    public func encoded() -> [UInt8] { encoded(.compact) }

    /// The document as JSON text.
    public func encodedText(_ layout: JSONLayout = .compact) -> String { String(decoding: encoded(layout), as: UTF8.self) }
}

/// What the documents of this module share.
enum JSONCoding {
    static func read<Value: JSONCodable>(
        _ type: Value.Type, _ bytes: UnsafeBufferPointer<UInt8>
    ) -> (value: Value?, diagnostics: [Diagnostic]) {
        let (value, diagnostics, _) = unsafe JSONReader.document(type, from: bytes)
        return (diagnostics.contains { $0.severity == .must } ? nil : value, diagnostics)
    }

    static func encode<Value: JSONCodable>(_ value: Value, _ layout: JSONLayout) -> [UInt8] {
        var writer = JSONWriter(layout: layout, capacity: 4096)
        value.write(to: &writer)
        writer.finish()
        return writer.bytes
    }
}
