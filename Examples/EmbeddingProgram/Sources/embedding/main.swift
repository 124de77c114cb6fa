import Foundation
import Holdings
import Veloci

// Runs containers from a program whose other threads never stop: they allocate, free, and hold locks of the allocator at
// every moment. A runtime that forked this program's memory would hang or crash sooner or later.
//
// Usage: embedding BUNDLE COUNT [REST]
// REST is how many microseconds each thread rests after a hundred strings: with thousands of containers they would take an hour else.

let arguments = CommandLine.arguments
guard (3...4).contains(arguments.count), let count = Int(arguments[2]), count > 0,
    let rest = UInt32(arguments.count > 3 ? arguments[3] : "0")
else {
    FileHandle.standardError.write(Data("usage: embedding BUNDLE COUNT [REST]\n".utf8))
    exit(2)
}
let bundle = arguments[1]
let workers = (0..<32).map { number in
    let worker = BusyWorker(rest: rest)
    Thread(block: worker.run).start()
    return worker
}
// Runs as root on purpose: making namespaces is what this is about.
let state = NSTemporaryDirectory() + "veloci-embedding-\(ProcessInfo.processInfo.processIdentifier)"
let runtime = Runtime(root: state)
do {
    // What is made once, such as buffers of the first use.
    _ = try runOnce(runtime, bundle: bundle, id: "embedding-\(getpid())-0")
    let before = Holdings()
    // Memory is compared once all that is made on demand has been: after a tenth of the containers.
    var memory = 0
    for number in 1...count {
        if number == (count + 9) / 10 { memory = Holdings.residentBytes }
        try forget(runtime, bundle: bundle, id: "embedding-\(getpid())-f\(number)")
        let output = try runOnce(runtime, bundle: bundle, id: "embedding-\(getpid())-\(number)")
        guard output == "hello from a container\n" else {
            throw Failure(.program, "container \(number) printed \(output.debugDescription)")
        }
    }
    let after = Holdings()
    guard after == before else { throw Failure(.internalError, "\(after) are left of \(before)") }
    let growth = Holdings.residentBytes - memory
    // The other threads allocate and free all the time, so that there is no exact number.
    guard growth < 8 << 20 else { throw Failure(.internalError, "\(growth) bytes more are in use") }
    print("\(after); \(memory >> 10) KiB in use after a tenth, \(growth / 1024) KiB more at the end")
    let left = try runtime.list()
    guard left.isEmpty else { throw Failure(.internalError, "\(left.count) containers are left") }
} catch {
    FileHandle.standardError.write(Data("embedding: \(error)\n".utf8))
    exit(1)
}
try? FileManager.default.removeItem(atPath: state)
let rounds = workers.map(\.rounds)
guard rounds.allSatisfy({ $0 > 0 }) else {
    FileHandle.standardError.write(Data("embedding: a thread stood still: \(rounds)\n".utf8))
    exit(1)
}
print("\(2 * count) containers ran and left nothing, beside \(workers.count) threads that made \(rounds.reduce(0, +)) strings")
