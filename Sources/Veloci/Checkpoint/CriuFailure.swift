internal import ByteText
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

/// Why CRIU did not do it, on one line: its own first reason, where its log is, and what to do.
enum CriuFailure {
    /// RUNC: the beginning is what callers look for.
    static func make(_ response: CriuResponse, _ options: CheckpointOptions, _ log: String) -> Failure {
        let kind = response.kind?.name ?? "unknown"
        return make("criu failed: type \(kind) errno \(response.errno)", said: response.message, options, log)
    }

    /// CRIU ended, or was ended, before it answered.
    static func make(_ failure: Failure, _ options: CheckpointOptions, _ log: String) -> Failure {
        var failure = make("criu failed: \(failure.message)", said: "", options, log, failure)
        failure.code = .kernel
        return failure
    }

    /// CRIU's words about a module that it was not built for, or that the kernel lacks.
    private static let unknownModule = "LSM specified but"

    private static func labelLost(_ reason: String, _ file: String) -> Failure {
        Failure(
            .unsupported, "this CRIU does not know SELinux, so the label would be lost: \(reason)",
            path: JSONPath([.member("process"), .member("selinuxLabel")]),
            hint: "install a CRIU that was built with SELinux, or leave process.selinuxLabel out; see \(file)")
    }

    private static func make(
        _ start: String, said: String, _ options: CheckpointOptions, _ log: String, _ failed: Failure? = nil
    ) -> Failure {
        let file = options.logDirectory + "/" + log
        guard let reason = CriuLog.firstError(in: options.logDirectory, log) ?? (said.isEmpty ? nil : said) else {
            let hasLog = (try? Files.status(of: file)) != nil
            return Failure(.kernel, start, hint: hasLog ? "see \(file)" : failed?.hint ?? "criu check says whether it works here")
        }
        if log == CriuLog.dump, reason.containsBytes(of: unknownModule) { return labelLost(reason, file) }
        let remedy = CriuRemedy.hint(reason)
        return Failure(.kernel, "\(start): \(reason)", hint: (remedy.map { $0 + "; " } ?? "") + "see \(file)")
    }
}
