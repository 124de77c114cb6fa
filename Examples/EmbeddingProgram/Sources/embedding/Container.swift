import Foundation
import Veloci

/// Runs the bundle's program to its end, takes the container away, and gives back what it printed.
func runOnce(_ runtime: Runtime, bundle: String, id: String) throws -> String {
    var request = CreateRequest(id: id, bundle: bundle)
    request.streams.output = .pipe
    let process = try runtime.run(request)
    let text = try process.output.map { try FileHandle(fileDescriptor: $0).readToEnd() ?? Data() } ?? Data()
    let end = try process.wait()
    try runtime.delete(id)
    guard end.isSuccess else { throw Failure(.program, "the program of \(id) ended with \(end)") }
    return String(decoding: text, as: UTF8.self)
}

/// Makes a container, starts it, and deletes it without ever asking how it ended.
func forget(_ runtime: Runtime, bundle: String, id: String) throws {
    try runtime.create(CreateRequest(id: id, bundle: bundle)).start()
    try runtime.delete(id, force: true)
}
