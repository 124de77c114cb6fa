/// One line of a mountinfo file.
struct MountInfo: Sendable {
    var id: Int
    var parent: Int
    var root: String
    var target: String
    /// The mount's own options, such as `ro` and `nosuid`.
    var options: [String]
    /// `shared:1`, `master:1`, `unbindable`, …
    var propagation: [String]
    var type: String
    var source: String
    /// The options of the file system.
    var superOptions: [String]

    static func parse(_ text: String) -> [MountInfo] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            guard fields.count >= 10, let dash = fields.firstIndex(of: "-"), fields.count > dash + 3,
                let id = Int(fields[0]), let parent = Int(fields[1])
            else { return nil }
            return MountInfo(
                id: id, parent: parent, root: unescape(fields[3]), target: unescape(fields[4]),
                options: fields[5].split(separator: ",").map(String.init), propagation: Array(fields[6..<dash]),
                type: fields[dash + 1], source: unescape(fields[dash + 2]),
                superOptions: fields[dash + 3].split(separator: ",").map(String.init))
        }
    }

    /// The kernel writes spaces, tabs, newlines and backslashes in octal.
    private static func unescape(_ text: String) -> String {
        var bytes: [UInt8] = []
        let source = Array(text.utf8)
        var index = 0
        while index < source.count {
            if source[index] == UInt8(ascii: "\\"), index + 3 < source.count,
                let byte = UInt8(String(decoding: source[index + 1...index + 3], as: UTF8.self), radix: 8)
            {
                bytes.append(byte)
                index += 4
            } else {
                bytes.append(source[index])
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
