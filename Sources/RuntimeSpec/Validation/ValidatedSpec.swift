/// A configuration of which validation has shown that it can be planned. What it has shown need not be asked again.
///
/// Only validation makes one, and whatever changes one keeps it valid: each such method says why.
public struct ValidatedSpec: Hashable, Sendable {
    /// The configuration as it stands in a file, where everything may be absent.
    public private(set) var document: Spec

    private init(shown document: Spec) { self.document = document }

    /// Validates a configuration.
    ///
    /// - Throws: `DecodingFailure` with all that is wrong with it.
    public init(_ document: Spec) throws(DecodingFailure) {
        let diagnostics = document.validate()
        if diagnostics.contains(where: { $0.severity == .must }) { throw DecodingFailure(diagnostics: diagnostics) }
        self.init(shown: document)
    }

    /// Reads a configuration and validates it, as far as it could be read.
    ///
    /// - Parameters:
    ///   - bytes: the text, in UTF-8.
    ///   - locatesWarnings: see `ValidatedDocument`.
    /// - Returns: the configuration, nil if it is not usable, and all diagnostics; those from reading come first.
    public static func check(
        _ bytes: [UInt8], locatesWarnings: Bool = true
    ) -> (value: ValidatedSpec?, diagnostics: [Diagnostic]) {
        let (document, diagnostics) = Spec.check(bytes, locatesWarnings: locatesWarnings)
        // Nobody gets a document with a broken rule from there.
        return (document.map { ValidatedSpec(shown: $0) }, diagnostics)
    }

    /// Reads the text of one that a runtime has kept: it was valid when it was written, by the rules of then. Those of now may be
    /// others, and a container that exists is no less there. Only what others rely on to be there is looked for; `unknownWord`
    /// tells what is there in vain.
    package init(kept bytes: [UInt8]) throws(DecodingFailure) {
        let document = try Spec.decode(bytes)
        if document.root == nil { throw Self.failure(JSONPath([.member("root")]), "is missing") }
        if document.process?.args?.isEmpty != false {
            throw Self.failure(JSONPath([.member("process"), .member("args")]), "is missing")
        }
        self.init(shown: document)
    }

    private static func failure(_ path: JSONPath, _ message: String) -> DecodingFailure {
        DecodingFailure(diagnostics: [
            Diagnostic(severity: .must, path: path, message: message, section: "config.md")
        ])
    }
}

extension ValidatedSpec {
    /// Where one that was kept has a word which stands for something to be done to each program, and which this version does not
    /// know. Passed over, it would be as if it was not there.
    package var unknownWord: JSONPath? {
        let (process, linux) = (document.process, document.linux)
        let path = JSONPath([.member("process")])
        if let scheduler = process?.scheduler {
            let flags = scheduler.flags ?? []
            if scheduler.schedulerPolicy == nil || flags.contains(where: { SchedulerFlag(rawValue: $0) == nil }) {
                return path.member("scheduler")
            }
        }
        if let priority = process?.ioPriority, priority.priorityClass == nil { return path.member("ioPriority") }
        if let policy = linux?.memoryPolicy, policy.policyMode == nil {
            return JSONPath([.member("linux"), .member("memoryPolicy")])
        }
        if let personality = linux?.personality, personality.personalityDomain == nil {
            return JSONPath([.member("linux"), .member("personality")])
        }
        return nil
    }
}

// What validation has shown to be there. The other answers are for the compiler.
extension ValidatedSpec {
    /// The container's root filesystem.
    public var root: Root { document.root ?? Root(path: "") }

    /// The container's first process.
    public var process: ValidatedProcess {
        ValidatedProcess(shown: document.process ?? Spec.Process(user: User(uid: 0, gid: 0), cwd: "/"))
    }

    /// Filesystems to mount below the root; none where the list is absent.
    public var mounts: [Mount] { document.mounts ?? [] }

    /// What only Linux has; without any wish where the section is absent.
    public var linux: Linux { document.linux ?? Linux() }

    /// The hooks of one list, in order; empty when there are none.
    public func hooks(_ kind: HookKind) -> [Hook] { document.hooks?.hooks(kind) ?? [] }
}

// What may be changed.
extension ValidatedSpec {
    /// With the mappings that a user namespace which exists has: the kernel took them by the rules that validation knows, and
    /// those of the configuration do not count there.
    package func with(uidMappings: [IDMapping], gidMappings: [IDMapping]) -> ValidatedSpec {
        var spec = self
        spec.document.linux?.uidMappings = uidMappings
        spec.document.linux?.gidMappings = gidMappings
        return spec
    }

    /// With another path of the root. One of a container that exists is a path that the kernel took.
    package func with(rootPath path: String) -> ValidatedSpec {
        var spec = self
        spec.document.root?.path = path
        return spec
    }

    /// With other mounts, which are validated; the rest is, and no rule about it asks for mounts.
    package func with(mounts: [Mount]) throws(DecodingFailure) -> ValidatedSpec {
        var spec = self
        spec.document.mounts = mounts
        let problems = spec.document.validate().filter {
            $0.severity == .must && $0.path.components.first == .member("mounts")
        }
        if !problems.isEmpty { throw DecodingFailure(diagnostics: problems) }
        return spec
    }

    /// With one more file or directory that is bound, and a variable of the environment that tells the program of it. A bind
    /// mount of an absolute path at another that is not the root is always valid, and so is a variable with a name.
    ///
    /// - Parameters:
    ///   - source: an absolute path of the host.
    ///   - destination: an absolute path inside the container, not its root.
    package func adding(
        bind source: String, at destination: String, options: [String], variable name: String, value: String
    ) -> ValidatedSpec {
        var spec = self
        let mount = Mount(destination: destination, type: "bind", source: source, options: ["bind"] + options)
        spec.document.mounts = mounts + [mount]
        spec.document.process?.env = (document.process?.env ?? []) + ["\(name)=\(value)"]
        return spec
    }
}
