internal import Veloci

extension Invocation {
    /// Starts a program, and stays with it until it ends: signals go to it, and its terminal's bytes are carried.
    func foreground(_ start: () throws(Failure) -> ContainerProcess) throws(Failure) -> Termination {
        // Before the program exists, so that a signal meant for it cannot end this process instead.
        let signals = try Foreground.blockSignals()
        let process = try start()
        log.flush()
        return try Foreground(process, signals: signals).wait()
    }
}
