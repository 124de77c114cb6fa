internal import ByteText
internal import CLinux
public import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

extension Runtime {
    /// Writes all that a running or paused container is to images. It is gone afterwards, unless the options say otherwise; after
    /// a failure it goes on as before.
    public func checkpoint(_ id: String, _ options: CheckpointOptions) throws(Failure) {
        let container = try StoredContainer.open(root: root, id: id, locking: true)
        let status = try container.status(holdingLock: true)
        guard status == .running || status == .paused, let process = container.record.process else {
            throw Failure(.notRunning, "Container cannot be checkpointed in \(status.rawValue) state")
        }
        let program = try CriuProgram(criu)
        try program.check(options)
        let order = try order(container, options, program, process.pid)
        do throws(Failure) {
            try writeImages(order, program, container, process.pid)
        } catch {
            if status == .running { thaw(container) }
            throw error
        }
        if options.leavesRunning || options.isPreDump { return }
        do throws(Failure) {
            try Undoing(self, container.record, container.state).delete()
        } catch {
            // The images are complete, which is what was asked for.
            warn("after the checkpoint: \(error)")
        }
    }

    /// What CRIU would be told.
    private func order(
        _ container: StoredContainer, _ options: CheckpointOptions, _ program: CriuProgram, _ pid: Int32
    ) throws(Failure) -> CriuOrder {
        let spec = try container.state.configuration()
        let facts: CheckpointFacts
        do throws(KernelError) {
            let top = try Files.open("/proc/\(pid)/root", flags: [.path, .directory])
            facts = .collect(spec, root: top, prefix: "", criuVersion: program.version)
        } catch {
            throw .kernel(error, "cannot look at the container's root")
        }
        let host = try HostFacts.collect(for: spec, in: container.record.bundle, id: container.record.id, self)
        do throws(PlanError) {
            return try CriuOrder.checkpoint(
                spec, root: container.record.rootfs, groups: container.record.controlGroups, options: options, host: host,
                facts: facts)
        } catch {
            throw Failure(error)
        }
    }

    private func writeImages(
        _ order: CriuOrder, _ program: CriuProgram, _ container: StoredContainer, _ pid: Int32
    ) throws(Failure) {
        let options = order.options
        let images = try options.openImageDirectory(making: true)
        let work = try options.openWorkDirectory()
        defer {
            _ = Descriptor(owning: images)
            work.map { _ = Descriptor(owning: $0) }
        }
        if !options.isPreDump { try write(StreamNames.encoded(container.record.streams), at: images, options) }
        let process = try CriuProcess(program.path)
        try process.send(CriuRequest.checkpoint(order, pid: pid, CriuRequest.Descriptors(images: images, work: work)))
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
            if response.script == "status-ready" { tellReady(options.statusDescriptor) }
            try process.send(CriuRequest.answer(true))
        }
        // After a pre-dump CRIU waits for the next one, which another command will ask another CRIU for.
        process.finish()
    }

    /// The server of lazy pages listens.
    private func tellReady(_ descriptor: Int32?) {
        guard let descriptor else { return }
        do throws(KernelError) {
            try Pipes.write([0], to: descriptor)
        } catch {
            warn("can't write \\0 to status fd: \(error.errno)")
        }
        _ = Descriptor(owning: descriptor)
    }

    private func write(_ streams: [UInt8], at directory: Int32, _ options: CheckpointOptions) throws(Failure) {
        do throws(KernelError) {
            let file = try Files.open(
                StreamNames.file, flags: [.writeOnly, .create, .truncate, .noFollow], mode: 0o600, at: directory)
            try Files.write(streams, to: file, name: options.imagePath + "/" + StreamNames.file)
        } catch {
            throw .kernel(error, "cannot write beside the images")
        }
    }

    /// Whatever ended CRIU, the container is not left frozen.
    private func thaw(_ container: StoredContainer) {
        let group = ContainerGroup(recorded: container.record.controlGroups)
        guard group.isFrozen else { return }
        do throws(Failure) {
            try group.thaw()
        } catch {
            warn("after a failed checkpoint: \(error)")
        }
    }
}

extension CheckpointOptions {
    /// The directory of the images, and the one before it if there is one.
    func openImageDirectory(making: Bool) throws(Failure) -> Int32 {
        let directory: Int32
        do throws(KernelError) {
            if making { try Files.makeDirectories(imagePath, mode: 0o700) }
            directory = try Files.open(imagePath, flags: .directory).release()
        } catch {
            throw .kernel(error, "cannot use the directory of the images")
        }
        guard let parentPath else { return directory }
        let images = Descriptor(owning: directory)
        guard !parentPath.begins(with: "/") else {
            throw Failure(.invalidArgument, "the path of the parent's images must be relative")
        }
        do throws(KernelError) {
            _ = try Files.open(parentPath, flags: [.path, .directory], at: images.number)
        } catch {
            throw .kernel(error, "cannot use the images of the parent")
        }
        return images.release()
    }
}
