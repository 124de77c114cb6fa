import VelociAsync

// Steps of strangers, each in a container of its own, with a bound for its output and its time. Usage, as root: sandbox ROOTFS

let runtime = Runtime(root: "/run/veloci-examples")
let steps: [(name: String, script: String)] = [
    ("build", "echo compiling; exit 0"), ("test", "echo a test fails >&2; exit 1"), ("endless", "while true; do :; done"),
    ("loud", "while true; do echo loud; done"),
]
for (name, script) in steps {
    var spec = Spec.container(["/bin/busybox", "sh", "-c", script])
    spec.root = Root(path: CommandLine.arguments[1], readonly: true)
    let result = try await runtime.run(
        "sandbox-\(name)", from: .spec(spec, relativeTo: "/"), outputLimit: 100, deadline: .milliseconds(500))
    let end =
        switch result.termination {
        case .exited(let status): "exited with \(status)"
        case .signaled(let signal, let outOfMemory): "ended by \(signal)\(outOfMemory ? ", out of memory" : "")"
        }
    print("\(name): \(end)\(result.hasMissedDeadline ? ", too late" : "")\(result.isTruncated ? ", too loud" : "")")
}
