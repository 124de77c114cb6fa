internal import ByteText

// A path says nothing without the root that it is looked for in. In plans, in requests for them and in what performs them the
// two roots are two types. Documents (`Spec`), the library's callers and the record of a container have texts, which become one
// or the other where a plan is asked for; so have those who know nothing but the host: the control groups, and the wrappers of
// the system calls. Text that is no path of its own (a name in a directory, what a link says, args[0], which is looked for in
// PATH) stays text.

/// A path that is looked for on the host: the bundle, the root, sources of bind mounts, namespaces, sockets.
public struct HostPath: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
    /// The path as the kernel gets it.
    public let text: String

    public var description: String { text }

    /// A path of the host.
    public init(_ text: String) { self.text = text }

    /// A literal is what its place asks for.
    public init(stringLiteral text: String) { self.text = text }

    /// A path of a document: absolute, or from a directory on, as SPEC(config.md#root) and SPEC(config.md#mounts) have it.
    public init(_ text: String, from directory: HostPath) {
        self.text = text.begins(with: "/") ? text : directory.text + "/" + text
    }

    /// What has a name in this directory, or a relative path from it on.
    public func path(to name: String) -> HostPath { HostPath(text.path(to: name)) }

    /// What a place of a container is called whose root this is. For people: nothing is opened by it, for links would lead out.
    public func words(for place: ContainerPath) -> String { text + place.text }

    /// Where in a container's root it lies, by the texts of both; nil where it lies elsewhere, or is the root.
    func place(in root: HostPath) -> ContainerPath? {
        cleaned(text).after(cleaned(root.text) + "/").map { ContainerPath("/" + $0) }
    }
}

/// A path that is looked for inside the container: destinations of mounts, devices, masked paths, the working directory. It is
/// opened below a descriptor of the container's root, or by the stage when that is its own.
public struct ContainerPath: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
    /// The path as the kernel gets it.
    public let text: String

    public var description: String { text }

    /// A path of the container.
    public init(_ text: String) { self.text = text }

    /// A literal is what its place asks for.
    public init(stringLiteral text: String) { self.text = text }

    /// Without repeated slashes and `.`; a relative path starts at the root. `..` stays: the kernel resolves it.
    public init(cleaning text: String) { self.text = cleaned(text) }

    /// What has a name in this directory.
    public func path(to name: String) -> ContainerPath { ContainerPath(text.path(to: name)) }

    /// Whether it is a place, or lies below it, by the texts of both.
    func isInside(_ place: ContainerPath) -> Bool {
        text.after(place.text).map { $0.isEmpty || $0.begins(with: "/") } ?? false
    }
}

/// Absolute, and without what means nothing.
private func cleaned(_ path: String) -> String {
    if isClean(path) { return path }
    return "/" + path.parts(at: "/").filter { $0 != "." }.joined(separator: "/")
}

/// Whether nothing of a path would change.
private func isClean(_ path: String) -> Bool {
    var path = path
    return path.withUTF8 { bytes in
        let (slash, dot) = (UInt8(ascii: "/"), UInt8(ascii: "."))
        guard unsafe bytes.first == slash else { return false }
        if bytes.count == 1 { return true }
        // A slash is to be followed by a part that means something: not by the end, a slash or a dot of its own.
        for index in bytes.indices where unsafe bytes[index] == slash {
            let next = unsafe bytes[index + 1 == bytes.count ? index : index + 1]
            if next == slash { return false }
            if next == dot, unsafe index + 2 == bytes.count || bytes[index + 2] == slash { return false }
        }
        return true
    }
}
