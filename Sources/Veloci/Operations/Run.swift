internal import ContainerPlan

extension Runtime {
    /// Makes a container and starts its program. The caller waits for it and deletes the container.
    ///
    /// - Parameter standard: what becomes its standard streams; nil leaves this process's own. A terminal takes their place.
    /// - Throws: `Failure`; nothing of the container is left then.
    public func run(_ request: CreateRequest, standard: [Int32?] = [nil, nil, nil]) throws(Failure) -> ContainerProcess {
        let performer = try performer(request, waitsForStart: false, standard: standard)
        return try performer.whole { () throws(Failure) in
            try performer.prepare()
            try performer.meetGates(until: nil)
            let process = ContainerProcess(try performer.stage(), terminal: performer.effects.table.takeTerminal())
            try performer.complete()
            if !request.detaches { process.notification = performer.effects.notification }
            return process
        }
    }
}
