import Foundation
import Veloci

/// Runs the bundle's program to its end, takes the container away, and gives back what it printed.
func runOnce(_ runtime: Runtime, bundle: String, id: String) throws -> String {
    let pipe = Pipe()
    let output = pipe.fileHandleForWriting.fileDescriptor
    let process = try runtime.run(CreateRequest(id: id, bundle: bundle), )
    try pipe.fileHandleForWriting.close()
    let text = try pipe.fileHandleForReading.readToEnd() ?? Data()
    let end = try process.wait()
    try runtime.delete(id)
    guard case .exited(0) = end else { throw Failure(.program, "the program of \(id) ended with \(end)") }
    return String(decoding: text, as: UTF8.self)
}
