internal import CLibrary
internal import LinuxKernel
internal import Veloci

/// Where `--trace` writes.
final class TraceOutput {
    let trace = Trace()
    private let name: String
    private let log: Log
    /// Nil for the table on standard error.
    private let file: Descriptor?

    /// Opens the file before anything is done, so that a wrong path costs nothing. Nil when no trace is wanted.
    ///
    /// - Throws: `CommandFailure` when it cannot be opened.
    static func open(_ command: String, _ invocation: Invocation) throws(CommandFailure) -> TraceOutput? {
        guard let path = invocation.global.trace else { return nil }
        let name = "veloci \(command) \(invocation.arguments.first ?? "")"
        if path == "-" { return TraceOutput(name, invocation.log, nil) }
        do throws(KernelError) {
            // Nobody is waited for who may come to read from a FIFO, and a link in a directory of others overwrites nothing.
            let file = try Files.open(
                path, flags: [.writeOnly, .create, .truncate, .noFollow, .nonBlocking, .noControllingTerminal], mode: 0o600)
            return TraceOutput(name, invocation.log, file)
        } catch {
            throw CommandFailure("open \(path): \(error.errno)", hint: "--trace takes a file, or - for a table on standard error")
        }
    }

    private init(_ name: String, _ log: Log, _ file: consuming Descriptor?) {
        self.name = name
        self.log = log
        self.file = file
    }

    /// Writes what was noted, also of what failed: the last step is then the one that did.
    func write() {
        do throws(KernelError) {
            switch file {
            case .some(let file): try Pipes.write(Array(trace.timeline.traceEvents(name).utf8), to: file.number)
            case nil: try Pipes.write(Array(trace.timeline.table.utf8), to: 2)
            }
        } catch {
            // What was traced has succeeded or failed by now, and says so itself.
            log.warning("the trace is incomplete: write: \(error.errno)")
        }
    }
}
