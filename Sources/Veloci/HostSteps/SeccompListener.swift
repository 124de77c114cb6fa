internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

/// The descriptor through which somebody else decides about a container's system calls.
enum SeccompListener {
    /// Hands the listener that the stage made to the socket, with the state of the container beside it.
    ///
    /// SPEC(config-linux.md#containerprocessstate): one message, one descriptor; a failure is an error of the operation.
    static func send(
        _ stage: StageProcess, to path: HostPath, spec: Spec, _ record: ContainerRecord, status: String
    ) throws(Failure) {
        do throws(KernelError) {
            let listener = try Processes.descriptor(stage.progress.listener, of: stage.processDescriptor)
            let state = State(
                ociVersion: SpecificationVersion.current, id: record.id, status: status,
                pid: Int(record.process?.pid ?? stage.pid), bundle: record.bundle,
                annotations: record.annotations.isEmpty ? nil : record.annotations)
            let message = ContainerProcessState(
                ociVersion: SpecificationVersion.current, fds: ["seccompFd"], pid: Int(stage.pid),
                metadata: spec.linux?.seccomp?.listenerMetadata, state: state)
            let socket = try Sockets.connect(path.text)
            try Sockets.send(message.encoded(), descriptors: [listener.number], over: socket.number)
        } catch {
            throw .kernel(
                error, "failed to connect with seccomp agent: cannot hand on the listener",
                path: JSONPath([.member("linux"), .member("seccomp"), .member("listenerPath")]))
        }
    }
}
