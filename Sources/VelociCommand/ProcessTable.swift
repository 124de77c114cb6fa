internal import ByteText
internal import RuntimeSpec

/// What `ps` prints.
enum ProcessTable {
    /// RUNC: one line; `null` when there are no processes.
    static func json(_ pids: [Int]) -> String {
        (pids.isEmpty ? "null" : JSONValue.array(pids.map { .number(JSONNumber($0)) }).encodedText()) + "\n"
    }

    /// The lines of the host's ps(1) that are about these processes, behind its header.
    ///
    /// - Throws: `CommandFailure` when there is no column of process ids.
    static func rows(_ output: String, _ pids: [Int]) throws(CommandFailure) -> String {
        let lines = output.parts(at: "\n", keepsEmpty: true)
        let header = lines.first ?? ""
        guard let column = header.words.firstIndex(where: { $0 == "PID" }) else {
            throw CommandFailure("couldn't find PID field in ps output")
        }
        var text = header + "\n"
        for line in lines.dropFirst() where !line.isEmpty {
            let fields = line.words
            guard column < fields.count, let pid = Int(fields[column]) else {
                throw CommandFailure("unable to parse pid: \(Quoted.go(line))")
            }
            if pids.contains(pid) { text += line + "\n" }
        }
        return text
    }
}
