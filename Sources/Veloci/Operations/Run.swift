extension Runtime {
    /// Makes a container and starts its program. The caller waits for it and deletes the container.
    ///
    /// - Throws: `Failure`; nothing of the container is left then.
    public func run(_ request: CreateRequest) throws(Failure) -> ContainerProcess {
        let performer = try performer(request, waitsForStart: false)
        return try performer.whole { () throws(Failure) in
            try performer.prepare()
            try performer.meetGates(until: nil)
            let process = try performer.process()
            try performer.complete()
            if !request.detaches { process.notification = performer.effects.notification }
            return process
        }
    }
}
