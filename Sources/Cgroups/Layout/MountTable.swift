internal import ByteText
internal import LinuxKernel

/// A mount of a control group file system that can be reached by its path.
struct CgroupMount: Equatable {
    /// `cgroup` for v1, `cgroup2` for v2.
    var type: String
    /// The directory of the hierarchy that is mounted, `/` for all of it.
    var root: String
    /// Where it is mounted.
    var mountPoint: String
    /// Options of the file system: the controllers of a v1 hierarchy and its name.
    var options: [String]
}

/// What /proc/self/mountinfo says about control groups (proc_pid_mountinfo(5)).
///
/// A mount may be covered by a later one, also by one on a directory above it: a v1 hierarchy stays in the table when
/// cgroup2 is mounted over /sys/fs/cgroup. So the table is walked as the kernel walks a path, from mount to mount. The table
/// has thousands of lines on busy hosts, and every container's creation reads it: bytes are compared, not characters.
package struct MountTable {
    private struct Line {
        var identifier: Int
        var parent: Int
        var root: ArraySlice<UInt8>
        var mountPoint: ArraySlice<UInt8>
        /// Type, source and options of the file system.
        var rest: ArraySlice<UInt8>
    }

    private var lines: [Line] = []

    init(_ text: String) {
        self.init(bytes: Array(text.utf8))
    }

    init(bytes: [UInt8]) {
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            if let line = MountTable.parse(line) { lines.append(line) }
        }
    }

    /// Mounts of control groups, in the order of the table, without those that a later mount covers.
    var visibleCgroups: [CgroupMount] {
        var children: [Int: [Int]] = [:]
        var known: Set<Int> = []
        var candidates: [Int] = []
        for (index, line) in lines.enumerated() {
            known.insert(line.identifier)
            if line.parent != line.identifier { children[line.parent, default: []].append(index) }
            if line.rest.starts(with: "cgroup ".utf8) || line.rest.starts(with: "cgroup2 ".utf8) { candidates.append(index) }
        }
        let root = UInt8(ascii: "/")
        func isRoot(_ line: Line) -> Bool { line.mountPoint.count == 1 && line.mountPoint.first == root }
        let top = lines.firstIndex { isRoot($0) && !known.contains($0.parent) } ?? lines.firstIndex(where: isRoot)
        guard let top else { return [] }
        return candidates.compactMap { index in
            guard mountReached(by: lines[index].mountPoint, from: top, children) == index else { return nil }
            let fields = lines[index].rest.split(separator: UInt8(ascii: " "))
            guard fields.count >= 3 else { return nil }
            return CgroupMount(
                type: MountTable.text(fields[0]), root: MountTable.text(lines[index].root),
                mountPoint: MountTable.text(lines[index].mountPoint),
                options: fields[2].split(separator: UInt8(ascii: ",")).map { MountTable.text($0) })
        }
    }

    /// Where proc and sysfs are mounted in the caller's mount namespace; nowhere if that cannot be read.
    package static var kernelViews: [String] {
        guard let text = try? Files.readText("/proc/self/mountinfo") else { return [] }
        return MountTable(text).lines.filter { $0.rest.starts(with: "proc ".utf8) || $0.rest.starts(with: "sysfs ".utf8) }
            .map { self.text($0.mountPoint) }
    }

    /// The mount at the end of a path: from the top, always into the mount that the walk meets first.
    private func mountReached(by path: ArraySlice<UInt8>, from top: Int, _ children: [Int: [Int]]) -> Int? {
        var current = top
        // A table that leads in a circle is no table.
        for _ in 0...lines.count {
            var next: Int?
            for child in children[lines[current].identifier] ?? []
            where MountTable.contains(path, below: lines[child].mountPoint) {
                if let best = next, lines[best].mountPoint.count <= lines[child].mountPoint.count { continue }
                next = child
            }
            guard let next else { return current }
            current = next
        }
        return nil
    }

    private static func contains(_ path: ArraySlice<UInt8>, below directory: ArraySlice<UInt8>) -> Bool {
        guard path.starts(with: directory) else { return false }
        let rest = path.dropFirst(directory.count)
        return rest.isEmpty || rest.first == UInt8(ascii: "/") || directory.last == UInt8(ascii: "/")
    }

    /// `36 35 98:0 /root /mount options optional… - type source options`
    private static func parse(_ line: ArraySlice<UInt8>) -> Line? {
        let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
        guard fields.count == 6, let identifier = number(fields[0]), let parent = number(fields[1]) else { return nil }
        // The optional fields end with a dash of its own.
        var rest = fields[5]
        while !rest.starts(with: "- ".utf8) {
            guard let blank = rest.firstIndex(of: UInt8(ascii: " ")) else { return nil }
            rest = rest[(blank + 1)...]
        }
        return Line(identifier: identifier, parent: parent, root: fields[3], mountPoint: fields[4], rest: rest.dropFirst(2))
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard !bytes.isEmpty, bytes.count < 19 else { return nil }
        var value = 0
        for byte in bytes {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return value
    }

    /// Blanks, tabs, newlines and backslashes are written as `\040` and so on.
    private static func text(_ source: ArraySlice<UInt8>) -> String {
        guard source.contains(UInt8(ascii: "\\")) else { return String(decoding: source, as: UTF8.self) }
        var bytes: [UInt8] = []
        var rest = source
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3,
                let value = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
