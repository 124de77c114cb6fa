/// A process of which validation has shown that a container can have it: the first of its configuration, or one that is added.
///
/// Only validation makes one.
public struct ValidatedProcess: Hashable, Sendable {
    /// The process as it stands in a file.
    public private(set) var document: Spec.Process

    init(shown document: Spec.Process) { self.document = document }

    /// Validates a process that is added to a container, whose user namespace must map the process's ids.
    ///
    /// - Throws: `DecodingFailure` with all that is wrong with it; paths begin at the process.
    public init(_ document: Spec.Process, in spec: ValidatedSpec) throws(DecodingFailure) {
        let diagnostics = document.validate(in: spec.document.linux)
        if diagnostics.contains(where: { $0.severity == .must }) { throw DecodingFailure(diagnostics: diagnostics) }
        self.init(shown: document)
    }

    /// The program and its arguments: never empty.
    public var arguments: [String] { document.args ?? [] }

    /// What is executed. It has at least one byte.
    public var program: String { arguments.first ?? "" }

    /// RUNC: a program without a word about its powers gets those of the container's own: an engine that leaves capabilities out
    /// does not ask for all of them. What is there, be it empty, is meant; no_new_privs that is left out is off, as every engine
    /// writes it, and limits are the caller's.
    ///
    /// Both are valid, and no rule is about two of these members.
    package func completed(by container: ValidatedProcess) -> ValidatedProcess {
        var process = document
        let other = container.document
        process.user.umask = document.user.umask ?? other.user.umask
        process.capabilities = document.capabilities ?? other.capabilities
        if (document.apparmorProfile ?? "").isEmpty { process.apparmorProfile = other.apparmorProfile }
        if (document.selinuxLabel ?? "").isEmpty { process.selinuxLabel = other.selinuxLabel }
        process.oomScoreAdj = document.oomScoreAdj ?? other.oomScoreAdj
        process.scheduler = document.scheduler ?? other.scheduler
        process.ioPriority = document.ioPriority ?? other.ioPriority
        process.execCPUAffinity = document.execCPUAffinity ?? other.execCPUAffinity
        return ValidatedProcess(shown: process)
    }
}
