import Foundation
import Glibc

/// A socket that takes terminals and throws them away.
final class ConsoleSocket {
    let path: String
    private let number: Int32

    /// - Parameter directory: where a path lies that is too long for an address; the address then has its last part alone.
    init(_ path: String, through directory: String? = nil) {
        self.path = path
        let here = FileManager.default.currentDirectoryPath
        if let directory { _ = FileManager.default.changeCurrentDirectoryPath(directory) }
        defer { _ = FileManager.default.changeCurrentDirectoryPath(here) }
        let name = directory.map { String(path.dropFirst($0.count + 1)) } ?? path
        number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | 0o2000000 | 0o4000, 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name.utf8.prefix(107)) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(number, $0, size) }
        }
        guard bound == 0, listen(number, 64) == 0 else { fatalError("cannot listen on \(path)") }
    }

    /// Closes every connection that came; what was sent over it is closed with it.
    func drain() {
        while true {
            let connection = accept(number, nil, nil)
            if connection < 0 { return }
            close(connection)
        }
    }
}
