internal import LinuxKernel

extension Runtime {
    /// Sends a signal to the container's first process.
    ///
    /// RUNC: where the container has no pid namespace of its own, the kernel does not end its other processes with the first.
    /// `SIGKILL` is then for all in its control group, also when the first has ended.
    ///
    /// - Parameters:
    ///   - id: the container.
    ///   - signal: the signal.
    ///   - all: RUNC: a stopped container is no error then.
    public func kill(_ id: String, signal: Signal, all: Bool = false) throws(Failure) {
        var container = try StoredContainer.open(root: root, id: id, locking: false, forgettingOthersGroups: false)
        do throws(Failure) {
            if signal == .kill, sharesProcesses(container) {
                container.record.forgetOthersGroups()
                if try ContainerGroup(recorded: container.record.controlGroups).killAll() { return }
            }
            if try container.status() == .stopped { throw Failure(.notRunning, "container not running") }
            let process = try container.record.openProcess()
            try send(signal, to: process)
            // A process that is frozen by version 1 dies only when it runs again.
            if signal == .kill { try ContainerGroup(recorded: container.record.freezers).thawForDeath() }
        } catch where error.code == .notRunning && all {
            return
        }
    }

    /// Whether the container's processes are among those of the host or of another container.
    private func sharesProcesses(_ container: StoredContainer) -> Bool {
        container.record.process != nil && !container.record.hasOwnProcesses
    }

    private func send(_ signal: Signal, to process: borrowing Descriptor) throws(Failure) {
        do throws(KernelError) {
            try Processes.signal(process, signal.rawValue)
        } catch where error.errno == .noSuchProcess {
            throw Failure(.notRunning, "container not running")
        } catch {
            throw .kernel(error, "unable to signal init")
        }
    }
}
