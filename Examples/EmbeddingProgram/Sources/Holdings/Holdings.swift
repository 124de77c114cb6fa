import Foundation
import Glibc

/// What this process has of the machine.
public struct Holdings: Equatable, CustomStringConvertible {
    public var descriptors = Holdings.count("/proc/self/fd")
    public var threads = Holdings.count("/proc/self/task")
    public var children = Holdings.children()

    public init() {}

    /// Bytes of memory that are in use (proc(5), statm).
    public static var residentBytes: Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * sysconf(Int32(_SC_PAGESIZE))
    }

    private static func count(_ directory: String) -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: directory).count) ?? 0
    }

    private static func children() -> Int {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        return tasks.reduce(0) { sum, task in
            let text = (try? String(contentsOfFile: "/proc/self/task/\(task)/children", encoding: .utf8)) ?? ""
            return sum + text.split(separator: " ").count
        }
    }

    public var description: String { "\(descriptors) descriptors, \(threads) threads, \(children) children" }
}
