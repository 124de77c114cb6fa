// The documents: what is read from a file or a pipe as a whole.

extension Spec: JSONDocument {
    /// Reads the document; see `JSONDocument`.
    public static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> (value: Spec?, diagnostics: [Diagnostic]) {
        unsafe JSONCoding.read(Spec.self, bytes)
    }

    /// Writes the document; see `JSONDocument`.
    public func encoded(_ layout: JSONLayout) -> [UInt8] { JSONCoding.encode(self, layout) }
}

extension Spec.Process: JSONDocument {
    /// Reads the document; see `JSONDocument`.
    public static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> (value: Spec.Process?, diagnostics: [Diagnostic]) {
        unsafe JSONCoding.read(Spec.Process.self, bytes)
    }

    /// Writes the document; see `JSONDocument`.
    public func encoded(_ layout: JSONLayout) -> [UInt8] { JSONCoding.encode(self, layout) }
}

extension Resources: JSONDocument {
    /// Reads the document; see `JSONDocument`.
    public static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> (value: Resources?, diagnostics: [Diagnostic]) {
        unsafe JSONCoding.read(Resources.self, bytes)
    }

    /// Writes the document; see `JSONDocument`.
    public func encoded(_ layout: JSONLayout) -> [UInt8] { JSONCoding.encode(self, layout) }
}

extension State: JSONDocument {
    /// Reads the document; see `JSONDocument`.
    public static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> (value: State?, diagnostics: [Diagnostic]) {
        unsafe JSONCoding.read(State.self, bytes)
    }

    /// Writes the document; see `JSONDocument`.
    public func encoded(_ layout: JSONLayout) -> [UInt8] { JSONCoding.encode(self, layout) }
}

extension ContainerProcessState: JSONDocument {
    /// Reads the document; see `JSONDocument`.
    public static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> (value: ContainerProcessState?, diagnostics: [Diagnostic]) {
        unsafe JSONCoding.read(ContainerProcessState.self, bytes)
    }

    /// Writes the document; see `JSONDocument`.
    public func encoded(_ layout: JSONLayout) -> [UInt8] { JSONCoding.encode(self, layout) }
}

extension Features: JSONDocument {
    /// Reads the document; see `JSONDocument`.
    public static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> (value: Features?, diagnostics: [Diagnostic]) {
        unsafe JSONCoding.read(Features.self, bytes)
    }

    /// Writes the document; see `JSONDocument`.
    public func encoded(_ layout: JSONLayout) -> [UInt8] { JSONCoding.encode(self, layout) }
}

extension JSONValue: JSONDocument {
    /// Reads the document; see `JSONDocument`.
    public static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> (value: JSONValue?, diagnostics: [Diagnostic]) {
        unsafe JSONCoding.read(JSONValue.self, bytes)
    }

    /// Writes the document; see `JSONDocument`.
    public func encoded(_ layout: JSONLayout) -> [UInt8] { JSONCoding.encode(self, layout) }
}

extension SeccompProfile: JSONDocument {
    /// Reads the document; see `JSONDocument`.
    public static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> (value: SeccompProfile?, diagnostics: [Diagnostic]) {
        unsafe JSONCoding.read(SeccompProfile.self, bytes)
    }

    /// Writes the document; see `JSONDocument`.
    public func encoded(_ layout: JSONLayout) -> [UInt8] { JSONCoding.encode(self, layout) }
}
