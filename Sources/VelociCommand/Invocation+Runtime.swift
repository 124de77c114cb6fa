internal import Veloci

extension Invocation {
    /// The library, set up as the global flags ask.
    var runtime: Runtime {
        var runtime = Runtime(root: global.root)
        runtime.controlGroupManager =
            switch global.cgroupManager {
            case .files: .files
            case .systemd: .systemd
            case .disabled: .disabled
            }
        runtime.isRootless =
            switch global.rootless {
            case .yes: true
            case .no: false
            case .automatic: nil
            }
        if let criu = global.criu { runtime.criu = criu }
        let log = log
        runtime.warn = { log.warning(LibraryWords.flagged($0)) }
        runtime.remark = { log.warning($0) }
        if log.level == .debug { runtime.observe = { log.debug($0) } }
        return runtime
    }

    /// Calls the library and turns its failure into the command's, whose line begins with a prefix.
    func calling<Result>(
        _ prefix: String = "", _ body: (Runtime) throws(Failure) -> Result
    ) throws(CommandFailure) -> Result {
        do throws(Failure) {
            return try body(runtime)
        } catch {
            throw CommandFailure(error, prefix)
        }
    }

    /// The socket of the service manager that started this program and waits for the container to be ready.
    var notifySocket: String? {
        environment("NOTIFY_SOCKET").flatMap { $0.isEmpty ? nil : $0 }
    }
}
