internal import CBuildFacts
internal import RuntimeSpec

/// Which program this is.
enum Version {
    static let number = "0.2.0"
    /// The version of the runtime specification that it follows.
    static let specification = SemanticVersion.specification

    /// What `--version` prints.
    ///
    /// The first line names veloci. go-runc fills its `Version` only from a first line that starts `runc version `, and
    /// returns an empty one without an error for any other, as it does for crun; posing as runc would buy an answer
    /// that nobody reads (the shim does not ask) and put a wrong name into `docker info`, which shows the words before
    /// "version" as the runtime's name. moby wants a line with "version" and one with "commit:"; podman prints it all.
    /// The last line is where runc names its compiler.
    static var text: String { "veloci version \(number)\ncommit: \(commit)\nspec: \(specification)\nswift: \(compilation)\n" }

    /// How it was compiled: `embedded` for what is installed, `runtime` for the executable of an ordinary build.
    static var compilation: String {
        #if hasFeature(Embedded)
            "embedded"
        #else
            "runtime"
        #endif
    }

    /// The commit that was built, `unknown` unless the build was told.
    static var commit: String { String(cString: build_facts_commit()) }
}
