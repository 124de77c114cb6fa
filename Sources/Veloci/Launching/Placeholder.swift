internal import CLinux
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
        (pid, descriptor, input) = try Self.start(namespaces: namespaces, joining: nil, directory: directory)
    }

    /// - Parameter namespace: a user namespace that it goes into, which a process with threads could not.
    init(joining namespace: borrowing Descriptor, name: String) throws(KernelError) {
        (pid, descriptor, input) = try Self.start(namespaces: 0, joining: namespace.number, directory: nil)
        // It says why it could not.
        var answer: UInt8 = 1
        let socket = input
        let count = unsafe try? withUnsafeMutablePointer(to: &answer) { (pointer) throws(KernelError) in
            try unsafe systemCall(__NR_read, "read", on: name, UInt64(descriptor: socket), UInt64(address: pointer), 1)
        }
        if count == 1, answer == 0 { return }
        end()
        throw KernelError(Errno(rawValue: Int32(answer)), call: "setns", object: name)
    }

    private static func start(
        namespaces: UInt64, joining namespace: Int32?, directory: String?
    ) throws(KernelError) -> (pid: Int32, descriptor: Int32, input: Int32) {
        let (ownEnd, otherEnd) = try Sockets.streamPair()
        let own = Descriptor(owning: ownEnd)
        let other = Descriptor(owning: otherEnd)
        var request = SpawnRequest(path: "veloci-stage", arguments: ["veloci-stage"], environment: [])
        if let namespace {
            request.arguments.append(String(namespace))
            request.descriptors = [namespace]
        }
        request.cloneFlags = namespaces
        request.standard = [other.number, nil, nil]
        let (pid, descriptor) = try StageFile.spawn(request, directory: directory)
        return (pid, descriptor, own.release())
    }

    /// Ends it; more than once does nothing.
    func end() {
        guard descriptor >= 0 else { return }
        Processes.kill(number: descriptor)
        _ = try? Processes.wait(forNumber: descriptor)
        _ = Descriptor(owning: descriptor)
        _ = Descriptor(owning: input)
        descriptor = -1
    }

    deinit { end() }
}
