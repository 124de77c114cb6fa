import VelociAsync

// A server whose requests are containers: a hundred tasks at once. Usage, as root: server ROOTFS

let runtime = Runtime(root: "/run/veloci-examples")
let rootfs = CommandLine.arguments[1]
let good = try await withThrowingTaskGroup(of: Bool.self) { requests in
    for number in 0..<100 {
        requests.addTask {
            var spec = Spec.container(["/bin/busybox", "echo", "request \(number)"])
            spec.root = Root(path: rootfs, readonly: true)
            let answer = try await runtime.run("server-\(number)", from: .spec(spec, relativeTo: "/"), deadline: .seconds(60))
            return answer.output == Array("request \(number)\n".utf8)
        }
    }
    var count = 0
    for try await isRight in requests where isRight { count += 1 }
    return count
}
print("\(good) of 100 requests answered")
