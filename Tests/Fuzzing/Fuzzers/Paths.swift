import CLinux
import CStageWire
import Foundation
import Glibc
import StageForHost

extension Fuzzer {
    /// Places of mounts in a root that somebody else filled: the stage on the real kernel, beside a model of what a path means.
    static let paths = Fuzzer("paths", seeds: ["0123456789abcdef0123456789", "lllllllllllllllllllllllllllllllllllllll", "\u{2}\u{5}a/b\u{2}\u{9}../../../c\u{3}"]) { bytes in
        var input = Input(bytes)
        var model = PathModel()
        let place = Place()
        defer { place.remove() }
        for _ in 0..<input.below(12) { add(&model, place, &input) }
        let wantsDirectory = input.flag()
        let path = text(&input, most: 6)
        let isPlain = !path.hasSuffix("/") && !path.hasSuffix("/.") && !path.hasSuffix("..") && path != "." && !path.isEmpty
        let expected = model.make(path, wantsDirectory: wantsDirectory)
        let descriptor = path.withCString { path in
            path.withMemoryRebound(to: UInt8.self, capacity: 1) { path in
                HostedStage.makeTarget(
                    root: place.root, path: path, flags: wantsDirectory ? stage_target_directory : stage_target_file, RealKernel())
            }
        }
        let found = descriptor < 0 ? nil : place.name(of: descriptor)
        if descriptor >= 0 { close(descriptor) }
        expect(place.outside.isEmpty, "something was made outside of the root: \(place.outside)")
        if let found { expect(found.hasPrefix(place.path + "/root/"), "\(path) leads to \(found)") }
        guard isPlain else { return }
        let inside = found.map { String($0.dropFirst((place.path + "/root").count)) }
        expect(inside == expected, "\(path): \(inside ?? "refused (\(-descriptor))") instead of \(expected ?? "refused"): \(model.history)")
    }

    private static func text(_ input: inout Input, most: Int) -> String {
        let parts = ["a", "b", "c", "a", "b", "..", ".", ""]
        return (input.flag() ? "/" : "") + (0..<(1 + input.below(most))).map { _ in input.pick(parts) }.joined(separator: "/")
    }

    private static func add(_ model: inout PathModel, _ place: Place, _ input: inout Input) {
        let directory = input.pick(model.directories)
        let name = input.pick(["a", "b", "c"])
        guard model.node(directory, name) == nil else { return }
        let path = place.path + "/root" + (directory.isEmpty ? "" : "/") + directory.joined(separator: "/") + "/" + name
        switch input.below(4) {
        case 0, 1:
            let target = text(&input, most: 4)
            guard !target.isEmpty, symlink(target, path) == 0 else { return }
            model.add(directory, name, .link(target))
        case 2:
            mkdir(path, 0o755)
            model.add(directory, name, .directory)
        default:
            mknod(path, S_IFREG | 0o644, 0)
            model.add(directory, name, .file)
        }
    }
}

/// A directory that holds a root, and beside it nothing.
private struct Place {
    let path: String
    let root: Int32

    init() {
        var template = Array("/dev/shm/veloci-fuzz-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { wrong("no directory in /dev/shm") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        mkdir(path + "/root", 0o755)
        root = open(path + "/root", CLinux.O_PATH | CLinux.O_CLOEXEC)
    }

    var outside: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0 != "root" }
    }

    func name(of descriptor: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/fd/\(descriptor)", &buffer, 4096)
        return count > 0 ? String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) : "?"
    }

    func remove() {
        close(root)
        try? FileManager.default.removeItem(atPath: path)
    }
}

private final class RealKernel: StageKernel {
    func answer(_ number: Int32, _ a: [UInt64]) -> Int64 {
        linux_system_call(Int64(number), a[0], a[1], a[2], a[3], a[4], a[5])
    }
}

/// What a path of a root means when everything missing of it is made (path_resolution(7)).
private struct PathModel {
    enum Node { case directory, file, link(String) }

    private var nodes: [[String]: Node] = [:]
    private(set) var directories: [[String]] = [[]]
    private(set) var history: [String] = []

    func node(_ directory: [String], _ name: String) -> Node? { nodes[directory + [name]] }

    mutating func add(_ directory: [String], _ name: String, _ node: Node) {
        nodes[directory + [name]] = node
        history.append("/" + (directory + [name]).joined(separator: "/") + " \(node)")
        if case .directory = node { directories.append(directory + [name]) }
    }

    /// Where the path ends, from the root on; nil when there is no such place, or another kind of thing, or the root itself.
    func make(_ path: String, wantsDirectory: Bool) -> String? {
        var made = nodes
        var here: [String] = []
        var rest = path.split(separator: "/").map(String.init)
        var links = 0
        var mustBeDirectory = false
        while !rest.isEmpty {
            let part = rest.removeFirst()
            if !here.isEmpty, case .file? = made[here] { return nil }
            if part == "." { continue }
            if part == ".." {
                _ = here.popLast()
                continue
            }
            let next = here + [part]
            switch made[next] {
            case .directory?, .file?: here = next
            case .link(let target)?:
                links += 1
                if links > 40 { return nil }
                if target.hasPrefix("/") { here = [] }
                // What ends with a slash or a dot is a directory, also when there is something behind it no more.
                if rest.isEmpty, target.hasSuffix("/") || target.hasSuffix("/.") || target == "." { mustBeDirectory = true }
                rest = target.split(separator: "/").map(String.init) + rest
            case nil:
                made[next] = rest.isEmpty && !wantsDirectory ? .file : .directory
                here = next
            }
        }
        if here.isEmpty { return nil }
        guard case let kind? = made[here] else { return nil }
        if case .file = kind { return wantsDirectory || mustBeDirectory ? nil : "/" + here.joined(separator: "/") }
        return wantsDirectory ? "/" + here.joined(separator: "/") : nil
    }
}
