import VelociAsync

// A job with limits, and what it uses while it runs. Usage, as root: job-runner ROOTFS

let runtime = Runtime(root: "/run/veloci-examples")
var spec = Spec.container(["/bin/busybox", "sh", "-c", "i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done; echo done"])
spec.root = Root(path: CommandLine.arguments[1], readonly: true)
spec.linux?.resources?.memory = Memory(limit: 64 << 20)
spec.linux?.resources?.pids = Pids(limit: 32)

let end = try await runtime.withContainer(
    "job-runner", from: .spec(spec, relativeTo: "/"), streams: StandardStreams(output: .pipe)
) { job in
    try await job.start()
    async let output = job.main.outputChunks.collected(limit: 1000)
    for try await now in job.statistics(every: .milliseconds(200)) {
        let (time, memory) = (now.cpu.total / 1_000_000, now.memory.usage.usage / 1024)
        print("\(time) ms of processor time, \(memory) KiB, \(now.pids.current) processes")
    }
    print(String(decoding: try await output.bytes, as: UTF8.self), terminator: "")
    return try await job.main.termination
}
print(end == .exited(0) ? "the job is done" : "the job ended otherwise: \(end)")
