import Foundation
import Glibc
import Holdings
import Veloci

// Programs that do something unusual to themselves, and run containers all the same. Each is a process of its own.
//
// Usage: hosts KIND BUNDLE COUNT
//   plain      does nothing unusual
//   reaping    a thread waits for whatever child there is
//   ignoring   SIGCHLD is ignored
//   closed     has no standard streams

let arguments = CommandLine.arguments
guard arguments.count == 4, let count = Int(arguments[3]) else {
    FileHandle.standardError.write(Data("usage: hosts plain|reaping|ignoring|closed BUNDLE COUNT\n".utf8))
    exit(2)
}
let output = dup(1)
switch arguments[1] {
case "reaping":
    Thread {
        while true {
            var status: Int32 = 0
            if waitpid(-1, &status, 0) < 0 { usleep(200) }
        }
    }.start()
case "ignoring": signal(SIGCHLD, SIG_IGN)
case "closed": for number in 0...2 as ClosedRange<Int32> { close(number) }
default: break
}

func say(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    write(output, bytes, bytes.count)
}

let state = NSTemporaryDirectory() + "veloci-hosts-\(getpid())"
let runtime = Runtime(root: state)

/// How a program ended; nil where that is lost: before Linux 6.15, if somebody else took its end away.
func ending(_ process: ContainerProcess) throws(Failure) -> Termination? {
    do throws(Failure) {
        return try process.wait()
    } catch {
        guard error.code == .statusLost else { throw error }
        return nil
    }
}

/// One container whose program says hello, with hooks that must succeed. Says whether it is known how the program ended.
func run(_ id: String) throws -> Bool {
    var request = CreateRequest(id: id, bundle: arguments[2])
    request.streams.output = .pipe
    let process = try runtime.run(request)
    let text = try process.output.map { try FileHandle(fileDescriptor: $0).readToEnd() ?? Data() } ?? Data()
    guard String(decoding: text, as: UTF8.self) == "hello from a container\n" else {
        throw Failure(.program, "\(id) printed \(text.count) bytes")
    }
    let end = try ending(process)
    try runtime.delete(id)
    guard end?.isSuccess != false else { throw Failure(.program, "\(id) ended with \(String(describing: end))") }
    return end != nil
}

var known = 0

do {
    _ = try run("embedding-\(getpid())-0")
    let before = Holdings()
    for number in 1...count where try run("embedding-\(getpid())-\(number)") { known += 1 }
    var after = Holdings()
    // Whoever takes children away has not come to the last of them, perhaps.
    for _ in 0..<100 where after != before {
        usleep(10_000)
        after = Holdings()
    }
    guard after == before else { throw Failure(.internalError, "\(after) are left of \(before)") }
} catch {
    say("hosts: \(arguments[1]): \(error)")
    exit(1)
}
try? FileManager.default.removeItem(atPath: state)
say("\(arguments[1]): \(count) containers, the end of \(known) is known, nothing is left")
