internal import ByteText
internal import LinuxKernel

/// A mount of a control group file system that can be reached by its path.
struct CgroupMount: Equatable {
    var version: CgroupVersion
    /// The directory of the hierarchy that is mounted, `/` for all of it.
    var root: String
    /// Where it is mounted.
    var mountPoint: String
    /// The controllers of a v1 hierarchy and its name, among other options of the file system; none for v2.
    var options: [String]
}

/// What /proc/self/mountinfo says about control groups (proc_pid_mountinfo(5)).
///
/// A mount may be covered by a later one, also by one on a directory above it: a v1 hierarchy stays in the table when
/// cgroup2 is mounted over /sys/fs/cgroup. So the table is walked as the kernel walks a path, from mount to mount. The table
/// has thousands of lines on busy hosts, and every container's creation reads it: bytes are compared, not characters.
package struct MountTable {
    fileprivate struct Line {
        var identifier: Int
        var parent: Int
        var root: Range<Int>
        var mountPoint: Range<Int>
        /// Type, source and options of the file system.
        var rest: Range<Int>
    }

    private let bytes: [UInt8]
    private var lines: [Line] = []

    init(bytes: [UInt8]) {
        self.bytes = bytes
        lines.reserveCapacity(64)
        unsafe bytes.withUnsafeBufferPointer { bytes in
            var start = 0
            while start < bytes.count {
                let end = unsafe bytes.place(of: UInt8(ascii: "\n"), from: start) ?? bytes.count
                var fields = unsafe Fields(bytes, start..<end)
                if let line = MountTable.parse(&fields) { lines.append(line) }
                start = end + 1
            }
        }
    }

    /// Mounts of control groups, in the order of the table, without those that a later mount covers.
    var visibleCgroups: [CgroupMount] {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            guard let top = unsafe top(bytes) else { return [] }
            var walk = unsafe MountWalk(lines, top: top, bytes)
            return lines.indices.compactMap { index in
                let line = lines[index]
                var fields = unsafe Fields(bytes, line.rest)
                guard let type = fields.next() else { return nil }
                let isUnified = unsafe bytes.has("cgroup2", at: type)
                guard unsafe isUnified || bytes.has("cgroup", at: type), walk.reaches(index), fields.next() != nil,
                    let options = fields.next()
                else { return nil }
                return unsafe CgroupMount(
                    version: isUnified ? .v2 : .v1, root: MountTable.text(bytes, line.root),
                    mountPoint: MountTable.text(bytes, line.mountPoint),
                    options: isUnified ? [] : MountTable.options(bytes, options))
            }
        }
    }

    /// The line of the root: its parent is not in the table.
    private func top(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        let roots = lines.indices.filter { unsafe bytes.has("/", at: lines[$0].mountPoint) }
        return roots.first { root in !lines.contains { $0.identifier == lines[root].parent } } ?? roots.first
    }

    /// Where proc and sysfs are mounted in the caller's mount namespace; nowhere if that cannot be read.
    package static var kernelViews: [String] {
        guard let bytes = try? Files.read("/proc/self/mountinfo") else { return [] }
        let table = MountTable(bytes: bytes)
        return unsafe bytes.withUnsafeBufferPointer { bytes in
            table.lines.compactMap { line in
                var fields = unsafe Fields(bytes, line.rest)
                guard let type = fields.next(), unsafe bytes.has("proc", at: type) || bytes.has("sysfs", at: type) else {
                    return nil
                }
                return unsafe text(bytes, line.mountPoint)
            }
        }
    }

    /// `36 35 98:0 /root /mount options optional… - type source options`
    private static func parse(_ fields: inout Fields) -> Line? {
        guard let first = fields.next(), let identifier = fields.number(first), let second = fields.next(),
            let parent = fields.number(second), fields.next() != nil, let root = fields.next(), let mountPoint = fields.next()
        else { return nil }
        // The optional fields end with a dash of its own.
        while let field = fields.next() {
            if unsafe fields.bytes.has("-", at: field) {
                return Line(identifier: identifier, parent: parent, root: root, mountPoint: mountPoint, rest: fields.rest)
            }
        }
        return nil
    }

    /// The options between commas but the one that all file systems have, which is first and is no controller.
    private static func options(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> [String] {
        var options: [String] = []
        var start = range.lowerBound
        while start < range.upperBound {
            let end = unsafe min(bytes.place(of: UInt8(ascii: ","), from: start) ?? range.upperBound, range.upperBound)
            let option = start..<end
            if end > start, unsafe !bytes.has("rw", at: option) { unsafe options.append(text(bytes, option)) }
            start = end + 1
        }
        return options
    }

    /// Blanks, tabs, newlines and backslashes are written as `\040` and so on.
    private static func text(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> String {
        let source = unsafe UnsafeBufferPointer(rebasing: bytes[range])
        guard unsafe source.place(of: UInt8(ascii: "\\"), from: 0) != nil else {
            return unsafe String(decoding: source, as: UTF8.self)
        }
        var result: [UInt8] = []
        var index = 0
        while index < source.count {
            if unsafe source[index] == UInt8(ascii: "\\"), source.count - index > 3,
                let value = unsafe UInt8(String(decoding: source[(index + 1)...(index + 3)], as: UTF8.self), radix: 8)
            {
                result.append(value)
                index += 4
            } else {
                unsafe result.append(source[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

/// Which mounts their own paths lead to. A path is walked from mount to mount, always into the one that it meets first.
@safe private struct MountWalk {
    private let lines: [MountTable.Line]
    private let top: Int
    private let bytes: UnsafeBufferPointer<UInt8>
    /// Those of the lines: all are looked at in each step, and are beside one another here.
    private let parents: [Int]
    /// Whether the walk of a mount's own path comes through it, where that is known. For a mount inside of it the walk is the
    /// same up to there, so that what many have above them is walked once.
    private var isPassed: [Bool?]

    init(_ lines: [MountTable.Line], top: Int, _ bytes: UnsafeBufferPointer<UInt8>) {
        self.lines = lines
        self.top = top
        unsafe self.bytes = bytes
        parents = lines.map { $0.parent }
        isPassed = [Bool?](repeating: nil, count: lines.count)
        isPassed[top] = true
    }

    /// Whether the walk of a mount's path ends there.
    mutating func reaches(_ index: Int) -> Bool {
        var chain: [(index: Int, above: Int)] = []
        var current = index
        while isPassed[current] == nil {
            // A table that leads in a circle is no table.
            isPassed[current] = false
            let parent = parents[current]
            guard let above = lines.firstIndex(where: { $0.identifier == parent }) else { break }
            chain.append((current, above))
            current = above
        }
        for (index, above) in chain.reversed() where isPassed[above] == true {
            let path = lines[index].mountPoint
            isPassed[index] = contains(path, below: lines[above].mountPoint) && next(of: path, from: above) == index
        }
        return isPassed[index] == true && next(of: lines[index].mountPoint, from: index) == nil
    }

    /// The mount that a path leads into from another.
    private func next(of path: Range<Int>, from index: Int) -> Int? {
        let parent = lines[index].identifier
        return unsafe parents.withUnsafeBufferPointer { parents in
            var next: Int?
            for index in parents.indices where unsafe parents[index] == parent && lines[index].identifier != parent {
                let mountPoint = lines[index].mountPoint
                guard contains(path, below: mountPoint) else { continue }
                if let best = next, lines[best].mountPoint.count <= mountPoint.count { continue }
                next = index
            }
            return next
        }
    }

    private func contains(_ path: Range<Int>, below directory: Range<Int>) -> Bool {
        guard path.count >= directory.count else { return false }
        let slash = UInt8(ascii: "/")
        // First what tells most others from it: whether a name ends there.
        guard
            unsafe path.count == directory.count || bytes[path.lowerBound + directory.count] == slash
                || (!directory.isEmpty && bytes[directory.upperBound - 1] == slash)
        else { return false }
        for offset in 0..<directory.count where unsafe bytes[path.lowerBound + offset] != bytes[directory.lowerBound + offset] {
            return false
        }
        return true
    }
}

/// The fields of a line, between blanks.
@safe private struct Fields {
    let bytes: UnsafeBufferPointer<UInt8>
    /// What was not gone through yet.
    private(set) var rest: Range<Int>

    init(_ bytes: UnsafeBufferPointer<UInt8>, _ line: Range<Int>) {
        unsafe self.bytes = bytes
        rest = line
    }

    mutating func next() -> Range<Int>? {
        let blank = UInt8(ascii: " ")
        var start = rest.lowerBound
        while start < rest.upperBound, unsafe bytes[start] == blank { start += 1 }
        var end = start
        while end < rest.upperBound, unsafe bytes[end] != blank { end += 1 }
        rest = min(end + 1, rest.upperBound)..<rest.upperBound
        return start < end ? start..<end : nil
    }

    func number(_ range: Range<Int>) -> Int? {
        guard range.count < 19 else { return nil }
        var value = 0
        for unsafe byte in unsafe bytes[range] {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return value
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether a text stands there, and nothing else.
    fileprivate func has(_ text: StaticString, at range: Range<Int>) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count where unsafe self[range.lowerBound + offset] != text.utf8Start[offset] { return false }
        return true
    }
}
