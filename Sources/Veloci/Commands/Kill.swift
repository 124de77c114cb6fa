internal import LinuxKernel

extension Runtime {
    /// Sends a signal to the container's first process.
    ///
    /// - Parameter all: RUNC: a stopped container is no error then.
    public func kill(_ id: String, signal: Int32, all: Bool = false) throws(Failure) {
        let container = try StoredContainer.open(root: root, id: id, locking: false)
        do throws(Failure) {
            if container.status() == .stopped { throw Failure(.notRunning, "container not running") }
            let process = try container.record.process()
            try send(signal, to: process)
            // A process that is frozen by version 1 dies only when it runs again.
            if signal == 9 { try ContainerGroup(recorded: container.record.controlGroups).thawForDeath() }
        } catch where error.code == .notRunning && all {
            return
        }
    }

    private func send(_ signal: Int32, to process: borrowing Descriptor) throws(Failure) {
        do throws(KernelError) {
            try Processes.signal(process, signal)
        } catch where error.errno == .noSuchProcess {
            throw Failure(.notRunning, "container not running")
        } catch {
            throw .kernel(error, "unable to signal init")
        }
    }
}
