internal import LinuxKernel

/// A process that does nothing. systemd makes a scope only around a process, and removes it when it is empty: this one holds
/// it until the container's own process is born inside, so that nobody has to be moved by its pid.
final class Placeholder {
    let pid: Int32
    private var descriptor: Int32
    /// It waits until this is closed.
    private var input: Int32

    init() throws(KernelError) {
        let (ownEnd, otherEnd) = try Sockets.streamPair()
        let own = Descriptor(owning: ownEnd)
        let other = Descriptor(owning: otherEnd)
        let stage = try StageProcess.file()
        var request = SpawnRequest(path: "veloci-stage", arguments: ["veloci-stage"], environment: [])
        request.program = stage.number
        request.standard = [other.number, nil, nil]
        (pid, descriptor) = try Processes.spawn(request)
        input = own.release()
    }

    /// Ends it; more than once does nothing.
    func end() {
        guard descriptor >= 0 else { return }
        _ = try? Processes.signal(number: descriptor, 9)
        _ = try? Processes.wait(forNumber: descriptor)
        _ = Descriptor(owning: descriptor)
        _ = Descriptor(owning: input)
        descriptor = -1
    }

    deinit { end() }
}
