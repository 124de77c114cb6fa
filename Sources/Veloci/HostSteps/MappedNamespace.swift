internal import CLinux
internal import LinuxKernel
internal import RuntimeSpec

/// A user namespace that exists only to carry the id mappings of a mount.
enum MappedNamespace {
    static func make(uid: [IDMapping], gid: [IDMapping]) throws(KernelError) -> Descriptor {
        let (ownEnd, otherEnd) = try Sockets.streamPair()
        let own = Descriptor(owning: ownEnd)
        let other = Descriptor(owning: otherEnd)
        let stage = try StageProcess.file()
        var request = SpawnRequest(path: "veloci-stage", arguments: ["veloci-stage"], environment: [])
        request.program = stage.number
        request.cloneFlags = linux_clone_newuser
        request.standard = [other.number, nil, nil]
        let (pid, number) = try Processes.spawn(request)
        let process = Descriptor(owning: number)
        defer {
            _ = try? Processes.signal(process, 9)
            _ = try? Processes.wait(for: process)
        }
        try Mappings.write(uid: uid, gid: gid, to: pid)
        let namespace = try Files.open("/proc/\(pid)/ns/user")
        // The process waits for the other end of its input until here.
        _ = own.number
        return namespace
    }
}
