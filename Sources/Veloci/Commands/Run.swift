extension Runtime {
    /// Makes a container and starts its program. The caller waits for it and deletes the container.
    ///
    /// - Parameter standard: what becomes its standard streams; nil leaves this process's own. A terminal takes their place.
    /// - Throws: `Failure`; nothing of the container is left then.
    public func run(_ request: CreateRequest, standard: [Int32?] = [nil, nil, nil]) throws(Failure) -> ContainerProcess {
        let creation = try Creation(self, request, waitsForStart: false)
        try creation.perform(standard: standard, untilRunning: true)
        guard let launch = creation.launch else { throw Failure(.internalError, "the container has no process") }
        do throws(Failure) {
            let process = ContainerProcess(launch, terminal: creation.descriptors?.takeTerminal())
            if request.detaches {
                try creation.notification?.wait(for: process.processDescriptor, pid: process.pid)
            } else {
                process.notification = creation.notification
            }
            return process
        } catch {
            launch.kill()
            _ = try? delete(request.id, force: true)
            throw error
        }
    }
}
