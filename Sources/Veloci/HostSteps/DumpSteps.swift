internal import ByteText
internal import ContainerPlan
internal import LinuxKernel

// What is done for CRIU, and with it, to write a container to images.
extension Performer {
    func makeImageDirectory(_ options: CheckpointOptions) throws(Failure) {
        _ = Descriptor(owning: try options.openImageDirectory(making: true))
        try options.openWorkDirectory().map { _ = Descriptor(owning: $0) }
    }

    func noteStreams(_ options: CheckpointOptions) throws(Failure) {
        let images = Descriptor(owning: try options.openImageDirectory(making: false))
        let bytes = StreamNames.encoded(effects.record.streams)
        try kernel { () throws(KernelError) in
            let file = try Files.open(
                StreamNames.file, flags: [.writeOnly, .create, .truncate, .noFollow], mode: 0o600, at: images.number)
            try Files.write(bytes, to: file, name: options.imagePath + "/" + StreamNames.file)
        }
    }

    func dumpProcesses(_ order: CriuOrder) throws(Failure) {
        guard let program = request.criu else { throw Failure(.internalError, "nobody looked for CRIU") }
        let options = order.options
        let images = Descriptor(owning: try options.openImageDirectory(making: false))
        let work = try options.openWorkDirectory()
        defer { work.map { _ = Descriptor(owning: $0) } }
        let process = try CriuProcess(program)
        try process.send(CriuRequest.checkpoint(order, CriuRequest.Descriptors(images: images.number, work: work)))
        while true {
            let response: CriuResponse
            do throws(Failure) {
                let received = try process.receive()
                received.descriptor.map { _ = Descriptor(owning: $0) }
                response = received.response
            } catch {
                throw CriuFailure.make(error, options, CriuLog.dump)
            }
            guard response.succeeded else { throw CriuFailure.make(response, options, CriuLog.dump) }
            guard response.kind == .notify else { break }
            note(response.script)
            if response.script == "status-ready" { tellReady(options.statusDescriptor) }
            try process.send(CriuRequest.answer(true))
        }
        // After a pre-dump CRIU waits for the next one, which another command will ask another CRIU for.
        process.finish()
    }

    /// CRIU has come to a point, and will go on from it.
    func note(_ script: String) {
        request.progress?.note(script)
        request.trace?.begin("have CRIU go on from \(script)")
    }

    /// The server of lazy pages listens.
    private func tellReady(_ descriptor: Int32?) {
        guard let descriptor else { return }
        do throws(KernelError) {
            try Pipes.write([0], to: descriptor)
        } catch {
            runtime.warn("can't write \\0 to status fd: \(error.errno)")
        }
        _ = Descriptor(owning: descriptor)
    }

    /// A refusal is told and no failure: the images are complete, which is what was asked for.
    func deleteContainer() {
        do throws(Failure) {
            try Undoing(runtime, effects.record, state()).delete()
        } catch {
            runtime.warn("after the checkpoint: \(error)")
        }
    }
}

extension CheckpointOptions {
    /// The directory of the images.
    func openImageDirectory(making: Bool) throws(Failure) -> Int32 {
        do throws(KernelError) {
            if making { try Files.makeDirectories(imagePath, mode: 0o700) }
            return try Files.open(imagePath, flags: .directory).release()
        } catch {
            let hint = making ? "name a directory that can be made and written" : "name the directory that a checkpoint wrote"
            throw .kernel(error, "cannot use the directory of the images", hint: hint)
        }
    }

    /// The directory for CRIU's log and work files, made if it is not there; nil for that of the images.
    func openWorkDirectory() throws(Failure) -> Int32? {
        guard let workPath else { return nil }
        do throws(KernelError) {
            try Files.makeDirectories(workPath, mode: 0o700)
            return try Files.open(workPath, flags: .directory).release()
        } catch {
            throw .kernel(
                error, "cannot use the directory for CRIU's log",
                hint: "name a directory that can be made and written")
        }
    }
}
