internal import CBuildFacts
internal import RuntimeSpec

/// Which program this is.
enum Version {
    static let number = "0.2.0"
    /// The version of the runtime specification that it follows.
    static let specification = SemanticVersion.specification

    /// What `--version` prints.
    ///
    /// The first line names veloci, unless the file has the name of the runtime in whose place it was put: go-runc fills its
    /// `Version` only from a first line that starts `runc version `. moby wants a line with "version", before which it takes
    /// the runtime's name, and one with "commit:"; podman prints it all. The last line is where runc names its compiler.
    ///
    /// - Parameter program: the name of the file, without directories.
    static func text(_ program: String) -> String {
        let name = program == "runc" || program == "crun" ? program : "veloci"
        let commit = name == "veloci" ? commit : "veloci-" + commit
        return "\(name) version \(number)\ncommit: \(commit)\nspec: \(specification)\nswift: \(compilation)\n"
    }

    /// How it was compiled: `embedded` for what is installed, `runtime` for the executable of an ordinary build.
    static var compilation: String {
        #if hasFeature(Embedded)
            "embedded"
        #else
            "runtime"
        #endif
    }

    /// The commit that was built, `unknown` unless the build was told.
    static var commit: String { unsafe String(cString: build_facts_commit()) }
}
