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
                var end = start
                while end < bytes.count, unsafe bytes[end] != UInt8(ascii: "\n") { end += 1 }
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
            let parents = lines.map { $0.parent }
            return lines.indices.compactMap { index in
                let line = lines[index]
                var fields = unsafe Fields(bytes, line.rest)
                guard let type = fields.next(), unsafe bytes.has("cgroup", at: type) || bytes.has("cgroup2", at: type),
                    unsafe mountReached(by: line.mountPoint, from: top, parents, bytes) == index, fields.next() != nil,
                    let options = fields.next()
                else { return nil }
                return unsafe CgroupMount(
                    type: MountTable.text(bytes, type), root: MountTable.text(bytes, line.root),
                    mountPoint: MountTable.text(bytes, line.mountPoint),
                    options: MountTable.parts(bytes, options, at: UInt8(ascii: ",")))
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

    /// The mount at the end of a path: from the top, always into the mount that the walk meets first.
    ///
    /// - Parameter parents: those of the lines: all are looked at in each step, and are beside one another here.
    private func mountReached(
        by path: Range<Int>, from top: Int, _ parents: [Int], _ bytes: UnsafeBufferPointer<UInt8>
    ) -> Int? {
        var current = top
        // A table that leads in a circle is no table.
        for _ in 0...lines.count {
            var next: Int?
            let parent = lines[current].identifier
            for (index, other) in parents.enumerated() where other == parent && lines[index].identifier != parent {
                let mountPoint = lines[index].mountPoint
                guard unsafe MountTable.contains(path, below: mountPoint, bytes) else { continue }
                if let best = next, lines[best].mountPoint.count <= mountPoint.count { continue }
                next = index
            }
            guard let next else { return current }
            current = next
        }
        return nil
    }

    private static func contains(_ path: Range<Int>, below directory: Range<Int>, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
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

    private static func parts(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, at separator: UInt8) -> [String] {
        var parts: [String] = []
        var start = range.lowerBound
        for index in range.lowerBound...range.upperBound where unsafe index == range.upperBound || bytes[index] == separator {
            if index > start { unsafe parts.append(text(bytes, start..<index)) }
            start = index + 1
        }
        return parts
    }

    /// Blanks, tabs, newlines and backslashes are written as `\040` and so on.
    private static func text(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> String {
        let source = unsafe UnsafeBufferPointer(rebasing: bytes[range])
        guard unsafe source.contains(UInt8(ascii: "\\")) else { return unsafe String(decoding: source, as: UTF8.self) }
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
