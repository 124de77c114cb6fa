internal import LinuxKernel

/// A process that does nothing: it holds what lives only as long as somebody is in it.
///
/// systemd makes a scope around a process alone, and removes it when it is empty: this one is there until the container's own
/// process is born inside, so that nobody has to be moved by its pid. A user namespace that carries mappings of mounts is
/// another.
final class Placeholder {
    let pid: Int32
    private var descriptor: Int32
    /// It waits until this is closed.
    private var input: Int32

    /// - Parameters:
    ///   - namespaces: `CLONE_NEW*` that it is born into.
    ///   - directory: where it may be a file if it may not be one in memory.
    init(namespaces: UInt64 = 0, directory: String? = nil) throws(KernelError) {
        let (ownEnd, otherEnd) = try Sockets.streamPair()
        let own = Descriptor(owning: ownEnd)
        let other = Descriptor(owning: otherEnd)
        var request = SpawnRequest(path: "veloci-stage", arguments: ["veloci-stage"], environment: [])
        request.cloneFlags = namespaces
        request.standard = [other.number, nil, nil]
        (pid, descriptor) = try StageFile.spawn(request, directory: directory)
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
