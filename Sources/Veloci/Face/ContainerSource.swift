public import RuntimeSpec

/// Where the configuration of a new container comes from.
public enum ContainerSource: Sendable {
    /// A bundle: a directory with a `config.json`.
    case bundle(String)
    /// A configuration of this program's own, and the absolute path of the directory that its relative paths start from.
    case spec(Spec, relativeTo: String)
}
