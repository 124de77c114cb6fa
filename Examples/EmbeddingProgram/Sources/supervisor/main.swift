import VelociAsync

// Decides about a program's system calls: directories may be made if their names are good. Usage, as root: supervisor ROOTFS

func supervise(_ rootfs: String) async throws {
    let runtime = Runtime(root: "/run/veloci-examples")
    // Its file goes away with the value, which a variable of the whole program would keep to the end.
    let socket = try DescriptorSocket(path: "/run/veloci-examples-supervisor.sock")
    var spec = Spec.container(["/bin/busybox", "sh", "-c", "cd /dev/shm; busybox mkdir good bad; busybox ls"])
    spec.root = Root(path: rootfs, readonly: true)
    spec.linux?.seccomp = SeccompProfile(
        defaultAction: SeccompAction.allow.rawValue, listenerPath: socket.path,
        syscalls: [SeccompSyscall(names: ["mkdir", "mkdirat"], action: SeccompAction.notify.rawValue)])

    try await runtime.withContainer("supervisor", from: .spec(spec, relativeTo: "/"), streams: .collected) { container in
        try await container.start()
        let supervisor = SystemCallSupervisor(owning: try await socket.receive().descriptor)
        for try await call in supervisor.calls {
            guard let path = try supervisor.readText(call, argument: call.isNamed("mkdir") ? 0 : 1) else { continue }
            let name = String(decoding: path, as: UTF8.self)
            print("process \(call.pid) wants the directory \(name)")
            // What was read could be changed before the kernel reads it again: a real supervisor makes the directory itself.
            if name == "good" { try supervisor.allow(call) } else { try supervisor.refuse(call, with: .notPermitted) }
        }
        for stream in [container.main.outputChunks, container.main.errorChunks] {
            print(String(decoding: try await stream.collected(limit: 1000).bytes, as: UTF8.self), terminator: "")
        }
    }
}

try await supervise(CommandLine.arguments[1])
